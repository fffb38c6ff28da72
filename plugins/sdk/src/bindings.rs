//! What `wit-bindgen` makes of the interface.
//!
//! Rules never see these types: they work with the typed views of the rest of this crate, so a
//! later version of the interface can be served by the same rules.

#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    reason = "generated from the interface"
)]

wit_bindgen::generate!({
    path: "../../wit/1.1.0",
    world: "permission-family",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "permesso_sdk::bindings",
    additional_derives: [PartialEq],
});
