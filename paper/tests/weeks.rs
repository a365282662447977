//! Studies at week resolution, run on registers that can be counted by hand.

mod built;
mod weeks_data;

use built::{Folder, afgang};
use weeks_data::{RUN, STUDY, output, register, register_of};

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
        ("measure-types ", "types = \"types\"\nlast_weeks = 3\nseniority = [11, 20]"),
        ("small-areas", "set = \"placement\"\nlast_weeks = 3\nby = \"kom\"\nextremes = 1"),
    ];
    let mut study = STUDY.to_owned();
    study.push_str(
        "[classes.types]\nof = [{ name = \"placement\", measures = [\"praktik_privat\"] }]\n",
    );
    for (kind, keys) in kinds {
        study.push_str(&output(
            &kind.replace(['-', ' '], "_"),
            kind.trim(),
            &format!("{stock}{keys}"),
        ));
    }
    let starts = "lags = [10]\nstates = \"after\"\nsame = \"same\"\nshow = [\"same\"]\ncohorts = \"quarter\"";
    let cohorts = format!("from = \"2014-W05\"\nto = \"2014-W30\"\n{starts}");
    study.push_str(&output("cohorts", "occupancy", &cohorts));
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
    afgang(&folder, &RUN).good();
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
    // By seniority as above: B below 11 weeks, C (with a placement) from 11 to 19, A from 20 on.
    let by_seniority = table("measure_types_");
    let both: Vec<&str> =
        by_seniority.lines().filter(|l| l.starts_with("both") && !l.contains("total")).collect();
    assert_eq!(
        both,
        [
            "both,0-10,persons,1",
            "both,0-10,placement,0",
            "both,11-19,persons,1",
            "both,11-19,placement,100",
            "both,20+,persons,1",
            "both,20+,placement,0",
        ]
    );
    // C begins in February, B in March; D begins in April.
    let cohorts = table("cohorts");
    let of: Vec<String> = cohorts
        .lines()
        .skip(1)
        .map(|line| line.split(',').take(6).collect::<Vec<_>>().join(","))
        .filter(|line| !line.contains(",0,"))
        .collect();
    assert_eq!(
        of,
        [
            "sick,total,10,same,1,0",
            "sick,2014-Q1,10,same,1,0",
            "assistance,total,10,same,2,50",
            "assistance,2014-Q1,10,same,1,100",
            "assistance,2014-Q2,10,same,1,0",
        ]
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
    // Who is alone is neither the highest nor the lowest.
    let marks = [",", "1,", "1,highest", "1,", ",", "2,lowest", ",", ",", ","];
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

/// In week 20 A has been sick since before the data, B since week 11, and C has been on assistance since week 8. Eight weeks before
/// their starts are in the data for B alone.
#[test]
fn who_cannot_be_looked_at_is_counted() {
    let folder = Folder::new();
    register_of(&folder, &|_| true);
    let keys = "week = \"2014-W20\"\nrows = \"benefit\"\nstates = \"after\"\nbefore_start = 8\n";
    folder.write("mine.toml", &format!("{STUDY}{}", output("origin", "modal-window", keys)));
    afgang(&folder, &RUN).good();
    let words = "Not counted, as the window is not within the data: sick 1, assistance 1, both 2.";
    assert!(folder.read("out/report.html").contains(words));
    let table = folder.read("out/tables/origin.csv");
    let of_b = table.lines().filter(|line| line.contains(",other,1,100")).count();
    assert_eq!(of_b, 2, "{table}");
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
        afgang(&folder, &RUN).good();
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
    afgang(&folder, &RUN).good();
    let rows = folder.read("out/figures/areas.csv");
    let both: Vec<&str> = rows.lines().filter(|line| line.contains(",both,")).collect();
    // 851 has one person; with the total it would follow from 101's two.
    assert_eq!(both[..2], ["101,both,all,,,,,,,", "851,both,all,,,,,,,"]);
    assert!(both[2].starts_with("total,both,all,3,1,33.3"), "{}", both[2]);
    // One person of all is on assistance: with the two who are sick that would follow from the three.
    for benefit in ["sick", "assistance"] {
        assert!(rows.contains(&format!("\ntotal,{benefit},all,,,")), "{rows}");
    }
    // Both areas have nobody sick with a placement: they share the first place, and one mark cannot be given to both.
    folder.write(
        "mine.toml",
        &format!(
            "{STUDY}{}",
            output(
                "ties",
                "small-areas",
                &keys
                    .replace("min_persons = 2", "extremes = 1")
                    .replace("last_weeks = 3", "last_weeks = 1")
            )
        ),
    );
    afgang(&folder, &["-q", "run", "mine.toml", "--register", "register.parquet", "--out", "ties"])
        .good();
    let ties = folder.read("ties/figures/ties.csv");
    let ranks: Vec<String> = ties
        .lines()
        .filter(|line| line.contains(",both,"))
        .map(|line| line.split(',').skip(8).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(ranks, ["1,", "1,", ","]);
    let picture = folder.read("out/figures/areas.svg");
    assert!(picture.contains("2 areas are not shown: fewer than 2 persons"), "{picture}");
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

/// At a hundredth of the size counts are a hundredth, as far as persons are whole, and shares stay.
#[test]
fn all_reports_in_one_go() {
    let folder = Folder::new();
    let arguments = ["-q", "reproduce", "all", "--scale", "0.01", "--out", "out", "--lang", "en"];
    afgang(&folder, &arguments).good();
    let index = folder.read("out/index.html");
    for study in ["vive", "expert_group", "expectations", "effects"] {
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
