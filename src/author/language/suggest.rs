//! Suggests the word that was probably meant.

use crate::base::country::Country;

/// Words of other policy languages, each list with the words that have that meaning here.
const OTHERS: [(&[&str], &[&str]); 14] = [
    (&["if", "condition", "conditions", "where"], &["when"]),
    (&["then", "effect", "decision", "result"], &["outcome"]),
    (&["except", "exception", "exceptions", "exemptions"], &["unless"]),
    (&["models", "actions"], &["scope"]),
    (&["any", "contains", "includes", "one_of"], &["any_of", "in", "has"]),
    (&["all"], &["all_of"]),
    (&["none", "not"], &["none_of", "not_in", "has_none"]),
    (&["equals", "eq", "in", "is"], &["in", "any_of", "has"]),
    (&["any_of", "all_of", "only"], &["any", "in"]),
    (&["none_of", "not_in"], &["not", "not_in", "none_of"]),
    (&["min", "gte", "above", "more_than"], &["at_least"]),
    (&["max", "lte", "below", "less_than"], &["at_most"]),
    (&["citation", "law", "reference"], &["basis"]),
    (&["end", "to", "valid_until"], &["until"]),
];

/// Returns the candidate that other languages call `word`, or else the nearest in spelling. `None` if none is near.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.collect();
    let mut meant = OTHERS.iter().filter(|(words, _)| words.contains(&word)).flat_map(|(_, meant)| meant.iter());
    let known = meant.find_map(|meant| candidates.iter().find(|candidate| *candidate == meant).copied());
    known.or_else(|| slip(word, candidates.into_iter()))
}

/// The country that an author meant by a wrong code, if that is clear: lower case, or the EU's own code for Greece and the
/// United Kingdom.
pub(crate) fn country(text: &str) -> Option<Country> {
    match text.to_ascii_uppercase().as_str() {
        "UK" => Country::parse("GB"),
        "EL" => Country::parse("GR"),
        upper => Country::parse(upper),
    }
}

/// The number of letters that are extra, missing, wrong or swapped with a neighbour. Ignores case.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(&one.to_lowercase(), &other.to_lowercase())
}

/// Returns the candidate that `word` is a misspelling of.
fn slip<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are not compared, since the time grows with the product of both lengths.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    // At most a third of the letters may differ, as in compilers: `deny` for `dney`, but nothing for `cat`.
    let most = word.chars().count().max(3).wrapping_div(3);
    let distance = |candidate: &str| {
        let whole = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        // The last part alone is compared too, at a distance of one more: `us_person` for `subject.us_person`.
        let last = candidate.rsplit_once('.').filter(|_| !word.contains('.'));
        last.map_or(whole, |(_, last)| whole.min(strsim::damerau_levenshtein(&lower, last).saturating_add(1)))
    };
    candidates
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_a_slip_of_the_finger_not_another_word() {
        let known = ["deny", "review", "step_up", "degrade", "allow", "subject.us_person", "subject.nationalities"];
        for (word, wanted) in [
            ("dney", Some("deny")),
            ("Allow", Some("allow")),
            ("stepup", Some("step_up")),
            ("us_person", Some("subject.us_person")),
            ("subject.us_persn", Some("subject.us_person")),
            ("subject.nationality", Some("subject.nationalities")),
            ("permit", None),
            ("cat", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), wanted, "{word}");
        }
        assert_eq!(nearest("if", ["id", "when"].into_iter()), Some("when"));
        assert_eq!(nearest("any", ["any_of", "only"].into_iter()), Some("any_of"));
        assert_eq!(nearest("any_of", ["subject.residence", "any"].into_iter()), Some("any"));
        assert_eq!(nearest("none_of", ["in", "not_in"].into_iter()), Some("not_in"));
        assert_eq!(nearest("moel", ["model", "modes"].into_iter()), Some("model"));
        assert_eq!(nearest(&"x".repeat(1_000_000), known.into_iter()), None);
    }
}
