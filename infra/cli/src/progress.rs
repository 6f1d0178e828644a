//! The progress of long work: a bar for a person, nothing for a script. Imports [`crate::output`].

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// A progress bar, until it is dropped.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Shows the progress of `work` on about `total` rows, if that is known.
    #[must_use]
    pub fn new(output: &Output, work: &'static str, total: Option<u64>) -> Self {
        let target = if output.terminal.is_watched() && !output.json { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target);
        let template = if total.is_some() { "{msg} [{wide_bar}] {pos}/{len} {eta}" } else { "{msg} {spinner} {pos} {elapsed}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(work);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// Counts `rows` more as done.
    pub fn advance(&self, rows: usize) {
        self.bar.inc(u64::try_from(rows).unwrap_or_default());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
