//! Country codes: ISO 3166-1 alpha-2 and alpha-3, and XK (user-assigned, Kosovo). No guessing.

use std::fmt;

/// A country, as its position in the table. At most 256, so that a set of them is four words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(u8);

impl Country {
    /// Reads an upper-case alpha-2 or alpha-3 code; anything else is no country.
    pub fn parse(code: &str) -> Option<Self> {
        let column = match code.len() {
            2 => 0..2,
            3 => 2..5,
            _ => return None,
        };
        let row = rows().position(|row| row.get(column.clone()) == Some(code))?;
        u8::try_from(row).ok().map(Self)
    }

    /// The alpha-2 code.
    pub fn alpha2(self) -> &'static str {
        rows().nth(usize::from(self.0)).and_then(|row| row.get(..2)).unwrap_or_default()
    }

    /// Every alpha-2 code.
    pub fn all() -> impl Iterator<Item = &'static str> {
        rows().filter_map(|row| row.get(..2))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.alpha2())
    }
}

/// A set of countries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountrySet([u64; 4]);

impl CountrySet {
    /// Adds one.
    pub fn insert(&mut self, country: Country) {
        if let Some(word) = self.0.get_mut(usize::from(country.0 >> 6)) {
            *word |= 1 << (country.0 & 63);
        }
    }

    /// Whether it is a member.
    pub fn contains(&self, country: Country) -> bool {
        self.0.get(usize::from(country.0 >> 6)).is_some_and(|word| word & (1 << (country.0 & 63)) != 0)
    }

    /// Whether there is a common member.
    pub fn intersects(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether every member is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// Whether it has no member.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The members of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = *self;
        all.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
        all
    }

    /// Its members, by code.
    pub fn iter(&self) -> impl Iterator<Item = Country> {
        (0..=u8::MAX).map(Country).filter(|country| self.contains(*country))
    }
}

impl FromIterator<Country> for CountrySet {
    fn from_iter<T: IntoIterator<Item = Country>>(countries: T) -> Self {
        let mut set = Self::default();
        countries.into_iter().for_each(|country| set.insert(country));
        set
    }
}

fn rows() -> impl Iterator<Item = &'static str> {
    (0..CODES.len()).step_by(5).filter_map(|start| CODES.get(start..start.saturating_add(5)))
}

/// Alpha-2 and alpha-3 of each country, sorted: ISO 3166-1 as of 2026-02, and XK.
const CODES: &str = "\
     ADANDAEAREAFAFGAGATGAIAIAALALBAMARMAOAGOAQATAARARGASASMATAUTAUAUSAWABWAXALAAZAZEBABIHBBBRBBDBGDBEBEL\
     BFBFABGBGRBHBHRBIBDIBJBENBLBLMBMBMUBNBRNBOBOLBQBESBRBRABSBHSBTBTNBVBVTBWBWABYBLRBZBLZCACANCCCCKCDCOD\
     CFCAFCGCOGCHCHECICIVCKCOKCLCHLCMCMRCNCHNCOCOLCRCRICUCUBCVCPVCWCUWCXCXRCYCYPCZCZEDEDEUDJDJIDKDNKDMDMA\
     DODOMDZDZAECECUEEESTEGEGYEHESHERERIESESPETETHFIFINFJFJIFKFLKFMFSMFOFROFRFRAGAGABGBGBRGDGRDGEGEOGFGUF\
     GGGGYGHGHAGIGIBGLGRLGMGMBGNGINGPGLPGQGNQGRGRCGSSGSGTGTMGUGUMGWGNBGYGUYHKHKGHMHMDHNHNDHRHRVHTHTIHUHUN\
     IDIDNIEIRLILISRIMIMNININDIOIOTIQIRQIRIRNISISLITITAJEJEYJMJAMJOJORJPJPNKEKENKGKGZKHKHMKIKIRKMCOMKNKNA\
     KPPRKKRKORKWKWTKYCYMKZKAZLALAOLBLBNLCLCALILIELKLKALRLBRLSLSOLTLTULULUXLVLVALYLBYMAMARMCMCOMDMDAMEMNE\
     MFMAFMGMDGMHMHLMKMKDMLMLIMMMMRMNMNGMOMACMPMNPMQMTQMRMRTMSMSRMTMLTMUMUSMVMDVMWMWIMXMEXMYMYSMZMOZNANAM\
     NCNCLNENERNFNFKNGNGANINICNLNLDNONORNPNPLNRNRUNUNIUNZNZLOMOMNPAPANPEPERPFPYFPGPNGPHPHLPKPAKPLPOLPMSPM\
     PNPCNPRPRIPSPSEPTPRTPWPLWPYPRYQAQATREREUROROURSSRBRURUSRWRWASASAUSBSLBSCSYCSDSDNSESWESGSGPSHSHNSISVN\
     SJSJMSKSVKSLSLESMSMRSNSENSOSOMSRSURSSSSDSTSTPSVSLVSXSXMSYSYRSZSWZTCTCATDTCDTFATFTGTGOTHTHATJTJKTKTKL\
     TLTLSTMTKMTNTUNTOTONTRTURTTTTOTVTUVTWTWNTZTZAUAUKRUGUGAUMUMIUSUSAUYURYUZUZBVAVATVCVCTVEVENVGVGBVIVIR\
     VNVNMVUVUTWFWLFWSWSMXKXKXYEYEMYTMYTZAZAFZMZMBZWZWE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_exact() {
        assert_eq!(Country::parse("DE"), Country::parse("DEU"));
        assert_eq!(Country::parse("DEU").unwrap().alpha2(), "DE");
        for wrong in
            ["", "D", "de", "GER", "UK", "EL", "QS", "QU", "T1", "XX", "ZZ", "DD", "276", "\u{ff24}\u{ff25}", "DE "]
        {
            assert_eq!(Country::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Country::all().count() * 5, CODES.len());
        for code in Country::all() {
            assert_eq!(Country::parse(code).unwrap().alpha2(), code);
        }
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let pair: CountrySet = ["ZW", "AD"].into_iter().filter_map(Country::parse).collect();
        assert_eq!(pair.iter().map(Country::alpha2).collect::<Vec<_>>(), ["AD", "ZW"]);
        assert!(pair.intersects(&[Country::parse("ZWE").unwrap()].into_iter().collect()));
        assert!(!pair.is_subset(&CountrySet::default()) && CountrySet::default().is_subset(&pair));
    }
}
