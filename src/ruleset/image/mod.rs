//! The form in which a ruleset is signed and shipped. It is small and exact. Reading it takes no schema, no parser of
//! text and no messages for authors, which an app does not need. Each ruleset has exactly one image.
//!
//! Layout: the four bytes `BLR3`; the number of distinct texts, and each text with its length; then the fields of the
//! model in order. Integers are LEB128, after zigzag if they are signed; a text is written as its index in the table.

mod wire;

use super::area::{Area, Version};
use super::model::{
    Assurance, ClaimIs, ClaimMapping, Condition, Convert, Default, Effective, EvidencePolicy, Exception, Group, Issuer,
    Licence, LicenceRef, Matcher, Model, ModelMatch, Provided, Proviso, Range, Rule, RuleOutcome, Ruleset, SamePerson,
    Scope, Unknown,
};
use crate::base::country::CountrySet;
use crate::base::json;
use crate::base::time::Window;
use crate::ruleset::attribute::{Attribute, Complete, Source, Type, Vocabulary};
use crate::ruleset::outcome::{Basis, Obligation, Outcome};
use crate::verify::issuer::{Holder, KeySource, RemoteKeys, StatusCheck, TrustedIssuer};
use crate::verify::jose::{Algorithm, Key};
use wire::{ImageReader, Wire, Writer, wire_enum, wire_struct};

/// The first bytes: the format and its version.
const MAGIC: &[u8] = b"BLR3";

/// Writes the image of a ruleset.
pub fn to_image(ruleset: &Ruleset) -> Vec<u8> {
    let mut ordered = ruleset.clone();
    // Sorts licences by holder, so that a ruleset has one image. An app that builds tables of licences by holder can
    // then append only.
    let holder = |licence: &Licence| match &licence.holder {
        Condition::Test(_, Matcher::AnyText(ids)) => ids.iter().next().cloned(),
        _ => None,
    };
    ordered.licences.sort_by_cached_key(|licence| (holder(licence), licence.id.clone()));
    let mut out = Writer::default();
    ordered.write(&mut out);
    out.finish(MAGIC)
}

/// Reads a ruleset from its image. `None` if the image is not exact and complete, is of another version, or trusts
/// development issuers in a ruleset that is not for development.
pub fn read_image(image: &[u8]) -> Option<Ruleset> {
    let mut input = ImageReader::new(image.strip_prefix(MAGIC)?);
    let ruleset = Ruleset::read(&mut input);
    let trusted = ruleset.development || !ruleset.issuers().any(TrustedIssuer::is_development);
    (input.is_done() && trusted).then_some(ruleset)
}

wire_struct!(Ruleset {
    id,
    version,
    title,
    development,
    issued,
    expires,
    notice,
    default,
    actions,
    models,
    vocabulary,
    groups,
    issuers,
    same_person,
    obligations,
    licences,
    rules;
    guarantees
});
wire_struct!(Default { outcome, reason, message });
wire_struct!(Model { id, title, lab, capability, published, derived_from, tags });
wire_struct!(Group { id, title, citation, source, as_of, versions });
wire_struct!(ClaimMapping {
    attribute,
    each,
    claim,
    convert,
    complete,
    assurance,
    verified_at,
    expires_at,
    status,
    of,
    only,
    aliases,
});
wire_struct!(ClaimIs { claim, texts });
wire_struct!(Licence { id, kind, basis, holder, evidence, scope, end_uses, window, revoked, provisos, obligations });
wire_struct!(Proviso { id, satisfied, until });
wire_struct!(Rule {
    id,
    title,
    outcome,
    reason,
    message,
    basis,
    effective,
    scope,
    parties,
    when,
    evidence,
    absence_clears,
    unknown,
    unless,
    obligations,
    sealed,
});
wire_struct!(Unknown { attribute, cause, reason });
wire_struct!(RuleOutcome { outcome, model, action });
wire_struct!(Effective { notice, window, lifted, suspended, not_enforced });
wire_struct!(Scope { models, actions });
wire_struct!(Range { at_least, at_most });
wire_struct!(Exception { id, reason, basis, effective, scope, when, licence, provided, evidence, obligations });
wire_struct!(Provided { reason, when });
wire_struct!(EvidencePolicy { assurance, max_age, issuers, classes });
wire_struct!(Basis { citation, url, as_of });
wire_struct!(Obligation { id, title });
wire_struct!(Window { from, until });
wire_struct!(Version { from, members, mapped });
wire_struct!(Attribute { name, kind, source, privacy, absent });

wire_enum!(Convert { 0 => Not, 1 => Is(of), 2 => Values(of), 3 => Split(by), 4 => Has(of) });
wire_enum!(Assurance { 0 => Level(level), 1 => Claim(claim, levels) });
wire_enum!(ModelMatch {
    0 => All(parts), 1 => Any(parts), 2 => Not(part), 3 => Id(ids), 4 => DerivedFrom(ids), 5 => Lab(labs),
    6 => Tag(tags), 7 => Published(is), 8 => Capability(name, range),
});
wire_enum!(LicenceRef { 0 => Id(id), 1 => Kind(kind) });
wire_enum!(Condition { 0 => All(parts), 1 => Any(parts), 2 => Not(part), 3 => Test(attribute, matcher) });
wire_enum!(Matcher {
    0 => Is(value), 1 => Text(of), 2 => Under(of), 3 => Number(range), 4 => Country(area), 5 => AnyText(of),
    6 => AllText(of), 7 => OnlyText(of), 8 => AnyCountry(area), 9 => AllCountry(area), 10 => OnlyCountry(area),
    11 => Count(range), 12 => Record(fields), 13 => Share(lists, range),
});
wire_enum!(SamePerson { 0 => Subject, 1 => Key, 2 => Link });
wire_enum!(Complete { 0 => Untold, 1 => No, 2 => Now, 3 => Ever });
wire_enum!(Source { 0 => Evidence, 1 => Derived, 2 => Context });
wire_enum!(Outcome { 0 => Allow, 1 => Degrade, 2 => StepUp, 3 => Review, 4 => Deny });
wire_enum!(Type {
    0 => Bool, 1 => Text, 2 => Word(words), 3 => Number, 4 => Country, 5 => Texts, 6 => Countries, 7 => Regions,
    8 => Holdings, 9 => Records(fields), 10 => Shares,
});

