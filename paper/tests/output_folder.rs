//! The folder of a run is of one run, whatever was there and whatever happens.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::collections::BTreeMap;

use built::{Folder, afgang};

fn register(folder: &Folder) {
    afgang(folder, &["-q", "synth", "--scale", "0.003", "--out", "register"]).good();
}

/// Every file below `out` with its bytes.
fn contents(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let files = folder.files().into_iter().filter(|file| file.starts_with("out/"));
    files.map(|file| (file.clone(), std::fs::read(folder.path(&file)).unwrap())).collect()
}

/// A study of one table.
fn small_study(folder: &Folder) {
    afgang(folder, &["study", "vive", "--out", "mine"]).good();
    let study = folder.read("mine/vive.toml");
    let (head, _) = study.split_once("\n[[slip]]").unwrap();
    let output = "[[output]]\nid = \"one\"\nkind = \"spells\"\ntitle.en = \"One\"\n";
    folder.write("mine/vive.toml", &format!("{head}\n{output}"));
}

const WHOLE: [&str; 7] = ["-q", "run", "vive", "--register", "register", "--out", "out"];

#[test]
fn a_second_run_leaves_nothing_of_the_first() {
    let folder = Folder::new();
    register(&folder);
    small_study(&folder);
    folder.write("out/notes.txt", "mine");
    folder.write("out/tables/mine.csv", "mine");
    afgang(&folder, &[&WHOLE[..], &["--spells", "out/spells.parquet"]].concat()).good();
    let first = contents(&folder);
    assert!(first.contains_key("out/tables/comparison.csv"));
    assert!(first.contains_key("out/spells.parquet"));
    let small = ["-q", "run", "mine/vive.toml", "--register", "register", "--out", "out"];
    afgang(&folder, &[&small[..], &["--spells", "elsewhere/s.parquet"]].concat()).good();
    let names: Vec<String> = contents(&folder).into_keys().collect();
    assert_eq!(
        names,
        [
            "out/notes.txt",
            "out/report.html",
            "out/run.json",
            "out/tables/mine.csv",
            "out/tables/one.csv",
            "out/tables/one.parquet",
        ]
    );
    assert!(folder.path("elsewhere/s.parquet").is_file());
    // The record names the files by their final names.
    let record: serde_json::Value = serde_json::from_str(&folder.read("out/run.json")).unwrap();
    for file in record["outputs"].as_array().unwrap() {
        assert!(folder.path(file.as_str().unwrap()).is_file(), "{file}");
    }
}

#[test]
fn a_run_that_fails_leaves_no_folder() {
    let folder = Folder::new();
    folder.write("empty/readme.txt", "");
    let before = folder.everything();
    let arguments =
        ["run", "vive", "--register", "empty", "--out", "a/b", "--spells", "c/d/s.parquet"];
    afgang(&folder, &arguments).bad(3, "holds no file that ends in .parquet");
    assert_eq!(folder.everything(), before);
}

/// `/proc` takes no files, not even from root.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written_is_found_out_first() {
    let folder = Folder::new();
    register(&folder);
    folder.write("s.parquet/readme.txt", "");
    let run = ["run", "vive", "--register", "register", "--out"];
    for (more, message) in [
        (&["/proc"][..], "cannot write to the folder /proc"),
        (&["out", "--spells", "/proc/s.parquet"], "cannot write /proc/s.parquet"),
        (&["out", "--spells", "s.parquet"], "this is a folder; name a file"),
    ] {
        let answer = afgang(&folder, &[&run[..], more].concat());
        answer.bad(3, message);
        assert!(!answer.err.contains("Reading the register"), "{}", answer.err);
        assert!(!folder.path("out").exists());
    }
}

/// What the first run wrote stays byte by byte until the second one is whole.
#[test]
#[cfg(unix)]
fn an_interrupted_run_changes_nothing() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let folder = Folder::new();
    register(&folder);
    let arguments = [&WHOLE[..], &["--lang", "en", "--threads", "1"]].concat();
    let writing = |file: &String| file.contains("partial/figures/") && file.contains(".png");
    for already in [false, true] {
        if already {
            afgang(&folder, &WHOLE).good();
        }
        let (before, names) = (contents(&folder), folder.everything());
        let mut child = built::command(&folder, &arguments).stderr(Stdio::piped()).spawn().unwrap();
        let began = Instant::now();
        while !folder.files().iter().any(writing) {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
            assert!(began.elapsed() < Duration::from_mins(1), "it never came so far");
            std::thread::sleep(Duration::from_millis(2));
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(folder.everything(), names);
        assert!(contents(&folder) == before, "a file has changed");
    }
}
