//! What is refused when a component is loaded, and what people are told.

use super::guest::{Guest, Manifest, patient};
use insta::assert_snapshot;
use permesso_engine::family::InputKind;
use permesso_runtime::{LoadError, Runtime, RuntimeConfig};

fn refusal(bytes: &[u8]) -> String {
    let runtime = Runtime::new(patient()).unwrap();
    let error = runtime.load(bytes, "crm.wasm").unwrap_err();
    // The same runtime goes on loading what is good.
    runtime.load(&Guest::default().component(), "good.wasm").unwrap();
    wrapped(&error)
}

/// The text in lines that are short enough to read here.
fn wrapped(error: &LoadError) -> String {
    let mut text = String::new();
    let mut width = 0;
    for word in error.to_string().split(' ') {
        width += word.len() + 1;
        text.push(if width > 92 { '\n' } else { ' ' });
        text.push_str(word);
        if width > 92 || word.contains('\n') {
            width = word.len();
        }
    }
    text.trim_start().to_owned()
}

fn refusal_of(guest: &Guest) -> String {
    refusal(&guest.component())
}

fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn a_core_module_is_told_to_become_a_component() {
    assert_snapshot!(refusal(&Guest::default().module()), @"
    cannot load `crm.wasm`: it is a core module and not a component; link it with
    `wasm-component-ld` or wrap it with `wasm-tools component new`
    ");
}

#[test]
fn a_text_file_is_told_to_be_assembled() {
    assert_snapshot!(refusal(b"\n(component)"), @"cannot load `crm.wasm`: it is WebAssembly text; assemble it with `wasm-tools parse`");
}

#[test]
fn an_empty_file_is_called_empty() {
    assert_snapshot!(refusal(b""), @"cannot load `crm.wasm`: it is empty; build or fetch it again");
}

#[test]
fn native_code_is_never_run() {
    assert_snapshot!(refusal(b"\x7fELF\x02\x01\x01\x00"), @"
    cannot load `crm.wasm`: it is native code, which nothing confines; give the component that
    it was made from
    ");
}

#[test]
fn garbage_is_shown() {
    assert_snapshot!(refusal(b"{\"id\": 1}"), @"
    cannot load `crm.wasm`: it is not WebAssembly (it starts with `7b 22 69 64`); give a
    component
    ");
    assert_snapshot!(refusal(b"\0asm\x0c\0\x01\0"), @"
    cannot load `crm.wasm`: it is WebAssembly of the unknown format 0x0001000c; use tools that
    this host knows
    ");
}

#[test]
fn a_truncated_component_is_called_damaged() {
    let bytes = Guest::default().component();
    // Where it ends depends on who assembled it.
    insta::with_settings!({filters => [(r"byte \d+", "byte [N]"), (r"\s+", " ")]}, {
        insta::allow_duplicates! {
            for end in [100, bytes.len() - 40] {
                assert_snapshot!(refusal(&bytes[..end]), @"cannot load `crm.wasm`: it is damaged at byte [N]: unexpected end-of-file; build or fetch it again");
            }
        }
    });
}

#[test]
fn no_truncation_and_no_flipped_byte_brings_the_host_down() {
    let runtime = Runtime::new(patient()).unwrap();
    let bytes = Guest::default().component();
    for end in (0..bytes.len()).step_by(61) {
        assert!(runtime.load(&bytes[..end], "cut").is_err());
    }
    for at in (0..bytes.len()).step_by(61) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x55;
        // A flipped byte may well be harmless, in a text for instance.
        drop(runtime.load(&bytes, "flipped"));
    }
}

#[test]
fn a_component_that_is_something_else_is_told_what_it_lacks() {
    assert_snapshot!(refusal(&text("(component)")), @"
    cannot load `crm.wasm`: it does not export `permesso:family/family` (it exports nothing);
    build it for the world `permission-family`
    ");
    let other = text(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (export "a" (func $f)) (export "b" (func $f)) (export "c" (func $f))
            (export "d" (func $f)))"#,
    );
    assert_snapshot!(refusal(&other), @"
    cannot load `crm.wasm`: it does not export `permesso:family/family` (it exports `a`, `b`,
    `c` and 1 more); build it for the world `permission-family`
    ");
}

#[test]
fn another_version_of_the_interface_is_refused_with_both_versions() {
    let guest = |interface| Guest { interface, ..Guest::default() };
    assert_snapshot!(refusal_of(&guest("2.0.0")), @"
    cannot load `crm.wasm`: it needs `permesso:family/family@2.0.0` and this host offers
    `permesso:family/family@1.1.0`; update the host, or build the family against the older
    version
    ");
    assert_snapshot!(refusal_of(&guest("1.9.0")), @"
    cannot load `crm.wasm`: it needs `permesso:family/family@1.9.0` and this host offers
    `permesso:family/family@1.1.0`; update the host, or build the family against the older
    version
    ");
    assert_snapshot!(refusal_of(&guest("0.4.0")), @"
    cannot load `crm.wasm`: it needs `permesso:family/family@0.4.0` and this host offers
    `permesso:family/family@1.1.0`; build the family against the newer version
    ");
    assert_snapshot!(refusal_of(&guest("1.0.0-draft")), @"
    cannot load `crm.wasm`: it needs `permesso:family/family@1.0.0-draft` and this host offers
    `permesso:family/family@1.1.0`; build it against a released version
    ");
}

#[test]
fn a_patch_of_the_interface_is_served() {
    let runtime = Runtime::new(patient()).unwrap();
    let guest = Guest { interface: "1.0.7", log: true, ..Guest::default() };
    runtime.load(&guest.component(), "patched.wasm").unwrap();
}

#[test]
fn an_import_of_wasi_gets_its_own_hint() {
    let guest = Guest {
        foreign: Some("wasi:cli/environment@0.2.0"),
        describe: "(drop (call $foreign))".to_owned(),
        ..Guest::default()
    };
    assert_snapshot!(refusal_of(&guest), @"
    cannot load `crm.wasm`: it imports `wasi:cli/environment@0.2.0`, and a family may import
    nothing but `permesso:family/log`: it has no clock, no random numbers, no files and no
    network; build it for `wasm32-unknown-unknown` and not for a WASI target, or leave out what
    reads the environment
    ");
}

#[test]
fn any_other_import_is_refused_by_name() {
    let guest = Guest {
        foreign: Some("acme:secrets/vault@3.1.0"),
        describe: "(drop (call $foreign))".to_owned(),
        ..Guest::default()
    };
    assert_snapshot!(refusal_of(&guest), @"
    cannot load `crm.wasm`: it imports `acme:secrets/vault@3.1.0`, and a family may import
    nothing but `permesso:family/log`: it has no clock, no random numbers, no files and no
    network; declare what it needs to know as an input of the manifest
    ");
}

#[test]
fn a_component_that_claims_the_interface_and_lacks_its_functions_is_refused() {
    let component =
        text(r#"(component (instance $i) (export "permesso:family/family@1.0.0" (instance $i)))"#);
    assert_snapshot!(refusal(&component), @"
    cannot load `crm.wasm`: it does not fit `permesso:family@1.0.0`: the function `describe` is
    missing; build it again
    ");
    let component = text(
        r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $i
              (export "describe" (func $f)) (export "validate" (func $f))
              (export "evaluate" (func $f)) (export "evaluate-batch" (func $f)))
            (export "permesso:family/family@1.0.0" (instance $i)))"#,
    );
    assert_snapshot!(refusal(&component), @"
    cannot load `crm.wasm`: it does not fit `permesso:family@1.0.0`: the function `describe`
    differs: failed to convert function to given type: type mismatch with results: expected
    1-tuple, found 0-tuple; build it again
    ");
}

#[test]
fn a_component_over_the_size_limit_is_refused_unread() {
    let runtime = Runtime::new(RuntimeConfig { component: 1000, ..patient() }).unwrap();
    assert_snapshot!(wrapped(&runtime.load(&[0; 1001], "crm.wasm").unwrap_err()), @r#"
    cannot load `crm.wasm`: it has 1001 bytes and the limit is 1000; build it with `opt-level =
    "s"` and `strip = true`, or raise the limit `component`
    "#);
}

#[test]
fn a_component_that_needs_more_memory_than_the_limit_is_refused() {
    assert_snapshot!(refusal_of(&Guest { pages: 300, ..Guest::default() }), @"
    cannot load `crm.wasm`: its `describe` failed: memory: more than 16777216 bytes of memory
    were asked for
    ");
    assert_snapshot!(refusal_of(&Guest { pages: 1100, ..Guest::default() }), @"
    cannot load `crm.wasm`: it cannot be compiled: module memory does not fit in pooling
    allocator requirements: memory index 0 is unsupported in this pooling allocator
    configuration: memory has a minimum byte size of 72089600 which exceeds the limit of
    0x4000000 bytes; it may need more memory than families get, or features of WebAssembly that
    they do not get
    ");
}

#[test]
fn a_component_with_threads_is_refused() {
    let guest = Guest {
        items: "(func $atomic (drop (i32.atomic.load (i32.const 0))))".to_owned(),
        ..Guest::default()
    };
    insta::with_settings!({filters => [(r"offset\s\d+", "offset [N]"), (r"\s+", " ")]}, {
        assert_snapshot!(refusal_of(&guest), @"cannot load `crm.wasm`: it cannot be compiled: failed to compile: wasm[0]::function[0]::atomic: WebAssembly translation error: Invalid input WebAssembly code at offset [N]: threads support is not enabled; it may need more memory than families get, or features of WebAssembly that they do not get");
    });
}

#[test]
fn a_describe_that_traps_is_refused() {
    let guest = Guest { describe: "(unreachable)".to_owned(), ..Guest::default() };
    assert_snapshot!(refusal_of(&guest), @"
    cannot load `crm.wasm`: its `describe` failed: trap: wasm `unreachable` instruction
    executed
    ");
}

#[test]
fn a_wrong_manifest_is_refused_with_every_fault_in_it() {
    let manifest = Manifest {
        id: "CRM",
        version: "one",
        permissions: vec!["contact.read", "contact.read"],
        inputs: vec![("user.id".to_owned(), InputKind::Text)],
        floors: vec!["contact.delete"],
        config_schema: "[]",
        ..Manifest::default()
    };
    assert_snapshot!(refusal_of(&Guest { manifest, ..Guest::default() }), @"
    cannot load `crm.wasm`: its manifest is wrong:
      `id` is `CRM`; write a name in kebab case such as `crm-segments`
      `version` is no semantic version; write one such as `1.0.0`
      `permissions[1]` repeats `contact.read`; list it once
      `inputs[0].path` is wrong: `user.id` is not a path; write `subject.<attribute>`,
    `subject.holds.<permission>`, `delegation.from|permissions|audiences`,
    `resource.<attribute>`, `action.<attribute>`, `context.<attribute>`, `config.<attribute>` or
    `now`
      `floors[0]` is `contact.delete`, which is not under `permissions`; list it there
      `config-schema` is no JSON object; write a JSON Schema
    ");
}
