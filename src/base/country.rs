//! Country codes: ISO 3166-1 alpha-2 and alpha-3, and XK (user-assigned, Kosovo); and the codes that passports and
//! wallets use for a nationality. No guessing.

use std::fmt;

/// A country, as its position in the table. At most 256, so that a set of countries is four words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(u8);

impl Country {
    /// Reads an upper-case alpha-2 or alpha-3 code. `None` if it is not one.
    pub fn parse(code: &str) -> Option<Self> {
        let column = match code.len() {
            2 => 0..2,
            3 => 2..5,
            _ => return None,
        };
        let row = rows().position(|row| row.get(column.clone()) == Some(code))?;
        u8::try_from(row).ok().map(Self)
    }

    /// Reads the code of statelessness or of a class of nationality. Their positions follow those of the countries.
    pub fn parse_class(code: &str) -> Option<Self> {
        let position = CLASSES.iter().position(|class| *class == code)?;
        u8::try_from(rows().count().saturating_add(position)).ok().map(Self)
    }

    /// The alpha-2 code, or the three letters of a class of nationality.
    pub fn code(self) -> &'static str {
        let position = usize::from(self.0);
        let class = || CLASSES.get(position.checked_sub(rows().count())?).copied();
        rows().nth(position).and_then(|row| row.get(..2)).or_else(class).unwrap_or_default()
    }

    /// The country at a position; every byte is accepted.
    pub const fn from_position(position: u8) -> Self {
        Self(position)
    }

    /// Its position in the table.
    pub const fn position(self) -> usize {
        #[expect(clippy::as_conversions, reason = "widens, in a constant function")]
        let position = self.0 as usize;
        position
    }

    /// Every alpha-2 code.
    pub fn all() -> impl Iterator<Item = &'static str> {
        rows().filter_map(|row| row.get(..2))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The meaning of a nationality claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each meaning")]
pub enum Nationality {
    /// This nationality. Statelessness and the classes of British nationality without citizenship count as
    /// nationalities.
    Of(Country),
    /// An undisclosed nationality: a refugee's, an unspecified one, or a laissez-passer of an organisation.
    Untold,
}

impl Nationality {
    /// The codes that disclose no nationality.
    pub(crate) fn untold_codes() -> impl Iterator<Item = &'static str> {
        UNTOLD.into_iter().chain(ORGANISATIONS)
    }

    /// Reads a code as a passport (ICAO Doc 9303-3), a European wallet (PID) or ISO 3166-1 writes it. `None` for
    /// withdrawn codes, test codes and codes that only other parties use.
    pub fn parse(code: &str) -> Option<Self> {
        if Self::untold_codes().any(|untold| untold == code) {
            return Some(Self::Untold);
        }
        let country = match code {
            // Germany is the only country whose passport code is not its alpha-3; it may be padded.
            "D" | "D<<" => Country::parse("DE"),
            "RKS" | "UNK" => Country::parse("XK"),
            "QS" => Country::parse_class("XXA"),
            _ => Country::parse(code).or_else(|| Country::parse_class(code)),
        };
        country.map(Self::Of)
    }
}

/// Returns true if a code has the form of a country's subdivision (ISO 3166-2): the country, a hyphen, up to three
/// letters or digits.
pub fn is_region(code: &str) -> bool {
    let part = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    code.split_once('-').is_some_and(|(of, rest)| of.len() == 2 && Country::parse(of).is_some() && part(rest))
}

/// Refugees (1951 Convention, and others) and an unspecified nationality, as passports and wallets write them.
const UNTOLD: [&str; 4] = ["XXB", "XXC", "XXX", "QU"];

/// Organisations whose laissez-passer names no nationality (ICAO Doc 9303-3, part D).
const ORGANISATIONS: [&str; 14] =
    ["EUE", "UNO", "UNA", "XOM", "XPO", "XBA", "XIM", "XCC", "XCE", "XCO", "XEC", "XES", "XMP", "XDC"];

/// Stateless (1954 Convention), and the classes of British nationality other than British citizens.
pub(crate) const CLASSES: [&str; 6] = ["XXA", "GBD", "GBN", "GBO", "GBP", "GBS"];

/// A set of countries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountrySet([u64; 4]);

impl CountrySet {
    /// Adds a country.
    pub fn insert(&mut self, country: Country) {
        if let Some(word) = self.0.get_mut(usize::from(country.0 >> 6)) {
            *word |= 1 << (country.0 & 63);
        }
    }

