//! The word that was probably meant.

/// The candidate nearest to `word`, if one is near. Only with feature `author`: a bundle has no typing errors.
#[cfg(feature = "author")]
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Without feature `author`: no suggestion.
#[cfg(not(feature = "author"))]
pub(crate) fn nearest<'a>(_word: &str, _candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    None
}
