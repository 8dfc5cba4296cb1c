//! Reports as documents: built once from blocks, then written as Markdown, or as HTML that needs no network and no
//! script.

mod chart;
mod html;
mod map;
mod markdown;
mod markup;

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
pub(crate) use html::html;
pub(crate) use markdown::markdown;
use std::path::Path;

pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

/// A part of a document. Texts are unescaped; the writers escape them.
pub(crate) enum Block {
    Heading(String),
    Text(String),
    List(Vec<String>),
    /// Headline numbers, each with its label.
    Numbers(Vec<(String, String)>),
    Table(Table),
    /// Stacked bars, one for each label. A table with the same numbers follows.
    Bars {
        title: String,
        parts: Vec<BarPart>,
        bars: Vec<(String, Vec<f64>)>,
    },
    /// A square for each country. A table with the same numbers follows.
    Map {
        title: String,
        tiles: Vec<Tile>,
    },
}

pub(crate) struct Table {
    pub(crate) caption: String,
    /// The name of each column, and its alignment.
    pub(crate) columns: Vec<(String, Align)>,
    pub(crate) rows: Vec<Vec<String>>,
    /// True if it follows a chart of the same title, which is then not printed twice.
    pub(crate) under_chart: bool,
}

/// The alignment of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Text,
    Number,
}

/// A part of a stacked bar.
#[derive(Clone)]
pub(crate) struct BarPart {
    pub(crate) name: &'static str,
    /// The class in the style sheet.
    pub(crate) class: &'static str,
}

/// A country on the map.
pub(crate) struct Tile {
    pub(crate) code: String,
    pub(crate) name: String,
    /// From 0 to 1. `None` if no people are there.
    pub(crate) share: Option<f64>,
}

/// The format of a report.
#[derive(Clone, Copy)]
pub(crate) enum ReportForm {
    Json,
    Markdown,
    Html,
}

impl ReportForm {
    /// The format by the path's extension. Without a path, Markdown, or JSON if requested.
    pub(crate) fn of(path: Option<&Path>, output: Output) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(if output == Output::Json { Self::Json } else { Self::Markdown });
        };
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Ok(Self::Json),
            Some("md") => Ok(Self::Markdown),
            Some("html") => Ok(Self::Html),
            _ => Err(Failure::new(Exit::Usage, format!("`{}`: a report ends in .html, .md or .json", path.display()))),
        }
    }
}

/// The placeholder for an absent number.
pub(crate) const NONE: &str = "–";

/// A number of people, with spaces between thousands; decimals only if they are not zero.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    let part = part.trim_end_matches('0');
    if part.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{part}") }
}

/// A share as a percentage with one decimal.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        for (value, text) in
            [(0.0, "0"), (12.5, "12.5"), (1234.0, "1\u{202f}234"), (-1_000_000.25, "-1\u{202f}000\u{202f}000.25")]
        {
            assert_eq!(number(value), text);
        }
        assert_eq!((percent(0.0), percent(1.0), percent(0.12345)), ("0.0 %".into(), "100.0 %".into(), "12.3 %".into()));
    }

    fn sample() -> Document {
        let table = Table {
            caption: "A|B".into(),
            columns: vec![("who".into(), Align::Text), ("n".into(), Align::Number)],
            rows: vec![vec!["<b>&\"|\n`x`".into(), "1".into()]],
            under_chart: false,
        };
        let parts = vec![BarPart { name: "allowed", class: "allow" }, BarPart { name: "denied", class: "deny" }];
        let tile = |code: &str, share| Tile { code: code.into(), name: format!("Name of {code}"), share };
        Document {
            title: "<script>alert(1)</script>".into(),
            blocks: vec![
                Block::Heading("One".into()),
                Block::Text("a < b * [c](d)".into()),
                Block::List(vec!["x".into()]),
                Block::Numbers(vec![("5 %".into(), "keep".into())]),
                Block::Bars {
                    title: "T".into(),
                    parts,
                    bars: vec![("all".into(), vec![3.0, 1.0]), ("none".into(), vec![0.0, 0.0])],
                },
                Block::Map { title: "M".into(), tiles: vec![tile("DE", Some(0.5)), tile("XZ", None)] },
                Block::Table(table),
            ],
        }
    }

    #[test]
    fn what_people_wrote_is_never_markup() {
        let html = html(&sample());
        assert!(!html.contains("<script") && !html.contains("<b>") && html.contains("&lt;b&gt;&amp;&quot;|"), "{html}");
        for network in ["http://", "https://", "url(", "@import", "src="] {
            assert!(!html.contains(network), "{network}");
        }
        let markdown = markdown(&sample());
        assert!(markdown.contains("| \\<b\\>&\"\\| \\`x\\` | 1 |"), "{markdown}");
        assert!(markdown.contains("a \\< b \\* \\[c\\](d)"), "{markdown}");
    }

    #[test]
    fn each_chart_says_in_words_what_it_shows() {
        let html = html(&sample());
        assert!(html.contains("role=\"img\"") && html.contains("<title>all: allowed 3, denied 1</title>"), "{html}");
        assert!(
            html.contains("<title>Name of DE: 50.0 %</title>") && html.contains("<title>Name of XZ: no people</title>")
        );
        // Complete in text, and as numbers next to the bar.
        assert!(html.contains("<div class=\"values\">allowed 75.0 %, denied 25.0 %</div>"), "{html}");
        assert!(html.contains("<div class=\"values\">no people</div>") && html.contains("<span>50 %</span>"), "{html}");
        assert!(html.contains("no people</li>") && html.contains("50.0 %</li>"), "{html}");
        assert!(html.contains("<html lang=\"en\">") && html.contains("<caption><span>A|B</span></caption>"));
    }
}
