//! Bars of parts, as inline SVG. What each bar shows is said in words in its title.

use super::html::escaped;
use super::{Part, number};

const WIDTH: f64 = 900.0;
const LABEL: f64 = 190.0;
const HEIGHT: f64 = 26.0;
const LEGEND: f64 = 34.0;

/// Each bar as wide as the others, its parts in proportion.
pub(super) fn bars(title: &str, parts: &[Part], bars: &[(String, Vec<f64>)]) -> String {
    let mut drawn = String::new();
    let mut x = LABEL;
    for Part { name, class } in parts {
        drawn.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"6\" width=\"12\" height=\"12\"/><text x=\"{}\" y=\"16\">{}</text>",
            x + 17.0,
            escaped(name)
        ));
        x += 142.0;
    }
    let mut y = LEGEND;
    for (label, values) in bars {
        let all: f64 = values.iter().sum();
        let said: Vec<String> =
            parts.iter().zip(values).map(|(part, value)| format!("{} {}", part.name, number(*value))).collect();
        drawn.push_str(&format!("<g><title>{}: {}</title>", escaped(label), escaped(&said.join(", "))));
        drawn.push_str(&format!("<text x=\"0\" y=\"{}\">{}</text>", y + 14.0, escaped(&shortened(label))));
        let mut from = LABEL;
        for (part, value) in parts.iter().zip(values) {
            let width = if all > 0.0 { value / all * (WIDTH - LABEL) } else { 0.0 };
            if width > 0.0 {
                drawn.push_str(&format!(
                    "<rect class=\"{}\" x=\"{from:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\"/>",
                    part.class
                ));
            }
            from += width;
        }
        drawn.push_str("</g>");
        y += HEIGHT;
    }
    format!(
        "<figure><figcaption>{title}</figcaption><svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {WIDTH} {y}\">{drawn}\
         </svg></figure>\n",
        title = escaped(title)
    )
}

/// What fits beside a bar; its title has the whole.
fn shortened(label: &str) -> String {
    if label.chars().count() <= 28 { label.to_owned() } else { label.chars().take(27).chain(['…']).collect() }
}
