//! Finds claims that a ruleset must not read, or need not read.

use super::{Lint, LintPlace, of_exception, of_rule};
use crate::base::set::Set;
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::{AttributeId, PROTECTED, Source, Type};
use crate::ruleset::model::{Condition, Matcher};
use std::collections::BTreeSet;

/// Reports claims that must not or need not be read.
pub(super) fn look(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    for issuer in &ruleset.issuers {
        for mapping in &issuer.claims {
            let name = ruleset.vocabulary.name(mapping.attribute);
            let claims = [Some(mapping.claim.as_str()), mapping.each.as_deref()].into_iter().flatten();
            let paths = claims.chain(mapping.only.iter().map(|only| only.claim.as_str())).chain([name]);
            let Some(kind) = paths.map(words).find_map(|words| Sensitive::of(&words)) else { continue };
            found.push(Lint {
                code: "check.sensitive",
                place: LintPlace { list: "issuers", id: issuer.trusted.id.clone(), within: Some(name.to_owned()) },
                message: format!(
                    "`{}` of `{}` is read as `{name}`: it reveals {}",
                    mapping.claim, issuer.trusted.id, kind.what
                ),
                help: kind.law.to_owned(),
            });
        }
    }
    for (_, attribute) in ruleset.vocabulary.iter() {
        let fields = match &attribute.kind {
            Type::Records(fields) => fields.as_slice(),
            _ => &[],
        };
        let names = fields.iter().map(|(field, _)| format!("{}.{field}", attribute.name));
        // The content of claims is reported where they are read.
        let stated = (attribute.source == Source::Context).then(|| attribute.name.clone());
        let Some(kind) = names.chain(stated).find_map(|name| Sensitive::of(&words(&name))) else { continue };
        found.push(Lint {
            code: "check.sensitive",
            place: LintPlace { list: "attributes", id: attribute.name.clone(), within: None },
            message: format!("`{}` reveals {}", attribute.name, kind.what),
            help: kind.law.to_owned(),
        });
    }
    unread(ruleset, found);
    predicates(ruleset, found);
    apart(ruleset, found);
}

/// The words of a path or name, in lower case: `/placeOfBirth/country` has four.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in text.chars() {
        let begins = !letter.is_alphanumeric() || letter.is_uppercase() && before.is_lowercase();
        before = letter;
        if begins {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A subject that rules should not be about.
struct Sensitive {
    /// Any of the first words, together with any of the second if there are some, and none of the third.
    words: [&'static [&'static str]; 3],
    what: &'static str,
    law: &'static str,
}

const SENSITIVE: [Sensitive; 6] = [
    Sensitive {
        words: [&["birthplace", "birth", "born", "cob", "naissance"], &[], &["date", "year", "day", "age", "time"]],
        what: "a person's place of birth",
        law: "a place of birth is not a nationality; selecting by it is discrimination by national origin (42 U.S.C. \
              2000e-2(a); 8 \
              U.S.C. 1324b(a)(1)(A); EU Charter, article 21)",
    },
    Sensitive {
        words: [&["ethnicity", "ethnic", "race", "religion", "caste", "ancestry", "tribe", "origin"], &[], &[]],
        what: "ethnicity, race, religion or origin",
        law: "no export rule asks for it, and reading it is prohibited or needs a separate legal ground (42 U.S.C. \
              2000e-2(a); GDPR, \
              article 9)",
    },
    Sensitive {
        words: [
            &["passport", "document", "documents", "issuing"],
            &["country", "issuer", "issuing", "authority", "number"],
            &[],
        ],
        what: "the issuer, country or number of a document",
        law: "the issuer of a document does not determine the status of its holder, and asking for more or different \
              documents is an unfair practice \
              (8 U.S.C. 1324b(a)(6))",
    },
    Sensitive {
        words: [&["language", "languages", "locale", "accent", "skin", "portrait", "picture", "photo"], &[], &[]],
        what: "language or appearance",
        law: "it is a proxy for origin (42 U.S.C. 2000e-2(a); EU Charter, article 21)",
    },
    Sensitive {
        words: [&["gender", "sex"], &[], &[]],
        what: "a person's sex",
        law: "no export rule asks for it; selecting by it is discrimination (42 U.S.C. 2000e-2(a); EU Charter, \
              article 21)",
    },
    Sensitive {
        words: [
            &["name", "surname", "username", "firstname", "lastname"],
            &[],
            &["organisation", "organization", "org", "company", "employer", "role", "model", "end"],
        ],
        what: "a name",
        law: "a name does not determine status, and is a proxy for origin (42 U.S.C. 2000e-2(a)); GDPR, article \
              5(1)(c): read no more \
              than is needed",
    },
];

impl Sensitive {
    fn of(words: &[String]) -> Option<&'static Self> {
        let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
        SENSITIVE.iter().find(|kind| {
            let [one, and, not] = kind.words;
            has(one) && (and.is_empty() || has(and)) && !has(not)
        })
    }
}

