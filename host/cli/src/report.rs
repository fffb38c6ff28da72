//! Faults of documents as people like to read them: with the line in question.

use super::Failure;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceSpan};
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_folders::FolderError;
use permesso_folders::SetupError;
use std::fmt;
use std::fs;
use std::io::IsTerminal;

/// The text of an error, drawn where it is about documents.
pub(super) fn setup(error: &SetupError) -> String {
    match error {
        SetupError::Folder(FolderError::Documents(found)) => documents(found),
        other => format!("error: {other}"),
    }
}

/// The faults of documents, drawn.
pub(super) fn diagnostics(found: &Diagnostics) -> Failure {
    Failure(documents(found))
}

fn documents(found: &Diagnostics) -> String {
    let color = std::io::stderr().is_terminal();
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100);
    let mut text = String::new();
    for diagnostic in found.iter() {
        if handler.render_report(&mut text, &Drawn::new(diagnostic)).is_err() {
            text.push_str(&diagnostic.to_string());
        }
    }
    let (count, noun) = (found.len(), if found.len() == 1 { "fault" } else { "faults" });
    text.push_str(&format!("error: {count} {noun}; nothing was loaded"));
    text
}

/// A diagnostic with the text that it points into.
struct Drawn<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<(NamedSource<String>, SourceSpan)>,
}

impl<'a> Drawn<'a> {
    fn new(diagnostic: &'a Diagnostic) -> Self {
        let source = fs::read_to_string(&diagnostic.file).ok().and_then(|text| {
            let span = span(&text, diagnostic)?;
            Some((NamedSource::new(&diagnostic.file, text), span))
        });
        Self { diagnostic, source }
    }
}

/// The word at the position, or the character where there is no word.
fn span(text: &str, diagnostic: &Diagnostic) -> Option<SourceSpan> {
    let line = (diagnostic.at.line as usize).checked_sub(1)?;
    let column = (diagnostic.at.column as usize).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..)?.lines().next()?;
    let offset: usize = rest.chars().take(column).map(char::len_utf8).sum();
    let word = rest.get(offset..)?.find([' ', ',', '}', ']', ':']).unwrap_or(rest.len() - offset);
    Some((start + offset, word.max(1)).into())
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.diagnostic, f)
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { file, at, field, message, .. } = self.diagnostic;
        if self.source.is_none() {
            write!(f, "{file}")?;
            if at.line > 0 {
                write!(f, ":{}:{}", at.line, at.column)?;
            }
            f.write_str(": ")?;
        }
        if !field.is_empty() {
            write!(f, "{field}: ")?;
        }
        f.write_str(message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn help<'h>(&'h self) -> Option<Box<dyn fmt::Display + 'h>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|(source, _)| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.source.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(None, *span))))
    }
}