    /// Returns true if it is a member.
    pub fn contains(&self, country: Country) -> bool {
        self.0.get(usize::from(country.0 >> 6)).is_some_and(|word| word & (1 << (country.0 & 63)) != 0)
    }

    /// Returns true if both sets have a common member.
    pub fn intersects(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Returns true if every member is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// Returns true if the set is empty.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The members of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all = *self;
        all.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
        all
    }

    /// The members of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut common = *self;
        common.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
        common
    }

    /// The members that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = *self;
        left.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
        left
    }

    /// Every country and every class of nationality.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// The four words; the first country is the lowest bit of the first word.
    pub const fn words(&self) -> [u64; 4] {
        self.0
    }

    /// From the four words.
    pub const fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    /// The number of its members.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Its members, in the order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = Country> {
        let mut words = self.0;
        std::iter::from_fn(move || {
            let place = words.iter().position(|word| *word != 0)?;
            let word = words.get_mut(place)?;
            let bit = word.trailing_zeros();
            *word &= word.wrapping_sub(1);
            let position = u32::try_from(place).ok()?.checked_mul(64)?.checked_add(bit)?;
            u8::try_from(position).ok().map(Country)
        })
    }
}

impl FromIterator<Country> for CountrySet {
    fn from_iter<T: IntoIterator<Item = Country>>(countries: T) -> Self {
        let mut set = Self::default();
        countries.into_iter().for_each(|country| set.insert(country));
        set
    }
}

impl Extend<Country> for CountrySet {
    fn extend<T: IntoIterator<Item = Country>>(&mut self, countries: T) {
        countries.into_iter().for_each(|country| self.insert(country));
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
        assert_eq!(Country::parse("DEU").unwrap().code(), "DE");
        for wrong in
            ["", "D", "de", "GER", "UK", "EL", "QS", "QU", "T1", "XX", "ZZ", "DD", "276", "\u{ff24}\u{ff25}", "DE "]
        {
            assert_eq!(Country::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Country::all().count() * 5, CODES.len());
        for code in Country::all() {
            assert_eq!(Country::parse(code).unwrap().code(), code);
        }
    }

    #[test]
    fn nationalities_are_read_as_passports_and_wallets_write_them() {
        let of = |code| Some(Nationality::Of(Country::parse(code).unwrap()));
        for (written, meant) in [
            ("DE", of("DE")),
            ("DEU", of("DE")),
            ("D", of("DE")),
            ("D<<", of("DE")),
            ("RKS", of("XK")),
            ("UNK", of("XK")),
            ("XK", of("XK")),
            ("HK", of("HK")),
            ("XXB", Some(Nationality::Untold)),
            ("XXX", Some(Nationality::Untold)),
            ("QU", Some(Nationality::Untold)),
            ("EUE", Some(Nationality::Untold)),
        ] {
            assert_eq!(Nationality::parse(written), meant, "{written}");
        }
        assert_eq!(Nationality::parse("QS"), Nationality::parse("XXA"), "stateless");
        for class in CLASSES {
            let Some(Nationality::Of(one)) = Nationality::parse(class) else { panic!("{class}") };
            assert_eq!(one.code(), class);
            assert!(Country::parse(class).is_none() && one != Country::parse("GB").unwrap());
        }
        assert_eq!(rows().count() + CLASSES.len(), 256, "a set of them is four words");
        for wrong in [
            "UK",
            "EL",
            "UTO",
            "GER",
            "SUI",
            "DD",
            "DDR",
            "SU",
            "SUN",
            "YU",
            "YUG",
            "CS",
            "AN",
            "TP",
            "ZR",
            "BU",
            "XXK",
            "IAO",
            "276",
            "de",
            "Deutschland",
            "",
            "T1",
        ] {
            assert_eq!(Nationality::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let pair: CountrySet = ["ZW", "AD"].into_iter().filter_map(Country::parse).collect();
        assert_eq!(pair.iter().map(Country::code).collect::<Vec<_>>(), ["AD", "ZW"]);
        assert!(pair.intersects(&[Country::parse("ZWE").unwrap()].into_iter().collect()));
        assert!(!pair.is_subset(&CountrySet::default()) && CountrySet::default().is_subset(&pair));
    }
}
