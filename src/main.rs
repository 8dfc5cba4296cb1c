//! The command-line program for those who write rulesets, and for trying one.

mod cli;

fn main() -> cli::Exit {
    cli::run()
}
