//! `brightline token`: makes tokens of made-up people, to try a ruleset with. Their issuer is a throw-away, and only
//! rulesets marked for development trust it.

mod personas;
mod reading;

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::{streams, terminal};
use crate::cli::signing::key_file::PrivateKey;
use brightline::{Algorithm, DEVELOPMENT, Instant, Span};
use clap::{Args, Subcommand};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use personas::{PERSONAS, Persona};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The `typ` of development tokens; the verifier accepts it from development issuers alone.
const TYP: &str = "dev+jwt";
const ENTRY: &str = "issuer.json";
const KEY: &str = "private.jwk";

/// Mint a development token of a made-up person, which only a ruleset for development accepts
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Token {
    #[command(subcommand)]
    init: Option<Make>,
    /// Persona that the token is about; `--list` shows them
    #[arg(required_unless_present = "list", requires = "issuer")]
    persona: Option<String>,
    /// Folder that `token init` made
    #[arg(long, value_name = "FOLDER")]
    issuer: Option<PathBuf>,
    /// Claim that replaces the persona's or is added
    #[arg(long = "claim", value_name = "/POINTER=JSON", value_parser = claim)]
    claims: Vec<ClaimArgument>,
    /// Period of validity
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = span)]
    valid: Span,
    /// Audience of the token; default: that of the issuer's entry
    #[arg(long)]
    audience: Option<String>,
    /// Current instant, as RFC 3339; default: the clock of this machine
    #[arg(long, visible_alias = "at", value_name = "INSTANT", value_parser = streams::instant)]
    now: Option<Instant>,
    /// Show the personas
    #[arg(long, conflicts_with = "persona")]
    list: bool,
}

#[derive(Subcommand)]
enum Make {
    /// Make a throw-away issuer: its key, and its entry for a ruleset with `development: true`
    Init(TokenInit),
}

#[derive(Args)]
struct TokenInit {
    /// Folder to create
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
    /// Audience of its tokens
    #[arg(long, default_value = "https://app.development.invalid")]
    audience: String,
}

/// A claim, as given on the command line.
#[derive(Clone)]
struct ClaimArgument {
    steps: Vec<String>,
    value: Value,
}

/// An entry of a ruleset's `issuers`.
#[derive(Serialize, Deserialize)]
struct TrustedEntry {
    id: String,
    preset: String,
    iss: String,
    audience: String,
    typ: String,
    keys: Value,
}

impl Token {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        if let Some(Make::Init(init)) = &self.init {
            return init.run(output);
        }
        match (&self.persona, &self.issuer) {
            (Some(persona), Some(issuer)) => self.mint(persona, issuer, output),
            _ => show(output),
        }
    }

    fn mint(&self, name: &str, folder: &Path, output: Output) -> Result<Exit, Failure> {
        let persona = Persona::find(name).ok_or_else(|| {
            let known: Vec<&str> = PERSONAS.iter().map(|persona| persona.name).collect();
            Failure::unknown(format!("there is no persona `{name}` in `brightline token --list`"), name, &known)
        })?;
        let entry = folder.join(ENTRY);
        let wrong = |error: serde_json::Error| Failure::other(error.to_string()).of(entry.display());
        let issuer: Value = serde_json::from_slice(&streams::read(&entry)?).map_err(wrong)?;
        let TrustedEntry { iss, audience, .. } = TrustedEntry::deserialize(&issuer).map_err(wrong)?;
        let key = PrivateKey::load(&folder.join(KEY))?;
        let now = streams::now(self.now)?.as_millis().div_euclid(1000);
        let checked_at = now.saturating_sub(persona.days_ago().saturating_mul(86_400));
        let checked_at = Instant::from_seconds(checked_at).map(|at| at.to_string()).unwrap_or_default();
        let mut payload = persona.claims(&checked_at);
        payload.extend([
            ("iss".to_owned(), json!(iss)),
            ("aud".to_owned(), json!(self.audience.as_ref().unwrap_or(&audience))),
            ("sub".to_owned(), json!(persona.name)),
            ("iat".to_owned(), json!(now)),
            ("exp".to_owned(), json!(now.saturating_add(self.valid.as_seconds()))),
        ]);
        let mut payload = Value::Object(payload);
        for claim in &self.claims {
            claim.put(&mut payload)?;
        }
        if payload.get("iss") != Some(&json!(iss)) {
            return Err(Failure::other(
                "a development token must come from the development issuer: leave `/iss` as it \
                                       is",
            ));
        }
        let unread = self.unread(&issuer);
        if output == Output::Text {
            for pointer in &unread {
                let message =
                    format!("`--claim {pointer}`: neither the issuer's entry nor the preset `house` reads it");
                output::warning("claim.unread", &message);
            }
        }
        let token = key.jwt(TYP, &payload);
        output.say(|| format!("{token}\n"), &json!({ "token": token, "claims": payload, "unread": unread }))?;
        Ok(Exit::Done)
    }
}

