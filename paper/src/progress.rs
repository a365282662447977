//! What a waiting person sees: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A moving bar.
    Bar,
    /// A line when a stage starts and one when it ends.
    Lines,
    /// Nothing.
    Nothing,
}

/// The stages of a run, shown as they go and timed.
#[derive(Debug)]
pub struct Stages {
    show: Show,
    finished: Vec<(String, f64)>,
}

impl Stages {
    /// Stages shown in the way that suits standard error, or not at all.
    pub fn new(quiet: bool) -> Self {
        let show = if quiet {
            Show::Nothing
        } else if std::io::stderr().is_terminal() {
            Show::Bar
        } else {
            Show::Lines
        };
        Self { show, finished: Vec::new() }
    }

    /// Starts a stage. `name` is a key for records, `text` what people read.
    pub fn start(&self, name: &str, text: &str) -> Stage {
        let bar = match self.show {
            Show::Bar => {
                let bar = ProgressBar::new(0);
                if let Ok(style) = ProgressStyle::with_template("{msg:<34} {spinner} {elapsed}") {
                    bar.set_style(style);
                }
                bar.set_message(text.to_owned());
                bar.enable_steady_tick(Duration::from_millis(120));
                Some(bar)
            }
            Show::Lines => {
                eprintln!("{text} …");
                None
            }
            Show::Nothing => None,
        };
        Stage { name: name.to_owned(), text: text.to_owned(), bar, began: Instant::now() }
    }

    /// Ends a stage and keeps its seconds. `result` is shown, for example a count.
    pub fn end(&mut self, stage: &Stage, result: &str) {
        let seconds = stage.began.elapsed().as_secs_f64();
        let line = format!("{:<34} {result} ({seconds:.1} s)", stage.text);
        match (&stage.bar, self.show) {
            (Some(bar), _) => {
                bar.finish_and_clear();
                eprintln!("{line}");
            }
            (None, Show::Lines) => eprintln!("{line}"),
            (None, _) => {}
        }
        self.finished.push((stage.name.clone(), seconds));
    }

    /// Name and seconds of every stage that has ended, in order.
    pub fn seconds(&self) -> &[(String, f64)] {
        &self.finished
    }

    /// Says one line, unless quiet.
    pub fn say(&self, line: &str) {
        if self.show != Show::Nothing {
            eprintln!("{line}");
        }
    }
}

/// A stage under way. Can be shared between threads.
#[derive(Debug)]
pub struct Stage {
    name: String,
    text: String,
    bar: Option<ProgressBar>,
    began: Instant,
}

impl Stage {
    /// Says how much of the work is done.
    pub fn advance(&self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            if bar.length() != Some(total) {
                bar.set_length(total);
                let template = "{msg:<34} [{bar:32}] {human_pos}/{human_len} {eta}";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.progress_chars("━╸ "));
                }
            }
            bar.set_position(done);
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
