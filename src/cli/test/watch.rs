//! Runs again what has changed. Looking at the files twice a second needs nothing of the system that it may not have.

use super::Test;
use super::run::{FileRun, Runner, stamp};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::{files, report};
use std::time::{Duration, Instant as Clock};

const PAUSE: Duration = Duration::from_millis(500);

/// Never ends by itself, except where nothing can be printed or written.
pub(super) fn watch(test: &Test, runner: &mut Runner<'_>) -> Result<Exit, Failure> {
    let started = Clock::now();
    let mut runs: Vec<FileRun> = test.files.iter().map(|file| runner.run(file)).collect();
    let mut took = started.elapsed();
    loop {
        // A filter that fits nothing yet is no reason to stop.
        if let Err(failure) = test.report(&runs, took, Output::Text) {
            report::failure(&failure, Output::Text);
        }
        files::print("watching; Ctrl-C ends\n")?;
        while !runs.iter().any(changed) {
            std::thread::sleep(PAUSE);
        }
        let started = Clock::now();
        for run in runs.iter_mut().filter(|run| changed(run)) {
            files::print(&format!("\n`{}` runs again\n", report::visible(&run.file.display().to_string())))?;
            *run = runner.run(&run.file);
        }
        took = started.elapsed();
    }
}

fn changed(run: &FileRun) -> bool {
    run.seen.iter().any(|(path, seen)| stamp(path) != *seen)
}
