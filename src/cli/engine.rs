//! The library's entry points, as the commands use them.

use super::exit::{Exit, Failure};
use super::{files, trusted};
use brightline::{CheckInput, Decision, Engine, Instant, TrustRoot};
use clap::Args;
use std::path::{Path, PathBuf};

/// Options for opening a bundle: the instant, the minimum version and the rotations of the trust root.
#[derive(Args)]
pub(super) struct Opening {
    /// Current instant, as RFC 3339; default: the clock of this machine
    #[arg(long, visible_alias = "at", value_name = "INSTANT", value_parser = files::instant, requires = "trust")]
    now: Option<Instant>,
    /// Lowest accepted version: the highest that was seen before; default: 0
    #[arg(long, value_name = "N", requires = "trust")]
    minimum_version: Option<u64>,
    /// Rotation of the trust root; repeat it for several, oldest first
    #[arg(long = "rotation", value_name = "FILE", requires = "trust")]
    rotations: Vec<PathBuf>,
}

/// An opened bundle.
pub(super) struct Opened {
    pub(super) engine: Engine,
    pub(super) root: TrustRoot,
    now: Instant,
}

impl Opening {
    /// The trust root after its rotations, for statements that have neither a window nor a version.
    pub(super) fn root(&self, root: &Path) -> Result<TrustRoot, Failure> {
        if self.now.is_some() || self.minimum_version.is_some() {
            let message = "a rotation is good whenever it is the next one: leave out `--now` and `--minimum-version`";
            return Err(Failure::new(Exit::Usage, message));
        }
        trusted::load(root, &self.rotations)
    }

    /// Opens a bundle that was read from `file`.
    pub(super) fn open(&self, bundle: &[u8], file: &Path, root: &Path) -> Result<Opened, Failure> {
        let now = files::now(self.now)?;
        let root = trusted::load(root, &self.rotations)?;
        let refused = |error| Failure::from(error).by(bundle, &root).of(file.display());
        let engine = Engine::open(bundle, &root, now, self.minimum_version.unwrap_or(0)).map_err(refused)?;
        Ok(Opened { engine, root, now })
    }
}

/// A request, as given on the command line.
#[derive(Args)]
pub(super) struct Request {
    /// File with a token, `-` for standard input; repeat it for one presentation of several; default: no signed-in user
    #[arg(long = "token", value_name = "FILE")]
    tokens: Vec<PathBuf>,
    /// Id of the model
    #[arg(long)]
    model: String,
    /// Action, such as `chat`
    #[arg(long)]
    action: String,
    /// Facts that the host states, as a JSON object such as `{"country":"DE"}`
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
}

impl Opened {
    pub(super) fn check(&self, request: &Request) -> Result<Decision, Failure> {
        let texts = request.tokens.iter().map(|file| files::read_text(file)).collect::<Result<Vec<_>, _>>()?;
        // The line end belongs to the file, not to the token.
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
