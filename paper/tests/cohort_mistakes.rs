//! What is said of lists of persons, and of outputs about them, that cannot be used.

mod built;
mod cohort_data;

use built::{Folder, afgang};
use cohort_data::{Person, RUN, STUDY, output, write};

#[test]
fn what_is_wrong_with_lists_is_said() {
    let folder = Folder::new();
    write(&folder, "register.parquet", &[Person::sick("001"), Person::sick("002")]);
    let share = |keys: &str| output("t", "cohort-share", ["2020-12", "2020-12"], keys);
    folder.write("mine.toml", &format!("{STUDY}{}", share("by = [\"sex\"]\nweight = \"w\"")));
    let says = |list: &str, message: &str, help: &str| {
        folder.write("cohort.csv", list);
        let answer = afgang(&folder, &[&["-q"], &RUN[..]].concat());
        answer.bad(3, message);
        answer.says(help);
    };
    says("id,kon,w\n001,1,1\n", "has no column `pnr`", "its columns: id, kon, w");
    says("pnr,sex,w\n001,1,1\n", "has no column `kon`", "its columns: pnr, sex, w");
    says("pnr,kon,ww\n001,1,1\n", "has no column `w`", "its columns: pnr, kon, ww");
    says("pnr,kon,w\n", "cohort.csv has no rows", "at least one row");
    says(
        "pnr,kon,w\n001,1,1\n002,1,1\n001,2,1\n",
        "list `cohort`: the person of row 1 is there again in row 3 (column `pnr`)",
        "a person is followed once",
    );
    says(
        "pnr,kon,w\n001,1,\n",
        "list `cohort`: column `w` has no value in row 1",
        "fill in the value",
    );
    says(
        "pnr,kon,w\n001,1,0\n",
        "column `w` is 0 in row 1; it must be a finite number above 0",
        "correct",
    );
    says("pnr,kon,w\n001,1,-2\n", "column `w` is -2 in row 1", "correct");
    says("pnr,kon,w\n,1,1\n", "column `pnr` has no value in row 1", "fill in");
    says(
        "pnr,kon,w\n001,3,1\n",
        "column `kon` holds `3` in row 1, which the table of the grouping `sex` does not have",
        "unmatched",
    );
    says(
        "pnr,kon,w\n1,1,1\n2,2,1\n",
        "list `cohort`: none of its 2 persons is in the register",
        "leading zeros",
    );
    std::fs::remove_file(folder.path("cohort.csv")).unwrap();
    let answer = afgang(&folder, &[&["-q"], &RUN[..]].concat());
    answer.bad(3, "cohort.csv");
    // A failed run leaves nothing behind.
    assert!(!folder.path("out").exists());

    folder.write("cohort.csv", "pnr,kon,w\n001,1,1\n");
    let with = |list: &str| {
        let arguments =
            ["-q", "run", "mine.toml", "--register", "register.parquet", "--list", list];
        afgang(&folder, &arguments)
    };
    with("cohort.csv").bad(2, "cohort=cohort.csv");
    let unknown = with("kohort=cohort.csv");
    unknown.bad(2, "the study has no list `kohort`");
    unknown.says("its lists: cohort");
    let twice = [&["-q"], &RUN[..], &["--list", "cohort=x.csv"]].concat();
    afgang(&folder, &twice).bad(2, "`--list cohort=…` is there twice");
    // What is read is never written over.
    let into = ["-q", "run", "mine.toml", "--register", "register.parquet", "--list"];
    folder.write("out/report.html", "pnr\n001\n");
    let over = [&into[..], &["cohort=out/report.html", "--out", "out"]].concat();
    afgang(&folder, &over).bad(2, "would overwrite");
}

