//! The world as squares, one for each country and about where it is: laid out by hand, so that no map's data is needed and
//! Malta is as large as Russia. Those without a place of their own stand in rows below.

use super::html::escaped;
use super::{Tile, percent};

/// The squares, row by row; two dots are sea, or nothing.
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

/// What the shades mean, from the least share to the greatest.
const SHADES: [&str; 5] = ["under 20 %", "20 to 40 %", "40 to 60 %", "60 to 80 %", "80 % and more"];

/// Each country in its place, shaded by its share.
pub(super) fn tiles(title: &str, tiles: &[Tile]) -> String {
    let mut drawn = String::new();
    let mut x = 0_usize;
    for (shade, meaning) in SHADES.iter().enumerate() {
        drawn.push_str(&format!(
            "<rect class=\"k{shade}\" x=\"{x}\" y=\"4\" width=\"12\" height=\"12\"/><text/><text x=\"{}\" y=\"14\">{meaning}</text>",
            x.saturating_add(17)
        ));
        x = x.saturating_add(125);
    }
    let mut spare = 0_usize;
    for tile in tiles {
        let (column, row) = place(&tile.code).unwrap_or_else(|| {
            let next = spare;
            spare = spare.saturating_add(1);
            (next % COLUMNS, rows().saturating_add(1).saturating_add(next / COLUMNS))
        });
        let said = tile.share.map_or_else(|| "nobody".to_owned(), percent);
        let (left, top) = (column.saturating_mul(SIDE), row.saturating_mul(SIDE).saturating_add(30));
        drawn.push_str(&format!(
            "<g><title>{}: {said}</title><rect class=\"{}\" x=\"{left}\" y=\"{top}\" width=\"28\" height=\"28\" rx=\"3\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            escaped(&tile.name),
            shade(tile.share),
            left.saturating_add(14),
            top.saturating_add(18),
            escaped(&tile.code)
        ));
    }
    let spare_rows = spare.div_ceil(COLUMNS);
    let height = rows().saturating_add(1).saturating_add(spare_rows).saturating_mul(SIDE).saturating_add(32);
    format!(
        "<figure><figcaption>{title}</figcaption><svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {} {height}\">{drawn}\
         </svg></figure>\n",
        COLUMNS.saturating_mul(SIDE),
        title = escaped(title)
    )
}

/// Column and row.
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

fn shade(share: Option<f64>) -> &'static str {
    match share {
        None => "nobody",
        Some(share) if share < 0.2 => "k0",
        Some(share) if share < 0.4 => "k1",
        Some(share) if share < 0.6 => "k2",
        Some(share) if share < 0.8 => "k3",
        Some(_) => "k4",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_country_has_two_places() {
        let codes: BTreeSet<_> = places().map(|(_, _, code)| code).collect();
        assert_eq!(codes.len(), places().count());
        assert!(GRID.lines().all(|line| line.split(' ').count() == COLUMNS));
    }

    #[test]
    fn every_country_is_on_the_map_once() {
        let data: serde_json::Value = serde_json::from_str(include_str!("../../../data/people.json")).unwrap();
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
}
