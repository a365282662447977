//! Arms of a list along time: counted by hand, by plain loops on random registers, as published; and what is said of what cannot be
//! compared.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking, their helpers too")]

mod built;
mod cohort_data;

use built::{Folder, afgang};
use cohort_data::{Person, RUN, STUDY, WEEKS, weeks_of, write};
use proptest::prelude::*;

const EXITS: &str = r#"
[classes.exits]
of = [{ name = "education", states = ["uddannelse"] }, { name = "job", states = ["employment"] }]
"#;

fn output(id: &str, keys: &str) -> String {
    format!(
        "\n[[output]]\nid = \"{id}\"\nkind = \"effect-path\"\ntitle.en = \"{id}\"\nlist = \"cohort\"\narm = \"arm\"\ntreated = \"t\"\n\
         comparison = \"c\"\nstart = \"start\"\n{keys}\n"
    )
}

fn balance(keys: &str) -> String {
    format!(
        "\n[[output]]\nid = \"balance\"\nkind = \"effect-balance\"\ntitle.en = \"balance\"\nlist = \"cohort\"\narm = \"arm\"\n\
         treated = \"t\"\ncomparison = \"c\"\n{keys}\n"
    )
}

const SHARE: &str = "outcome = \"share\"\nset = \"education\"";
const WEEKS_SO_FAR: &str = "outcome = \"weeks\"\nset = \"education\"";
const INCIDENCE: &str = "outcome = \"incidence\"\nexits = \"exits\"\nexit = \"education\"";

/// A row of a table: arm, time, persons, of incidences those at risk, and the numbers after them; `NaN` for empty ones.
#[derive(Debug)]
struct Row {
    arm: String,
    time: usize,
    persons: usize,
    at_risk: Option<usize>,
    numbers: Vec<f64>,
}

fn rows(folder: &Folder, file: &str) -> Vec<Row> {
    let number = |field: &str| field.parse().unwrap_or(f64::NAN);
    let table = folder.read(&format!("out/figures/{file}.csv"));
    let with_risk = table.lines().next().unwrap().contains(",at_risk,");
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        Row {
            arm: fields[0].to_owned(),
            time: fields[1].parse().unwrap(),
            persons: fields[2].parse().unwrap(),
            at_risk: with_risk.then(|| fields[3].parse().unwrap()),
            numbers: fields[3 + usize::from(with_risk)..].iter().copied().map(number).collect(),
        }
    };
    table.lines().skip(1).map(row).collect()
}

/// Estimates of an arm at all times.
fn estimates(rows: &[Row], arm: &str) -> Vec<f64> {
    rows.iter().filter(|row| row.arm == arm).map(|row| row.numbers[0]).collect()
}

/// Those at risk in an arm at all times.
fn at_risk(rows: &[Row], arm: &str) -> Vec<usize> {
    rows.iter().filter(|row| row.arm == arm).map(|row| row.at_risk.unwrap()).collect()
}

fn close(got: &[f64], want: &[f64]) {
    let same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-9 || (a.is_nan() && b.is_nan());
    assert!(got.len() == want.len() && got.iter().zip(want).all(same), "{got:?}, want {want:?}");
}

