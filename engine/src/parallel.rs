//! Workers that take units of work in order, and the spell file that they write in order.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;

use crate::error::{Error, Result};
use crate::spell_file::SpellWriter;

/// The units that are left, and what they leave behind.
///
/// Units are handed out in order. What a unit writes waits until all units before it are written; a
/// worker that would run too far ahead waits too, so that what waits stays small.
pub(crate) struct Queue {
    units: usize,
    /// How many units may be under way or waiting to be written.
    window: usize,
    path: Option<PathBuf>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Next unit to be handed out.
    next: usize,
    /// Units before this one are done and written.
    written: usize,
    waiting: BTreeMap<usize, Vec<RecordBatch>>,
    writer: Option<SpellWriter>,
    /// The failed unit that comes first, and its error.
    failed: Option<(usize, Error)>,
}

/// Number of threads for some number of units.
pub(crate) fn threads(wanted: Option<usize>, units: usize) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, NonZero::get);
    wanted.unwrap_or_else(available).clamp(1, units.max(1))
}

impl Queue {
    pub(crate) fn new(units: usize, threads: usize, path: Option<PathBuf>) -> Self {
        Self {
            units,
            window: 2 * threads,
            path,
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        }
    }

    /// A worker that panicked has spoilt nothing here: its unit is never done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next unit, or `None` if there is none or another unit has failed.
    fn take(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.failed.is_some() || state.next == self.units {
                return None;
            }
            if state.next < state.written + self.window {
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A unit is done; writes it and its successors if everything before it is written.
    fn done(&self, unit: usize, result: Result<Vec<RecordBatch>>) {
        let mut state = self.lock();
        match result {
            Ok(batches) => {
                state.waiting.insert(unit, batches);
                if let Err(error) = self.write(&mut state) {
                    state.fail(unit, error);
                }
            }
            Err(error) => state.fail(unit, error),
        }
        drop(state);
        self.changed.notify_all();
    }

    fn write(&self, state: &mut State) -> Result<()> {
        loop {
            let written = state.written;
            let Some(batches) = state.waiting.remove(&written) else { return Ok(()) };
            for batch in &batches {
                let writer = match (&mut state.writer, &self.path) {
                    (Some(writer), _) => writer,
                    (none, Some(path)) => none.insert(SpellWriter::create(path, batch.schema())?),
                    (None, None) => continue,
                };
                writer.write(batch)?;
            }
            state.written += 1;
        }
    }

    /// Gives the spell file its name.
    pub(crate) fn finish(self) -> Result<()> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.writer {
            Some(writer) => writer.finish(),
            None => Ok(()),
        }
    }
}

impl State {
    fn fail(&mut self, unit: usize, error: Error) {
        if self.failed.as_ref().is_none_or(|(first, _)| unit < *first) {
            self.failed = Some((unit, error));
        }
    }
}

/// Lets every worker take units until none is left; gives the workers back.
///
/// Of several errors that of the first unit is given: units are handed out in order, so every unit
/// before a failed one has been handed out and comes to its own end.
pub(crate) fn run<W: Send>(
    queue: &Queue,
    workers: Vec<W>,
    work: impl Fn(&mut W, usize) -> Result<Vec<RecordBatch>> + Sync,
) -> Result<Vec<W>> {
    let work_off = |mut worker: W| {
        while let Some(unit) = queue.take() {
            let guard = Abandoned { queue, unit, armed: true };
            let result = work(&mut worker, unit);
            guard.disarm();
            queue.done(unit, result);
        }
        worker
    };
    let mut finished = Vec::with_capacity(workers.len());
    std::thread::scope(|scope| {
        let handles: Vec<_> =
            workers.into_iter().map(|worker| scope.spawn(|| work_off(worker))).collect();
        for handle in handles {
            // A panic has been noted by `Abandoned`.
            finished.extend(handle.join());
        }
    });
    let failed = queue.lock().failed.take();
    match failed {
        Some((_, error)) => Err(error),
        None => Ok(finished),
    }
}

/// Notes a unit as failed if its worker panics, so that no other worker waits for it for ever.
struct Abandoned<'a> {
    queue: &'a Queue,
    unit: usize,
    armed: bool,
}

impl Abandoned<'_> {
    fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.queue.done(self.unit, Err(Error::Internal("a worker panicked")));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn error(unit: usize) -> Error {
        Error::NoSuchGrouping { found: unit.to_string(), valid: String::new() }
    }

    #[test]
    fn the_error_of_the_first_unit_is_given() {
        let queue = Queue::new(2, 2, None);
        let failed = Barrier::new(2);
        let result = run(&queue, vec![(), ()], |(), unit| {
            if unit == 0 {
                // Fails only after unit 1 has failed.
                failed.wait();
                while queue.lock().failed.is_none() {
                    std::thread::yield_now();
                }
            } else {
                failed.wait();
            }
            Err(error(unit))
        });
        assert_eq!(result, Err(error(0)));
    }

    #[test]
    fn every_unit_is_done_once() {
        let queue = Queue::new(100, 3, None);
        let workers = run(&queue, vec![Vec::new(); 3], |done: &mut Vec<usize>, unit| {
            done.push(unit);
            Ok(Vec::new())
        });
        let mut units = workers.unwrap().concat();
        units.sort_unstable();
        assert_eq!(units, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_worker_does_not_run_ahead_of_what_is_written() {
        let queue = Queue::new(100, 1, None);
        assert_eq!((queue.take(), queue.take()), (Some(0), Some(1)));
        queue.done(1, Ok(Vec::new()));
        let state = || {
            let state = queue.lock();
            (state.written, state.waiting.len())
        };
        assert_eq!(state(), (0, 1));
        queue.done(0, Ok(Vec::new()));
        assert_eq!(state(), (2, 0));
        assert_eq!(queue.take(), Some(2));
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let queue = Queue::new(10, 2, None);
        let result = run(&queue, vec![0, 1], |_, unit| {
            assert!(unit != 3, "this panic belongs to the test");
            Ok(Vec::new())
        });
        assert_eq!(result, Err(Error::Internal("a worker panicked")));
    }
}
