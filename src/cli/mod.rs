//! The command line: parses arguments, calls the library and prints its results. It decides nothing. Files, randomness
//! and the clock are used only here.

mod app;
mod author;
mod cases;
mod impact;
mod io;
mod look_back;
mod publish;
mod shell;
mod signing;
mod table;

use app::{decide, token};
use author::{check, compile, diff, fmt, init, prove, schema};
use cases::{explain, test};
use clap::{Parser, Subcommand};
pub(crate) use io::failure::Exit;
use io::failure::Failure;
use io::output::{self, Output};
use signing::{keygen, rotate, sign, trust, verify};

/// Check, prove, compare, sign and try rulesets that define who may use which AI model.
#[derive(Parser)]
#[command(name = "brightline", version, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Print results and errors as JSON
    #[arg(long, global = true)]
    json: bool,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done; for `decide` and `explain`: allow
  1  a file cannot be read or written, or something else went wrong
  2  the arguments are wrong
  3  a ruleset, a file of cases or a table of people has findings
  4  a bundle, a trust root or a key does not open
  5  the decision is not allow
  6  a case's decision is not the expected one; for `diff`: the rulesets differ
  7  a guarantee does not hold
  8  it could not be settled within the budget

Results are on standard output, errors and progress on standard error. With `--json` an error is one line, with `error` of \
`code`, `message` and `exit`, and `findings` as in `check`. Colours appear on a terminal; NO_COLOR, CLICOLOR_FORCE and \
TERM=dumb are respected.";

#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Fmt(fmt::Fmt),
    Check(check::Check),
    Test(test::Test),
    Explain(explain::Explain),
    Prove(prove::Prove),
    Diff(diff::Diff),
    Impact(Box<impact::Impact>),
    LookBack(look_back::LookBack),
    Export(publish::Export),
    Keygen(keygen::Keygen),
    Sign(sign::Sign),
    Trust(trust::Trust),
    Rotate(rotate::Rotate),
    Verify(verify::Verify),
    Decide(decide::Decide),
    Token(token::Token),
    Compile(compile::Compile),
    Schema(schema::Schema),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// Runs the program with the arguments of the process.
pub(crate) fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_wrong = error.use_stderr();
            if is_wrong && std::env::args_os().any(|argument| argument == "--json") {
                let message = error.render().to_string();
                output::failure(&Failure::new(Exit::Usage, message.trim_end()), Output::Json);
            } else {
                // Printing `--help` fails only if the reader has closed the pipe.
                let _ = error.print();
            }
            return if is_wrong { Exit::Usage } else { Exit::Done };
        }
    };
    let output = Output::of(arguments.json);
    let result = match &arguments.command {
        Command::Init(command) => command.run(output),
        Command::Fmt(command) => command.run(output),
        Command::Check(command) => command.run(output),
        Command::Test(command) => command.run(output),
        Command::Explain(command) => command.run(output),
        Command::Prove(command) => command.run(output),
        Command::Diff(command) => command.run(output),
        Command::Impact(command) => command.run(output),
        Command::LookBack(command) => command.run(output),
        Command::Export(command) => command.run(output),
        Command::Keygen(command) => command.run(output),
        Command::Sign(command) => command.run(output),
        Command::Trust(command) => command.run(output),
        Command::Rotate(command) => command.run(output),
        Command::Verify(command) => command.run(output),
        Command::Decide(command) => command.run(output),
        Command::Token(command) => command.run(output),
        Command::Compile(command) => command.run(output),
        Command::Schema(command) => command.run(output),
        Command::Completions(command) => command.run(output),
        Command::Man(command) => command.run(output),
    };
    result.unwrap_or_else(|failure| {
        output::failure(&failure, output);
        failure.exit
    })
}
