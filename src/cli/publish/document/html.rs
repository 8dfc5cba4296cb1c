//! Writes a document as one HTML file: no network, no script; for light and dark screens and for paper.

use super::Align;
use super::Block;
use super::Document;
use super::Table;
use super::chart;
use super::map;
use super::markup::escaped;

/// Writes a document.
pub(crate) fn html(document: &Document) -> String {
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
    // A wide table scrolls separately, also by keyboard.
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption{unseen}><span>{caption}</span></caption>\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        unseen = if table.under_chart { " class=\"unseen\"" } else { "" },
        caption = escaped(&table.caption)
    )
}

/// Each colour has a contrast of at least 4.5 to 1 with its background as text, and 3 to 1 as a surface. The shades of
/// the map go from light to dark, so that they differ without colours too (YlGnBu of ColorBrewer, by Cynthia Brewer).
const STYLE: &str = "
:root{color-scheme:light dark;--ground:#fff;--ink:#1b1f23;--soft:#57606a;--line:#c5ccd3;
--allow:#1a7f5a;--degrade:#8a6d00;--step_up:#2f6fb7;--review:#8250b4;--deny:#b3261e}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--ink:#e8ebee;--soft:#a8b1ba;--line:#3d444c;
--allow:#4cc38a;--degrade:#d9b430;--step_up:#6cb0f5;--review:#c09bf0;--deny:#ff8a80}}
body{background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:64rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.75rem;line-height:1.2}h1,h2,p,li,th{overflow-wrap:anywhere}h2{margin-top:2.5rem;font-size:1.25rem}
p,li{max-width:44rem}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem}
dl div{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}
dd{margin:0;font-size:1.6rem;font-weight:600;font-variant-numeric:tabular-nums}dt{color:var(--soft);font-size:.9rem}
.wide{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;min-width:100%}
caption{text-align:left;font-weight:600;padding:.25rem 0}caption span{display:block;position:sticky;left:0;max-width:calc(100vw - 2rem)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);font-weight:400;vertical-align:top}
tbody th{min-width:11rem}thead th{font-weight:600;vertical-align:bottom;overflow-wrap:normal}
.number{text-align:right;font-variant-numeric:tabular-nums}td.number{white-space:nowrap}
figure{margin:1.5rem 0 1rem}figcaption{font-weight:600}
.note,.values{color:var(--soft);font-size:.85rem;margin:.25rem 0}
.keys{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:.5rem 0;padding:0;font-size:.9rem}
.keys svg{width:.9rem;height:.9rem;margin-right:.4rem;vertical-align:-.1rem}
.bar{display:grid;grid-template:auto 1fr/15rem 1fr;column-gap:1rem}.track,.values,.axis{grid-column:2}
.label{grid-row:1/3;font-size:.9rem;line-height:1.3;padding:.3rem 0 .6rem;overflow-wrap:anywhere}
.track{padding:.3rem 0 0;background:linear-gradient(to right,var(--line) 1px,transparent 1px) 0 0/25% 100%;border-right:1px solid var(--line)}
.track svg{display:block;width:100%;height:1.1rem}.track rect{vector-effect:non-scaling-stroke}
.values{margin:.1rem 0 .6rem;line-height:1.3}
.axis{display:flex;justify-content:space-between;border-top:1px solid var(--line);color:var(--soft);font-size:.8rem}
.axis span{width:0;white-space:nowrap;display:flex;justify-content:center}
.axis span:first-child{justify-content:flex-start}.axis span:last-child{justify-content:flex-end}
@media (max-width:40rem){main{padding:1rem}.bar{display:block}.label{padding-bottom:0}
dl{grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.5rem}dl div{padding:.5rem .75rem}dd{font-size:1.3rem}}
.map svg[role]{display:block;width:100%;min-width:54rem}svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
.allow{fill:var(--allow)}.degrade{fill:var(--degrade)}.step_up{fill:var(--step_up)}.review{fill:var(--review)}.deny{fill:var(--deny)}
rect{stroke:var(--ground)}.nobody{fill:none;stroke:var(--line);stroke-dasharray:2 2}svg .nobody+text{fill:var(--soft)}
.k0,.k1,.k2,.k3,.k4{stroke:var(--soft)}.k0{fill:#ffffcc}.k1{fill:#a1dab4}.k2{fill:#41b6c4}.k3{fill:#225ea8}.k4{fill:#081d58}
svg .k0+text,svg .k1+text,svg .k2+text{fill:#000}svg .k3+text,svg .k4+text{fill:#fff}
:focus-visible{outline:2px solid var(--step_up);outline-offset:2px}
@media print{:root{color-scheme:light;--ground:#fff;--ink:#000;--soft:#444;--line:#bbb;
--allow:#1a7f5a;--degrade:#8a6d00;--step_up:#2f6fb7;--review:#8250b4;--deny:#b3261e}
@page{margin:15mm}body{font-size:10pt}main{max-width:none;padding:0}h2{margin-top:1.5rem}p,li{max-width:none;orphans:3;widows:3}
dl{grid-template-columns:repeat(3,1fr);gap:.5rem}dd{font-size:1.2rem}.wide{overflow:visible}.map svg[role]{min-width:0}
table{font-size:8.5pt}tbody th{min-width:6rem}th,td{padding-right:.4rem}.bar{grid-template-columns:11rem 1fr;display:grid}caption span{max-width:none}
tr,dl div,.bar,.map{break-inside:avoid}h2,figcaption,caption,.keys,.note,thead{break-after:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";
