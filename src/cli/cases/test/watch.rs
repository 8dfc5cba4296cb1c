//! Runs changed files again. The files are polled twice a second, which works on every system.

use super::Test;
use super::run::FileRun;
use super::run::Runner;
use super::run::stamp;
use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::{streams, terminal};
use std::time::{Duration, Instant as Clock};

const PAUSE: Duration = Duration::from_millis(500);

/// Runs until interrupted, unless printing or writing fails.
pub(super) fn watch(test: &Test, runner: &mut Runner<'_>) -> Result<Exit, Failure> {
    let started = Clock::now();
    let mut runs: Vec<FileRun> = test.files.iter().map(|file| runner.run(file)).collect();
    let mut took = started.elapsed();
    loop {
        // Go on even if a filter matches no case yet.
        if let Err(failure) = test.report(&runs, took, Output::Text) {
            output::failure(&failure, Output::Text);
        }
        streams::print("watching; Ctrl-C ends\n")?;
        while !runs.iter().any(changed) {
            std::thread::sleep(PAUSE);
        }
        let started = Clock::now();
        for run in runs.iter_mut().filter(|run| changed(run)) {
            streams::print(&format!("\n`{}` runs again\n", terminal::visible(&run.file.display().to_string())))?;
            *run = runner.run(&run.file);
        }
        took = started.elapsed();
    }
}

fn changed(run: &FileRun) -> bool {
    run.seen.iter().any(|(path, seen)| stamp(path) != *seen)
}