/// Statuses that separate some legally protected individuals from others.
fn apart(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    for (place, attribute, matcher) in tests(ruleset) {
        let (AttributeId::US_STATUS, Matcher::Text(words)) = (attribute, matcher) else { continue };
        let named = PROTECTED.iter().filter(|word| words.contains(**word)).count();
        if named > 0 && named < PROTECTED.len() {
            let left: Vec<&str> = PROTECTED.iter().copied().filter(|word| !words.contains(*word)).collect();
            found.push(Lint {
                code: "check.protected",
                place,
                message: format!("it separates some protected individuals from others, who are {}", left.join(", ")),
                help: "citizens, nationals, permanent residents, refugees and asylees must be treated alike unless a \
                       law provides otherwise (8 U.S.C. 1324b(a)(1), (a)(2)(C), (a)(3)): ask for \
                       `subject.foreign_person`, or accept it with `--allow`"
                    .to_owned(),
            });
        }
    }
}

/// Every test of a ruleset, with the location of the entry that contains it.
pub(super) fn tests(ruleset: &Ruleset) -> Vec<(LintPlace, AttributeId, &Matcher)> {
    fn walk<'a>(condition: &'a Condition, place: &LintPlace, found: &mut Vec<(LintPlace, AttributeId, &'a Matcher)>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| walk(part, place, found)),
            Condition::Not(part) => walk(part, place, found),
            Condition::Test(attribute, matcher) => found.push((place.clone(), *attribute, matcher)),
        }
    }
    let mut found = Vec::new();
    for rule in &ruleset.rules {
        walk(&rule.when, &of_rule(rule), &mut found);
        for exception in &rule.unless {
            let place = of_exception(rule, &exception.id);
            walk(&exception.when, &place, &mut found);
            exception.provided.iter().for_each(|provided| walk(&provided.when, &place, &mut found));
        }
    }
    for licence in &ruleset.licences {
        let place = LintPlace { list: "licences", id: licence.id.clone(), within: None };
        walk(&licence.holder, &place, &mut found);
    }
    found
}

/// Mapped claims that no rule reads.
fn unread(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    let asked: Set<AttributeId> = tests(ruleset)
        .into_iter()
        .flat_map(|(_, attribute, _)| attribute.settled_by().chain([attribute]).collect::<Vec<_>>())
        .collect();
    for issuer in &ruleset.issuers {
        let mut said = BTreeSet::new();
        for mapping in &issuer.claims {
            if !asked.contains(&mapping.attribute) && said.insert(mapping.attribute) {
                let name = ruleset.vocabulary.name(mapping.attribute);
                found.push(Lint {
                    code: "check.unread",
                    place: LintPlace { list: "issuers", id: issuer.trusted.id.clone(), within: Some(name.to_owned()) },
                    message: format!(
                        "`{name}` is read from the tokens of `{}`, and no rule asks for it",
                        issuer.trusted.id
                    ),
                    help: "leave the mapping out: a claim that is not read cannot leak (GDPR, article 5(1)(c))"
                        .to_owned(),
                });
            }
        }
    }
}

/// Values that are read although a predicate would be enough.
fn predicates(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    const LAW: &str = "(GDPR, article 5(1)(c), data minimisation; 8 U.S.C. 1324b(a)(6), no more documents than needed)";
    let us = crate::base::country::Country::parse("US");
    for (place, attribute, matcher) in tests(ruleset) {
        let message = match (attribute, matcher) {
            (AttributeId::NATIONALITIES, Matcher::AnyCountry(area) | Matcher::OnlyCountry(area))
                if area
                    .always()
                    .is_some_and(|all| all.members.len() == 1 && us.is_some_and(|us| all.members.contains(us))) =>
            {
                "a nationality is read only to find out whether it is that of the United States"
            }
            (AttributeId::US_STATUS, Matcher::Text(words)) if is_us_person(words) => {
                "a status is read only to find out whether the person is a foreign person"
            }
            _ => continue,
        };
        found.push(Lint {
            code: "check.predicate",
            place,
            message: message.to_owned(),
            help: format!(
                "ask for the predicate `subject.foreign_person`, which an issuer or a wallet can answer alone {LAW}"
            ),
        });
    }
    for (_, attribute) in ruleset.vocabulary.iter().filter(|(_, attribute)| attribute.kind == Type::Number) {
        if attribute.source != Source::Evidence {
            continue;
        }
        let id = ruleset.vocabulary.lookup(&attribute.name);
        let asked: Vec<(LintPlace, &Matcher)> = tests(ruleset)
            .into_iter()
            .filter(|(_, asked, _)| Some(*asked) == id)
            .map(|(place, _, matcher)| (place, matcher))
            .collect();
        if let [(place, Matcher::Number(range))] = asked.as_slice()
            && (range.at_least.is_none() || range.at_most.is_none())
        {
            found.push(Lint {
                code: "check.predicate",
                place: place.clone(),
                message: format!("the number `{}` is only compared with one limit", attribute.name),
                help: format!("ask the issuer for the result as a truth value, such as `age_over_18` {LAW}"),
            });
        }
    }
}

/// The set names exactly the statuses of U.S. persons, which the predicate covers.
fn is_us_person(words: &Set<String>) -> bool {
    words.iter().all(|word| PROTECTED.contains(&word.as_str())) && PROTECTED.iter().all(|word| words.contains(*word))
}
