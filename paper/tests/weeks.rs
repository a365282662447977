//! Studies at week resolution, run on registers that can be counted by hand, and what is said of studies that cannot be.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, their helpers too")]

mod built;

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Int16Array, RecordBatch, StringArray};
use built::{Folder, afgang};

/// Weeks 1 to 30 of 2014 of five persons; a code from one week to another.
fn register(folder: &Folder) {
    register_of(folder, &|_| true);
}

/// Those of them who live in some municipalities.
fn register_of(folder: &Folder, kept: &dyn Fn(i16) -> bool) {
    // A: sickness benefit in weeks 1-25. B: in weeks 11-20, then a pension. C: assistance in weeks 8-30, in a private placement
    // in week 18. D: assistance in weeks 17-19 and 21-22. E: nothing, wages in May.
    let runs: [&[(i16, i16, i16)]; 5] = [
        &[(890, 1, 25)],
        &[(890, 11, 20), (783, 21, 30)],
        &[(730, 8, 17), (737, 18, 18), (730, 19, 30)],
        &[(730, 17, 19), (730, 21, 22)],
        &[],
    ];
    let mut columns: Vec<(String, ArrayRef)> =
        vec![("pnr".into(), Arc::new(StringArray::from(vec!["a", "b", "c", "d", "e"])))];
    for week in 1..=30 {
        let codes = runs.iter().map(|runs| {
            let run = runs.iter().find(|&&(_, from, to)| (from..=to).contains(&week));
            run.map(|&(code, ..)| code)
        });
        columns.push((format!("y_14{week:02}"), Arc::new(codes.collect::<Int16Array>())));
    }
    for month in 1..=7 {
        let wages = (0..5).map(|person| (person == 4 && month == 5).then_some(0.5));
        columns.push((format!("grad_2014_{month:02}"), Arc::new(wages.collect::<Float32Array>())));
    }
    columns.push((
        "birth_year".into(),
        Arc::new(Int16Array::from(vec![1984, 1964, 1990, 1994, 1970])),
    ));
    columns.push(("kon".into(), Arc::new(Int16Array::from(vec![1, 2, 2, 2, 1]))));
    columns.push(("kom".into(), Arc::new(Int16Array::from(vec![101, 101, 851, 851, 851]))));
    let place = vec!["west", "east", "west", "east", "east"];
    columns.push(("place".into(), Arc::new(StringArray::from(place))));
    let two_digits = vec![84, 64, 90, 94, 70];
    columns.push(("two_digits".into(), Arc::new(Int16Array::from(two_digits))));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let kept: arrow::array::BooleanArray =
        [101, 101, 851, 851, 851].into_iter().map(|kom| Some(kept(kom))).collect();
    let batch = arrow::compute::filter_record_batch(&batch, &kept).unwrap();
    let file = std::fs::File::create(folder.path("register.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

const STUDY: &str = r#"
[study]
name = "mine"
version = "1"
title.en = "Weeks"

[period]
from = "2014-W01"
to = "2014-W30"
resolution = "week"
employment_from = "2014-01"

[code_book]
built_in = "dream-weeks-2014"

[spells]
of = "scheme"
gap = 3

[grouping.birth_year]
column = "birth_year"

[grouping.sex]
column = "kon"

[grouping.kom]
column = "kom"

[set.benefit]
states = ["sygedagpenge", "kontanthjaelp_aktivitetsparat"]

[set.placement]
measures = ["praktik_privat"]

[classes.scheme]
of = [
  { name = "sick", states = ["sygedagpenge"] },
  { name = "assistance", states = ["kontanthjaelp_aktivitetsparat"] },
]

[classes.after]
of = [{ name = "pension", states = ["foertidspension"] }]
otherwise = { name = "other" }

[rows.benefit]
of = [
  { name = "sick", states = ["sygedagpenge"] },
  { name = "assistance", states = ["kontanthjaelp_aktivitetsparat"] },
]
totals = [{ name = "both" }]
"#;

fn output(id: &str, kind: &str, keys: &str) -> String {
    format!("\n[[output]]\nid = \"{id}\"\nkind = \"{kind}\"\ntitle.en = \"{id}\"\n{keys}\n")
}

#[test]
fn every_kind_by_hand() {
    let folder = Folder::new();
    register(&folder);
    let stock = "week = \"2014-W20\"\nrows = \"benefit\"\n";
    let kinds = [
        ("stock", "birth_year = \"birth_year\"\nshares = [\"sex\"]"),
        (
            "look-back-share",
            "set = \"benefit\"\nweeks = [11]\nnames = [\"11\"]\npercent = 100\ncolumn = \"on\"",
        ),
        ("modal-window", "states = \"after\"\nsame = \"same\"\nleavers = true\nafter = 10"),
        ("measure-share", "set = \"placement\"\nlast_weeks = 3\nseniority = [11, 20]"),
        ("measure-types", "types = \"types\"\nlast_weeks = 3"),
        ("small-areas", "set = \"placement\"\nlast_weeks = 3\nby = \"kom\"\nextremes = 1"),
    ];
    let mut study = STUDY.to_owned();
    study.push_str(
        "[classes.types]\nof = [{ name = \"placement\", measures = [\"praktik_privat\"] }]\n",
    );
    for (kind, keys) in kinds {
        study.push_str(&output(&kind.replace('-', "_"), kind, &format!("{stock}{keys}")));
    }
    let span = "from = \"2014-W05\"\nto = \"2014-W30\"\n";
    let starts =
        "lags = [0, 10, 15]\nstates = \"after\"\nsame = \"same\"\nshow = [\"same\", \"pension\"]";
    study.push_str(&output("occupancy", "occupancy", &format!("{span}{starts}")));
    study.push_str(&output(
        "first_measure",
        "first-measure",
        &format!("{span}set = \"placement\"\nweeks = 13"),
    ));
    study.push_str(&output("spell_flow", "spell-flow", span));
    study.push_str(&output(
        "full_time_persons",
        "full-time-persons",
        "from = \"2014-W14\"\nto = \"2014-W26\"\nstates = \"scheme\"\nperiod = \"quarter\"",
    ));
    study.push_str(&output(
        "transition_matrix",
        "transition-matrix",
        "week = \"2014-W20\"\nstates = \"scheme\"\nweeks = 5",
    ));
    folder.write("mine.toml", &study);
    let run = [
        "-q",
        "run",
        "mine.toml",
        "--register",
        "register.parquet",
        "--out",
        "out",
        "--lang",
        "en",
    ];
    afgang(&folder, &run).good();
    let table = |id: &str| folder.read(&format!("out/tables/{id}.csv"));
    // In week 20 A and B are sick, C has assistance; D is in a gap.
    assert_eq!(
        table("stock"),
        "benefit,quantity,value\nsick,persons,2\nsick,mean_age,40\nsick,1,50\nsick,2,50\nassistance,persons,1\n\
         assistance,mean_age,24\nassistance,1,0\nassistance,2,100\nboth,persons,3\nboth,mean_age,34.666666666666664\n\
         both,1,33.333333333333336\nboth,2,66.66666666666667\n"
    );
    // In all of weeks 10-20 are A and C; B has ten of the eleven.
    assert_eq!(
        table("look_back_share"),
        "benefit,persons,on_11,percent_11\nsick,2,1,50\nassistance,1,1,100\nboth,3,2,66.66666666666667\n"
    );
    // Of weeks 21-30 A is sick in five and out in five: the class that is listed first, its own, wins. B left to a pension.
    assert_eq!(
        table("modal_window"),
        "benefit,seniority,state,persons,percent\nsick,all,pension,1,100\nsick,all,other,0,0\nsick,all,none,0,0\n\
         assistance,all,pension,0,\nassistance,all,other,0,\nassistance,all,none,0,\nboth,all,pension,1,100\n\
         both,all,other,0,0\nboth,all,none,0,0\n"
    );
    // A's spell begins before the data and is at least 20 weeks long; B's is 10 weeks, C's 13. Week 18 is one of the last three.
    assert_eq!(
        table("measure_share"),
        "benefit,seniority,persons,with_measure,percent\nsick,0-10,1,0,0\nsick,11-19,0,0,\nsick,20+,1,0,0\n\
         assistance,0-10,0,0,\nassistance,11-19,1,1,100\nassistance,20+,0,0,\nboth,0-10,1,0,0\nboth,11-19,1,1,100\n\
         both,20+,1,0,0\n"
    );
    assert_eq!(
        table("measure_types"),
        "benefit,type,value\nsick,persons,2\nsick,placement,0\nsick,total,0\nassistance,persons,1\n\
         assistance,placement,100\nassistance,total,100\nboth,persons,3\nboth,placement,33.333333333333336\n\
         both,total,33.333333333333336\n"
    );
    let areas = folder.read("out/figures/small_areas.csv");
    let rows: Vec<Vec<&str>> = areas.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "area,benefit,seniority,persons,with_measure,percent,conf_low,conf_high,rank,extreme"
    );
    // Areas by the row that is drawn, of both; in an area its rows in their order.
    let first: Vec<String> = rows[1..].iter().map(|row| row[..6].join(",")).collect();
    assert_eq!(
        first,
        [
            "851,sick,all,0,0,",
            "851,assistance,all,1,1,100",
            "851,both,all,1,1,100",
            "101,sick,all,2,0,0",
            "101,assistance,all,0,0,",
            "101,both,all,2,0,0",
            "total,sick,all,2,0,0",
            "total,assistance,all,1,1,100",
            "total,both,all,3,1,33.333333333333336",
        ]
    );
    let ranks: Vec<String> = rows[1..].iter().map(|row| row[8..].join(",")).collect();
    let marks = [",", "1,highest", "1,highest", "1,highest", ",", "2,lowest", ",", ",", ","];
    assert_eq!(ranks, marks);
    // Wilson's limits of one of one: 1 / (1 + 1.96²) and 1.
    let limits: Vec<f64> = rows[3][6..8].iter().map(|limit| limit.parse().unwrap()).collect();
    assert!((limits[0] - 20.6543).abs() < 1e-3 && limits[1] > 99.999, "{limits:?}");
    assert!(folder.path("out/figures/small_areas.png").exists());
    // B starts in week 11, C in week 8, D in week 17. Ten weeks on B has a pension, C the same, D (week 27) neither; fifteen
    // weeks on D is after the data.
    let occupancy = table("occupancy");
    let cells: Vec<Vec<&str>> =
        occupancy.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let found: Vec<[&str; 5]> = cells.iter().map(|c| [c[0], c[2], c[3], c[4], c[5]]).collect();
    assert_eq!(
        found,
        [
            ["sick", "0", "same", "1", "100"],
            ["sick", "0", "pension", "1", "0"],
            ["sick", "10", "same", "1", "0"],
            ["sick", "10", "pension", "1", "100"],
            ["sick", "15", "same", "1", "0"],
            ["sick", "15", "pension", "1", "100"],
            ["assistance", "0", "same", "2", "100"],
            ["assistance", "0", "pension", "2", "0"],
            ["assistance", "10", "same", "2", "50"],
            ["assistance", "10", "pension", "2", "0"],
            ["assistance", "15", "same", "1", "100"],
            ["assistance", "15", "pension", "1", "0"],
        ]
    );
    // C has a placement ten weeks after its start, D leaves after six weeks; of those who last 13 weeks all have one.
    let first = table("first_measure");
    let of_assistance: Vec<&str> = first.lines().nth(2).unwrap().split(',').take(5).collect();
    assert_eq!(of_assistance, ["assistance", "2", "50", "100", "50"]);
    // A's spell ends but has no known start. B's is weeks 11-20, D's 17-22 (a gap of one week), C's runs on.
    assert_eq!(
        table("spell_flow"),
        "scheme,year,started,completed,of_known_start,mean_weeks\nsick,2014,1,2,1,10\nassistance,2014,2,1,1,6\n"
    );
    // The second quarter is weeks 14 to 26: A 12, B 7; C 13, D 5.
    assert_eq!(
        table("full_time_persons"),
        "scheme,period,weeks,persons\nsick,2014-Q2,19,1.4615384615384615\nassistance,2014-Q2,18,1.3846153846153846\n"
    );
    assert_eq!(
        table("transition_matrix"),
        "from_state,to_state,persons,percent\nsick,sick,1,50\nsick,assistance,0,0\nsick,none,1,50\n\
         assistance,sick,0,0\nassistance,assistance,1,100\n"
    );
    let report = folder.read("out/report.html");
    assert!(
        report.contains("assumes the weekly codes of") && report.contains("wage subsidy, private")
    );
    let record = folder.read("out/run.json");
    assert!(record.contains("\"persons\": 5") && record.contains("dream-weeks-2014"), "{record}");
    // The register fits, and is read week by week.
    let check = afgang(&folder, &["check", "register.parquet", "--study", "mine.toml"]);
    check.good();
    assert!(
        check.out.contains("every week") && check.out.contains("every code is known"),
        "{}",
        check.out
    );
}

/// Any output by area is the output of the persons of the area.
#[test]
fn each_kind_by_area_is_the_kind_on_the_area_alone() {
    let stock = "week = \"2014-W20\"\nrows = \"benefit\"\n";
    let span = "from = \"2014-W05\"\nto = \"2014-W30\"\n";
    let kinds = [
        ("stock", format!("{stock}birth_year = \"birth_year\"\n"), "quantity = \"mean_age\""),
        ("look-back-share", format!("{stock}set = \"benefit\"\nweeks = [11]\npercent = 100\n"), ""),
        (
            "modal-window",
            format!("{stock}states = \"after\"\nsame = \"same\"\nleavers = true\nafter = 10\n"),
            "state = \"pension\"",
        ),
        ("measure-share", format!("{stock}set = \"placement\"\nlast_weeks = 3\n"), ""),
        ("measure-types", format!("{stock}types = \"types\"\nlast_weeks = 3\n"), ""),
        (
            "occupancy",
            format!("{span}lags = [0, 10]\nstates = \"after\"\nsame = \"same\"\n"),
            "scheme = \"assistance\", weeks = 10, state = \"same\"",
        ),
        (
            "first-measure",
            format!("{span}set = \"placement\"\nweeks = 13\n"),
            "scheme = \"assistance\"",
        ),
        ("spell-flow", span.to_owned(), "scheme = \"assistance\", year = 2014"),
        (
            "full-time-persons",
            "from = \"2014-W14\"\nto = \"2014-W26\"\nstates = \"scheme\"\nperiod = \"quarter\"\n"
                .to_owned(),
            "scheme = \"assistance\", period = \"2014-Q2\"",
        ),
        (
            "transition-matrix",
            "week = \"2014-W20\"\nstates = \"scheme\"\nweeks = 5\n".to_owned(),
            "from_state = \"sick\", to_state = \"sick\"",
        ),
    ];
    let types =
        "[classes.types]\nof = [{ name = \"placement\", measures = [\"praktik_privat\"] }]\n";
    let tables = |extra: &str, kept: &dyn Fn(i16) -> bool| -> Vec<String> {
        let folder = Folder::new();
        register_of(&folder, kept);
        let mut study = format!("{STUDY}{types}");
        for (kind, keys, row) in &kinds {
            let id = kind.replace('-', "_");
            if extra.is_empty() {
                study.push_str(&output(&id, kind, keys));
            } else {
                let row = format!("{keys}of = \"{kind}\"\nrow = {{ {row} }}\n{extra}");
                study.push_str(&output(&id, "small-areas", &row));
            }
        }
        folder.write("mine.toml", &study);
        let run = ["-q", "run", "mine.toml", "--register", "register.parquet", "--out", "out"];
        afgang(&folder, &run).good();
        let ids = kinds.iter().map(|(kind, ..)| kind.replace('-', "_"));
        let part = if extra.is_empty() { "tables" } else { "figures" };
        ids.map(|id| folder.read(&format!("out/{part}/{id}.csv"))).collect()
    };
    let by_area = tables("by = \"kom\"\n", &|_| true);
    for (name, kept) in [("101", 101), ("851", 851), ("total", 0)] {
        let alone = tables("", &|kom| kept == 0 || kom == kept);
        for ((alone, by_area), (kind, ..)) in alone.iter().zip(&by_area).zip(&kinds) {
            let width = alone.lines().next().unwrap().split(',').count();
            let of_area = by_area.lines().filter_map(|line| line.strip_prefix(&format!("{name},")));
            let mut found: Vec<String> = of_area
                .map(|line| line.split(',').take(width).collect::<Vec<_>>().join(","))
                .collect();
            let mut wanted: Vec<String> = alone.lines().skip(1).map(str::to_owned).collect();
            // An area's table has a row for every class that the register has; those of nobody may be missing alone.
            found.retain(|line| wanted.contains(line) || !line.ends_with(",0,"));
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "{kind} in {name}");
        }
    }
}

#[test]
fn few_persons_of_an_area_are_hidden_and_never_alone() {
    let folder = Folder::new();
    register(&folder);
    let keys = "week = \"2014-W20\"\nrows = \"benefit\"\nset = \"placement\"\nlast_weeks = 3\nby = \"kom\"\nmin_persons = 2\nrow = { benefit = \"both\" }";
    folder.write("mine.toml", &format!("{STUDY}{}", output("areas", "small-areas", keys)));
    let run = [
        "-q",
        "run",
        "mine.toml",
        "--register",
        "register.parquet",
        "--out",
        "out",
        "--lang",
        "en",
    ];
    afgang(&folder, &run).good();
    let rows = folder.read("out/figures/areas.csv");
    let both: Vec<&str> = rows.lines().filter(|line| line.contains(",both,")).collect();
    // 851 has one person; with the total it would follow from 101's two.
    assert_eq!(both[..2], ["101,both,all,2,,,,,,", "851,both,all,1,,,,,,"]);
    assert!(both[2].starts_with("total,both,all,3,1,33.3"), "{}", both[2]);
    let picture = folder.read("out/figures/areas.svg");
    assert!(picture.contains("2 areas are not shown (fewer than 2 persons)"), "{picture}");
}

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
    let run =
        ["run", "mine.toml", "--register", "register.parquet", "--out", "out", "--lang", "en"];
    let answer = afgang(&folder, &run);
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

/// The size of a register goes by what it is calibrated to, whatever the study is called.
#[test]
fn persons_of_a_register_for_an_own_study() {
    let folder = Folder::new();
    let years = output(
        "years",
        "full-time-persons",
        "states = \"scheme\"\nfrom = \"2014-W01\"\nto = \"2014-W30\"\nperiod = \"year\"",
    );
    folder.write("mine.toml", &format!("{STUDY}{years}"));
    for study in ["mine.toml", "vive"] {
        let made = afgang(
            &folder,
            &[
                "synth",
                "--study",
                study,
                "--persons",
                "4000",
                "--out",
                study.trim_end_matches(".toml"),
            ],
        );
        made.good();
        let persons: u64 = made.out.split([' ', ':']).find_map(|word| word.parse().ok()).unwrap();
        // Quotas are rounded.
        assert!((3900..=4100).contains(&persons), "{}", made.out);
    }
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    let folder = Folder::new();
    register(&folder);
    let good =
        output("t", "transition-matrix", "week = \"2014-W20\"\nstates = \"scheme\"\nweeks = 5");
    let run = ["-q", "run", "mine.toml", "--register", "register.parquet", "--out", "out"];
    let says = |study: &str, message: &str, help: &str| {
        folder.write("mine.toml", study);
        let answer = afgang(&folder, &run);
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
    let answer = afgang(
        &folder,
        &[
            "-q",
            "run",
            "mine.toml",
            "--register",
            "register.parquet",
            "--out",
            "o",
            "--spells",
            "s.parquet",
        ],
    );
    answer.bad(3, "the study `mine` looks at weeks and has no file of spells (--spells)");
    let curve = ["curve", "cif", "--register", "register.parquet", "--study", "mine.toml"];
    afgang(&folder, &curve).bad(3, "the study `mine` looks at weeks and has no monthly spells");
    let vive = include_str!("../studies/vive.toml");
    folder.write("mine.toml", &vive.replace("[code_book]", "[set.x]\nstates = []\n\n[code_book]"));
    let answer = afgang(&folder, &run);
    answer.bad(3, "[set] belongs to studies at week resolution");
    folder.write("mine.toml", &format!("{vive}{good}"));
    let answer = afgang(&folder, &run);
    answer.bad(3, "transition-matrix belongs to studies at week resolution");
    for flag in ["--register", "--panel"] {
        let answer = afgang(&folder, &["reproduce", "all", flag, "x"]);
        answer.bad(2, &format!("`{flag}` does not go with `reproduce all`"));
    }
}

/// At a hundredth of the size counts are a hundredth, as far as persons are whole, and shares stay.
#[test]
fn all_reports_in_one_go() {
    let folder = Folder::new();
    let arguments = ["-q", "reproduce", "all", "--scale", "0.01", "--out", "out", "--lang", "en"];
    afgang(&folder, &arguments).good();
    let index = folder.read("out/index.html");
    for study in ["vive", "expert_group"] {
        assert!(index.contains(&format!("<a href=\"{study}/report.html\">")), "{study}");
        assert!(folder.path(&format!("out/{study}/report.html")).exists());
    }
    let stock = folder.read("out/expert_group/tables/table_3_1.csv");
    assert!(
        stock.starts_with("benefit,persons,supported_1_year,percent_1_year,supported_5_years,")
    );
    assert!(stock.contains("\nsygedagpenge,821,254,30.9"), "{stock}");
    // Most numbers of so small a register are too coarse to print the same; what is wrong at scale 1 is checked there.
    let comparison = folder.read("out/expert_group/tables/comparison.csv");
    assert!(comparison.lines().count() > 400 && comparison.matches(",yes\n").count() > 200);
}
