//! Where things are in a text, and whether a person who looks at the text sees all of it.

use super::finding;
use crate::limits;
use crate::ruleset::{Diagnostic, Mark};

/// Byte offsets by character number: the YAML parser counts characters.
pub(super) struct Places<'a> {
    text: &'a str,
    /// The offset of every `STEP`-th character; one for each would take eight times the text.
    steps: Vec<usize>,
}

const STEP: usize = 64;

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let steps = text.char_indices().step_by(STEP).map(|(at, _)| at).collect();
        Self { text, steps }
    }

    /// The offset of a character; past the last one, the length of the text.
    pub(super) fn byte(&self, index: usize) -> usize {
        let (step, rest) = (index.wrapping_div(STEP), index.wrapping_rem(STEP));
        let found = self.steps.get(step).and_then(|start| {
            let (at, _) = self.text.get(*start..)?.char_indices().nth(rest)?;
            start.checked_add(at)
        });
        found.unwrap_or(self.text.len())
    }
}

/// The line of an offset, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// Refuses what is too long, or holds characters that an editor hides or shows as something else: a review would
/// not see what is signed. They can still be written as escapes.
pub(super) fn readable(text: &str) -> Result<(), Vec<Diagnostic>> {
    /// A file that is not text at all has thousands; a few tell that.
    const MOST: usize = 20;
    if text.len() > limits::BUNDLE_BYTES {
        let message = format!("the file is longer than {} bytes", limits::BUNDLE_BYTES);
        return Err(vec![finding("source.too_large", Mark::default(), &message)]);
    }
    let hidden = text.char_indices().filter(|(at, c)| is_hidden(text, *at, *c)).take(MOST);
    let findings: Vec<Diagnostic> = hidden
        .map(|(at, c)| {
            let at = Mark { start: at, end: at.saturating_add(c.len_utf8()) };
            let message = format!("the character U+{:04X} is not visible as what it is", u32::from(c));
            let help = Some("leave it out, or write it as an escape between double quotes".to_owned());
            Diagnostic { help, ..finding("source.character", at, &message) }
        })
        .collect();
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn is_hidden(text: &str, at: usize, c: char) -> bool {
    match c {
        '\t' | '\n' => false,
        // Alone it ends a line in YAML, and in few editors.
        '\r' => !text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")),
        '\u{feff}' => at != 0,
        // Line ends in some editors, not in YAML 1.2; what changes the direction of text; not characters at all.
        '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => c.is_control(),
    }
}
