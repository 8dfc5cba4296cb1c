//! The JavaScript boundary: converts, calls the core, converts back. It decides nothing. The hand-written entries in
//! `pkg/` wrap it and check the input first.

#[cfg(feature = "author")]
pub mod author;

use crate::{
    ContextError, Decision, DpopProof, Engine, Fetchable, Identity, Instant, KeySource, Possession, TrustRoot,
    TrustedIssuer,
};
use js_sys::{Error, Reflect};
use serde::Serialize;
use std::cell::Cell;
use std::fmt::Display;
use wasm_bindgen::prelude::*;

#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// One or several opened rulesets.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawRuleset(Engine);

/// A verified presentation, or the reason why it was refused.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawIdentity {
    identity: Identity,
    /// Until when the last answer may be given again, in milliseconds since 1970.
    same_until: Cell<f64>,
}

#[wasm_bindgen]
impl RawRuleset {
    /// Opens a signed ruleset. `now` is in milliseconds since 1970.
    pub fn open(bundle: &[u8], trust_root: &str, now: f64, minimum_version: f64) -> Result<Self, JsValue> {
        let root = TrustRoot::parse(trust_root.as_bytes()).map_err(|error| thrown(error.code(), &error))?;
        // The caller checks that versions are safe integers.
        let minimum_version =
            whole(minimum_version).and_then(|version| u64::try_from(version).ok()).unwrap_or(u64::MAX);
        let engine = Engine::open(bundle, &root, instant(now)?, minimum_version)
            .map_err(|error| thrown(error.code(), &error))?;
        Ok(Self(engine))
    }

    /// Composes it with another ruleset.
    pub fn combine(&self, other: &Self) -> Self {
        Self(self.0.combine(&other.0))
    }

    /// For each ruleset: its id, version, hash, window, models, actions, fields of a context and issuers.
    pub fn describe(&self) -> Result<JsValue, JsValue> {
        let described = self.0.rulesets().map(|(ruleset, sha256)| Description {
            id: ruleset.id(),
            version: ruleset.version(),
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            issued: ruleset.issued(),
            expires: ruleset.expires(),
            models: ruleset.models().map(|(id, title)| JsEntry { id, title }).collect(),
            actions: ruleset.actions().collect(),
            context: ruleset.context().collect(),
            issuers: ruleset.issuers().map(issuer).collect(),
        });
        to_js(&described.collect::<Vec<_>>())
    }

    /// Replaces the keys of an issuer, from one source or from any. Returns, for each key in turn, its `kid` and the
    /// reason if it is not used.
    pub fn update_keys(
        &self,
        iss: &str,
        jwks: &[u8],
        source: Option<String>,
        fetched: f64,
        now: f64,
    ) -> Result<Vec<JsValue>, JsValue> {
        let source = source.map(|source| match source.as_str() {
            "openid" => KeySource::OpenId,
            "oauth" => KeySource::OAuth,
            _ => KeySource::JwksUri(source),
        });
        let taken = self.0.update_keys(iss, jwks, source.as_ref(), instant(fetched)?, instant(now)?);
        let keys = taken.map_err(|error| thrown(error.code(), &error))?;
        let text = |text: Option<&str>| text.map_or(JsValue::NULL, JsValue::from_str);
        Ok(keys.iter().flat_map(|key| [text(key.kid.as_deref()), text(key.passed_over)]).collect())
    }

    /// Adds a status list of an issuer. Returns its address and until when it is used.
    pub fn update_status_list(&self, iss: &str, token: &str, fetched: f64, now: f64) -> Result<Vec<JsValue>, JsValue> {
        let taken = self.0.update_status_list(iss, token, instant(fetched)?, instant(now)?);
        let (uri, until) = taken.map_err(|error| thrown(error.code(), &error))?;
        Ok(vec![JsValue::from_str(&uri), JsValue::from_f64(millis(until))])
    }

    /// Replaces the host's deny list. Returns the number of its entries.
    pub fn update_deny_list(&self, list: &str) -> Result<usize, JsValue> {
        self.0.update_deny_list(list.as_bytes()).map_err(|error| thrown(error.code(), &error))
    }

    /// How often the host has updated keys, lists or the deny list, through this object or another that shares them.
    pub fn changes(&self) -> u32 {
        self.0.changes()
    }

    /// Verifies the tokens of one presentation once. `proofs` has four texts for each DPoP proof: the JWT, the method,
    /// the address, and the nonce, which is empty if there is none.
    pub fn identify(
        &self,
        tokens: Vec<String>,
        nonce: Option<String>,
        proofs: Vec<String>,
        now: f64,
    ) -> Result<RawIdentity, JsValue> {
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let mut read = Vec::new();
        for proof in proofs.chunks_exact(4) {
            if let [jwt, method, url, nonce] = proof {
                read.push(DpopProof {
                    jwt,
                    method,
                    url,
                    nonce: Some(nonce.as_str()).filter(|nonce| !nonce.is_empty()),
                });
            }
        }
        let possession = Possession { nonce: nonce.as_deref(), proofs: &read };
        let identity = self.0.identify(&tokens, &possession, instant(now)?);
        Ok(RawIdentity { identity, same_until: Cell::new(0.0) })
    }
}

