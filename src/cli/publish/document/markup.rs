//! Pieces of HTML that blocks, charts and the map share.

/// A legend entry.
pub(crate) fn key(class: &str, name: &str) -> String {
    format!(
        "<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"{class}\" x=\"1\" y=\"1\" width=\"10\" \
         height=\"10\"/></svg>{}</li>",
        escaped(name)
    )
}

/// Escapes text so that it contains no markup, for elements and attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}