/// All start in week 45 of 2020, the sixth of the register; weeks count from the one after.
#[test]
fn two_arms_by_hand() {
    let folder = Folder::new();
    let persons = [
        // From the second week on; in the first two; from the third month after on, in a job.
        Person::sick("t1").learns(7..WEEKS),
        Person::sick("t2").learns([6, 7]),
        Person::sick("c1").learns([8]),
        Person::sick("c2").works(3, 0.5),
        Person::sick("other").learns(0..WEEKS),
    ];
    write(&folder, "register.parquet", &persons);
    folder.write(
        "cohort.csv",
        "pnr,arm,start,stratum,young,weight\nt1,t,2020-W45,1,1,1\nt2,t,2020-W45,2,0,1\nc1,c,2020-W45,1,1,1\nc2,c,2020-W45,2,0,3\n\
         ghost,c,2020-W45,1,0,1\nother,x,2020-W45,1,0,1\n",
    );
    let study = [
        STUDY.to_owned(),
        EXITS.to_owned(),
        output("share", &format!("{SHARE}\nhorizon = 4\nshow = [1, 4]")),
        output("weeks", &format!("{WEEKS_SO_FAR}\nhorizon = 4")),
        output("begun", &format!("{INCIDENCE}\nhorizon = 4")),
        output("months", &format!("{SHARE}\nunit = \"months\"\nhorizon = 2")),
        output("weeks_by_month", &format!("{WEEKS_SO_FAR}\nunit = \"months\"\nhorizon = 2")),
        output("begun_by_month", &format!("{INCIDENCE}\nunit = \"months\"\nhorizon = 2")),
        output(
            "job",
            "outcome = \"incidence\"\nexits = \"exits\"\nexit = \"job\"\nunit = \"months\"\nhorizon = 2",
        ),
        output("weighted", &format!("{SHARE}\nhorizon = 4\nweight = \"weight\"")),
        output("few", &format!("{INCIDENCE}\nhorizon = 4\nmin_persons = 2")),
        balance("covariates = [\"young\"]"),
    ];
    folder.write("mine.toml", &study.concat());
    let answer = afgang(&folder, &RUN);
    answer.good();
    // The ghost.
    let missing = "list `cohort`: the register has 5 of its 6 persons";
    assert!(answer.err.contains(missing), "{}", answer.err);
    let aside = "Persons of the list whose `arm` is neither arm are left aside: 1.";
    assert!(answer.out.contains(aside), "{}", answer.out);

    let share = rows(&folder, "share");
    close(&estimates(&share, "t"), &[50.0, 100.0, 50.0, 50.0]);
    close(&estimates(&share, "c"), &[0.0, 0.0, 50.0, 0.0]);
    close(&estimates(&share, "difference"), &[50.0, 100.0, 0.0, 50.0]);
    // The ghost is not in the register, another has no arm.
    assert!(share.iter().all(|row| row.persons == if row.arm == "difference" { 4 } else { 2 }));
    // s² of (1, 0) is 1/2, by two persons 1/4; in the third week both arms have it.
    let errors: Vec<f64> =
        share.iter().filter(|row| row.arm == "difference").map(|row| row.numbers[1]).collect();
    close(&errors, &[50.0, 0.0, 50.0 * 2.0_f64.sqrt(), 50.0]);
    let first = share.iter().find(|row| row.arm == "difference").unwrap();
    let z = 1.959_963_984_540_054;
    close(&first.numbers[2..4], &[50.0 - 50.0 * z, 50.0 + 50.0 * z]);
    // The band is wider, and only around the difference.
    assert!(first.numbers[4] < first.numbers[2] && first.numbers[5] > first.numbers[3]);
    assert!(share[0].numbers[4].is_nan());

    close(&estimates(&rows(&folder, "weeks"), "t"), &[0.5, 1.5, 2.0, 2.5]);
    close(&estimates(&rows(&folder, "weeks"), "c"), &[0.0, 0.0, 0.5, 0.5]);
    let weighted = rows(&folder, "weighted");
    close(&estimates(&weighted, "c"), &[0.0, 0.0, 25.0, 0.0]);
    // Who has been in education stays counted.
    close(&estimates(&rows(&folder, "begun"), "t"), &[50.0, 100.0, 100.0, 100.0]);
    close(&estimates(&rows(&folder, "begun"), "c"), &[0.0, 0.0, 50.0, 50.0]);
    // t2 exits in the first week, t1 in the second, c1 in the third, c2 in none.
    assert_eq!(at_risk(&rows(&folder, "begun"), "t"), [2, 1, 0, 0]);
    assert_eq!(at_risk(&rows(&folder, "begun"), "c"), [2, 2, 2, 1]);
    assert_eq!(at_risk(&rows(&folder, "begun"), "difference"), [4, 3, 2, 1]);
    // From the second week on fewer than two of the treated are at risk; then neither arm has numbers.
    let few = rows(&folder, "few");
    close(&estimates(&few, "t"), &[50.0, f64::NAN, f64::NAN, f64::NAN]);
    close(&estimates(&few, "c"), &[0.0, f64::NAN, f64::NAN, f64::NAN]);
    assert_eq!(few[1].persons, 2);
    let hidden = |row: &&Row| row.time > 1 && row.numbers.iter().any(|number| !number.is_nan());
    assert!(few.iter().find(hidden).is_none(), "{few:?}");
    assert!(answer.out.contains("few: 3 times are not shown: fewer than 2 persons in an arm."));
    // The month of the start is November; December ends with week 53, the 14th, January with week 4.
    close(&estimates(&rows(&folder, "months"), "t"), &[50.0, 50.0]);
    close(&estimates(&rows(&folder, "months"), "c"), &[0.0, 0.0]);
    // From the week after the start to the end of December t1 has seven weeks, t2 two; January has four more.
    close(&estimates(&rows(&folder, "weeks_by_month"), "t"), &[4.5, 6.5]);
    close(&estimates(&rows(&folder, "weeks_by_month"), "c"), &[0.5, 0.5]);
    close(&estimates(&rows(&folder, "begun_by_month"), "c"), &[50.0, 50.0]);
    // c2 works in January.
    close(&estimates(&rows(&folder, "job"), "c"), &[0.0, 50.0]);
    close(&estimates(&rows(&folder, "job"), "t"), &[0.0, 0.0]);

    let table = folder.read("out/tables/balance.csv");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[1].split(',').take(4).collect::<Vec<_>>(), ["young", "0.5", "0.5", "0"]);
    assert!(lines[2].starts_with("effective_persons,2,2,,2,2,"), "{}", lines[2]);
    // Half of both arms is young, and the chance of the measure is a half for all.
    let low: Vec<f64> = lines[3].split(',').skip(1).take(2).map(|n| n.parse().unwrap()).collect();
    close(&low, &[0.5, 0.5]);

    let report = folder.read("out/report.html");
    for words in ["share (per cent)", "95%, all at once", "Difference of the arms&#39; means."] {
        assert!(report.contains(words), "{words}");
    }
    let svg = folder.read("out/figures/share.svg");
    assert!(svg.contains("Weeks since the start") && svg.contains(">Difference<"), "{svg}");
    assert!(folder.path("out/figures/share.png").exists());
}