impl Token {
    /// The given claims that are not read: neither by the issuer's entry, nor with the preset `house`, for which the
    /// tokens are also made.
    fn unread(&self, issuer: &Value) -> Vec<String> {
        let mut house = issuer.clone();
        if let Some(preset) = house.get_mut("preset") {
            *preset = json!("house");
        }
        let Some(mut places) = reading::places(issuer) else { return Vec::new() };
        places.extend(reading::places(&house).unwrap_or_default());
        let unread = self.claims.iter().filter(|claim| !reading::is_read(&claim.steps, &places));
        unread.map(|claim| format!("/{}", claim.steps.join("/"))).collect()
    }
}

/// Lists the personas.
fn show(output: Output) -> Result<Exit, Failure> {
    let all = PERSONAS.iter().map(|persona| json!({ "name": persona.name, "about": persona.about }));
    let line = |persona: &Persona| format!("{:<20} {}\n", persona.name, persona.about);
    output.say(|| PERSONAS.iter().map(line).collect(), &all.collect::<Value>())?;
    Ok(Exit::Done)
}

impl TokenInit {
    fn run(&self, output: Output) -> Result<Exit, Failure> {
        let entry = make(&self.out, &self.audience)?;
        let at = self.out.join(ENTRY);
        let text = || {
            let at = terminal::visible(&at.display().to_string());
            format!("{}\nadd `{at}` to the `issuers` of a ruleset with `development: true`\n", entry.iss)
        };
        output.say(text, &json!({ "iss": entry.iss, "entry": at }))?;
        Ok(Exit::Done)
    }
}

/// Makes a throw-away issuer in a folder. Returns its entry for a ruleset, as JSON in one line.
pub(crate) fn make_issuer(folder: &Path, audience: &str) -> Result<String, Failure> {
    serde_json::to_string(&make(folder, audience)?).map_err(|error| Failure::other(error.to_string()))
}

fn make(folder: &Path, audience: &str) -> Result<TrustedEntry, Failure> {
    let key = PrivateKey::generate(Algorithm::Ed25519, None)?;
    // Each issuer has a unique name, so that tokens of two folders are not confused.
    let name = BASE64URL_NOPAD.decode(key.kid().as_bytes()).unwrap_or_default();
    let name: String = HEXLOWER.encode(&name).chars().take(16).collect();
    let entry = TrustedEntry {
        id: "development".to_owned(),
        preset: "evidence".to_owned(),
        iss: format!("https://{name}{DEVELOPMENT}"),
        audience: audience.to_owned(),
        typ: TYP.to_owned(),
        keys: json!([key.to_jwk(false)]),
    };
    streams::make_folder(folder)?;
    let [at, private] = [ENTRY, KEY].map(|name| folder.join(name));
    for path in [&at, &private] {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::other(format!("`{}` already exists; choose another folder", path.display())));
        }
    }
    streams::write_new(&private, &output::pretty(&key.to_jwk(true))?, true)?;
    streams::write_new(&at, &output::pretty(&entry)?, false)?;
    Ok(entry)
}

impl ClaimArgument {
    /// Inserts the claim at its path and creates missing objects. Of a list, only existing items can be changed.
    fn put(&self, payload: &mut Value) -> Result<(), Failure> {
        let mut place = payload;
        for step in &self.steps {
            let next = match place {
                Value::Object(members) => {
                    Some(members.entry(step.as_str()).or_insert_with(|| Value::Object(Map::new())))
                }
                Value::Array(items) => step.parse().ok().and_then(|at: usize| items.get_mut(at)),
                _ => None,
            };
            let wrong = || Failure::other(format!("`--claim`: there is no path `/{}`", self.steps.join("/")));
            place = next.ok_or_else(wrong)?;
        }
        *place = self.value.clone();
        Ok(())
    }
}

fn claim(argument: &str) -> Result<ClaimArgument, String> {
    let form = "write it as a JSON Pointer, `=` and JSON, such as /verified_claims/0/claims/residence=\"DE\"";
    let (pointer, value) = argument.split_once('=').filter(|(pointer, _)| pointer.starts_with('/')).ok_or(form)?;
    let value = serde_json::from_str(value).map_err(|error| format!("{form}: {error}"))?;
    Ok(ClaimArgument { steps: brightline::pointer_steps(pointer).collect(), value })
}

fn span(text: &str) -> Result<Span, String> {
    text.parse().map_err(|()| "write it as a whole number and one of s, m, h, d, such as 10m".to_owned())
}
