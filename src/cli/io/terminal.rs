//! Text for a terminal: colours, and escapes for characters that would control it.

use anstyle::{AnsiColor, Style};
use brightline::Outcome;

/// Escapes text from a file or a token for a terminal, which control characters would command.
pub(crate) fn visible(text: &str) -> String {
    let show = |c: char| if is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() };
    text.chars().map(show).collect()
}

/// True for control characters, other line ends, and characters that change the direction of text.
fn is_hidden(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Escapes characters that could control or confuse a terminal. In JSON they occur only inside strings.
pub(crate) fn escaped(json: &str) -> String {
    let show = |c: char| if c != '\n' && is_hidden(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(show).collect()
}

/// A count with its noun, in the singular or the plural.
pub(crate) fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// Paints results that hold, pass or are allowed.
pub(crate) fn good(text: &str) -> String {
    painted(AnsiColor::Green.on_default(), text)
}

/// Paints results that fail, differ or are denied.
pub(crate) fn bad(text: &str) -> String {
    painted(AnsiColor::Red.on_default(), text)
}

/// Paints results in between: something is missing or open.
pub(crate) fn open(text: &str) -> String {
    painted(AnsiColor::Yellow.on_default(), text)
}

/// Paints secondary details.
pub(crate) fn dim(text: &str) -> String {
    painted(Style::new().dimmed(), text)
}

/// An outcome's name, painted.
pub(crate) fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Allow => good(outcome.as_str()),
        Outcome::Degrade | Outcome::StepUp | Outcome::Review => open(outcome.as_str()),
        Outcome::Deny => bad(outcome.as_str()),
    }
}

fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Removes colours, for files.
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
