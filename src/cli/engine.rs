//! The library's door as the commands use it.

use super::exit::{Exit, Failure};
use super::{files, trusted};
use brightline::{CheckInput, Decision, Engine, Instant, TrustRoot};
use clap::Args;
use std::path::{Path, PathBuf};

/// Against what and when a bundle is opened.
#[derive(Args)]
pub(super) struct Opening {
    /// The current instant, as RFC 3339; without: by the clock of this machine
    #[arg(long, visible_alias = "at", value_name = "INSTANT", value_parser = files::instant, requires = "trust")]
    now: Option<Instant>,
    /// The lowest version that is accepted: the highest that was seen before
    #[arg(long, value_name = "N", requires = "trust")]
    minimum_version: Option<u64>,
    /// A rotation of the trust root; several in their order
    #[arg(long = "rotation", value_name = "FILE", requires = "trust")]
    rotations: Vec<PathBuf>,
}

/// A bundle that opened.
pub(super) struct Opened {
    pub(super) engine: Engine,
    pub(super) root: TrustRoot,
    now: Instant,
}

impl Opening {
    /// The trust root as it was rotated, for what has neither a window nor a version that was seen.
    pub(super) fn root(&self, root: &Path) -> Result<TrustRoot, Failure> {
        if self.now.is_some() || self.minimum_version.is_some() {
            let message = "a rotation is good whenever it is the next one: leave out `--now` and `--minimum-version`";
            return Err(Failure::new(Exit::Usage, message));
        }
        trusted::load(root, &self.rotations)
    }

    /// Opens a bundle, which was read from a file.
    pub(super) fn open(&self, bundle: &[u8], file: &Path, root: &Path) -> Result<Opened, Failure> {
        let now = files::now(self.now)?;
        let root = trusted::load(root, &self.rotations)?;
        let refused = |error| Failure::from(error).by(bundle, &root).of(file.display());
        let engine = Engine::open(bundle, &root, now, self.minimum_version.unwrap_or(0)).map_err(refused)?;
        Ok(Opened { engine, root, now })
    }
}

/// A request as it is typed.
#[derive(Args)]
pub(super) struct Request {
    /// The file with a token, `-` for standard input; several are one presentation; none: nobody has signed in
    #[arg(long = "token", value_name = "FILE")]
    tokens: Vec<PathBuf>,
    /// The model's id
    #[arg(long)]
    model: String,
    /// The action, such as `chat`
    #[arg(long)]
    action: String,
    /// What the host knows, as a JSON object such as `{"country":"DE"}`
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
}

impl Opened {
    pub(super) fn check(&self, request: &Request) -> Result<Decision, Failure> {
        let texts = request.tokens.iter().map(|file| files::read_text(file)).collect::<Result<Vec<_>, _>>()?;
        // The line end is the file's, not the token's.
        let tokens: Vec<&str> = texts.iter().map(|text| text.trim_end_matches(['\r', '\n'])).collect();
        let input = CheckInput {
            tokens: &tokens,
            possession: brightline::Possession::default(),
            model: &request.model,
            action: &request.action,
            context_json: request.context.as_deref(),
            now: self.now,
        };
        self.engine.check(&input).map_err(|error| {
            let code = Some(error.code());
            Failure { code, ..Failure::new(Exit::Usage, error.to_string()) }
        })
    }
}
