//! What is said of studies at week resolution that cannot be run, and of numbers that cannot be shown.

mod built;
mod weeks_data;

use built::{Folder, afgang};
use weeks_data::{RUN, STUDY, output, register};

/// In week 20 A and B are sick in municipality 101 and C has assistance in 851, with a placement two weeks before.
#[test]
fn what_must_not_or_cannot_be_shown_is_said() {
    let folder = Folder::new();
    register(&folder);
    let stock = "week = \"2014-W20\"\nrows = \"benefit\"\nset = \"placement\"\nlast_weeks = 3\nmin_persons = 2\n";
    let printed = |area: &str, value: &str| {
        format!(
            "\n[[output.printed]]\nwhere = {{ area = \"{area}\", benefit = \"both\" }}\ncolumn = \"percent\"\nvalue = \"{value}\"\nwording = \"w\"\n"
        )
    };
    let areas = output(
        "areas",
        "small-areas",
        &format!("{stock}by = \"kom\"\nrow = {{ benefit = \"both\" }}"),
    );
    let shares = output("shares", "measure-share", stock);
    let profile = output(
        "profile",
        "stock",
        "week = \"2014-W20\"\nrows = \"sexes\"\nshares = [\"sex\", \"again\"]",
    );
    let rows = "[grouping.again]\ncolumn = \"kon\"\n\n[rows.sexes]\nof = [\n  { name = \"women\", sets = [\"benefit\"], \
                where = { sex = 2 } },\n  { name = \"third\", sets = [\"benefit\"], where = { sex = 3 } },\n]\n";
    let starts = output(
        "starts",
        "occupancy",
        "from = \"2014-W05\"\nto = \"2014-W30\"\nlags = [0, 10]\nstates = \"after\"\nby = [\"sex\"]\nfigure = true",
    );
    let printed = printed("101", "0") + &printed("total", "33.3");
    folder.write("mine.toml", &format!("{STUDY}{rows}{areas}{printed}{shares}{profile}{starts}"));
    let answer = afgang(&folder, &RUN[1..]);
    answer.good();
    for line in [
        "1 of 1 printed numbers agree to their printed digits",
        "not compared: 1 printed numbers with too few persons behind them",
        "note: profile: No person is in the row `third` (sex = 3).",
    ] {
        assert!(answer.out.contains(line), "{line}: {}", answer.out);
    }
    // One person is in 851; 101 goes with it, so that the total does not tell.
    let comparison = folder.read("out/tables/comparison.csv");
    assert!(comparison.contains(",suppressed\n") && comparison.contains(",yes\n"), "{comparison}");
    let report = folder.read("out/report.html");
    for text in [
        "2 areas are not shown",
        "1 printed numbers are not compared",
        "No person is in the row `third` (sex = 3).",
        "tables/profile.csv",
    ] {
        assert!(report.contains(text), "{text}");
    }
    let shares = folder.read("out/tables/shares.csv");
    assert!(shares.contains("sick,all,2,0,0\nassistance,all,1,1,\n"), "{shares}");
    // Both groupings have the labels 1 and 2.
    let profile = folder.read("out/tables/profile.csv");
    for row in ["women,persons,2", "women,sex=1,0", "women,sex=2,100", "women,again=2,100"] {
        assert!(profile.contains(&format!("{row}\n")), "{row}: {profile}");
    }
    // B, C and D begin a benefit, all women: groups without starts are no panels.
    let figure = folder.read("out/figures/starts.svg");
    for (title, drawn) in [("sick, 2", true), ("assistance, 2", true), ("sick, 1", false)] {
        assert_eq!(figure.contains(title), drawn, "{title}");
    }
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    let folder = Folder::new();
    register(&folder);
    let good =
        output("t", "transition-matrix", "week = \"2014-W20\"\nstates = \"scheme\"\nweeks = 5");
    let says = |study: &str, message: &str, help: &str| {
        folder.write("mine.toml", study);
        let answer = afgang(&folder, &RUN);
        answer.bad(3, message);
        answer.says(help);
    };
    let with = |from: &str, to: &str| {
        assert!(STUDY.contains(from) || good.contains(from), "{from}");
        format!("{STUDY}{good}").replace(from, to)
    };
    says(&with("\"2014-W20\"", "\"2014-20\""), "line", "a week as YYYY-Www, for example 2014-W20");
    says(
        &with("\"2014-W20\"", "\"2014-W40\""),
        "`week` is 2014-W40",
        "stay between 2014-W01 and 2014-W30",
    );
    says(
        &with("to = \"2014-W30\"", "to = \"2014-W01\""),
        "the weeks 2014-W01 to 2014-W01 are in the wrong order",
        "write the earlier week first",
    );
    says(
        &with("states = \"scheme\"", "states = \"schem\""),
        "unknown classes `schem`",
        "did you mean `scheme`?",
    );
    says(
        &with("[\"praktik_privat\"]", "[\"praktik\"]"),
        "unknown measure `praktik`",
        "praktik_privat",
    );
    says(
        &with("[\"foertidspension\"]", "[\"pension\"]"),
        "unknown state `pension`",
        "foertidspension",
    );
    says(&with("gap = 3", "gap = -1"), "`gap`", "stay between 0 and 520");
    says(
        &with("resolution = \"week\"", "resolution = \"day\""),
        "unknown resolution `day`",
        "month, week",
    );
    says(&with("weeks = 5", "wekks = 5"), "`wekks`", "did you mean `weeks`?");
    says(
        &with("kind = \"transition-matrix\"", "kind = \"transitions\""),
        "unknown kind",
        "transition-matrix",
    );
    let stock = output(
        "s",
        "small-areas",
        "week = \"2014-W20\"\nrows = \"benefit\"\nset = \"placement\"\nlast_weeks = 2\nby = \"job\"",
    );
    says(&format!("{STUDY}{stock}"), "unknown grouping `job`", "kom");
    let areas = |keys: &str| {
        let span = "from = \"2014-W05\"\nto = \"2014-W30\"\nlags = [0, 10]\nstates = \"after\"\nby = \"kom\"\n";
        format!("{STUDY}{}", output("s", "small-areas", &format!("{span}{keys}")))
    };
    says(
        &areas("of = \"occupancies\""),
        "unknown kind by area `occupancies`",
        "did you mean `occupancy`?",
    );
    says(
        &areas("of = \"occupancy\"\nrow = { weeks = 10, state = \"pension\" }"),
        "`row` does not say its `scheme`",
        "write `row = { scheme = \"…\" }`, one of: sick, assistance",
    );
    says(
        &areas("of = \"occupancy\"\nrow = { scheme = \"sick\", weeks = 11 }"),
        "unknown value `11`",
        "valid here: 0, 10",
    );
    says(&areas("of = \"occupancy\"\nvalue = \"share\""), "unknown column `share`", "percent");
    for (kind, keys, wrong, valid) in [
        (
            "stock",
            "week = \"2014-W20\"\nrows = \"benefit\"\nbirth_year = \"birth_year\"",
            "quantity = \"age\"",
            "persons, mean_age",
        ),
        (
            "full-time-persons",
            "from = \"2014-W01\"\nto = \"2014-W30\"\nstates = \"scheme\"\nperiod = \"quarter\"",
            "scheme = \"sick\", period = \"2014-Q4\"",
            "2014-Q1, 2014-Q2, 2014-Q3",
        ),
        (
            "spell-flow",
            "from = \"2014-W01\"\nto = \"2014-W30\"",
            "scheme = \"sick\", year = 2015",
            "valid here: 2014",
        ),
        (
            "transition-matrix",
            "week = \"2014-W20\"\nstates = \"scheme\"\nweeks = 5",
            "from_state = \"work\", to_state = \"sick\"",
            "sick, assistance",
        ),
        (
            "modal-window",
            "week = \"2014-W20\"\nrows = \"benefit\"\nstates = \"after\"\nafter = 2",
            "state = \"work\"",
            "pension, other",
        ),
    ] {
        let keys = format!("of = \"{kind}\"\n{keys}\nby = \"kom\"\nrow = {{ {wrong} }}");
        says(&format!("{STUDY}{}", output("s", "small-areas", &keys)), "unknown value", valid);
    }
    says(&areas("of = \"occupancy\"\nfigure = true"), "`figure`", "valid");
    folder.write("sexes.csv", "kon,sex\n1,man\n2,woman\n");
    let joined = "[table.sexes]\nfile = \"sexes.csv\"\nkey = \"kon\"\n\n[grouping.joined]\ncolumn = \"kon\"\ntable = \
                  \"sexes\"\nlabel = \"sex\"\n\n[rows.men]\nof = [{ name = \"men\", sets = [\"benefit\"], where = { joined = \
                  \"men\" } }]\n";
    says(&format!("{STUDY}{joined}{good}"), "unknown label `men`", "did you mean `man`?");
    let both = output(
        "s",
        "modal-window",
        "week = \"2014-W20\"\nrows = \"benefit\"\nstates = \"after\"\nafter = 2\nbefore_start = 2",
    );
    says(&format!("{STUDY}{both}"), "before_start", "write either `before_start` or `after`");
    let of_stock = |kind: &str, keys: &str| {
        let stock = "week = \"2014-W20\"\nrows = \"benefit\"\nset = \"placement\"\n";
        format!("{STUDY}{}", output("s", kind, &format!("{stock}{keys}")))
    };
    let since = of_stock("time-since-measure", "years = [1]\nseniority = [52]");
    says(&since, "`years` looks at 52 weeks before 2014-W20", "look at fewer weeks");
    let long = of_stock("look-back-share", "weeks = [21]\npercent = 80");
    says(&long, "`weeks` looks at 20 weeks before 2014-W20", "look at fewer weeks");
    says(&with("weeks = 5", "weeks = 11"), "`weeks` looks at 11 weeks after 2014-W20", "read more");
    let ever = output(
        "s",
        "occupancy",
        "from = \"2014-W05\"\nto = \"2014-W30\"\nlags = [0]\nstates = \"scheme\"\never = true",
    );
    says(&format!("{STUDY}{ever}"), "ever", "`states` of one class");
    let clean = ever.replace("ever = true", "clean = 3");
    says(&format!("{STUDY}{clean}"), "`clean` is 3", "stay between 4 and 5200");
    says(
        &with("name = \"assistance\"", "name = \"sick\""),
        "sick",
        "rename or remove one of the two",
    );
    says(
        &with("name = \"both\"", "name = \"both\", of = [\"sick\"], without = [\"sick\"]"),
        "without",
        "write either `of` or `without`",
    );
    let work = "[classes.after]\nof = [{ name = \"pension\", states = [\"employment\"] }]";
    let no_degrees = with("employment_from = \"2014-01\"\n", "").replace(
        "[classes.after]\nof = [{ name = \"pension\", states = [\"foertidspension\"] }]",
        work,
    );
    says(&no_degrees, "the state `employment` needs employment degrees", "employment_from");
    let monthly = output("s", "exits", "target_group = \"jobparate\"\nexits = [\"employment\"]");
    says(
        &format!("{STUDY}{monthly}"),
        "the kind `exits` belongs to studies of months",
        "take a kind of weeks such as stock; or make it a study of months",
    );
    says(
        &with("to = \"2014-W30\"", "to = \"2014-W53\""),
        "`to` is 2014-W53, and that year has no such week",
        "the last week of that year is 2014-W52",
    );
    says(&with("\"2014-W20\"", "\"2014-05\""), "`2014-05` cannot be the week", "a study of weeks");
    says(
        &with("to = \"2014-W30\"\nresolution = \"week\"", "to = \"2014-W30\""),
        "[set] belongs to studies at week resolution",
        "write resolution = \"week\" and weeks such as 2014-W20",
    );
    says(
        &with("name = \"both\"", "name = \"all\""),
        "the row cannot be called `all`",
        "call it something else; names that tables give themselves: all, none",
    );
    let share = of_stock("look-back-share", "weeks = [4]\npercent = 0.8");
    says(&share, "`percent` is 0.8", "80 for four fifths");
    let before = of_stock("modal-window", "states = \"after\"\nbefore_start = 20");
    says(
        &before.replace("set = \"placement\"\n", ""),
        "`before_start` is 20 weeks, and the data hold 19 weeks up to the reference week 2014-W20",
        "look at fewer weeks before the start",
    );
    says(
        &with("title.en = \"t\"\n", ""),
        "[[output]] has no `title`",
        "add `title = \"…\"` to [[output]]",
    );
    says(
        &with("title.en = \"t\"\n", "title = 3\n"),
        "is integer",
        "write text in quotes, or `da` and `en`",
    );
    // There are no rows at all.
    let rows = "[rows.benefit]";
    let share = of_stock("measure-share", "last_weeks = 2").replace(STUDY, "");
    let without = format!("{}{share}", &STUDY[..STUDY.find(rows).unwrap()]);
    says(&without, "unknown rows `benefit`", "the study names none; add one");
    // What only the register tells.
    let of_register = |keys: &str| {
        let more = "[grouping.place]\ncolumn = \"place\"\n\n[grouping.two_digits]\ncolumn = \"two_digits\"\n";
        let stock = format!("week = \"2014-W20\"\nrows = \"benefit\"\n{keys}");
        format!("{STUDY}{more}{}", output("s", "stock", &stock))
    };
    says(
        &of_register("means = [\"place\"]"),
        "the mean of grouping `place` is asked for, and its labels, such as `east`, are no numbers",
        "name it in `shares`",
    );
    for (grouping, label) in [("two_digits", "64"), ("place", "east")] {
        let message =
            format!("grouping `{grouping}` gives years of birth, and its label `{label}` is none");
        says(
            &of_register(&format!("birth_year = \"{grouping}\"")),
            &message,
            "years with four digits",
        );
    }
    // A register without a week that the study needs.
    says(&with("from = \"2014-W01\"", "from = \"2013-W50\""), "y_1350", "add the column");

    // All that is wrong with a register is said at once.
    folder.write("mine.toml", &with("from = \"2014-W01\"", "from = \"2013-W51\""));
    let check = afgang(&folder, &["check", "register.parquet", "--study", "mine.toml"]);
    check.bad(3, "register.parquet");
    for column in ["y_1351", "y_1352"] {
        assert!(check.out.contains(column), "{column}: {}", check.out);
    }

    // Weeks and months do not mix.
    folder.write("mine.toml", &format!("{STUDY}{good}"));
    let answer = afgang(&folder, &[&RUN[..], &["--spells", "s.parquet"]].concat());
    answer.bad(3, "the study `mine` looks at weeks and has no file of spells (--spells)");
    let curve = ["curve", "cif", "--register", "register.parquet", "--study", "mine.toml"];
    afgang(&folder, &curve).bad(3, "the study `mine` looks at weeks and has no monthly spells");
    let vive = include_str!("../studies/vive.toml");
    folder.write("mine.toml", &vive.replace("[code_book]", "[set.x]\nstates = []\n\n[code_book]"));
    let answer = afgang(&folder, &RUN);
    answer.bad(3, "[set] belongs to studies at week resolution");
    folder.write("mine.toml", &format!("{vive}{good}"));
    let answer = afgang(&folder, &RUN);
    answer.bad(3, "transition-matrix belongs to studies at week resolution");
    for flag in ["--register", "--panel"] {
        let answer = afgang(&folder, &["reproduce", "all", flag, "x"]);
        answer.bad(2, &format!("`{flag}` does not go with `reproduce all`"));
    }
}

