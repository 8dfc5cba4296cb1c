//! The command-line program for authors of rulesets.

mod cli;

fn main() -> cli::Exit {
    cli::run()
}
