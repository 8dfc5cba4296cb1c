//! A map of squares, one per country and roughly at its location. It is laid out by hand, so it needs no map data, and
//! Malta is as large as Russia. Countries without a square of their own are in rows below.

use super::Tile;
use super::markup::{escaped, key};
use super::percent;
use std::collections::BTreeSet;

/// The squares, row by row; two dots are sea or empty.
const GRID: &str = "\
.. .. .. .. .. .. .. GL .. .. IS .. .. NO SE FI EE .. .. RU .. .. .. .. .. .. .. .. ..
.. .. CA .. .. PM .. .. .. FO .. GB .. DK .. .. LV .. .. .. .. .. .. .. .. .. .. .. ..
.. .. US .. .. BM .. .. .. .. IE IM NL DE PL LT BY .. .. KZ .. MN .. .. .. .. .. .. ..
.. .. MX .. .. .. .. .. .. .. GG BE LU CZ SK UA MD .. GE UZ KG CN KP .. JP .. .. .. ..
.. GT BZ .. BS TC .. .. .. .. JE FR CH AT HU RO .. AM AZ TM TJ .. KR .. .. .. .. .. ..
.. SV HN CU HT DO PR VI VG .. AD MC LI SI HR RS BG TR IR AF NP BT .. TW .. .. .. .. ..
.. .. NI KY JM .. AI KN AG PT ES .. SM IT BA ME MK SY IQ PK IN BD MM HK MO .. .. .. ..
.. .. CR PA .. AW MS GP DM .. GI .. VA MT AL GR CY LB KW .. LK TH LA VN .. PH .. .. ..
.. .. .. CO VE CW .. MQ LC EH MA DZ TN LY EG PS IL JO SA BH MV .. KH .. .. .. GU MP ..
.. .. EC PE GY SR GF TT VC CV MR ML NE TD SD ER .. YE OM QA AE MY .. BN .. PW FM MH ..
.. .. .. BO BR .. BB GD .. SN GM BF NG CF SS ET DJ SO .. .. .. .. SG ID TL PG NR KI ..
.. .. CL PY UY .. .. .. .. GW GN CI BJ CM UG KE .. SC .. .. .. .. .. .. .. SB TV WF ..
.. .. .. AR .. .. .. .. .. SL LR GH TG GQ RW TZ .. KM .. .. .. .. .. .. AU VU FJ WS ..
.. .. .. FK .. .. .. .. .. SH .. .. ST GA BI MW MZ YT MG .. .. .. .. .. .. NC TO AS ..
.. .. .. .. .. .. .. .. .. .. .. .. .. CG CD ZM ZW .. MU RE .. .. .. .. .. NZ NU CK PF
.. .. .. .. .. .. .. .. .. .. .. .. .. AO NA BW SZ .. .. .. .. .. .. .. .. .. .. .. ..
.. .. .. .. .. .. .. .. .. .. .. .. .. .. ZA LS .. .. .. .. .. .. .. .. .. .. .. .. ..";
const COLUMNS: usize = 29;
const SIDE: usize = 30;

/// A square for each country, shaded by its share.
pub(crate) fn tiles(title: &str, tiles: &[Tile]) -> String {
    let steps = Steps::of(tiles);
    let mut drawn = String::new();
    let mut spare = 0_usize;
    for tile in tiles {
        let (column, row) = place(&tile.code).unwrap_or_else(|| {
            let next = spare;
            spare = spare.saturating_add(1);
            (next % COLUMNS, rows().saturating_add(1).saturating_add(next / COLUMNS))
        });
        let said = tile.share.map_or_else(|| "no people".to_owned(), percent);
        let (left, top) = (column.saturating_mul(SIDE), row.saturating_mul(SIDE));
        drawn.push_str(&format!(
            "<g><title>{}: {said}</title><rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"28\" height=\"28\" rx=\"3\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            escaped(&tile.name),
            steps.class(tile.share),
            left.saturating_add(1),
            top.saturating_add(1),
            left.saturating_add(15),
            top.saturating_add(19),
            escaped(&tile.code)
        ));
    }
    let spare_rows = spare.div_ceil(COLUMNS);
    let height = rows().saturating_add(1).saturating_add(spare_rows).saturating_mul(SIDE);
    let explained = if steps.0.iter().any(|(first, last)| first != last) {
        "<p class=\"note\">The darker, the more. The steps fit these numbers: each has as many different shares as the \
         others, or one more or less.</p>"
    } else {
        "<p class=\"note\">The darker, the more.</p>"
    };
    // On a narrow screen the map scrolls separately, also by keyboard.
    format!(
        "<figure class=\"map\"><figcaption>{title}</figcaption><ul class=\"keys\">{}</ul>{explained}\n<div class=\"wide\" \
         tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><svg role=\"img\" aria-label=\"{title}\" \
         viewBox=\"0 0 {} {height}\">{drawn}</svg></div></figure>\n",
        steps.keys(),
        COLUMNS.saturating_mul(SIDE),
        title = escaped(title)
    )
}