// ------------------------------------------------------------------------------ plain loops on random registers

/// A person of the list: treated, in stratum b, place of the week of start.
type Listed = (bool, bool, usize);

fn cases() -> impl Strategy<Value = (Vec<Person>, Vec<Listed>)> {
    let code = prop_oneof![5 => Just(890_i16), 1 => Just(0), 2 => Just(651)];
    let stays = proptest::collection::vec((code, 1..6_usize), WEEKS);
    let degrees = proptest::array::uniform7(prop_oneof![Just(None), Just(Some(0.4_f32))]);
    let person = (stays, degrees).prop_map(|(stays, degrees)| {
        let mut weeks = stays.into_iter().flat_map(|(code, n)| std::iter::repeat_n(code, n));
        let codes = std::array::from_fn(|_| weeks.next().unwrap());
        Person { id: String::new(), codes, degrees }
    });
    (16..50_usize).prop_flat_map(move |n| {
        let persons = proptest::collection::vec(person.clone(), n);
        let listed = proptest::collection::vec((any::<bool>(), any::<bool>(), 0..WEEKS), n);
        (persons, listed).prop_map(|(mut persons, mut listed)| {
            for (place, person) in persons.iter_mut().enumerate() {
                person.id = format!("p{place:03}");
            }
            // Two of each arm in each stratum from the start.
            for (place, of) in listed.iter_mut().enumerate().take(8) {
                *of = (place % 2 == 0, place / 2 % 2 == 0, 1);
            }
            (persons, listed)
        })
    })
}

/// The state of a person in a week: 'e' education, 'j' job, '-' neither.
fn state(person: &Person, week: usize) -> char {
    let month = (0..7).find(|&month| weeks_of(month).contains(&week)).unwrap();
    match person.codes[week] {
        651 => 'e',
        0 if person.degrees[month].is_some_and(|degree| degree > 0.0) => 'j',
        _ => '-',
    }
}

/// Last week of a step after a start; `None` after the data.
fn end(start: usize, step: usize, months: bool) -> Option<usize> {
    let week = if months {
        let month = (0..7).find(|&month| weeks_of(month).contains(&start)).unwrap() + step;
        (month < 7).then(|| weeks_of(month).end - 1)?
    } else {
        start + step
    };
    (week < WEEKS).then_some(week)
}

/// Mean and its variance, s²/n.
fn mean(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let mut squares = 0.0;
    for value in values {
        squares += (value - mean) * (value - mean);
    }
    (mean, squares / (n - 1.0) / n)
}

