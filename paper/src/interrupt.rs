//! What happens when somebody presses Ctrl-C.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::whole_file;

/// Exit code of an interrupted program, as shells expect it.
pub const EXIT_CODE: u8 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether the work under way asks [`happened`] and will end by itself.
static LISTENING: AtomicBool = AtomicBool::new(false);

/// Installs the handler. Work that listens is asked to stop; other work is stopped, and what it has
/// half written is removed. The second interrupt stops everything.
pub fn install() {
    // Without a handler an interrupt still ends the program, only less tidily.
    let _ = ctrlc::set_handler(|| {
        let again = INTERRUPTED.swap(true, Ordering::SeqCst);
        if again || !LISTENING.load(Ordering::SeqCst) {
            whole_file::remove_all_under_way();
            // Nobody may be listening any more, which `eprintln` takes for a reason to panic; then nothing would end.
            let words = b"\ninterrupted; nothing half-written is left under its final name\n";
            let _ = std::io::stderr().write_all(words);
            std::process::exit(i32::from(EXIT_CODE));
        }
    });
}

/// Whether there was an interrupt.
pub fn happened() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Runs work that asks [`happened`] again and again.
pub fn listening<T>(work: impl FnOnce() -> T) -> T {
    LISTENING.store(true, Ordering::SeqCst);
    let result = work();
    LISTENING.store(false, Ordering::SeqCst);
    result
}
