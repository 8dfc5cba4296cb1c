//! Stacked bars. Labels are text and only the bars are images, so that on a narrow screen labels wrap and keep their
//! size.

use super::BarPart;
use super::markup::{escaped, key};
use super::number;
use super::percent;

/// The drawn width of a bar, which is stretched to the available width.
const WIDTH: f64 = 1000.0;

/// Bars of equal width, divided in proportion, with the shares as text below each.
pub(crate) fn bars(title: &str, parts: &[BarPart], bars: &[(String, Vec<f64>)]) -> String {
    let key = |BarPart { name, class }: &BarPart| key(class, name);
    let keys: String = parts.iter().map(key).collect();
    let rows: String = bars.iter().map(|(label, values)| bar(label, parts, values)).collect();
    let ticks: String = [0, 25, 50, 75, 100].map(|tick| format!("<span>{tick} %</span>")).concat();
    format!(
        "<figure><figcaption>{}</figcaption><ul class=\"keys\">{keys}</ul>\n{rows}\
         <div class=\"bar\" aria-hidden=\"true\"><div class=\"axis\">{ticks}</div></div></figure>\n",
        escaped(title)
    )
}

fn bar(label: &str, parts: &[BarPart], values: &[f64]) -> String {
    let all: f64 = values.iter().sum();
    let each = || parts.iter().zip(values);
    let counts: Vec<String> = each().map(|(part, value)| format!("{} {}", part.name, number(*value))).collect();
    let there = || each().filter(|(_, value)| all > 0.0 && **value > 0.0);
    let shares: Vec<String> = there().map(|(part, value)| format!("{} {}", part.name, percent(value / all))).collect();
    let (mut from, mut drawn) = (0.0, String::new());
    for (BarPart { class, .. }, value) in there() {
        let width = value / all * WIDTH;
        drawn
            .push_str(&format!("<rect class=\"{class}\" x=\"{from:.1}\" y=\"0\" width=\"{width:.1}\" height=\"10\"/>"));
        from += width;
    }
    format!(
        "<div class=\"bar\"><div class=\"label\">{label}</div><div class=\"track\"><svg role=\"img\" viewBox=\"0 0 {WIDTH} 10\" \
         preserveAspectRatio=\"none\"><title>{label}: {}</title>{drawn}</svg></div><div class=\"values\">{}</div></div>\n",
        escaped(&counts.join(", ")),
        escaped(&if shares.is_empty() { "no people".to_owned() } else { shares.join(", ") }),
        label = escaped(label),
    )
}
