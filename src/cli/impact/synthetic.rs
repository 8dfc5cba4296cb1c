//! Synthetic people: the same seed and number give the same person on every machine, in any order (docs/impact.md).

use super::recipe::MIX;
use super::recipe::Recipe;
use super::recipe::STATUSES;
use crate::cli::io::failure::Failure;
use crate::cli::table::{Batch, RowSource, TableCell, Visit};
use brightline::Columns;
use std::ops::Range;
use std::sync::Arc;

/// The columns of a synthetic person.
pub(super) const COLUMNS: [&str; 12] = [
    "country",
    "organisation",
    "context.country",
    "subject.us_status",
    "subject.us_status.assurance",
    "subject.nationalities",
    "subject.nationalities.assurance",
    "subject.residence",
    "subject.residence.assurance",
    "subject.employer",
    "subject.employments",
    "subject.employments.assurance",
];

/// The people with numbers in a range, drawn from a recipe.
pub(super) struct Synthetic {
    pub(super) recipe: Arc<Recipe>,
    pub(super) seed: u64,
    pub(super) left: Range<u64>,
    /// The number of people made before, with other assumptions.
    pub(super) before: u64,
}

struct Crowd {
    recipe: Arc<Recipe>,
    seed: u64,
    numbers: Range<u64>,
}

impl RowSource for Synthetic {
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let numbers = self.left.start..self.left.end.min(self.left.start.saturating_add(4096));
        self.left.start = numbers.end;
        Ok(Some(Box::new(Crowd { recipe: Arc::clone(&self.recipe), seed: self.seed, numbers })))
    }

    fn done(&self) -> u64 {
        self.before.saturating_add(self.left.start)
    }
}

impl Batch for Crowd {
    fn each(&self, _: &Columns, visit: &mut Visit<'_>) {
        let mut cells: Vec<TableCell<'_>> = Vec::new();
        for number in self.numbers.clone() {
            let person = Person::draw(&self.recipe, self.seed, number);
            cells.clear();
            person.cells(&self.recipe, &mut cells);
            visit(number.saturating_add(1), Ok(&cells), &[]);
        }
    }
}

/// A person. Countries are indices in the recipe's list.
#[derive(Debug, PartialEq, Eq)]
struct Person {
    residence: usize,
    seen_from: usize,
    status: &'static str,
    nationality: usize,
    second: Option<usize>,
    at_lab: bool,
    evidence: &'static str,
}

impl Person {
    /// Every step takes its draws even if it does not need them, so that a changed assumption changes nothing else.
    fn draw(recipe: &Recipe, seed: u64, number: u64) -> Self {
        let mut dice = SplitMix::new(seed, number);
        let residence = recipe.by_use.place(dice.draw());
        let (hidden, exit) = (dice.draw() < recipe.vpn, recipe.by_use.place(dice.draw()));
        let mut status = STATUSES.get(recipe.statuses.place(dice.draw())).copied().unwrap_or("none");
        let (at_lab, lab_foreign) = (dice.draw() < recipe.lab, dice.draw() < recipe.lab_foreign);
        let (foreign, dual, other) = (dice.draw(), dice.draw() < recipe.dual, dice.draw());
        let evidence = MIX.get(recipe.evidence.place(dice.draw())).copied().unwrap_or("none");
        let in_us = residence == recipe.us;
        let at_lab = at_lab && in_us;
        if at_lab {
            status = if lab_foreign { "nonimmigrant" } else { "citizen" };
        } else if !in_us {
            status = "none";
        }
        // Non-citizens in the United States have another nationality; elsewhere people are nationals of their
        // residence.
        let nationality = if in_us && status != "citizen" { recipe.abroad.place(foreign) } else { residence };
        let second = recipe.by_population.place(other);
        let second = Some(second).filter(|second| dual && *second != nationality);
        // A second citizenship makes a citizen abroad, but a non-citizen in the United States cannot have it.
        let second = second.filter(|second| !in_us || status == "citizen" || *second != recipe.us);
        if second == Some(recipe.us) {
            status = "citizen";
        }
        Self {
            residence,
            seen_from: if hidden { exit } else { residence },
            status,
            nationality,
            second,
            at_lab,
            evidence,
        }
    }

    fn cells<'a>(&self, recipe: &'a Recipe, cells: &mut Vec<TableCell<'a>>) {
        let code = |place: usize| recipe.codes.get(place).map_or("", String::as_str);
        let held = self.second.map(|second| format!("{};{}", code(self.nationality), code(second)));
        let work = |text: &'a str| if self.at_lab { text } else { "" };
        let texts: [std::borrow::Cow<'a, str>; 12] = [
            code(self.residence).into(),
            work(&recipe.employer).into(),
            code(self.seen_from).into(),
            self.status.into(),
            self.evidence.into(),
            held.map_or_else(|| code(self.nationality).into(), Into::into),
            self.evidence.into(),
            code(self.residence).into(),
            self.evidence.into(),
            work(&recipe.employer).into(),
            work(&recipe.employment).into(),
            // An employer proves employment even if the person has no other evidence.
            work("2").into(),
        ];
        cells.extend(texts.into_iter().enumerate());
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), seeded separately for each person.
struct SplitMix(u64);

impl SplitMix {
    fn new(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed);
        let mixed = dice.next();
        Self(mixed ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to 1 in steps of 2^-32, exact in any arithmetic.
    fn draw(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::recipe::Data;
    use super::*;

    fn people(seed: u64, many: u64) -> (Recipe, Vec<Person>) {
        let recipe = Recipe::new(&Data::read().unwrap(), None, "lab").unwrap();
        let people = (0..many).map(|number| Person::draw(&recipe, seed, number)).collect();
        (recipe, people)
    }

    #[test]
    fn the_generator_is_the_published_one() {
        // The first outputs of SplitMix64 from the seed 1234567, as its reference implementation gives them.
        let mut dice = SplitMix(1_234_567);
        let first = [dice.next(), dice.next(), dice.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn shares_come_out_as_the_recipe_says() {
        let (recipe, people) = people(7, 200_000);
        let share = |wanted: &dyn Fn(&Person) -> bool| {
            f64::from(u32::try_from(people.iter().filter(|person| wanted(person)).count()).unwrap()) / 200_000.0
        };
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 0.004, "{found} for {wanted}");
        let us = |person: &Person| person.residence == recipe.us;
        near(share(&us), 0.216);
        near(share(&|person| us(person) && person.status == "lpr") / 0.216, 13.1 / 333.3);
        near(share(&|person| us(person) && ["nonimmigrant", "none"].contains(&person.status)) / 0.216, 13.2 / 333.3);
        near(share(&|person| person.evidence == "none"), 0.55);
        near(share(&|person| person.evidence == "2"), 0.13);
        near(share(&|person| person.second.is_some()), 0.02);
    }

    #[test]
    fn a_citizen_of_the_united_states_is_one_by_citizenship_alone() {
        let (recipe, people) = people(3, 100_000);
        for person in people {
            let holds = person.nationality == recipe.us || person.second == Some(recipe.us);
            assert_eq!(holds, person.status == "citizen", "{person:?}");
        }
    }
}
