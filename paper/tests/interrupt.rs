//! Ctrl-C leaves nothing behind under its final name, and nothing under another one either.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use built::{Folder, afgang, command};

/// Starts a command, interrupts it as soon as `ready` says so, and gives its exit code and messages.
fn interrupted(folder: &Folder, arguments: &[&str], ready: impl Fn() -> bool) -> (i32, String) {
    let mut child = command(folder, arguments).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !ready() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        assert!(began.elapsed() < Duration::from_mins(1), "it never came so far");
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

/// A terminal that is closed takes the reader of messages away; the program must end all the same.
#[test]
fn nobody_reads_the_message() {
    let folder = Folder::new();
    let arguments = ["synth", "--out", "register"];
    let mut child = command(&folder, &arguments).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !folder.files().iter().any(|file| file.ends_with(".parquet")) {
        assert!(began.elapsed() < Duration::from_mins(1), "it never came so far");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(child.stderr.take());
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_mins(2) {
            child.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(folder.everything(), Vec::<String>::new());
}

#[test]
fn a_register_that_is_being_made() {
    let folder = Folder::new();
    let has_file = || folder.files().iter().any(|file| file.ends_with(".parquet"));
    let (code, message) = interrupted(&folder, &["synth", "--out", "register"], has_file);
    assert_eq!(code, 130, "{message}");
    assert!(message.contains("nothing half-written is left"), "{message}");
    assert_eq!(folder.everything(), Vec::<String>::new());
}

#[test]
fn spells_that_are_being_written() {
    let folder = Folder::new();
    let made = ["-q", "synth", "--scale", "0.1", "--out", "register"];
    afgang(&folder, &made).good();
    let before = folder.everything();
    let arguments =
        ["run", "vive", "--register", "register", "--out", "out", "--spells", "spells.parquet"];
    let writing = || folder.files().iter().any(|file| file.contains("spells.parquet"));
    let (code, message) = interrupted(&folder, &arguments, writing);
    assert_eq!(code, 130, "{message}");
    assert_eq!(folder.everything(), before, "{message}");
}
