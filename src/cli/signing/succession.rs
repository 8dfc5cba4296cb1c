//! The changes of a rotation: which keys are removed, added and kept, the threshold, and the signers.

use crate::cli::io::terminal::visible;
use crate::cli::signing::quorum::Quorum;
use brightline::{Key, Rotation, TrustRoot};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::Serialize;

/// A rotation, compared with the root that it replaces if that is known.
#[derive(Serialize)]
pub(crate) struct Succession {
    ruleset: String,
    audience: String,
    version: u64,
    /// The fingerprint of the replaced root.
    prev_sha256: String,
    /// The fingerprint of the new root.
    sha256: String,
    threshold: usize,
    new: Quorum,
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<Former>,
    stay: Vec<NamedKey>,
    /// The added keys. If the former root is not known, all of the new root's keys.
    come: Vec<NamedKey>,
    go: Vec<NamedKey>,
    /// Signers that are in neither root.
    not_counted: Vec<String>,
    /// True if enough keys of both roots have signed. False if the former root is not known.
    complete: bool,
}

#[derive(Serialize)]
struct Former {
    version: u64,
    threshold: usize,
    #[serde(flatten)]
    quorum: Quorum,
}

#[derive(Serialize)]
struct NamedKey {
    kid: String,
    alg: &'static str,
    thumbprint: String,
}

impl Succession {
    /// Summarises a rotation whose signatures were verified with the given roots.
    pub(crate) fn new(rotation: &Rotation, former: Option<&TrustRoot>) -> Self {
        let Rotation { signatures, root, previous, .. } = rotation;
        let has = |root: &TrustRoot, key: &Key| root.keys().iter().any(|known| known.kid() == key.kid());
        let was = |key: &&Key| former.is_some_and(|former| has(former, key));
        let gone = former.map_or(&[][..], TrustRoot::keys).iter().filter(|key| !has(root, key));
        let is_known = |kid: &String| {
            [Some(root), former].into_iter().flatten().flat_map(TrustRoot::kids).any(|known| known == kid)
        };
        let new = Quorum::new(root, signatures);
        let former = former.map(|former| Former {
            version: former.version(),
            threshold: former.threshold(),
            quorum: Quorum::new(former, signatures),
        });
        let complete = new.missing == 0 && former.as_ref().is_some_and(|former| former.quorum.missing == 0);
        Self {
            ruleset: root.ruleset().to_owned(),
            audience: root.audience().to_owned(),
            version: root.version(),
            prev_sha256: previous.clone(),
            sha256: HEXLOWER.encode(&root.fingerprint()),
            threshold: root.threshold(),
            new,
            former,
            stay: root.keys().iter().filter(was).map(NamedKey::new).collect(),
            come: root.keys().iter().filter(|key| !was(key)).map(NamedKey::new).collect(),
            go: gone.map(NamedKey::new).collect(),
            not_counted: signatures.iter().map(|(kid, _)| kid.clone()).filter(|kid| !is_known(kid)).collect(),
            complete,
        }
    }

    pub(crate) const fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) fn not_counted(&self) -> &[String] {
        &self.not_counted
    }

    /// The change, in a line.
    pub(crate) fn title(&self) -> String {
        let former = self.former.as_ref().map(|former| format!(" from version {}", former.version));
        let state = match (&self.former, self.complete) {
            (None, _) => "",
            (_, true) => ", complete: apps with the former trust root follow it",
            (_, false) => ", not complete: add signatures with `--add-signature`",
        };
        format!("rotation{} to version {}{state}", former.unwrap_or_default(), self.version)
    }

    pub(crate) fn to_lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("  ruleset    {} for {}", visible(&self.ruleset), visible(&self.audience)),
            format!("  replaces   {}", self.prev_sha256),
            format!("  by         {}", self.sha256),
        ];
        let former = self.former.as_ref();
        lines.extend(
            former.map(|former| format!("  threshold  {} before, {} from now on", former.threshold, self.threshold)),
        );
        if former.is_none() {
            lines.push(format!("  threshold  {}", self.threshold));
        }
        let keys = [("stays", &self.stay), ("comes", &self.come), ("goes", &self.go)];
        for (what, keys) in keys {
            let what = if former.is_none() { "key" } else { what };
            lines.extend(keys.iter().map(|key| format!("  {what:<9}  {}", key.to_text())));
        }
        lines.extend(former.map(|former| format!("  signed     of the former root {}", former.quorum.to_text())));
        lines.push(format!("  signed     of the new root {}", self.new.to_text()));
        lines.extend(
            self.not_counted
                .iter()
                .map(|kid| format!("  signed     by {}, not counted: in neither root", visible(kid))),
        );
        lines
    }
}

impl NamedKey {
    fn new(key: &Key) -> Self {
        Self {
            kid: key.kid().unwrap_or_default().to_owned(),
            alg: key.algorithm().as_str(),
            thumbprint: BASE64URL_NOPAD.encode(&key.thumbprint()),
        }
    }

    fn to_text(&self) -> String {
        format!("{} ({}, {})", visible(&self.kid), self.alg, self.thumbprint)
    }
}