/// Incidence of education at each step, from the step of exit (or the last one followed) and the state then.
fn incidence(exits: &[(usize, Option<char>)], horizon: usize) -> Vec<f64> {
    let (mut stay, mut incidence) = (1.0, 0.0);
    let mut path = Vec::new();
    for step in 0..=horizon {
        let at_risk = exits.iter().filter(|exit| exit.0 >= step).count() as f64;
        let leave =
            |state: char| exits.iter().filter(|exit| **exit == (step, Some(state))).count() as f64;
        if at_risk == 0.0 && stay > 0.0 {
            incidence = f64::NAN;
        } else if at_risk > 0.0 {
            incidence += stay * leave('e') / at_risk;
            stay *= 1.0 - (leave('e') + leave('j')) / at_risk;
        }
        path.push(incidence);
    }
    path.split_off(1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn random_registers_count_as_plain_loops_do((persons, listed) in cases()) {
        let folder = Folder::new();
        write(&folder, "register.parquet", &persons);
        let week = |place: usize| if place < 14 { format!("2020-W{}", place + 40) } else { format!("2021-W{:02}", place - 13) };
        let mut lines = vec!["pnr,arm,start,stratum".to_owned(), "ghost,t,2020-W50,b".to_owned()];
        for (person, &(treated, in_b, start)) in persons.iter().zip(&listed) {
            let (arm, stratum) = (if treated { "t" } else { "c" }, if in_b { "b" } else { "a" });
            lines.push(format!("{},{arm},{},{stratum}", person.id, week(start)));
        }
        folder.write("cohort.csv", &lines.join("\n"));
        let mut study = format!("{STUDY}{EXITS}");
        for (unit, horizon) in [("weeks", 12), ("months", 4)] {
            for (name, outcome) in [("share", SHARE), ("weeks", WEEKS_SO_FAR), ("begun", INCIDENCE)] {
                study += &output(&format!("{name}_{unit}"), &format!("{outcome}\nunit = \"{unit}\"\nhorizon = {horizon}"));
            }
            study += &output(&format!("strata_{unit}"), &format!("{SHARE}\nunit = \"{unit}\"\nhorizon = {horizon}\nstrata = \"stratum\""));
        }
        folder.write("mine.toml", &study);
        let answer = afgang(&folder, &RUN);
        prop_assert_eq!(answer.code, 0, "{}", answer.err);

        for (unit, horizon) in [("weeks", 12), ("months", 4)] {
            let months = unit == "months";
            let arm = |treated: bool| listed.iter().zip(&persons).filter(move |(of, _)| of.0 == treated);
            let mut paths = [Vec::new(), Vec::new()];
            let mut risk = [Vec::new(), Vec::new()];
            for (place, treated) in [true, false].into_iter().enumerate() {
                let exits: Vec<(usize, Option<char>)> = arm(treated).map(|(of, person)| {
                    let mut last = 0;
                    for step in 1..=horizon {
                        let Some(to) = end(of.2, step, months) else { break };
                        let from = end(of.2, step - 1, months).filter(|_| step > 1 || !months).unwrap_or(of.2) + 1;
                        for week in from..=to {
                            let state = state(person, week);
                            if state != '-' {
                                return (step, Some(state));
                            }
                        }
                        last = step;
                    }
                    (last, None)
                }).collect();
                risk[place] = (1..=horizon).map(|step| exits.iter().filter(|exit| exit.0 >= step).count()).collect();
                paths[place] = incidence(&exits, horizon).iter().map(|share| 100.0 * share).collect();
            }
            let begun = rows(&folder, &format!("begun_{unit}"));
            // Where one arm has no value nothing is estimated.
            for (place, name) in ["t", "c"].into_iter().enumerate() {
                let want: Vec<f64> = (0..horizon)
                    .map(|at| if paths[1 - place][at].is_nan() { f64::NAN } else { paths[place][at] })
                    .collect();
                close(&estimates(&begun, name), &want);
                prop_assert_eq!(&at_risk(&begun, name), &risk[place]);
            }

            for name in ["share", "weeks", "strata"] {
                let table = rows(&folder, &format!("{name}_{unit}"));
                for step in 1..=horizon {
                    let value = |of: &Listed, person: &Person| -> Option<f64> {
                        let last = end(of.2, step, months)?;
                        let weeks = (of.2 + 1..=last).filter(|&week| state(person, week) == 'e').count();
                        let now = if state(person, last) == 'e' { 100.0 } else { 0.0 };
                        Some(if name == "weeks" { weeks as f64 } else { now })
                    };
                    let mut both = [(0.0, 0.0); 2];
                    let mut followed = 0;
                    for (place, treated) in [true, false].into_iter().enumerate() {
                        let strata: &[Option<bool>] = if name == "strata" { &[Some(true), Some(false)] } else { &[None] };
                        for stratum in strata {
                            let belongs = |of: &&Listed| stratum.is_none_or(|in_b| of.1 == in_b);
                            let values: Vec<f64> = arm(treated)
                                .filter(|(of, _)| belongs(of))
                                .filter_map(|(of, person)| value(of, person))
                                .collect();
                            let share = listed.iter().filter(belongs).count() as f64 / listed.len() as f64;
                            let (mean, variance) = if values.len() < 2 { (f64::NAN, f64::NAN) } else { mean(&values) };
                            both[place].0 += share * mean;
                            both[place].1 += share * share * variance;
                            followed += values.len();
                        }
                    }
                    let want = [both[0].0 - both[1].0, (both[0].1 + both[1].1).sqrt()];
                    let row = table.iter().find(|row| row.arm == "difference" && row.time == step).unwrap();
                    close(&row.numbers[..2], &want);
                    prop_assert_eq!(row.persons, followed);
                }
            }
        }
    }
}

// ------------------------------------------------------------------------------ as published

#[test]
fn published_effects_are_reproduced() {
    let folder = Folder::new();
    let answer = afgang(&folder, &["reproduce", "effects", "--out", "out"]);
    answer.good();
    let comparison = folder.read("out/tables/comparison.csv");
    assert_eq!(comparison.lines().count(), 1 + 11);
    assert!(comparison.lines().skip(1).all(|line| line.ends_with(",yes")), "{comparison}");
    // Each number of the report is in the study.
    let study = std::fs::read_to_string("studies/effects.toml").unwrap();
    let printed =
        afgang_fixtures::published::records(afgang_fixtures::published::EXPERT_GROUP_EFFECTS);
    assert_eq!(printed.len(), 9);
    for row in printed {
        let [weeks, arm, percent] = [&row[2], &row[3], &row[4]];
        let wanted = format!(
            "where = {{ arm = \"{arm}\", weeks = \"{weeks}\" }}\n  column = \"percent\"\n  value = \"{percent}\""
        );
        assert!(study.contains(&wanted), "{wanted}");
    }
}

// ------------------------------------------------------------------------------ what is refused

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = Folder::new();
    let persons: Vec<Person> =
        (0..8).map(|n| Person::sick(&format!("p{n}")).learns([n + 7])).collect();
    write(&folder, "register.parquet", &persons);
    let list = "pnr,arm,start,stratum,age\np0,t,2020-W45,a,30\np1,t,2020-W45,a,31\np2,t,2020-W45,b,32\np3,t,2020-W45,b,33\n\
                p4,c,2020-W45,a,20\np5,c,2020-W45,a,21\np6,c,2020-W45,b,22\np7,c,2020-W45,b,23\n";
    let says = |list: &str, keys: &str, code: i32, words: &str| {
        folder.write("cohort.csv", list);
        folder.write("mine.toml", &format!("{STUDY}{EXITS}{}", output("path", keys)));
        afgang(&folder, &RUN).bad(code, words);
        assert!(!folder.path("out").exists());
    };
    let path = format!("{SHARE}\nhorizon = 4");
    // The list.
    says(&list.replace(",t,", ",m,"), &path, 3, "list `cohort`: nobody has `t` in column `arm`");
    says(&list.replace("p2,t", "p2,"), &path, 3, "column `arm` has no value in row 3");
    says(
        &list.replace("p1,t,2020-W45", "p1,t,week 45"),
        &path,
        3,
        "column `start` holds `week 45` in row 2, which is no week",
    );
    says(
        &list.replace("p3,t,2020-W45", "p3,t,2020-W39"),
        &path,
        3,
        "list `cohort`: the start in row 4, 2020-W39, lies before 2020-W40",
    );
    // The comparison.
    says(
        &list.replace("p7,c,2020-W45,b", "p7,c,2020-W45,a"),
        &format!("{path}\nstrata = \"stratum\""),
        4,
        "output path: stratum b: 1 of the comparison arm",
    );
    says(
        list,
        &format!("{path}\ncovariates = [\"age\"]"),
        4,
        "output path: propensity of being treated: complete separation: age tells events from the rest",
    );
    says(
        &list.replace(",31\n", ",\n"),
        &format!("{path}\ncovariates = [\"age\"]"),
        3,
        "column `age` has no value in row 2",
    );
    // The study.
    says(list, SHARE, 3, "`horizon`");
    says(list, &format!("{path}\nmethod = \"stratified\""), 3, "`strata`");
    says(list, &format!("{path}\nmethod = \"weighted\""), 3, "`covariates`");
    for (method, key) in [
        ("randomised", "strata = \"stratum\""),
        ("randomised", "target = \"treated\""),
        ("stratified", "strata = \"stratum\"\ncovariates = [\"age\"]"),
    ] {
        let keys = format!("{path}\nmethod = \"{method}\"\n{key}");
        says(list, &keys, 3, &format!("method = \"{method}\""));
    }
    says(list, &format!("{path}\nmethod = \"weigthed\""), 3, "weighted");
    says(list, &format!("{path}\nmodel = \"logit\""), 3, "no model without");
    says(list, &format!("{path}\nlevel = 95"), 3, "`level` is 95");
    for key in ["covariates = [\"pnr\"]", "categories = [\"pnr\"]", "strata = \"pnr\""] {
        says(list, &format!("{path}\n{key}"), 3, "`pnr` cannot be the");
    }
    says(
        &list.replace(",31\n", ",unknown\n"),
        &format!("{path}\ncovariates = [\"age\"]"),
        3,
        "list `cohort`: column `age` holds `unknown` in row 2 among numbers",
    );
    says(list, &format!("{path}\nshow = [5]"), 3, "`show` is 5");
    says(
        list,
        &format!("{INCIDENCE}\nset = \"education\"\nhorizon = 4"),
        3,
        "`exits` and `exit` for an incidence",
    );
    says(
        list,
        &format!(
            "{WEEKS_SO_FAR}\nhorizon = 4\nmethod = \"regression\"\nmodel = \"logit\"\ncovariates = [\"age\"]"
        ),
        3,
        "are no shares",
    );
    says(list, &path.replace("education", "eduction"), 3, "education");
}

