//! Families made to order, so that each test says in a line or two what its family does wrong.
//!
//! A guest is a core module in WebAssembly text, written directly against the canonical ABI of
//! the interface and then wrapped as a component. Whatever a test does not replace behaves: it
//! describes itself, accepts every configuration and abstains.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests and benches, of which none uses all"
)]

use permesso_engine::family::{Input, InputKind, Question};
use permesso_runtime::{Runtime, RuntimeConfig, WasmFamily};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../../wit/1.0.0/family.wit");
const WIT_1_1: &str = include_str!("../../../wit/1.1.0/family.wit");

/// Where the answer of `evaluate` is written.
const ANSWER: u32 = 512;
/// Where an empty list is.
const EMPTY_LIST: u32 = 576;
/// Where texts and the manifest begin.
const DATA: u32 = 1024;

/// What a guest says of itself.
#[derive(Clone)]
pub struct Manifest {
    /// The family's id.
    pub id: &'static str,
    /// Its own version.
    pub version: &'static str,
    /// What it can be asked about.
    pub permissions: Vec<&'static str>,
    /// The kinds that it tells apart.
    pub kinds: Vec<&'static str>,
    /// What it reads.
    pub inputs: Vec<(String, InputKind)>,
    /// Code and text of each reason.
    pub reasons: Vec<(&'static str, &'static str)>,
    /// Code and values of each obligation.
    pub obligations: Vec<(&'static str, Vec<&'static str>)>,
    /// What it can demand.
    pub requires: Vec<&'static str>,
    /// What it can lift.
    pub floors: Vec<&'static str>,
    /// JSON Schema of its configuration.
    pub config_schema: &'static str,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            id: "demo",
            version: "1.0.0",
            permissions: vec!["contact.read", "contact.write"],
            kinds: vec!["contact"],
            inputs: Vec::new(),
            reasons: vec![("closed", "The office is closed.")],
            obligations: vec![("redact", vec!["email"])],
            requires: vec!["contact.read"],
            floors: vec!["contact.write"],
            config_schema: "",
        }
    }
}

/// A guest under construction. The bodies are WebAssembly text.
#[derive(Clone)]
pub struct Guest {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Version of the interface.
    pub interface: &'static str,
    /// Globals, functions and data to add; data goes to addresses below 512.
    pub items: String,
    /// What `describe` does before it answers.
    pub describe: String,
    /// What `validate` does: `$config`, `$length`; leaves the address of a list.
    pub validate: String,
    /// How one question is answered: `$permission`, `$inputs` (address), `$count` and `$answer`
    /// (the address of an answer that abstains, to be written to). Leaves nothing.
    pub decide: String,
    /// How many answers `evaluate-batch` gives to `$count` questions.
    pub batch_length: String,
    /// What `plan` does, for which the interface has to be 1.1.0: `$permission`, `$inputs`,
    /// `$count`, `$open`, `$opens`; leaves the address of an optional list. The address of
    /// nothing is 576.
    pub plan: Option<String>,
    /// Pages of memory at the start.
    pub pages: u32,
    /// Whether the log is imported, as `$log`.
    pub log: bool,
    /// An interface of another package that is imported: `package:of/interface@1.2.3`.
    pub foreign: Option<&'static str>,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            manifest: Manifest::default(),
            interface: "1.0.0",
            items: String::new(),
            describe: String::new(),
            validate: format!("(i32.const {EMPTY_LIST})"),
            decide: String::new(),
            batch_length: "(local.get $count)".to_owned(),
            plan: None,
            pages: 4,
            log: false,
            foreign: None,
        }
    }
}

impl Guest {
    /// A guest that answers each question so.
    pub fn deciding(decide: &str) -> Self {
        Self { decide: decide.to_owned(), ..Self::default() }
    }

    /// A guest that answers each question with that effect (the number of its case) and index.
    pub fn answering(effect: u32, index: u32) -> Self {
        Self::deciding(&format!(
            "(i32.store8 (local.get $answer) (i32.const {effect}))
             (i32.store offset=4 (local.get $answer) (i32.const {index}))"
        ))
    }

