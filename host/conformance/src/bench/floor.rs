//! A family that does nothing: no inputs, one permission, and it abstains.
//!
//! Written in WebAssembly text against the canonical ABI, so that nothing of a language's runtime
//! is measured with it.

use std::fmt::Write as _;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const INTERFACE: &str = include_str!("../../../../wit/1.1.0/family.wit");

/// What the manifest is made of, one after another from [`TEXTS`] on.
const ID: &str = "floor";
const VERSION: &str = "1.0.0";
const TITLE: &str = "Nothing";
const PERMISSION: &str = "floor.ask";
const TEXTS: u32 = 1024;
const PERMISSIONS: u32 = 1152;
const MANIFEST: u32 = 1160;

/// The component.
///
/// # Errors
///
/// What is wrong with it, where this program was built wrongly.
pub(super) fn component() -> Result<Vec<u8>, String> {
    let mut module = wat::parse_str(text()).map_err(|error| error.to_string())?;
    let told = |error: &dyn std::fmt::Debug| format!("{error:?}");
    let mut resolve = Resolve::default();
    let package = resolve.push_source("family.wit", INTERFACE).map_err(|error| told(&error))?;
    let world = resolve
        .select_world(&[package], Some("permission-family"))
        .map_err(|error| told(&error))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .map_err(|error| told(&error))?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| told(&error))
}

fn text() -> String {
    let mut texts = TEXTS;
    let mut slice = |text: &str| {
        let length = u32::try_from(text.len()).unwrap_or(0);
        texts += length;
        [texts - length, length]
    };
    let [id, version, title, permission] = [ID, VERSION, TITLE, PERMISSION].map(&mut slice);
    let permissions = words(&permission);
    // Kinds, inputs, reasons, obligations, requires, floors and the schema are empty.
    let manifest = words(&[id, version, title, [PERMISSIONS, 1]].concat());
    let family = "permesso:family/family@1.1.0";
    format!(
        r#"(module
          (memory (export "memory") 2)
          (data (i32.const {TEXTS}) "{ID}{VERSION}{TITLE}{PERMISSION}")
          (data (i32.const {PERMISSIONS}) "{permissions}")
          (data (i32.const {MANIFEST}) "{manifest}")
          (global $top (mut i32) (i32.const 4096))
          (func $realloc (export "cabi_realloc")
            (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and
              (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
              (i32.sub (i32.const 0) (local.get $align))))
            (global.set $top (i32.add (local.get $at) (local.get $size)))
            (local.get $at))
          (func (export "{family}#describe") (result i32) (i32.const {MANIFEST}))
          (func (export "{family}#validate") (param i32 i32) (result i32) (i32.const 512))
          (func (export "{family}#evaluate") (param i32 i32 i32 i32 i32) (result i32)
            (i32.const 512))
          (func (export "{family}#evaluate-batch") (param $at i32) (param $count i32) (result i32)
            (local $answers i32)
            (local.set $answers (call $realloc (i32.const 0) (i32.const 0) (i32.const 8)
              (i32.mul (local.get $count) (i32.const 48))))
            (memory.fill (local.get $answers) (i32.const 0)
              (i32.mul (local.get $count) (i32.const 48)))
            (i32.store (i32.const 768) (local.get $answers))
            (i32.store offset=4 (i32.const 768) (local.get $count))
            (i32.const 768))
          (func (export "cabi_post_{family}#evaluate-batch") (param i32)
            (global.set $top (i32.const 4096)))
          (func (export "{family}#plan") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
            (i32.const 512)))"#
    )
}

/// Words as the text of a data segment.
fn words(words: &[u32]) -> String {
    words.iter().flat_map(|word| word.to_le_bytes()).fold(String::new(), |mut text, byte| {
        // Infallible: the target is a string.
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}
