//! Progress of long work: a bar on standard error if that is a terminal, otherwise nothing.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The amount of work, if known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    Bytes(Option<u64>),
    Parts(Option<u64>),
}

/// A bar that disappears when its work is done.
pub(crate) struct Progress(ProgressBar);

/// How often the bar is redrawn without progress.
const TICK: Duration = Duration::from_millis(250);

impl Progress {
    pub(crate) fn new(what: &'static str, size: Size) -> Self {
        let (length, template) = match size {
            Size::Bytes(Some(length)) => (Some(length), "{msg} [{bar:30}] {bytes} of {total_bytes}, {eta} left"),
            Size::Bytes(None) => (None, "{msg} {spinner} {bytes} in {elapsed}"),
            Size::Parts(Some(length)) => (Some(length), "{msg} [{bar:30}] {human_pos} of {human_len}, {elapsed}"),
            Size::Parts(None) => (None, "{msg} {spinner} {elapsed}"),
        };
        let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new).with_message(what);
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Reports the amount that is done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    /// Reports that `done` of `of` parts are done.
    pub(crate) fn part(&self, done: usize, of: usize) {
        self.0.set_length(u64::try_from(of).unwrap_or(u64::MAX));
        self.0.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
