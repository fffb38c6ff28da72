//! `permesso family inspect`: what a component is and what it asks for.

use super::super::{print_pretty, written};
use super::{Failure, Target, failure, size, workbench};
use clap::Args;
use permesso_engine::family::{Family as _, InputKind, Manifest};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

/// Which component.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let component = self.target.read()?;
        let (bytes, digest) = (component.component.bytes(), component.component.digest());
        let runtime = workbench(None)?;
        let info = runtime.inspect(bytes, &component.name()).map_err(|error| failure(&error))?;
        let start = Instant::now();
        let family = component.load(&runtime)?;
        let compiled = start.elapsed();
        let manifest = family.manifest();
        let signature = component.signature(None)?;
        if self.json {
            print_pretty(&json!({
                "component": component.name(),
                "digest": digest,
                "bytes": bytes.len(),
                "interface": info.interface.to_string(),
                "imports": info.imports,
                "memory_bytes": family.memory_at_start(),
                "compile_ms": compiled.as_secs_f64() * 1e3,
                "signature": signature,
                "manifest": manifest_json(manifest),
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = String::new();
        // Infallible: the target is a string.
        let _ = write!(
            text,
            "{} {}: {}\n  component  {}\n  digest     {}\n  size       {}, compiled in {:.0} ms\n  \
             interface  permesso:family@{}\n  imports    {}\n",
            manifest.id,
            manifest.version,
            manifest.title,
            component.name(),
            digest,
            size(bytes.len()),
            compiled.as_secs_f64() * 1e3,
            info.interface,
            if info.imports.is_empty() { "nothing".to_owned() } else { info.imports.join(", ") },
        );
        let memory = size(family.memory_at_start());
        let _ = writeln!(text, "  memory     {memory} once it has said who it is");
        let _ = match &signature {
            Some(one) => writeln!(
                text,
                "  signature  of {}, as `{}`, from {} to {} (not checked; see `permesso family \
                 verify`)",
                one.key_id, one.family, one.valid_from, one.valid_until
            ),
            None => writeln!(text, "  signature  none"),
        };
        lists(&mut text, manifest);
        let mut out = io::stdout().lock();
        written(out.write_all(text.as_bytes()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn lists(text: &mut String, manifest: &Manifest) {
    let mut list = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        // Infallible: the target is a string.
        let _ = writeln!(text, "\n{title}");
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    };
    list("it can be asked about", manifest.permissions.clone());
    list("it tells apart the kinds", manifest.kinds.clone());
    let inputs = manifest.inputs.iter();
    list(
        "it reads, and is sent nothing else",
        inputs.map(|input| format!("{} ({})", input.path, kind(input.kind))).collect(),
    );
    let reasons = manifest.reasons.iter();
    list(
        "it can forbid because",
        reasons.map(|reason| format!("{}: {}", reason.code, reason.text)).collect(),
    );
    let obligations = manifest.obligations.iter();
    list(
        "it can oblige callers to",
        obligations
            .map(|duty| match duty.values.is_empty() {
                true => duty.code.clone(),
                false => format!("{}: {}", duty.code, duty.values.join(", ")),
            })
            .collect(),
    );
    list("it can demand besides", manifest.requires.clone());
    list("it can lift, where a tenant consents (floors)", manifest.floors.clone());
    list(
        "its configuration",
        match manifest.config_schema.is_empty() {
            true => vec!["none".to_owned()],
            false => manifest.config_schema.lines().map(str::to_owned).collect(),
        },
    );
}

pub(super) const fn kind(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Boolean => "boolean",
        InputKind::Integer => "integer",
        InputKind::Decimal => "decimal",
        InputKind::Text => "text",
        InputKind::Texts => "texts",
        InputKind::Table => "table",
        InputKind::Instant => "instant",
        InputKind::Any => "any",
    }
}

fn manifest_json(manifest: &Manifest) -> serde_json::Value {
    let inputs = manifest.inputs.iter();
    let reasons = manifest.reasons.iter();
    let obligations = manifest.obligations.iter();
    json!({
        "id": manifest.id,
        "version": manifest.version,
        "title": manifest.title,
        "permissions": manifest.permissions,
        "kinds": manifest.kinds,
        "inputs": inputs
            .map(|input| json!({"path": input.path.to_string(), "kind": kind(input.kind)}))
            .collect::<Vec<_>>(),
        "reasons": reasons
            .map(|reason| json!({"code": reason.code, "text": reason.text}))
            .collect::<Vec<_>>(),
        "obligations": obligations
            .map(|duty| json!({"code": duty.code, "values": duty.values}))
            .collect::<Vec<_>>(),
        "requires": manifest.requires,
        "floors": manifest.floors,
        "config_schema": manifest.config_schema,
    })
}