    /// The guest as a core module.
    pub fn module(&self) -> Vec<u8> {
        let mut data = Data::default();
        let manifest = data.manifest(&self.manifest);
        let heap = (DATA + u32::try_from(data.0.len()).unwrap()).next_multiple_of(16);
        let bytes: String = data.0.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        });
        let family = format!("permesso:family/family@{}", self.interface);
        let log = match self.log {
            true => format!(
                r#"(import "permesso:family/log@{}" "write" (func $log (param i32 i32 i32)))"#,
                self.interface
            ),
            false => String::new(),
        };
        let foreign = self.foreign.map_or(String::new(), |interface| {
            format!(r#"(import "{interface}" "probe" (func $foreign (result i32)))"#)
        });
        let plan = self.plan.as_ref().map_or(String::new(), |plan| {
            format!(
                r#"(func (export "{family}#plan")
                     (param $permission i32) (param $has_kind i32) (param $kind i32)
                     (param $inputs i32) (param $count i32) (param $open i32) (param $opens i32)
                     (result i32) {plan})"#
            )
        });
        let Self { items, describe, validate, decide, batch_length, pages, .. } = self;
        let text = format!(
            r#"(module
              {log} {foreign}
              (memory (export "memory") {pages})
              (data (i32.const {DATA}) "{bytes}")
              (global $top (mut i32) (i32.const {heap}))
              {items}
              (func $realloc (export "cabi_realloc")
                (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and
                  (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
                  (i32.sub (i32.const 0) (local.get $align))))
                (global.set $top (i32.add (local.get $at) (local.get $size)))
                (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
                  (then (if (i32.eq (i32.const -1) (memory.grow (i32.const 16)))
                    (then unreachable))))
                (local.get $at))
              (func $reset (param i32) (global.set $top (i32.const {heap})))
              (func (export "{family}#describe") (result i32) {describe} (i32.const {manifest}))
              (func (export "{family}#validate")
                (param $config i32) (param $length i32) (result i32) {validate})
              (func $decide (param $permission i32) (param $inputs i32) (param $count i32)
                (param $answer i32)
                (memory.fill (local.get $answer) (i32.const 0) (i32.const 48))
                {decide})
              (func (export "{family}#evaluate")
                (param $permission i32) (param $has_kind i32) (param $kind i32)
                (param $inputs i32) (param $count i32) (result i32)
                (call $decide (local.get $permission) (local.get $inputs) (local.get $count)
                  (i32.const {ANSWER}))
                (i32.const {ANSWER}))
              (func (export "{family}#evaluate-batch")
                (param $question i32) (param $count i32) (result i32)
                (local $answers i32) (local $at i32) (local $left i32)
                (local.set $answers (call $realloc (i32.const 0) (i32.const 0) (i32.const 8)
                  (i32.mul (i32.add (local.get $count) (i32.const 1)) (i32.const 48))))
                (local.set $at (local.get $answers))
                (local.set $left (local.get $count))
                (block $done (loop $next
                  (br_if $done (i32.eqz (local.get $left)))
                  (call $decide (i32.load (local.get $question))
                    (i32.load offset=12 (local.get $question))
                    (i32.load offset=16 (local.get $question))
                    (local.get $at))
                  (local.set $question (i32.add (local.get $question) (i32.const 20)))
                  (local.set $at (i32.add (local.get $at) (i32.const 48)))
                  (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                  (br $next)))
                (i32.store (i32.const {ANSWER}) (local.get $answers))
                (i32.store offset=4 (i32.const {ANSWER}) {batch_length})
                (i32.const {ANSWER}))
              {plan}
              (func (export "cabi_post_{family}#evaluate") (param i32)
                (call $reset (i32.const 0)))
              (func (export "cabi_post_{family}#evaluate-batch") (param i32)
                (call $reset (i32.const 0)))
            )"#
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// The guest as a component.
    pub fn component(&self) -> Vec<u8> {
        let mut wit = match self.plan {
            None => WIT.replace("family@1.0.0", &format!("family@{}", self.interface)),
            Some(_) => WIT_1_1.replace("family@1.1.0", &format!("family@{}", self.interface)),
        };
        let mut resolve = Resolve::default();
        if let Some(foreign) = self.foreign {
            let (name, version) = foreign.split_once('@').unwrap();
            let (package, interface) = name.split_once('/').unwrap();
            let text = format!(
                "package {package}@{version};
                 interface {interface} {{ probe: func() -> u32; }}"
            );
            resolve.push_source("foreign.wit", &text).unwrap();
            wit = wit.replace("import log;", &format!("import log;\n    import {foreign};"));
        }
        let package = resolve.push_source("family.wit", &wit).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = self.module();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
    }
}