#[test]
fn outputs_of_a_list_that_is_not_given_are_left_out() {
    let folder = Folder::new();
    write(&folder, "register.parquet", &[Person::sick("001")]);
    let share = output("t", "cohort-share", ["2020-12", "2020-12"], "");
    folder.write("mine.toml", &format!("{STUDY}{share}"));
    let run = [&RUN[..4], &RUN[6..]].concat();
    let nothing = afgang(&folder, &run);
    nothing.bad(2, "every output of the study is made of the list `cohort`, which is not given");
    nothing.says("--list cohort=FILE");
    let flow = "\n[classes.scheme]\nof = [{ name = \"sick\", states = [\"sygedagpenge\"] }]\n\n[[output]]\nid = \"f\"\n\
                kind = \"full-time-persons\"\ntitle.en = \"f\"\nstates = \"scheme\"\nfrom = \"2020-W40\"\n\
                to = \"2021-W17\"\nperiod = \"year\"\n";
    folder.write("mine.toml", &format!("{STUDY}{share}{flow}"));
    let answer = afgang(&folder, &run);
    answer.good();
    assert!(
        answer.out.contains(
            "left out: 1 output made of the list `cohort`; give it with --list cohort=FILE"
        ),
        "{}",
        answer.out
    );
    let record: serde_json::Value = serde_json::from_str(&folder.read("out/run.json")).unwrap();
    assert_eq!(record["outputs_left_out"], serde_json::json!(["t"]));
    assert_eq!(
        record["not_given"],
        serde_json::json!([{ "needs": { "list": "cohort" }, "outputs": ["t"] }])
    );
    let report = folder.read("out/report.html");
    assert!(report.contains("they follow the persons of the list cohort, which was not given"));
    // The whole study without a register.
    let answer =
        afgang(&folder, &["run", "mine.toml", "--panel", "nowhere", "--list", "cohort=c.csv"]);
    answer.bad(2, "every output of the study is made of spells, and no register is given");
}

#[test]
fn what_is_wrong_with_outputs_of_lists_is_said_where_it_stands() {
    let folder = Folder::new();
    write(&folder, "register.parquet", &[Person::sick("001")]);
    folder.write("cohort.csv", "pnr\n001\n");
    let good = output("t", "cohort-share", ["2020-12", "2021-02"], "degree_above = 0.2");
    let says = |from: &str, to: &str, message: &str, help: &str| {
        let study = format!("{STUDY}{good}");
        assert!(study.contains(from), "{from}");
        folder.write("mine.toml", &study.replacen(from, to, 1));
        let answer = afgang(&folder, &[&["-q"], &RUN[..]].concat());
        answer.bad(3, message);
        answer.says(help);
    };
    says(
        "list = \"cohort\"",
        "list = \"kohort\"",
        "unknown list `kohort`",
        "did you mean `cohort`?",
    );
    says("list = \"cohort\"", "", "has no `list`", "add `list");
    says("from = \"2020-12\"", "from = \"2020-W49\"", "`2020-W49` is not a month", "YYYY-MM");
    says(
        "from = \"2020-12\"",
        "from = \"2020-09\"",
        "outside the study's months",
        "2020-10 and 2021-04",
    );
    says(
        "from = \"2020-12\"",
        "from = \"2021-03\"",
        "wrong order",
        "write the earlier month first",
    );
    says(
        "employment_from = \"2020-10\"",
        "employment_from = \"2021-01\"",
        "`from` is 2020-12, and employment degrees are read from 2021-01 on",
        "begin in 2021-01 or later",
    );
    says("degree_above = 0.2", "degree_above = -1", "`degree_above` is -1", "at least 0");
    says("set = \"link\"", "set = \"education\"", "`education` cannot be the set", "wage income");
    says("degree_above = 0.2", "months_in_a_row = 4", "`months_in_a_row` is 4", "between 1 and 3");
    let by = |names: &str| format!("by = [{names}]");
    says("degree_above = 0.2", &by("\"pnr\""), "`pnr` cannot be the by", "never printed");
    says("degree_above = 0.2", &by("\"a\", \"a\""), "the group `a` is there twice", "remove one");
    says("degree_above = 0.2", "month_rule = \"first\"", "unknown month rule `first`", "last-week");
    says("degree_above = 0.2", "figure = true", "unknown key `figure`", "valid here");
    says(
        "[list.cohort]",
        "[list.cohort]\nfiles = \"x\"",
        "unknown key `files`",
        "did you mean `file`?",
    );
    says("[list.cohort]", "[list.cohort]\nid = \"\"", "cannot be the id", "a name");
    says(
        "[study]\n",
        "[study]\nsynthetic = \"expectation\"\n",
        "unknown synthetic register `expectation`",
        "did you mean `expectations`?",
    );
    let vive = include_str!("../studies/vive.toml");
    folder.write("mine.toml", &vive.replace("[code_book]", "[list.cohort]\n\n[code_book]"));
    let run = ["-q", "run", "mine.toml", "--register", "register.parquet"];
    afgang(&folder, &run).bad(3, "[list] belongs to studies at week resolution");
}
