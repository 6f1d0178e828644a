//! The progress of a transfer: a bar for a person, a line every few seconds for a log, nothing for a script. Imports
//! [`crate::output`].

use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

const EVERY: Duration = Duration::from_secs(5);

/// The progress of a transfer.
pub struct Progress {
    output: Output,
    bar: Option<ProgressBar>,
    total: Option<u64>,
    done: u64,
    users: u64,
    told: Instant,
}

impl Progress {
    /// `total` is the sum of what [`Self::advance`] counts, if that is known.
    pub fn new(output: &Output, total: Option<u64>) -> Self {
        let bar = (output.terminal.is_watched() && !output.json).then(|| bar(total));
        Self { output: output.clone(), bar, total, done: 0, users: 0, told: Instant::now() }
    }

    /// Counts `done` more of the total, and `users` more users.
    pub fn advance(&mut self, done: u64, users: u64) {
        self.done += done;
        self.users += users;
        let text = || format!("{} users", HumanCount(self.users));
        match &self.bar {
            Some(bar) => {
                // The total may have been an estimate.
                bar.set_length(self.total.unwrap_or(self.done).max(self.done));
                bar.set_position(self.done);
                bar.set_message(text());
            }
            None if self.told.elapsed() >= EVERY => {
                let share = self
                    .total
                    .filter(|total| *total > 0)
                    .map(|total| format!(", {} %", self.done.saturating_mul(100).min(total * 100) / total));
                self.output.remark(text() + &share.unwrap_or_default());
                self.told = Instant::now();
            }
            None => {}
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = if total.is_some() { "{msg} [{wide_bar}] {percent} % {eta}" } else { "{spinner} {msg} {elapsed}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
