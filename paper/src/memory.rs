//! How many threads fit into the memory that a run is allowed.

use crate::cli::UsageError;

/// Memory of the program itself while it reads a register, and of each thread; measured and rounded up.
const READING: Need = Need { what: "read a register", base: 64 << 20, per_thread: 60 << 20 };
/// The same while it makes one: a thread holds a block of about 32,000 persons with all of their weeks.
const MAKING: Need = Need { what: "make a register", base: 100 << 20, per_thread: 200 << 20 };
/// Hash of a person's id, in a vector that grows and in the sorted one.
const PER_PERSON: u64 = 24;

#[derive(Debug, Clone, Copy)]
struct Need {
    what: &'static str,
    base: u64,
    per_thread: u64,
}

/// Threads to read a register of so many persons whose ids are compared: all that are asked for or there, or as
/// many as fit.
///
/// # Errors
///
/// [`UsageError::Memory`] if not even one fits.
pub fn threads_to_read(
    memory: Option<u64>,
    asked: Option<usize>,
    persons: u64,
) -> Result<usize, UsageError> {
    Need { base: READING.base + PER_PERSON * persons, ..READING }.threads(memory, asked)
}

/// Threads to make a register.
///
/// # Errors
///
/// [`UsageError::Memory`] if not even one fits.
pub fn threads_to_make(memory: Option<u64>, asked: Option<usize>) -> Result<usize, UsageError> {
    MAKING.threads(memory, asked)
}

impl Need {
    fn threads(self, memory: Option<u64>, asked: Option<usize>) -> Result<usize, UsageError> {
        let threads =
            asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let Some(memory) = memory else { return Ok(threads) };
        let fit = memory.saturating_sub(self.base) / self.per_thread;
        if fit == 0 {
            let least = self.base + self.per_thread;
            return Err(UsageError::Memory { asked: memory, least, what: self.what });
        }
        Ok(threads.min(usize::try_from(fit).unwrap_or(usize::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_cut_to_the_memory() {
        assert_eq!(threads_to_read(None, Some(8), 0), Ok(8));
        assert_eq!(threads_to_read(Some(1 << 30), Some(2), 2_000_000), Ok(2));
        // 64 MiB, 1 MiB for the ids, and 60 MiB a thread.
        let persons = (1 << 20) / PER_PERSON;
        assert_eq!(threads_to_read(Some(185 << 20), Some(8), persons), Ok(2));
        assert_eq!(threads_to_read(Some(184 << 20), Some(8), persons), Ok(1));
        let refused = threads_to_read(Some(10 << 20), Some(8), persons).unwrap_err();
        assert_eq!(refused.to_string(), "`--memory 10M` is too little to read a register");
        assert_eq!(refused.help(), "give at least 125M");
        assert_eq!(threads_to_make(Some(500 << 20), Some(8)), Ok(2));
        let refused = threads_to_make(Some(200 << 20), None).unwrap_err();
        assert_eq!(refused.help(), "give at least 300M");
    }
}