/// The greatest number of shades that readers can distinguish, on paper without colours too.
const SHADES: usize = 5;

/// Steps of shares in tenths of a per cent, from the least to the greatest: the first and last share of each.
struct Steps(Vec<(u16, u16)>);

impl Steps {
    /// Divides the distinct shares equally among the steps: most are close together, and equal intervals would put them
    /// in one step.
    fn of(tiles: &[Tile]) -> Self {
        let shares: BTreeSet<u16> = tiles.iter().filter_map(|tile| tile.share).map(tenths).collect();
        let mut steps: Vec<(u16, u16)> = Vec::new();
        let count = shares.len().min(SHADES);
        for (number, share) in shares.iter().enumerate() {
            let step = number.saturating_mul(count).checked_div(shares.len()).unwrap_or(0);
            match steps.get_mut(step) {
                Some((_, last)) => *last = *share,
                None => steps.push((*share, *share)),
            }
        }
        Self(steps)
    }

    /// The class of a share in the style sheet.
    fn class(&self, share: Option<f64>) -> String {
        let Some(share) = share.map(tenths) else { return "nobody".to_owned() };
        let step = self.0.iter().position(|(_, last)| share <= *last).unwrap_or(0);
        format!("k{}", self.shade(step))
    }

    /// Spaces a small number of steps as far apart as possible.
    fn shade(&self, step: usize) -> usize {
        let last = SHADES.saturating_sub(1);
        step.saturating_mul(last).checked_div(self.0.len().saturating_sub(1)).unwrap_or(last.wrapping_div(2))
    }

    fn keys(&self) -> String {
        let said = |tenths: u16| percent(f64::from(tenths) / 1000.0);
        let step = |(number, (first, last)): (usize, &(u16, u16))| {
            let name = if first == last { said(*first) } else { format!("{} to {}", said(*first), said(*last)) };
            key(&format!("k{}", self.shade(number)), &name)
        };
        let steps: String = self.0.iter().enumerate().map(step).collect();
        steps + &key("nobody", "no people")
    }
}

/// A share in tenths of a per cent.
fn tenths(share: f64) -> u16 {
    // Through its text, which rounds as the report does.
    format!("{:.0}", share * 1000.0).parse().unwrap_or_default()
}

/// The column and row of a country.
fn place(code: &str) -> Option<(usize, usize)> {
    places().find(|(_, _, known)| *known == code).map(|(column, row, _)| (column, row))
}

/// Every square that is a country.
fn places() -> impl Iterator<Item = (usize, usize, &'static str)> {
    let row = |(row, line): (usize, &'static str)| {
        line.split(' ').enumerate().map(move |(column, code)| (column, row, code)).filter(|(_, _, code)| *code != "..")
    };
    GRID.lines().enumerate().flat_map(row)
}

fn rows() -> usize {
    GRID.lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_country_has_two_places() {
        let codes: BTreeSet<_> = places().map(|(_, _, code)| code).collect();
        assert_eq!(codes.len(), places().count());
        assert!(GRID.lines().all(|line| line.split(' ').count() == COLUMNS));
    }

    #[test]
    fn every_country_is_on_the_map_once() {
        let data: serde_json::Value = serde_json::from_str(include_str!("../../../../data/people.json")).unwrap();
        let countries: Vec<(&str, f64)> = data["countries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one[0].as_str().unwrap(), one[2].as_f64().unwrap()))
            .collect();
        let placed = countries.iter().filter(|(code, _)| place(code).is_some()).count();
        assert_eq!(placed, places().count(), "a place for what is no country");
        let without: Vec<_> =
            countries.iter().filter(|(code, people)| *people > 500_000.0 && place(code).is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
        let all: Vec<Tile> = countries
            .iter()
            .map(|(code, _)| Tile { code: (*code).to_owned(), name: (*code).to_owned(), share: Some(1.0) })
            .collect();
        assert_eq!(tiles("World", &all).matches("<g>").count(), countries.len());
    }

    #[test]
    fn steps_fit_the_numbers() {
        let of = |shares: &[f64]| {
            let tile = |share: &f64| Tile { code: String::new(), name: String::new(), share: Some(*share) };
            let steps = Steps::of(&shares.iter().map(tile).collect::<Vec<_>>());
            let shades: Vec<usize> = (0..steps.0.len()).map(|step| steps.shade(step)).collect();
            (steps.0, shades)
        };
        assert_eq!(of(&[]), (vec![], vec![]));
        assert_eq!(of(&[0.5, 0.5]), (vec![(500, 500)], vec![2]));
        assert_eq!(of(&[0.0, 0.0, 0.0, 0.041]), (vec![(0, 0), (41, 41)], vec![0, 4]));
        let many: Vec<f64> = (0..10).map(|number| f64::from(number) / 1000.0).chain([1.0]).collect();
        assert_eq!(of(&many), (vec![(0, 2), (3, 4), (5, 6), (7, 8), (9, 1000)], vec![0, 1, 2, 3, 4]));
    }
}
