//! One request on the command line, and its decision.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::streams;
use crate::cli::signing::opening::Opened;
use brightline::{CheckInput, Decision};
use clap::Args;
use std::path::PathBuf;

/// A request, as given on the command line.
#[derive(Args)]
pub(crate) struct RequestArguments {
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
    pub(crate) fn check(&self, request: &RequestArguments) -> Result<Decision, Failure> {
        let texts = request.tokens.iter().map(|file| streams::read_text(file)).collect::<Result<Vec<_>, _>>()?;
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
