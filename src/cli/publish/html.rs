//! Builds HTML in which a ruleset's contents are always text and never markup.

use crate::cli::io::terminal::visible;

/// Markup. Only this module makes it, and it escapes all text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Markup(String);

/// Text, escaped.
pub(super) fn text(text: &str) -> Markup {
    let mut escaped = String::with_capacity(text.len());
    // Characters that hide text or change its direction are spelt out, as on a terminal.
    for letter in visible(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Markup(escaped)
}

/// An element: `open` is its name with the attributes that this program writes, such as `p class="note"`.
pub(super) fn element(open: &'static str, inner: Markup) -> Markup {
    let name = open.split(' ').next().unwrap_or(open);
    Markup(format!("<{open}>{}</{name}>", inner.0))
}

/// An element with an id as a link target.
pub(super) fn anchor(name: &'static str, id: &str, inner: Markup) -> Markup {
    Markup(format!("<{name} id=\"{}\">{}</{name}>", text(id).0, inner.0))
}

/// A link if the address is on the web or on the page; otherwise only the inner markup.
pub(super) fn link(url: &str, inner: Markup) -> Markup {
    if url.starts_with("https://") || url.starts_with("http://") || url.starts_with('#') {
        Markup(format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", text(url).0, inner.0))
    } else {
        inner
    }
}

/// An element that contains only text.
pub(super) fn plain(open: &'static str, inner: &str) -> Markup {
    element(open, text(inner))
}

pub(super) fn list(items: impl IntoIterator<Item = Markup>) -> Markup {
    element("ul", all(items.into_iter().map(|item| element("li", item))))
}

/// Joins parts, each on a line of its own.
pub(super) fn all(parts: impl IntoIterator<Item = Markup>) -> Markup {
    let parts: Vec<String> = parts.into_iter().map(|part| part.0).filter(|part| !part.is_empty()).collect();
    Markup(parts.join("\n"))
}

/// Joins parts in one line.
pub(super) fn line(parts: impl IntoIterator<Item = Markup>) -> Markup {
    Markup(parts.into_iter().map(|part| part.0).collect())
}

/// The whole page.
pub(super) fn document(title: &str, style: &'static str, body: Markup) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{style}</style>\n</head>\n\
         <body>\n{}\n</body>\n</html>\n",
        text(title).0,
        body.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_ruleset_says_is_never_markup() {
        let html = plain("p class=\"x\"", "<script>alert('1')</script> & \"\u{202e}");
        let escaped = "<p class=\"x\">&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;\\u{202e}</p>";
        assert_eq!(html.0, escaped);
        assert_eq!(link("javascript:alert(1)", text("a")).0, "a");
        let quoted = link("https://a.example/?q=\"onclick=\"x", text("a")).0;
        assert_eq!(quoted, "<a href=\"https://a.example/?q=&quot;onclick=&quot;x\" rel=\"noreferrer\">a</a>");
        assert_eq!(anchor("h2", "a\"b", text("c")).0, "<h2 id=\"a&quot;b\">c</h2>");
    }
}
