//! A user's own study: written out, changed, run.

mod built;

use std::fmt::Write;

use built::{Folder, afgang};

#[test]
fn a_copy_of_the_study_gives_the_same_tables() {
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.01", "--out", "register"]).good();
    afgang(&folder, &["study", "vive", "--out", "mine"]).good();
    let run = |study, out| {
        let register = ["--register", "register", "--out", out, "--spells", "spells.parquet"];
        afgang(&folder, &[&["-q", "run", study][..], &register].concat()).good();
    };
    run("vive", "a");
    run("mine/vive.toml", "b");
    for name in ["tables/table_4_4.csv", "tables/section_4_3_1.csv", "figures/figure_4_11.csv"] {
        assert_eq!(folder.read(&format!("a/{name}")), folder.read(&format!("b/{name}")), "{name}");
    }

    // The spells are data for the estimators: still in is censored, any exit an event.
    let columns = ["target_group", "months", "exit", "left_truncated"];
    let mut spells = folder.rows("spells.parquet", columns);
    spells.retain(|[_, _, _, truncated]| truncated == "false");
    let mut data = "group,months,event\n".to_owned();
    for [group, months, exit, _] in &spells {
        let event = u8::from(exit != "still_unemployed");
        writeln!(data, "{group},{months},{event}").unwrap();
    }
    folder.write("spells.csv", &data);
    let curve = "curve km spells.csv --time months --event event --by group --at 1 --out curve.csv";
    afgang(&folder, &curve.split(' ').collect::<Vec<_>>()).good();
    let curve = folder.read("curve.csv");
    assert_eq!(curve.lines().count(), 1 + 4);
    for row in curve.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        // All are at risk in their first month: the share that does not leave in it.
        let own = || spells.iter().filter(|[group, ..]| group == fields[0]);
        let left = own().filter(|[_, months, exit, _]| months == "1" && exit != "still_unemployed");
        let stay = 1.0 - left.count() as f64 / own().count() as f64;
        assert_eq!(fields[2], own().count().to_string(), "{row}");
        assert!((fields[5].parse::<f64>().unwrap() - stay).abs() < 1e-12, "{row}: {stay}");
    }

    // A municipality that the user's table lacks is named, and is no error with a label for it.
    let table = folder.read("mine/municipalities.csv");
    folder.write("mine/municipalities.csv", &table.replace("101,København,3,5,hovedstaden\n", ""));
    let arguments = ["-q", "run", "mine/vive.toml", "--register", "register", "--out", "c"];
    let answer = afgang(&folder, &arguments);
    answer.bad(3, "101 is not in the table of grouping `population_group`");
    answer.says("name a label for unmatched values");
    let study = folder.read("mine/vive.toml");
    let changed =
        ["population_group", "conditions_group"].iter().fold(study.clone(), |study, name| {
            let label = format!("label = \"{name}\"");
            study.replace(&label, &format!("{label}\nunmatched = \"0\""))
        });
    folder.write("mine/vive.toml", &changed);
    afgang(&folder, &arguments).good();
    assert!(folder.read("c/run.json").contains("persons_without_population_group_101"));
    assert!(folder.read("c/figures/figure_4_3.csv").contains("aktivitetsparate,0,employment,1,"));
    // What is printed was printed for other groups; the copy of the study asks for the same as the study.
    for (out, changed) in [("a", false), ("b", false), ("c", true)] {
        let said = folder.read(&format!("{out}/report.html")).contains("en ændret udgave af vive");
        let record = folder.read(&format!("{out}/run.json"));
        assert_eq!((said, record.contains("\"changed\": true")), (changed, changed), "{out}");
    }

    // A misspelt word is shown where it stands.
    folder.write(
        "mine/vive.toml",
        &study.replace("by = \"population_group\"", "by = \"population\""),
    );
    let answer = afgang(&folder, &arguments);
    answer.bad(3, "mine/vive.toml, line ");
    answer.says("unknown grouping `population`");
    answer.says("did you mean `population_group`?");
}

#[test]
fn a_register_is_never_overwritten() {
    let folder = Folder::new();
    folder.write("register/mine.txt", "precious");
    let answer = afgang(&folder, &["synth", "--scale", "0.01", "--out", "register"]);
    answer.bad(3, "register is not empty");
    folder.write("out/register/mine.txt", "precious");
    let answer = afgang(&folder, &["reproduce", "--scale", "0.01", "--out", "out"]);
    answer.bad(3, "out/register is not empty");
    assert_eq!(folder.files(), ["out/register/mine.txt", "register/mine.txt"]);
}

#[test]
fn a_changed_study_is_not_overwritten() {
    let folder = Folder::new();
    afgang(&folder, &["study", "vive", "--out", "mine"]).good();
    // Nothing has changed, so there is nothing to lose.
    afgang(&folder, &["study", "vive", "--out", "mine"]).good();
    for name in ["mine/vive.toml", "mine/municipalities.csv"] {
        let written = folder.read(name);
        let changed = format!("{written}# mine\n");
        folder.write(name, &changed);
        let answer = afgang(&folder, &["study", "vive", "--out", "mine"]);
        answer.bad(3, &format!("{name} is there already"));
        answer.says("give a new folder");
        assert_eq!(folder.read(name), changed);
        folder.write(name, &written);
    }
}

/// What README.md shows of a study works in a copy whose own outputs are cut.
#[test]
fn the_output_in_the_readme_works() {
    let readme = include_str!("../../README.md");
    let snippet = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(snippet.starts_with("[[output]]"), "{snippet}");
    let folder = Folder::new();
    afgang(&folder, &["-q", "synth", "--scale", "0.005", "--out", "register"]).good();
    afgang(&folder, &["study", "vive", "--out", "mine"]).good();
    let study = folder.read("mine/vive.toml");
    let (head, _) = study.split_once("\n[[output]]").unwrap();
    let run = ["-q", "run", "mine/vive.toml", "--register", "register", "--out", "out"];
    folder.write("mine/vive.toml", &format!("{head}\n{snippet}"));
    let answer = afgang(&folder, &run);
    answer.bad(3, "this slip is of the output `figure_4_1`, which the study does not have");
    answer.says("delete the slip");

    let without_slips = head.split_once("\n[[slip]]").unwrap().0;
    folder.write("mine/vive.toml", &format!("{without_slips}\n{snippet}"));
    afgang(&folder, &run).good();
    let id = snippet.split("id = \"").nth(1).unwrap().split('"').next().unwrap();
    let curves = folder.read(&format!("out/figures/{id}.csv"));
    assert!(curves.contains("aktivitetsparate,1,employment,1,"), "{curves}");
    let title = snippet.split("title.en = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(folder.read("out/report.html").contains(title));
}
