//! A document as one HTML file: no network, no script; light, dark and on paper.

use super::{Align, Block, Document, Table, chart, map};

/// Writes a document.
pub(in crate::cli) fn html(document: &Document) -> String {
    let title = escaped(&document.title);
    let mut body = String::new();
    for block in &document.blocks {
        body.push_str(&match block {
            Block::Heading(heading) => format!("<h2>{}</h2>\n", escaped(heading)),
            Block::Text(paragraph) => format!("<p>{}</p>\n", escaped(paragraph)),
            Block::List(items) if items.is_empty() => String::new(),
            Block::List(items) => {
                let items: String = items.iter().map(|item| format!("<li>{}</li>", escaped(item))).collect();
                format!("<ul>{items}</ul>\n")
            }
            Block::Numbers(numbers) => {
                let one = |(number, what): &(String, String)| {
                    format!("<div><dt>{}</dt><dd>{}</dd></div>", escaped(what), escaped(number))
                };
                format!("<dl>{}</dl>\n", numbers.iter().map(one).collect::<String>())
            }
            Block::Table(one) => table(one),
            Block::Bars { title, parts, bars } => chart::bars(title, parts, bars),
            Block::Map { title, tiles } => map::tiles(title, tiles),
        });
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn table(table: &Table) -> String {
    let class = |align: &Align| if *align == Align::Number { " class=\"number\"" } else { "" };
    let head: String = table
        .columns
        .iter()
        .map(|(name, align)| format!("<th scope=\"col\"{}>{}</th>", class(align), escaped(name)))
        .collect();
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&table.columns).enumerate().map(|(place, (cell, (_, align)))| match place {
            0 => format!("<th scope=\"row\">{}</th>", escaped(cell)),
            _ => format!("<td{}>{}</td>", class(align), escaped(cell)),
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let rows: String = table.rows.iter().map(row).collect();
    // A wide table is scrolled by itself, and by keyboard too.
    format!(
        "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        caption = escaped(&table.caption)
    )
}

/// Text in which no letter is markup, in an attribute neither.
pub(super) fn escaped(text: &str) -> String {
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

/// Each colour has at least 4.5 to 1 against what it stands on as text, and 3 to 1 as a surface.
const STYLE: &str = "
:root{color-scheme:light dark;--ground:#fff;--ink:#1b1f23;--soft:#57606a;--line:#c5ccd3;
--allow:#1a7f5a;--degrade:#8a6d00;--step_up:#2f6fb7;--review:#8250b4;--deny:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--ink:#e8ebee;--soft:#a8b1ba;--line:#3d444c;
--allow:#4cc38a;--degrade:#d9b430;--step_up:#6cb0f5;--review:#c09bf0;--deny:#ff8a80}}
body{background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:64rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.75rem;line-height:1.2}h2{margin-top:2.5rem;font-size:1.25rem}
p,li{max-width:44rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem}
dl div{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}
dd{margin:0;font-size:1.6rem;font-weight:600;font-variant-numeric:tabular-nums}dt{color:var(--soft);font-size:.9rem}
.table{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;min-width:100%}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);font-weight:400;vertical-align:top}
thead th{font-weight:600}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:1rem 0}figcaption{font-weight:600}svg{width:100%;height:auto;display:block}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
.allow{fill:var(--allow)}.degrade{fill:var(--degrade)}.step_up{fill:var(--step_up)}.review{fill:var(--review)}.deny{fill:var(--deny)}
rect{stroke:var(--ground)}.nobody{fill:none;stroke:var(--line)}svg .nobody+text{fill:var(--soft)}
.k0,.k1,.k2,.k3,.k4{stroke:var(--soft)}.k0{fill:#7a1f1a}.k1{fill:#b5562e}.k2{fill:#e0b04a}.k3{fill:#8fc28a}.k4{fill:#1f6f4a}
svg .k0+text,svg .k1+text,svg .k4+text{fill:#fff}svg .k2+text,svg .k3+text{fill:#000}
:focus-visible{outline:2px solid var(--step_up);outline-offset:2px}
@media print{:root{color-scheme:light}body{font-size:11px}main{max-width:none;padding:0}.table{overflow:visible}
figure,tr,dl div{break-inside:avoid}h2{break-after:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";