/// The contents of memory from [`DATA`] on.
#[derive(Default)]
struct Data(Vec<u8>);

/// An address and a length, as texts and lists have them.
type Slice = (u32, u32);

impl Data {
    fn put(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let at = DATA + u32::try_from(self.0.len()).unwrap();
        self.0.extend_from_slice(bytes);
        at
    }

    fn text(&mut self, text: &str) -> Slice {
        (self.put(text.as_bytes()), u32::try_from(text.len()).unwrap())
    }

    /// A list of records, each given as its words.
    fn list(&mut self, records: &[Vec<u32>]) -> Slice {
        let words: Vec<u8> = records.iter().flatten().flat_map(|word| word.to_le_bytes()).collect();
        (self.put(&words), u32::try_from(records.len()).unwrap())
    }

    fn texts(&mut self, texts: &[&str]) -> Slice {
        let slices: Vec<_> = texts.iter().map(|text| words(self.text(text))).collect();
        self.list(&slices)
    }

    fn manifest(&mut self, manifest: &Manifest) -> u32 {
        let inputs: Vec<_> = manifest
            .inputs
            .iter()
            .map(|(path, kind)| [words(self.text(path)), vec![kind_case(*kind)]].concat())
            .collect();
        let reasons: Vec<_> = manifest
            .reasons
            .iter()
            .map(|(code, text)| [words(self.text(code)), words(self.text(text))].concat())
            .collect();
        let obligations: Vec<_> = manifest
            .obligations
            .iter()
            .map(|(code, values)| [words(self.text(code)), words(self.texts(values))].concat())
            .collect();
        let fields = [
            self.text(manifest.id),
            self.text(manifest.version),
            self.text("A family for tests"),
            self.texts(&manifest.permissions),
            self.texts(&manifest.kinds),
            self.list(&inputs),
            self.list(&reasons),
            self.list(&obligations),
            self.texts(&manifest.requires),
            self.texts(&manifest.floors),
            self.text(manifest.config_schema),
        ];
        self.list(&fields.map(words)).0
    }
}

fn words((at, length): Slice) -> Vec<u32> {
    vec![at, length]
}

fn kind_case(kind: InputKind) -> u32 {
    match kind {
        InputKind::Boolean => 0,
        InputKind::Integer => 1,
        InputKind::Decimal => 2,
        InputKind::Text => 3,
        InputKind::Texts => 4,
        InputKind::Table => 5,
        InputKind::Instant => 6,
        InputKind::Any => 7,
    }
}

/// A runtime whose deadlines no busy machine misses by accident.
pub fn patient() -> RuntimeConfig {
    RuntimeConfig {
        deadline: Duration::from_secs(10),
        setup_deadline: Duration::from_secs(10),
        instances: 16,
        idle: 8,
        ..RuntimeConfig::default()
    }
}

/// The guest, loaded.
pub fn load(runtime: &Runtime, guest: &Guest) -> Arc<WasmFamily> {
    runtime.load(&guest.component(), "guest").unwrap_or_else(|error| panic!("{error}"))
}

/// A question about the first permission with those inputs.
pub fn question(inputs: Vec<Option<Input<'_>>>) -> Question<'_> {
    Question { permission: 0, kind: Some(0), inputs }
}
