//! What is read is never written over.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Folder, afgang};

/// Runs a command line that must be refused as wrong usage and leave every file as it was.
#[track_caller]
fn refused(folder: &Folder, line: &str, flag: &str) {
    let bytes = |name: &String| std::fs::read(folder.path(name)).unwrap();
    let before: Vec<_> = folder.files().iter().map(bytes).collect();
    let names = folder.files();
    let answer = afgang(folder, &line.split(' ').collect::<Vec<_>>());
    answer.bad(2, flag);
    assert!(answer.err.contains("which is read") || answer.err.contains("would both write"));
    assert!(answer.err.contains("give `--"), "{}", answer.err);
    assert_eq!(folder.files(), names, "{line}");
    assert_eq!(folder.files().iter().map(bytes).collect::<Vec<_>>(), before, "{line}");
}

#[test]
fn a_register_is_not_written_over() {
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.01", "--files", "1", "--out", "r"]).good();
    let file = "r/dream_0001.parquet";
    for (line, flag) in [
        (format!("run vive --register r --spells {file} --out o"), "--spells"),
        (format!("run vive --register {file} --spells {file} --out o"), "--spells"),
        ("run vive --register r --spells r/spells.parquet --out o".to_owned(), "--spells"),
        ("run vive --register r --spells r/new/spells.parquet --out o".to_owned(), "--spells"),
        ("run vive --register r --spells o/../r/s.parquet --out o".to_owned(), "--spells"),
        ("run vive --register r --out r".to_owned(), "--out"),
        ("run vive --register r --out r/results".to_owned(), "--out"),
        ("reproduce --register r --out r".to_owned(), "--out"),
        ("reproduce --scale 0.01 --out o --spells o/register/s.parquet".to_owned(), "--spells"),
    ] {
        refused(&folder, &line, flag);
    }
    // A register where the tables go would be read with them next time.
    std::fs::create_dir(folder.path("o")).unwrap();
    std::fs::rename(folder.path("r"), folder.path("o/tables")).unwrap();
    refused(&folder, "run vive --register o/tables --out o", "--out");
    // Beside each other they may be.
    std::fs::rename(folder.path("o/tables"), folder.path("o/register")).unwrap();
    let beside = "-q run vive --register o/register --out o --spells o/spells.parquet";
    afgang(&folder, &beside.split(' ').collect::<Vec<_>>()).good();
}

#[test]
fn a_data_file_is_not_written_over() {
    let folder = Folder::new();
    folder.write("ov.csv", "t,e,g\n1,1,a\n2,0,a\n3,1,b\n4,1,b\n");
    folder.write("sub/other.txt", "");
    let columns = "--time t --event e";
    for (line, flag) in [
        (format!("curve km ov.csv {columns} --out ov.csv"), "--out"),
        (format!("curve km ov.csv {columns} --out sub/../ov.csv"), "--out"),
        (format!("test logrank ov.csv {columns} --group g --out ./ov.csv"), "--out"),
        (format!("check ov.csv {columns} --out ov.csv"), "--out"),
    ] {
        refused(&folder, &line, flag);
    }
    std::fs::copy(folder.path("ov.csv"), folder.path("ov.svg")).unwrap();
    refused(&folder, &format!("curve km ov.svg {columns} --plot ov.svg"), "--plot");
    refused(&folder, &format!("fit cox ov.svg {columns} --x t --plot ov.svg"), "--plot");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path("ov.csv"), folder.path("link.csv")).unwrap();
        refused(&folder, &format!("curve km link.csv {columns} --out ov.csv"), "--out");
        refused(&folder, &format!("curve km ov.csv {columns} --out link.csv"), "--out");
    }
    afgang(&folder, &["curve", "km", "ov.csv", "--time", "t", "--event", "e", "--out", "o.csv"])
        .good();
}

#[test]
fn the_tables_of_a_study_are_not_written_over() {
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.01", "--out", "r"]).good();
    afgang(&folder, &["study", "vive", "--out", "mine"]).good();
    let study = folder.read("mine/vive.toml");
    let moved = study.replace("municipalities.csv", "tables/municipalities.csv");
    folder.write("mine/tables/municipalities.csv", &folder.read("mine/municipalities.csv"));
    folder.write("mine/vive.toml", &moved);
    refused(&folder, "run mine/vive.toml --register r --out mine", "--out");
}

/// A table may bring files beside its own: counts and tests of a fit, transitions and times of states.
#[test]
fn files_beside_a_table_are_no_input_either() {
    let folder = Folder::new();
    let spells = "t,e,x\n1,1,0\n2,0,1\n3,1,1\n4,1,0\n";
    for name in ["o.fit.csv", "o.vif.csv", "d.csv"] {
        folder.write(name, spells);
    }
    let stays = "id,from,to,time,x\n1,a,b,1,0\n2,a,cens,2,1\n3,a,b,3,0\n";
    folder.write("s.transitions.csv", stays);
    folder.write("s.times.csv", stays);
    let columns = "--time t --event e --x x";
    for line in [
        format!("fit cox o.fit.csv {columns} --out o.csv"),
        format!("fit cox o.fit.csv {columns} --out o.parquet"),
        format!("fit cox d.csv {columns} --predict o.fit.csv --out o.csv"),
        "fit panel o.fit.csv --y t --x x --unit e --out o.csv".to_owned(),
        "fit panel o.vif.csv --y t --x x --unit e --vif --out o.csv".to_owned(),
        "fit multistate s.transitions.csv --out s.csv".to_owned(),
        "fit multistate s.times.csv --horizon 2 --out s.csv".to_owned(),
    ] {
        refused(&folder, &line, "--out");
    }
    let line = "fit multistate s.times.csv --x x --profile x=1 --horizon 2 --predictions s.csv";
    refused(&folder, line, "--predictions");
    // What is not written is not in the way: JSON holds its parts, and without horizons there are no times.
    let line = "fit multistate s.times.csv --out s.csv";
    afgang(&folder, &line.split(' ').collect::<Vec<_>>()).good();
    assert_eq!(folder.read("s.times.csv"), stays);
    let line = format!("fit cox o.fit.csv {columns} --out o.json");
    afgang(&folder, &line.split(' ').collect::<Vec<_>>()).good();
    assert_eq!(folder.read("o.fit.csv"), spells);
}

#[test]
fn no_file_is_written_twice() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x\n1,1,0\n2,0,1\n3,1,1\n4,1,0\n");
    let columns = "--time t --event e --x x";
    for (options, flag) in [
        ("--out o.csv --predictions o.csv --profile x=1", "`--out` and `--predictions`"),
        ("--out o.csv --predictions ./o.fit.csv --profile x=1", "both write ./o.fit.csv"),
        ("--baseline-hazard o.csv --residuals n/../o.csv", "`--baseline-hazard` and `--residuals`"),
    ] {
        refused(&folder, &format!("fit cox d.csv {columns} {options}"), flag);
    }
    refused(&folder, "fit panel d.csv --y t --x x --unit e --out o.csv --table o.csv", "--table");
}