#[wasm_bindgen]
impl RawIdentity {
    /// The code of the refusal.
    #[wasm_bindgen(getter)]
    pub fn refusal(&self) -> Option<String> {
        self.identity.refusal().map(|error| error.code().to_owned())
    }

    /// The data to fetch: the `iss` for keys, or the `iss` and the address of a status list.
    pub fn missing(&self) -> Vec<String> {
        match self.identity.missing() {
            None => Vec::new(),
            Some(Fetchable::Keys { iss }) => vec![iss.clone()],
            Some(Fetchable::StatusList { iss, uri }) => vec![iss.clone(), uri.clone()],
        }
    }

    /// The single-use items, three values each in turn: the key in base64url, the end in milliseconds, and the holder
    /// in base64url.
    pub fn single_uses(&self) -> Vec<JsValue> {
        let uses = self.identity.single_uses().iter();
        uses.flat_map(|used| {
            [JsValue::from_str(&used.name()), JsValue::from_f64(millis(used.until)), JsValue::from_str(&used.holder())]
        })
        .collect()
    }

    /// Marks the presentation as replayed: a single-use item was used before.
    pub fn mark_replayed(&mut self) {
        self.identity.mark_replayed();
    }

    /// How often the host had updated the data on which this identity's answers depend.
    pub fn changes(&self) -> u32 {
        self.identity.changes()
    }

    /// Until when the tokens are accepted, given the data at their verification, in milliseconds since 1970.
    pub fn accepted_until(&self) -> f64 {
        self.identity.accepted_until().map_or(0.0, millis)
    }

    /// Decides for this identity.
    pub fn check(&self, model: &str, action: &str, context: Option<String>, now: f64) -> Result<JsValue, JsValue> {
        let decision = self.identity.check(model, action, context.as_deref(), instant(now)?);
        let until = decision.as_ref().ok().and_then(|decision| decision.same_until);
        self.same_until.set(until.map_or(0.0, millis));
        decided(decision)
    }

    /// The claims that could turn the answer into allow.
    pub fn ask(&self, model: &str, action: &str, context: Option<String>, now: f64) -> Result<JsValue, JsValue> {
        let asked = self.identity.ask(model, action, context.as_deref(), instant(now)?);
        to_js(&asked.map_err(|error| thrown(error.code(), &error))?)
    }

    /// Until when the last answer may be given again with another `decided_at`; 0 if it may not.
    pub fn same_until(&self) -> f64 {
        self.same_until.get()
    }
}

#[derive(Serialize)]
struct Description<'a> {
    id: &'a str,
    version: u64,
    sha256: String,
    issued: Instant,
    expires: Instant,
    models: Vec<JsEntry<'a>>,
    actions: Vec<&'a str>,
    context: Vec<&'a str>,
    issuers: Vec<JsIssuer<'a>>,
}

#[derive(Serialize)]
struct JsIssuer<'a> {
    id: &'a str,
    iss: &'a str,
    /// Where the host fetches its keys.
    keys: Option<Fetched<'a>>,
}

#[derive(Serialize)]
struct Fetched<'a> {
    #[serde(rename = "jwksUri")]
    jwks_uri: Option<&'a str>,
    discovery: Option<&'a str>,
    /// Milliseconds.
    stale: i64,
}

fn issuer(issuer: &TrustedIssuer) -> JsIssuer<'_> {
    let keys = issuer.remote.as_ref().map(|remote| {
        let (jwks_uri, discovery) = match &remote.source {
            KeySource::JwksUri(at) => (Some(at.as_str()), None),
            KeySource::OpenId => (None, Some("openid")),
            KeySource::OAuth => (None, Some("oauth")),
        };
        Fetched { jwks_uri, discovery, stale: remote.stale.as_seconds().saturating_mul(1000) }
    });
    JsIssuer { id: &issuer.id, iss: &issuer.iss, keys }
}

#[derive(Serialize)]
struct JsEntry<'a> {
    id: &'a str,
    title: &'a str,
}

fn decided(decision: Result<Decision, ContextError>) -> Result<JsValue, JsValue> {
    to_js(&decision.map_err(|error| thrown(error.code(), &error))?)
}

fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    // Plain objects and null, as in JSON, so that a decision is the same in every environment.
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|error| thrown("engine.output", &error))
}

/// A real `Error` with a stable `code`.
#[inline(never)]
fn thrown(code: &str, message: &dyn Display) -> JsValue {
    let error = Error::new(&message.to_string());
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&error, &JsValue::from_str("code"), &JsValue::from_str(code));
    error.into()
}

fn instant(millis: f64) -> Result<Instant, JsValue> {
    whole(millis)
        .and_then(Instant::from_millis)
        .ok_or_else(|| thrown("request.now", &"`now` is not an instant between the years 0 and 9999"))
}

fn millis(instant: Instant) -> f64 {
    #[expect(clippy::as_conversions, reason = "the years 0 to 9999 are safe integers")]
    #[expect(clippy::cast_precision_loss, reason = "as above")]
    let millis = instant.as_millis() as f64;
    millis
}

fn whole(number: f64) -> Option<i64> {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    if number.is_nan() || number.abs() > SAFE {
        return None;
    }
    #[expect(clippy::as_conversions, reason = "a safe integer fits; a fraction of a millisecond is dropped")]
    #[expect(clippy::cast_possible_truncation, reason = "as above")]
    let whole = number.floor() as i64;
    Some(whole)
}
