//! Locations in a text, and a check that a reader can see all of its characters.

use super::finding;
use crate::author::language::{Diagnostic, SourceRange};
use crate::base::limits;

/// Byte offsets by character index, since the YAML parser counts characters.
pub(super) struct CharOffsets<'a> {
    text: &'a str,
    /// The offset of every `STEP`-th character. One for each would take eight times the memory of the text.
    steps: Vec<usize>,
}

const STEP: usize = 64;

impl<'a> CharOffsets<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let steps = text.char_indices().step_by(STEP).map(|(at, _)| at).collect();
        Self { text, steps }
    }

    /// The byte offset of a character. After the last character, it is the length of the text.
    pub(super) fn byte(&self, index: usize) -> usize {
        let (step, rest) = (index.wrapping_div(STEP), index.wrapping_rem(STEP));
        let found = self.steps.get(step).and_then(|start| {
            let (at, _) = self.text.get(*start..)?.char_indices().nth(rest)?;
            start.checked_add(at)
        });
        found.unwrap_or(self.text.len())
    }
}

/// The line number of an offset, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// Refuses a text that is too long, or with characters that an editor hides or shows as something else. A reviewer would
/// not see the content that is signed. Such characters can be written as escapes.
pub(super) fn readable(text: &str) -> Result<(), Vec<Diagnostic>> {
    /// Limit of findings. A file that is not text has thousands of such characters.
    const MOST: usize = 20;
    if text.len() > limits::BUNDLE_BYTES {
        let message = format!("the file is longer than {} bytes", limits::BUNDLE_BYTES);
        return Err(vec![finding("source.too_large", SourceRange::default(), &message)]);
    }
    let hidden = text.char_indices().filter(|(at, c)| is_hidden(text, *at, *c)).take(MOST);
    let findings: Vec<Diagnostic> = hidden
        .map(|(at, c)| {
            let at = SourceRange { start: at, end: at.saturating_add(c.len_utf8()) };
            let message = format!("the character U+{:04X} is invisible or misleading", u32::from(c));
            let help = Some("leave it out, or write it as an escape between double quotes".to_owned());
            Diagnostic { help, ..finding("source.character", at, &message) }
        })
        .collect();
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn is_hidden(text: &str, at: usize, c: char) -> bool {
    match c {
        '\t' | '\n' => false,
        // Without a line feed after it, it ends a line in YAML, but not in most editors.
        '\r' => !text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")),
        '\u{feff}' => at != 0,
        // Line ends in some editors but not in YAML 1.2; changes of the text direction; noncharacters.
        '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => c.is_control(),
    }
}