/// A list of countries that is the same at all times, the most frequent case, has a short form.
impl Wire for Area {
    fn write(&self, out: &mut Writer) {
        let listed = self.always().filter(|version| version.mapped == CountrySet::ALL);
        listed.is_some().write(out);
        match listed {
            Some(version) => version.members.write(out),
            None => self.versions.write(out),
        }
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        match bool::read(input) {
            true => Self::of(Wire::read(input)),
            false => Self { versions: Wire::read(input) },
        }
    }
}

/// Only the attributes and roles that the ruleset declares, and the records that it adds fields to.
impl Wire for Vocabulary {
    fn write(&self, out: &mut Writer) {
        let built_in = Self::default();
        let extended: Vec<(u64, Type)> = self
            .iter()
            .zip(built_in.iter())
            .filter(|((_, own), (_, known))| own.kind != known.kind)
            .map(|((id, own), _)| (u64::try_from(id.position()).unwrap_or(u64::MAX), own.kind.clone()))
            .collect();
        extended.write(out);
        self.own().to_vec().write(out);
        self.own_roles().write(out);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        let mut vocabulary = Self::default();
        for (position, kind) in Vec::<(u64, Type)>::read(input) {
            let id = usize::try_from(position).ok().and_then(crate::ruleset::attribute::AttributeId::from_position);
            match (id.and_then(|id| vocabulary.fields_mut(id)), kind) {
                (Some(fields), Type::Records(more)) => *fields = more,
                _ => input.fail(),
            }
        }
        for attribute in Vec::<Attribute>::read(input) {
            if vocabulary.add(attribute).is_none() {
                input.fail();
            }
        }
        vocabulary.set_roles(Wire::read(input));
        vocabulary
    }
}

wire_enum!(Holder { 0 => Bearer, 1 => Dpop, 2 => KeyBinding });
wire_enum!(StatusCheck { 0 => WhenPresent, 1 => Required, 2 => Ignored });
wire_enum!(KeySource { 0 => JwksUri(at), 1 => OpenId, 2 => OAuth });
wire_enum!(Algorithm {
    0 => Ed25519, 1 => Es256, 2 => Es384, 3 => Rs256, 4 => Ps256, 5 => Rs384, 6 => Rs512, 7 => Ps384, 8 => Ps512,
});
wire_struct!(RemoteKeys { source, thumbprints, algorithms, stale });

/// The keys are written as their JWKs. Reading a JWK checks it again.
impl Wire for Issuer {
    fn write(&self, out: &mut Writer) {
        let trusted = &self.trusted;
        for text in [&trusted.id, &trusted.iss] {
            text.write(out);
        }
        let lists =
            [&trusted.audience, &trusted.typ, &trusted.vct, &trusted.hops, &trusted.other_iss, &trusted.tenants];
        for texts in lists {
            texts.write(out);
        }
        for jwks in [&self.jwks, &self.status_jwks] {
            jwks.iter().map(|jwk| json::Value::Object(jwk.clone())).collect::<Vec<_>>().write(out);
        }
        trusted.remote.write(out);
        trusted.max_lifetime.write(out);
        trusted.skew.write(out);
        trusted.holder.write(out);
        trusted.proof_age.write(out);
        trusted.status_list.write(out);
        for text in [&trusted.link, &trusted.audience_claim] {
            text.write(out);
        }
        self.class.write(out);
        self.claims.write(out);
    }

    fn read(input: &mut ImageReader<'_>) -> Self {
        let (id, iss) = (Wire::read(input), Wire::read(input));
        let [audience, typ, vct, hops, other_iss, tenants] = std::array::from_fn(|_| Wire::read(input));
        let [(keys, jwks), (status_keys, status_jwks)] = std::array::from_fn(|_| keys(input));
        let trusted = TrustedIssuer {
            id,
            iss,
            audience,
            typ,
            vct,
            hops,
            other_iss,
            tenants,
            keys,
            status_keys,
            remote: Wire::read(input),
            max_lifetime: Wire::read(input),
            skew: Wire::read(input),
            holder: Wire::read(input),
            proof_age: Wire::read(input),
            status_list: Wire::read(input),
            link: Wire::read(input),
            audience_claim: Wire::read(input),
        };
        Self { trusted, class: Wire::read(input), jwks, status_jwks, claims: Wire::read(input) }
    }
}

fn keys(input: &mut ImageReader<'_>) -> (Vec<Key>, Vec<json::Object>) {
    let (mut keys, mut jwks) = (Vec::new(), Vec::new());
    for jwk in Vec::<json::Value>::read(input) {
        let json::Value::Object(jwk) = jwk else {
            input.fail();
            break;
        };
        match Key::from_jwk(&jwk) {
            Ok(key) => {
                keys.push(key);
                jwks.push(jwk);
            }
            Err(_) => input.fail(),
        }
    }
    (keys, jwks)
}
