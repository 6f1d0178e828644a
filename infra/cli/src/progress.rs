//! How far long work is: a bar for a person, a line now and then for a log, nothing for a script. Imports [`crate::output`].

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// The progress of one piece of work.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Work of about `total` rows, as far as anybody knows.
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

    /// So many rows more are done.
    pub fn advance(&self, rows: usize) {
        self.bar.inc(u64::try_from(rows).unwrap_or_default());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
