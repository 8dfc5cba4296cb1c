//! The word that was probably meant.

/// The candidate nearest to `word`, if one is near.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Nobody mistypes a longer word; comparing takes the product of both lengths.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    // A third of the letters, as compilers do: `deny` for `dney`, but nothing for `cat`.
    let most = word.chars().count().max(3).wrapping_div(3);
    let distance = |candidate: &str| {
        let whole = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        // `us_person` for `subject.us_person`: the last part alone, which is a little less sure.
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
        assert_eq!(nearest("moel", ["model", "modes"].into_iter()), Some("model"));
        assert_eq!(nearest(&"x".repeat(1_000_000), known.into_iter()), None);
    }
}
