//! What a run may use and what it leaves behind: memory, files, folders, and what was left out.

mod built;

use built::{Folder, afgang};

fn call(folder: &Folder, line: &str) -> built::Answer {
    afgang(folder, &line.split(' ').collect::<Vec<_>>())
}

/// A number of `run.json` that stands there once.
fn number(folder: &Folder, out: &str, key: &str) -> Option<u64> {
    let record = folder.read(&format!("{out}/run.json"));
    let line = record.lines().find(|line| line.contains(&format!("\"{key}\": ")))?.to_owned();
    line.split(": ").nth(1)?.trim_end_matches(',').parse().ok()
}

#[test]
fn memory_is_honoured_or_refused() {
    let folder = Folder::new();
    call(&folder, "-q synth --scale 0.01 --out r").good();
    let before = folder.files();
    let answer = call(&folder, "-q run vive --register r --out new/o --memory 10M");
    answer.bad(2, "`--memory 10M` is too little to read a register");
    answer.says("give at least ");
    let answer = call(&folder, "-q reproduce --scale 0.01 --out new/o --memory 200M");
    answer.bad(2, "`--memory 200M` is too little to make a register");
    assert_eq!(folder.files(), before);
    assert!(!folder.path("new").exists());
    call(&folder, "-q run vive --register r --out o --memory 150M --threads 2").good();
    assert_eq!(number(&folder, "o", "threads"), Some(1));
    if let Some(peak) = number(&folder, "o", "peak_memory_bytes") {
        assert!(peak < 150 << 20, "{peak}");
    }
    call(&folder, "-q reproduce --scale 0.01 --out o --memory 320M").good();
    if let Some(peak) = number(&folder, "o", "peak_memory_bytes") {
        assert!(peak < 320 << 20, "{peak}");
    }
}

#[test]
fn files_are_as_many_as_asked_for() {
    let folder = Folder::new();
    call(&folder, "-q synth --scale 0.01 --files 12 --out r").good();
    assert_eq!(folder.files().iter().filter(|file| file.ends_with(".parquet")).count(), 12);
    let answer = call(&folder, "-q synth --scale 0.01 --files 1000 --out many");
    answer.bad(3, "1000 files are too many for a register of this scale");
    answer.says("files, or for a larger scale");
    assert!(!folder.path("many").exists());
}

#[test]
fn a_failed_run_leaves_nothing() {
    let folder = Folder::new();
    folder.write("bad.parquet", "hi");
    call(&folder, "-q run vive --register bad.parquet --out new/er --spells there/s.parquet")
        .bad(3, "bad.parquet");
    call(&folder, "-q run vive --register nowhere --out new/er").bad(3, "nowhere");
    // One that is found out while reading: a municipality that no table knows.
    call(&folder, "-q synth --scale 0.01 --out r").good();
    call(&folder, "study vive --out mine").good();
    let table = folder.read("mine/municipalities.csv");
    folder.write("mine/municipalities.csv", &table.replace("101,København,3,5,hovedstaden\n", ""));
    let line = "-q run mine/vive.toml --register r --out new/er --spells there/s.parquet";
    call(&folder, line).bad(3, "101 is not in the table");
    assert!(!folder.path("new").exists() && !folder.path("there").exists());

    // A label that is empty is named before anything is read.
    folder.write(
        "mine/municipalities.csv",
        &table.replace("101,København,3,5,hovedstaden\n", "101,København,3,,hovedstaden\n"),
    );
    let answer = call(&folder, "run mine/vive.toml --register r --out new/er");
    answer.bad(3, "101 has no population_group");
    answer.says("write a label in every line");
}

#[test]
fn a_register_that_was_kept_stays() {
    let folder = Folder::new();
    call(&folder, "-q reproduce --scale 0.01 --seed 5 --out o --keep-register").good();
    let kept = std::fs::read(folder.path("o/register/dream_0001.parquet")).unwrap_or_default();
    let answer = call(&folder, "-q reproduce --scale 0.01 --out o");
    answer.bad(3, "o/register holds a synthetic register already");
    answer.says("reproduce --register o/register");
    let there = std::fs::read(folder.path("o/register/dream_0001.parquet")).unwrap_or_default();
    assert!(!kept.is_empty() && kept == there);
    call(&folder, "-q reproduce --register o/register --out o").good();
}

#[test]
fn short_spells_are_counted_as_left_out() {
    let folder = Folder::new();
    call(&folder, "-q synth --scale 0.01 --out r").good();
    call(&folder, "study vive --out mine").good();
    let study = folder.read("mine/vive.toml");
    folder.write("mine/long.toml", &study.replace("min_duration = 1", "min_duration = 3"));
    call(&folder, "-q run vive --register r --out all --spells all.parquet").good();
    call(&folder, "-q run mine/long.toml --register r --out long").good();
    let months = folder.rows("all.parquet", ["months"]);
    let short = months.iter().filter(|[months]| months == "1" || months == "2").count() as u64;
    assert_eq!(number(&folder, "long", "spells_below_min_duration"), Some(short));
    assert_eq!(number(&folder, "all", "spells_below_min_duration"), None);
    let check = call(&folder, "-q check r");
    check.good();
    assert!(check.out.contains("other weeks are not looked at"), "{}", check.out);
}