#[test]
fn what_things_are_called_changes_no_question() {
    let folder = Folder::new();
    let own = include_str!("../studies/effects.toml");
    for (from, to, changed) in [
        ("title.en = \"The mentor trial: in education\"", "title.en = \"Mentors\"", false),
        (
            "title = { da = \"Afgang\", en = \"Exit\" }",
            "title = { da = \"Til\", en = \"To\" }",
            false,
        ),
        (
            "mentor = { da = \"Mentor\", en = \"Mentor\" }",
            "mentor = { da = \"M\", en = \"M\" }",
            false,
        ),
        ("year = 52", "year = 51", true),
    ] {
        assert!(own.contains(from), "{from}");
        let shown = own
            .replace("show = [13, 26, 39, 52]", "show = [13]")
            .replace("show = [26, 52]", "show = [26]");
        folder.write(
            "mine.toml",
            &if changed { shown.replace(from, to) } else { own.replace(from, to) },
        );
        afgang(&folder, &["-q", "reproduce", "mine.toml", "--out", "out", "--lang", "en"]).good();
        let record: serde_json::Value = serde_json::from_str(&folder.read("out/run.json")).unwrap();
        assert_eq!(record["study"]["changed"], changed, "{to}");
        // A study of weeks says its weeks.
        assert_eq!(record["study"]["from"], "2011-W01");
        assert_eq!(record["study"]["to"], "2014-W52");
    }
    // In English the study's own summaries are English.
    assert!(
        folder.read("out/report.html").contains("per cent of those with a mentor after a year")
    );
}

#[test]
fn a_register_for_a_study_that_names_none_says_which_it_is() {
    let folder = Folder::new();
    let good =
        output("t", "transition-matrix", "week = \"2014-W20\"\nstates = \"scheme\"\nweeks = 5");
    folder.write("mine.toml", &format!("{STUDY}{good}"));
    let answer =
        afgang(&folder, &["synth", "--study", "mine.toml", "--scale", "0.005", "--out", "r"]);
    answer.good();
    let said = "The study `mine` names no synthetic register; this is `expert_group`.";
    assert!(answer.out.contains(said), "{}", answer.out);
}
