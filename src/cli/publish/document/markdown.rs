//! Writes a document as Markdown: without charts, since each is followed by a table.

use super::Align;
use super::Block;
use super::Document;
use super::Table;

/// Writes a document.
pub(crate) fn markdown(document: &Document) -> String {
    let mut text = format!("# {}\n", escaped(&document.title));
    for block in &document.blocks {
        match block {
            Block::Heading(heading) => text.push_str(&format!("\n## {}\n", escaped(heading))),
            Block::Text(paragraph) => text.push_str(&format!("\n{}\n", escaped(paragraph))),
            Block::List(items) if items.is_empty() => {}
            Block::List(items) => {
                text.push('\n');
                items.iter().for_each(|item| text.push_str(&format!("* {}\n", escaped(item))));
            }
            Block::Numbers(numbers) => {
                text.push('\n');
                for (number, what) in numbers {
                    text.push_str(&format!("* **{}** {}\n", escaped(number), escaped(what)));
                }
            }
            Block::Table(one) => table(one, &mut text),
            Block::Bars { .. } | Block::Map { .. } => {}
        }
    }
    text
}

fn table(table: &Table, text: &mut String) {
    text.push_str(&format!("\n**{}**\n\n", escaped(&table.caption)));
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text.push_str(&row(table.columns.iter().map(|(name, _)| escaped(name)).collect()));
    let rule = |align: &Align| if *align == Align::Number { "---:" } else { "---" };
    text.push_str(&format!("|{}|\n", table.columns.iter().map(|(_, align)| rule(align)).collect::<Vec<_>>().join("|")));
    for cells in &table.rows {
        text.push_str(&row(cells.iter().map(|cell| escaped(cell)).collect()));
    }
}

/// Escapes text so that it contains no markup.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '#' => {
                safe.push('\\');
                safe.push(letter);
            }
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}
