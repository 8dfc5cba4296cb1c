//! Signs with a key that never leaves its token, card or key service. An external command reads the bytes and returns
//! the signature, which is verified with the public key before it is used.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::{streams, terminal};
use crate::cli::signing::signer::Signer;
use brightline::{Algorithm, JsonLimits, Key};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Maximum bytes of an answer, about ten times a signature in DER and base64.
const ANSWER_BYTES: usize = 1024;

/// A public key file, and the command that signs for it.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    public: PathBuf,
    command: String,
    words: Vec<String>,
}

impl Spec {
    /// The public key's file.
    pub(crate) fn public(&self) -> &Path {
        &self.public
    }
}

/// A public key with the command that signs for it.
pub(crate) struct External {
    kid: String,
    key: Key,
    spec: Spec,
}

/// How long the command may run before the user is informed that the program waits for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Parses `PUBLIC.jwk=COMMAND ARGUMENTS`. The words are split and unquoted like a shell's, with no other expansion. A
/// path may contain `=` too, so the first prefix that is a file is the path.
pub(crate) fn spec(argument: &str) -> Result<Spec, String> {
    let form = "write it as PUBLIC.jwk=COMMAND ARGUMENTS";
    let parts = || argument.match_indices('=').filter_map(|(at, _)| argument.split_at_checked(at));
    let parts = parts().find(|(public, _)| Path::new(public).is_file()).or_else(|| parts().next());
    let (public, command) = parts.filter(|(public, _)| !public.is_empty()).ok_or(form)?;
    let command = command.strip_prefix('=').unwrap_or(command);
    let words = shlex::split(command).ok_or("a quote in the command does not end")?;
    let program = words.first().filter(|program| !program.is_empty()).ok_or(form)?.clone();
    Ok(Spec { public: PathBuf::from(public), command: program, words: words.into_iter().skip(1).collect() })
}

impl External {
    pub(crate) fn load(spec: &Spec) -> Result<Self, Failure> {
        let key = public(&spec.public).map_err(|failure| failure.of(spec.public.display()))?;
        let kid = key.kid().ok_or_else(|| Failure::key("the key needs `kid`, as text").of(spec.public.display()))?;
        Ok(Self { kid: kid.to_owned(), key, spec: spec.clone() })
    }

    /// Runs the command. Its standard error is shown to the user.
    fn ask(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new(&self.spec.command);
        command.args(&self.spec.words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|error| self.failed(&format!("cannot be run: {error}")))?;
        let answer = self.told(|| converse(&mut child, message));
        let status = child.wait().map_err(|error| self.failed(&format!("cannot be waited for: {error}")))?;
        let answer = answer.map_err(|error| self.failed(&format!("gave no answer: {error}")))?;
        if answer.len() > ANSWER_BYTES {
            return Err(self.failed(&format!("answered with more than {ANSWER_BYTES} bytes")));
        }
        if !status.success() {
            return Err(self.failed(&format!("failed: {status}")));
        }
        Ok(answer)
    }

    /// Runs `work`. If it takes long, informs the user of the wait, for example for a touch on the card.
    fn told<T>(&self, work: impl FnOnce() -> T) -> T {
        let (done, waits) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if waits.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    let [command, kid] = [&self.spec.command, &self.kid].map(|text| terminal::visible(text));
                    streams::print_error(&format!("waiting for the command `{command}` that signs as `{kid}`\n"));
                }
            });
            let made = work();
            drop(done);
            made
        })
    }

    fn failed(&self, how: &str) -> Failure {
        Failure::other(format!("the command `{}` that signs as `{}` {how}", self.spec.command, self.kid))
    }
}

