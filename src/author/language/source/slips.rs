//! Mistakes that the YAML parser reports at another location or in its own terms: tabs, unclosed brackets, colons and
//! indentation.

use crate::author::language::SourceRange;

/// A mistake, with its location and a remedy.
pub(super) struct Slip {
    pub(super) at: SourceRange,
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// Finds the mistake that explains a syntax error, which the parser reported at `error`. `None` if there is no such mistake.
pub(super) fn find(text: &str, error: usize, info: &str) -> Option<Slip> {
    // The parser's own message is clear about an unclosed quotation.
    let quoted = info.contains("quoted scalar");
    let slip = tab(text, error).or_else(|| unclosed(text, error)).or_else(|| colon(text, error, info));
    let slip = slip.or_else(|| indentation(error, info));
    slip.filter(|_| !quoted)
}

/// Finds a tab that indents the line of the error or the next line that is not blank.
fn tab(text: &str, error: usize) -> Option<Slip> {
    let before = text.get(..error)?;
    let mut start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
    for line in text.get(start..)?.split_inclusive('\n').filter(|line| !line.trim().is_empty()).take(2) {
        let found = text.get(start..)?.find(line)?.saturating_add(start);
        let indent = line.len().saturating_sub(line.trim_start().len());
        if let Some(tab) = line.get(..indent)?.find('\t') {
            let at = found.saturating_add(tab);
            return Some(Slip {
                at: SourceRange { start: at, end: at.saturating_add(1) },
                message: "a tab indents this line".to_owned(),
                help: "indent it with spaces",
            });
        }
        start = found.saturating_add(line.len());
    }
    None
}

/// Finds a bracket before the error that is not closed, or is closed by a bracket of the other kind.
fn unclosed(text: &str, error: usize) -> Option<Slip> {
    let (at, bracket) = open(text)?;
    let help = if bracket == '[' { "close it with `]`" } else { "close it with `}`" };
    (at <= error).then(|| Slip {
        at: SourceRange { start: at, end: at.saturating_add(1) },
        message: format!("this `{bracket}` is not closed"),
        help,
    })
}

fn open(text: &str) -> Option<(usize, char)> {
    let mut stack: Vec<(usize, char)> = Vec::new();
    // True if a value may begin here, and the previous character.
    let (mut begins, mut before) = (true, '\n');
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '#' if before.is_whitespace() => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '"' | '\'' if begins => {
                while let Some((_, inside)) = chars.next() {
                    match inside {
                        '\\' if c == '"' => drop(chars.next()),
                        _ if inside == c => break,
                        _ => {}
                    }
                }
                begins = false;
            }
            '[' | '{' if begins || !stack.is_empty() => {
                stack.push((at, c));
                begins = true;
            }
            ']' | '}' if !stack.is_empty() => {
                let (opened, bracket) = stack.pop()?;
                if (bracket == '[') != (c == ']') {
                    return Some((opened, bracket));
                }
                begins = false;
            }
            ',' if !stack.is_empty() => begins = true,
            '|' | '>' if begins && stack.is_empty() => pass_block(text, at, &mut chars),
            '\n' => begins = true,
            ' ' => begins = begins || matches!(before, ':' | '-'),
            '-' if before.is_whitespace() => {}
            _ => begins = false,
        }
        before = c;
    }
    stack.pop()
}

/// Skips a block scalar: the lines that are indented deeper than the line of its indicator.
fn pass_block(text: &str, at: usize, chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) {
    let indent = |line: &str| line.len().saturating_sub(line.trim_start().len());
    let first = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    let mut lines = text.get(at..).unwrap_or_default().split_inclusive('\n');
    let mut end = at.saturating_add(lines.next().unwrap_or_default().len());
    for line in lines.take_while(|line| line.trim().is_empty() || indent(line) > indent(first)) {
        end = end.saturating_add(line.len());
    }
    while chars.next_if(|(at, _)| at.saturating_add(1) < end).is_some() {}
}

/// Finds a line whose indentation differs from that of its neighbours.
fn indentation(error: usize, info: &str) -> Option<Slip> {
    let is_told = ["did not find expected '-'", "did not find expected key", "invalid indentation"];
    is_told.iter().any(|told| info.contains(told)).then(|| Slip {
        at: SourceRange { start: error, end: error.saturating_add(1) },
        message: "this line is not indented like the lines that it belongs with".to_owned(),
        help: "indent it like the other fields of its entry",
    })
}

/// Finds a colon inside a text, or a line without a colon and a space after the name.
fn colon(text: &str, error: usize, info: &str) -> Option<Slip> {
    if info.starts_with("mapping values are not allowed") {
        return Some(Slip {
            at: SourceRange { start: error, end: error.saturating_add(1) },
            message: "a text without quotes cannot contain a colon and a space".to_owned(),
            help: "put the text in quotes",
        });
    }
    if !info.starts_with("simple key expect") {
        return None;
    }
    // The parser reports this at the next line.
    let line = text.get(..error)?.trim_end().rsplit('\n').next()?;
    let end = text.get(..error)?.trim_end().len();
    let start = end.saturating_sub(line.trim_start().len());
    Some(Slip {
        at: SourceRange { start, end },
        message: "this line is not `NAME: VALUE`".to_owned(),
        help: "write a colon and a space after the name",
    })
}
