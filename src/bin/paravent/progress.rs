//! How far it is, on a terminal only.

use std::{
    io::{self, IsTerminal},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::policy::pages::page::grouped;

/// The bar that is shown, for what ends the process.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Rows of the bar that is shown.
static ROWS: AtomicU64 = AtomicU64::new(0);

/// The way of rows through a command. Nothing of its bar is left on drop.
pub(crate) struct Way {
    bar: ProgressBar,
    start: Instant,
}

impl Way {
    /// Begins; `size` are the bytes of the input where they are known. Nothing is shown where `quiet`, and where the
    /// standard error is no terminal.
    pub(crate) fn begin(size: Option<u64>, quiet: bool) -> Self {
        let template = match size {
            Some(_) => "{wide_bar} {percent}%  {rows} rows  {rate}/s  {eta} left",
            None => "{spinner} {rows} rows  {rate}/s  {elapsed}",
        };
        Self::of(size, style(template), quiet)
    }

    /// The same for messages.
    pub(crate) fn messages(size: Option<u64>, quiet: bool) -> Self {
        let template = match size {
            Some(_) => "{wide_bar} {percent}%  {rows} messages  {rate}/s  {eta} left",
            None => "{spinner} {rows} messages  {rate}/s  {elapsed}",
        };
        Self::of(size, style(template), quiet)
    }

    /// The same for the entries of a log, of which nobody knows before how many there are.
    pub(crate) fn entries(quiet: bool) -> Self {
        let template = "{spinner} {rows} entries  {rate}/s  {elapsed}";
        Self::of(None, style(template), quiet)
    }

    /// The same for work in steps, each of which has a name.
    pub(crate) fn steps(quiet: bool) -> Self {
        let style = ProgressStyle::with_template("{wide_bar} {percent}%  {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        Self::of(Some(0), style, quiet)
    }

    fn of(size: Option<u64>, style: ProgressStyle, quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        let bar = if shown {
            ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr_with_hz(10))
                .with_style(style)
        } else {
            ProgressBar::hidden()
        };
        if shown {
            bar.enable_steady_tick(Duration::from_millis(250));
            *lock() = Some(bar.clone());
        }
        Self {
            bar,
            start: Instant::now(),
        }
    }

    /// Tells that it has come so far.
    pub(crate) fn tell(&self, rows: u64, bytes: u64) {
        ROWS.store(rows, Ordering::Relaxed);
        self.bar.set_position(bytes);
    }

    /// Tells that so many of all steps are done, and which one is next.
    pub(crate) fn step(&self, done: usize, all: usize, next: &str) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(next.to_owned());
    }

    /// How long it took so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        clear();
    }
}

/// Takes the bar away, where there is one.
pub(crate) fn clear() {
    if let Some(bar) = lock().take() {
        bar.finish_and_clear();
    }
}

fn lock() -> MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn style(template: &str) -> ProgressStyle {
    let rows = |_: &ProgressState, to: &mut dyn std::fmt::Write| {
        // The bar has no other error to give.
        let _ = to.write_str(&grouped(ROWS.load(Ordering::Relaxed)));
    };
    let rate = |state: &ProgressState, to: &mut dyn std::fmt::Write| {
        let rows = ROWS.load(Ordering::Relaxed) as f64;
        let rate = rows / state.elapsed().as_secs_f64().max(0.001);
        let _ = to.write_str(&grouped(rate as u64));
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rows", rows)
        .with_key("rate", rate)
}