fn public(path: &Path) -> Result<Key, Failure> {
    let jwk = brightline::parse_strictly(&streams::read(path)?, JsonLimits::UNTRUSTED)
        .map_err(|error| Failure::key(error.to_string()))?;
    let jwk = jwk.as_object().ok_or_else(|| Failure::key("a JWK is an object"))?;
    let key = Key::from_jwk(jwk)?;
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Es256 => Ok(key),
        _ => Err(Failure::key("rulesets are signed with `alg` Ed25519 or ES256")),
    }
}

impl Signer for External {
    fn kid(&self) -> &str {
        &self.kid
    }

    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn thumbprint(&self) -> String {
        BASE64URL_NOPAD.encode(&self.key.thumbprint())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let answer = self.ask(message)?;
        let signature = signature(&answer, self.algorithm());
        let signature = signature.ok_or_else(|| {
            self.failed("did not answer with a signature: neither 64 bytes, nor base64 of them, nor (for ES256) DER")
        })?;
        if !self.key.verify(message, &signature) {
            let why = "answered with a signature that does not verify by the public key: is it another key, or over other bytes?";
            return Err(Failure { exit: Exit::NotOpened, ..self.failed(why) });
        }
        Ok(signature)
    }
}

/// Writes the message and reads the answer concurrently, since either may exceed a pipe's buffer. A command that
/// answers with more than a signature is stopped.
fn converse(child: &mut Child, message: &[u8]) -> std::io::Result<Vec<u8>> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    std::thread::scope(|scope| {
        // A command that has read enough closes the pipe; its signature shows if it signed the whole message.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(message)));
        let mut answer = Vec::new();
        let limit = u64::try_from(ANSWER_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(limit).read_to_end(&mut answer));
        if answer.len() > ANSWER_BYTES {
            // The command may have ended already.
            let _ = child.kill();
        }
        read.map(|_| answer)
    })
}

/// Converts a signature from one of the forms that tools produce to the form of a JWS.
fn signature(answer: &[u8], algorithm: Algorithm) -> Option<Vec<u8>> {
    let plain = |bytes: &[u8]| match algorithm {
        _ if bytes.len() == 64 => Some(bytes.to_vec()),
        Algorithm::Es256 => p256::ecdsa::Signature::from_der(bytes).ok().map(|signature| signature.to_vec()),
        _ => None,
    };
    plain(answer).or_else(|| {
        // Tools wrap base64 lines.
        let text: Vec<u8> = answer.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let decoded =
            [BASE64URL_NOPAD, BASE64_NOPAD, BASE64URL, BASE64].iter().find_map(|base| base.decode(&text).ok());
        plain(&decoded?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_into_words_and_nothing_more() {
        let spec = spec("hsm.jwk=sh -c 'a=$1; echo \"$a\" | tool' x\\ y").unwrap();
        assert_eq!((spec.public, spec.command.as_str()), (PathBuf::from("hsm.jwk"), "sh"));
        assert_eq!(spec.words, ["-c", "a=$1; echo \"$a\" | tool", "x y"]);
        for wrong in ["hsm.jwk", "=tool", "hsm.jwk=", "hsm.jwk= ", "hsm.jwk='tool", "hsm.jwk=''"] {
            assert!(super::spec(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn signatures_are_read_in_each_form() {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
        let made: p256::ecdsa::Signature = p256::ecdsa::signature::Signer::sign(&key, b"x");
        let (raw, der) = (made.to_vec(), made.to_der());
        let der = der.as_bytes();
        for form in [
            raw.clone(),
            der.to_vec(),
            (BASE64.encode(der) + "\n").into_bytes(),
            BASE64URL_NOPAD.encode(&raw).into_bytes(),
            BASE64.encode(der).replace('A', "A\r\n").into_bytes(),
        ] {
            assert_eq!(signature(&form, Algorithm::Es256), Some(raw.clone()));
        }
        assert_eq!(signature(der, Algorithm::Ed25519), None);
        for wrong in [&b""[..], b"no", &raw[..63], &[0x30; 70]] {
            assert_eq!(signature(wrong, Algorithm::Es256), None);
        }
    }
}