#[test]
fn who_starts_when_the_data_end_is_counted() {
    let folder = Folder::new();
    let persons: Vec<Person> = (0..6).map(|n| Person::sick(&format!("p{n}"))).collect();
    write(&folder, "register.parquet", &persons);
    folder.write(
        "cohort.csv",
        "pnr,arm,start\np0,t,2020-W45\np1,t,2020-W46\np2,c,2020-W45\np3,c,2020-W45\np4,c,2030-W01\np5,t,2031-W01\n",
    );
    let path = output("path", &format!("{SHARE}\nhorizon = 4"));
    folder.write("mine.toml", &format!("{STUDY}{path}"));
    let answer = afgang(&folder, &RUN);
    answer.good();
    let said = "2 persons have no week after their start: the data end in ";
    assert!(answer.out.contains(&format!("path: {said}")), "{}", answer.out);
    assert!(folder.read("out/report.html").contains(said));
    assert!(
        rows(&folder, "path")
            .iter()
            .filter(|row| row.arm != "difference")
            .all(|row| row.persons == 2)
    );

    // What a run would say of the list is found out before it.
    let check =
        ["check", "register.parquet", "--study", "mine.toml", "--list", "cohort=cohort.csv"];
    let answer = afgang(&folder, &check);
    answer.good();
    assert!(
        answer.out.contains("list `cohort`: the register has 6 of its 6 persons"),
        "{}",
        answer.out
    );
    folder.write("cohort.csv", "pnr,arm,start\nx,t,2020-W45\ny,c,2020-W45\n");
    afgang(&folder, &check).bad(3, "none of its 2 persons is in the register");
    let again = [&check[..], &["--list", "cohort=cohort.csv"]].concat();
    afgang(&folder, &again).bad(2, "cohort");
}
