//! Selects the cases to run.

use brightline::Case;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A substring, or, with `*` or `?`, a pattern of the whole text. Case is ignored.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    written: String,
    pattern: Vec<char>,
}

impl FromStr for Filter {
    type Err = Infallible;

    fn from_str(written: &str) -> Result<Self, Infallible> {
        let whole = if written.contains(['*', '?']) { written.to_owned() } else { format!("*{written}*") };
        Ok(Self { written: written.to_owned(), pattern: whole.to_lowercase().chars().collect() })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Filter {
    pub(super) fn takes(&self, case: &Case) -> bool {
        let texts = [Some(&case.id), case.title.as_ref()].into_iter().flatten().chain(&case.tags);
        texts.into_iter().any(|text| self.fits(text))
    }

    /// Tracks, for each character, the positions in the pattern that the text so far can have reached.
    fn fits(&self, text: &str) -> bool {
        let mut places = vec![false; self.pattern.len().saturating_add(1)];
        places.first_mut().into_iter().for_each(|start| *start = true);
        self.pass_stars(&mut places);
        for c in text.to_lowercase().chars() {
            let mut next = vec![false; places.len()];
            for (place, wanted) in
                self.pattern.iter().enumerate().filter(|(place, _)| places.get(*place) == Some(&true))
            {
                let to = match wanted {
                    '*' => place,
                    '?' => place.saturating_add(1),
                    wanted if *wanted == c => place.saturating_add(1),
                    _ => continue,
                };
                next.get_mut(to).into_iter().for_each(|reached| *reached = true);
            }
            places = next;
            self.pass_stars(&mut places);
        }
        places.last() == Some(&true)
    }

    /// A star may match the empty string.
    fn pass_stars(&self, places: &mut [bool]) {
        for (place, _) in self.pattern.iter().enumerate().filter(|(_, wanted)| **wanted == '*') {
            if places.get(place) == Some(&true) {
                places.get_mut(place.saturating_add(1)).into_iter().for_each(|next| *next = true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_part_or_a_pattern() {
        for (filter, text, fits) in [
            ("iran", "User in Iran", true),
            ("A-0", "A-01", true),
            ("A-0", "B-01", false),
            ("", "", true),
            ("A-*", "A-01", true),
            ("a-?1", "A-01", true),
            ("A-?", "A-01", false),
            ("*", "", true),
            ("*in*an", "User in Iran", true),
            ("in*", "User in Iran", false),
            ("Ü?", "üb", true),
        ] {
            assert_eq!(filter.parse::<Filter>().unwrap().fits(text), fits, "{filter} {text}");
        }
    }
}
