//! A key that stays where it is: in a token, a card or a key service. A command is handed the bytes and answers with the
//! signature, which must verify by the public key before it is used.

use super::exit::{Exit, Failure};
use super::signers::Signer;
use super::{files, report};
use brightline::{Algorithm, JsonLimits, Key};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Most bytes of an answer: a signature in DER and base64 has a tenth of it.
const ANSWER_BYTES: usize = 1024;

/// Which public key, and the command that signs for it.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    public: PathBuf,
    command: String,
    words: Vec<String>,
}

impl Spec {
    /// The public key's file.
    pub(super) fn public(&self) -> &Path {
        &self.public
    }
}

/// A public key with the command that signs for it.
pub(super) struct External {
    kid: String,
    key: Key,
    spec: Spec,
}

/// How long a command is waited for before the person who waits is told.
const PATIENCE: Duration = Duration::from_secs(3);

/// Reads `PUBLIC.jwk=COMMAND ARGUMENTS`. The words are told apart and unquoted as a shell does; nothing else is done to them.
/// A path may have an `=` too: the first part that is a file is it.
pub(super) fn spec(argument: &str) -> Result<Spec, String> {
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
    pub(super) fn load(spec: &Spec) -> Result<Self, Failure> {
        let key = public(&spec.public).map_err(|failure| failure.of(spec.public.display()))?;
        let kid = key.kid().ok_or_else(|| Failure::key("the key needs `kid`, as text").of(spec.public.display()))?;
        Ok(Self { kid: kid.to_owned(), key, spec: spec.clone() })
    }

    /// Runs the command. What it says on standard error is for the person who waits for it.
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

    /// Does what may take long, and says so meanwhile: nobody should wonder whether the card wants a finger.
    fn told<T>(&self, work: impl FnOnce() -> T) -> T {
        let (done, waits) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if waits.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    let [command, kid] = [&self.spec.command, &self.kid].map(|text| report::visible(text));
                    files::print_error(&format!("waiting for the command `{command}` that signs as `{kid}`\n"));
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
    let jwk = brightline::parse_strictly(&files::read(path)?, JsonLimits::UNTRUSTED)
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
            self.failed("answered with no signature: neither 64 bytes, nor base64 of them, nor (for ES256) DER")
        })?;
        if !self.key.verify(message, &signature) {
            let why = "answered with a signature that does not verify by the public key: is it another key, or over other bytes?";
            return Err(Failure { exit: Exit::NotOpened, ..self.failed(why) });
        }
        Ok(signature)
    }
}

/// Hands over the message and reads the answer at the same time, since either may be longer than a pipe holds. A command that
/// answers with more than a signature is stopped.
fn converse(child: &mut Child, message: &[u8]) -> std::io::Result<Vec<u8>> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    std::thread::scope(|scope| {
        // One that has read enough closes the pipe; whether it signed the whole is seen by its signature.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(message)));
        let mut answer = Vec::new();
        let limit = u64::try_from(ANSWER_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(limit).read_to_end(&mut answer));
        if answer.len() > ANSWER_BYTES {
            // If it has ended by itself, so much the better.
            let _ = child.kill();
        }
        read.map(|_| answer)
    })
}

/// A signature in the form that a JWS has, from one of those that tools give.
fn signature(answer: &[u8], algorithm: Algorithm) -> Option<Vec<u8>> {
    let plain = |bytes: &[u8]| match algorithm {
        _ if bytes.len() == 64 => Some(bytes.to_vec()),
        Algorithm::Es256 => p256::ecdsa::Signature::from_der(bytes).ok().map(|signature| signature.to_vec()),
        _ => None,
    };
    plain(answer).or_else(|| {
        // Tools break the lines of base64.
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
