//! Accounts of four municipalities, by hand, and what is wrong with others.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod built;

use afgang::accounts::{self, JobCentres};
use afgang::labels::Lang;
use afgang::study::{Kind, Study};
use afgang::table::Table;
use built::{Folder, afgang};

const STUDY: &str = include_str!("accounts_by_hand/study.toml");

/// Municipalities 1 and 2 share job centre A. Prices of main account 5 rise by a quarter, those of 6 double.
const FILES: [(&str, &str); 8] = [
    ("places.csv", "code,centre,size\n1,A,1\n2,A,1\n3,B,2\n4,C,2\n"),
    (
        "map.csv",
        "dranst,function,grouping,years,target_group\n\
         1,5.1,5.1.1,2018 2019,g1\n1,5.1,5.1.3,2018 2019,\n1,5.1,5.1.4,2019,g2\n\
         2,5.1,5.1.2,2018 2019,\n1,6.45.53,6.45.53,2018 2019,\n2,6.45.53,6.45.53,2018 2019,\n",
    ),
    ("corrections.csv", "item_da,item_en,sign\nhusleje,rent,-\npuljer,grants,+\n"),
    (
        "panel/accounts.csv",
        "municipality,year,dranst,function,grouping,amount\n\
         1,2018,1,5.1,5.1.1,800\n2,2018,1,5.1,5.1.1,80\n\
         1,2018,1,6.45.53,6.45.53,500\n2,2018,2,6.45.53,6.45.53,-50\n\
         1,2018,2,5.1,5.1.2,-400\n2,2018,1,5.9,5.9.9,7\n2,2018,1,5.1,5.1.4,11\n\
         3,2018,1,5.1,5.1.3,160\n4,2018,1,5.1,5.1.1,80\n\
         1,2019,1,5.1,5.1.1,1000\n2,2019,1,5.1,5.1.4,200\n\
         3,2019,1,5.1,5.1.3,256\n4,2019,1,5.1,5.1.1,160\n4,2017,1,5.1,5.1.1,999\n",
    ),
    (
        "panel/survey_corrections.csv",
        "municipality,year,item,amount\n1,2018,rent,100\n3,2018,puljer,10\n",
    ),
    (
        "panel/full_time_unemployed.csv",
        "municipality,year,target_group,persons\n\
         1,2018,g1,6\n1,2018,g2,2\n2,2018,g1,1\n2,2018,g2,1\n3,2018,g1,1\n3,2018,g2,3\n4,2018,g1,2\n4,2018,g2,0\n\
         1,2019,g1,6\n1,2019,g2,2\n2,2019,g1,1\n2,2019,g2,1\n3,2019,g1,1\n3,2019,g2,3\n4,2019,g1,2\n4,2019,g2,0\n\
         1,2018,pension,5\n",
    ),
    (
        "panel/background.csv",
        "municipality,year,population,population_17_64,economic_pressure,disability_pensioners\n\
         1,2018,100,60,10,6\n2,2018,300,140,30,4\n3,2018,50,40,4,1\n4,2018,80,40,1,2\n\
         1,2019,100,60,11,6\n2,2019,300,140,31,4\n3,2019,60,40,6,1\n4,2019,88,40,4,2\n",
    ),
    ("panel/prices.csv", "year,index_hk5,index_hk6\n2018,80,50\n2019,100,100\n"),
];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("study.toml", STUDY);
    for (name, text) in FILES {
        folder.write(name, text);
    }
    folder
}

fn study(folder: &Folder) -> Study {
    Study::load(folder.path("study.toml").to_str().unwrap()).unwrap()
}

fn centres(folder: &Folder) -> JobCentres {
    let study = study(folder);
    JobCentres::read(&folder.path("panel"), study.accounts.as_ref().unwrap(), &["pension"]).unwrap()
}

fn table(folder: &Folder, id: &str) -> Table {
    let study = study(folder);
    let output = study.outputs.iter().find(|output| output.id == id).unwrap();
    let Kind::Accounts(asked) = &output.kind else { panic!("{id}") };
    let rules = study.accounts.as_ref().unwrap();
    accounts::build(output, asked, &centres(folder), rules, Lang::En).unwrap().table
}

#[track_caller]
fn close(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{got:?} {want:?}");
    for (g, w) in got.iter().zip(want) {
        assert!((g - w).abs() < 1e-9 * w.abs().max(1.0), "{got:?} {want:?}");
    }
}

fn numbers(table: &Table, column: &str) -> Vec<f64> {
    let column = table.column(column).unwrap();
    (0..table.rows()).map(|row| column.number(row)).collect()
}

#[test]
fn municipalities_are_added_up_deflated_and_divided() {
    let panel = centres(&folder());
    assert_eq!(
        (panel.names.as_slice(), panel.years.as_slice()),
        (&["A", "B", "C"].map(str::to_owned)[..], &[2018, 2019][..])
    );
    let variable = |name: &str| panel.variable(name).unwrap();
    // A in 2018: (800 + 80) / 0.8 kroner, 10 full-time unemployed.
    close(&variable("HK5"), &[110.0, 120.0, 50.0, 64.0, 50.0, 80.0]);
    // A: (500 - 50 - 100) / 0.5; B: 10 / 0.5 for 4 persons.
    close(&variable("HK6"), &[70.0, 0.0, 5.0, 0.0, 0.0, 0.0]);
    close(&variable("total"), &[180.0, 120.0, 55.0, 64.0, 50.0, 80.0]);
    close(&variable("share_g1"), &[70.0, 70.0, 25.0, 25.0, 100.0, 100.0]);
    close(&variable("unemployed_pct_of_17_64"), &[5.0, 5.0, 10.0, 10.0, 5.0, 5.0]);
    close(&variable("disability_pension_pct_of_17_64"), &[5.0, 5.0, 2.5, 2.5, 5.0, 5.0]);
    // (100 * 10 + 300 * 30) / 400
    close(&variable("economic_pressure"), &[25.0, 26.0, 4.0, 6.0, 1.0, 4.0]);
    close(&variable("ln_population")[..1], &[400_f64.ln()]);
    assert_eq!(panel.variable("share_g3"), None);
}

#[test]
fn accounts_outside_the_map_are_counted() {
    let facts = centres(&folder()).facts;
    assert_eq!((facts.municipalities, facts.job_centres, facts.years), (4, 3, (2018, 2019)));
    // 5.9.9 is in no year of the map, 5.1.4 not in 2018.
    assert_eq!((facts.unknown_rows, facts.rows_of_other_years), (2, 1));
    close(&[facts.unknown_amount], &[18.0]);
    let names: Vec<&str> = facts.unknown_accounts.iter().map(|a| a.grouping.as_str()).collect();
    assert_eq!(names, ["5.1.4", "5.9.9"]);
    assert_eq!(facts.rows["accounts.csv"], 14);
    assert!(facts.unknown_groups.is_empty());
}

#[test]
fn target_groups_that_nothing_names_are_counted() {
    let folder = folder();
    let text =
        folder.read("panel/full_time_unemployed.csv") + "1,2018,g3,4\n2,2019,g3,3\n1,2017,g3,9\n";
    folder.write("panel/full_time_unemployed.csv", &text);
    let panel = centres(&folder);
    let found = &panel.facts.unknown_groups[..];
    let [group] = found else { panic!("{found:?}") };
    assert_eq!((group.target_group.as_str(), group.rows), ("g3", 2));
    close(&[group.persons], &[7.0]);
    // They do not count: A has 10 as before.
    close(&panel.variable("HK5").unwrap()[..1], &[110.0]);
}

#[test]
fn tables_by_year() {
    let folder = folder();
    let expenditure = table(&folder, "expenditure");
    let kroner: Vec<f64> =
        numbers(&expenditure, "million_dkk_2019").iter().map(|m| m * 1e6).collect();
    // HK5 1100 + 200 + 100 and 1200 + 256 + 160; HK6 700 + 20; corrections -200 + 20; refunds 400 / 0.8.
    close(
        &kroner,
        &[1400.0, 1616.0, 720.0, 0.0, 2120.0, 1616.0, -180.0, 0.0, 500.0, 0.0, 900.0, 1616.0],
    );
    let by_group = table(&folder, "by_group");
    let kroner: Vec<f64> = numbers(&by_group, "million_dkk_2019").iter().map(|m| m * 1e6).collect();
    close(&kroner, &[1200.0, 1160.0, 0.0, 200.0, 200.0, 256.0, 1400.0, 1616.0]);
    close(&numbers(&table(&folder, "unemployed"), "persons"), &[10.0, 6.0, 16.0, 5.0]);
    close(
        &numbers(&table(&folder, "per_unemployed"), "dkk_2019"),
        &[120.0, 116.0, 1400.0 / 16.0, 101.0],
    );
}

#[test]
fn groups_of_job_centres() {
    let folder = folder();
    // Means over the two years: A 115, B 57, C 65. Type 2 takes the first of three at 0.75 and the third at 2.25.
    let unit = "dkk_2019_per_full_time_unemployed";
    close(&numbers(&table(&folder, "quantiles"), unit), &[57.0, 57.0, 65.0, 115.0, 115.0]);
    // 57 is in the class that it begins.
    let classes = table(&folder, "classes");
    assert_eq!(classes.to_csv(), "bin,job_centres\n<57,0\n57-100,2\n>100,1\n");
    let means = table(&folder, "means");
    assert_eq!(means.column("group").unwrap().show(2), "small");
    close(&numbers(&means, unit), &[110.0, 120.0, 50.0, 72.0]);
    // Growth 0, 1/5, 1/10: places 1, 3, 2 of three are quarters 2, 4, 3.
    let growth = table(&folder, "by_growth");
    close(&numbers(&growth, unit), &[110.0, 120.0, 50.0, 80.0, 50.0, 64.0]);
    let ranks = table(&folder, "ranks");
    assert_eq!(ranks.column("job_centre").unwrap().show(1), "C");
    close(&numbers(&ranks, unit), &[115.0, 65.0, 57.0]);
}

#[test]
fn regression_and_correlations() {
    let folder = folder();
    // With two years the differences tell all: 1, 2, 3 of pressure; 10, 14, 30 of expenditure. Slope 20 / 2, constant -2.
    // Square sum of residuals (4 + 16 + 4) / 2 on 6 - 3 - 2 degrees of freedom; that of pressure without years 2 / 2.
    let models = table(&folder, "models");
    let terms: Vec<String> = (0..3).map(|row| models.column("term").unwrap().show(row)).collect();
    assert_eq!(terms, ["economic_pressure", "year_2019", "constant"]);
    // The constant is the mean of expenditure less those of its parts: 474/6 - 10 * 66/6 + 2/2.
    close(&numbers(&models, "coefficient"), &[10.0, -2.0, -30.0]);
    close(&numbers(&models, "standard_error")[..1], &[12_f64.sqrt()]);
    let fit = table(&folder, "fit");
    close(&numbers(&fit, "observations"), &[6.0]);
    close(&numbers(&fit, "job_centres"), &[3.0]);
    // Square sum of differences (100 + 196 + 900) / 2.
    close(&numbers(&fit, "adj_r2"), &[1.0 - 12.0 / 598.0 * 5.0]);
    // Pressure about the mean of its year: (25 - 10)² ... = 342 + 296 of 640: half the square of the mean difference is 6.
    close(&numbers(&fit, "max_vif"), &[1.0 / (1.0 - 6.0 / 644.0)]);

    let correlations = table(&folder, "correlations");
    assert_eq!(correlations.column("row").unwrap().show(0), "share_g2");
    assert_eq!(correlations.column("p_below_0_05").unwrap().show(0), "yes");
    close(&numbers(&correlations, "r")[..1], &[-1.0]);
    assert_eq!(correlations.rows(), 3);
}

#[test]
fn the_order_of_rows_changes_no_bit() {
    let (one, other) = (folder(), folder());
    for (name, text) in FILES.iter().filter(|(name, _)| name.starts_with("panel/")) {
        let (head, rows) = text.split_once('\n').unwrap();
        let mut rows: Vec<&str> = rows.lines().collect();
        rows.reverse();
        other.write(name, &format!("{head}\n{}\n", rows.join("\n")));
    }
    assert_eq!(centres(&one), centres(&other));
    assert_eq!(table(&one, "models").to_csv(), table(&other, "models").to_csv());
}

/// A change of a file and what is said of it.
#[track_caller]
fn refused(file: &str, from: &str, to: &str, message: &str, help: &str) {
    let folder = folder();
    let text = folder.read(file);
    assert!(text.contains(from), "{from}");
    folder.write(file, &text.replacen(from, to, 1));
    let study = study(&folder);
    let error =
        JobCentres::read(&folder.path("panel"), study.accounts.as_ref().unwrap(), &["pension"])
            .unwrap_err();
    let place = folder.path("").display().to_string();
    assert_eq!(error.to_string().replace(&place, ""), message);
    assert_eq!(error.help(), help);
}

#[test]
fn each_error_names_file_and_row() {
    refused(
        "panel/accounts.csv",
        "amount",
        "ammount",
        "accounts.csv: panel/accounts.csv has no column `amount`",
        "did you mean `ammount`? its columns: municipality, year, dranst, function, grouping, ammount",
    );
    refused(
        "panel/accounts.csv",
        "2,2018,1,5.1,5.1.1,80",
        "9,2018,1,5.1,5.1.1,80",
        "accounts.csv, row 2: municipality 9 is in no job centre of the study",
        "correct the code, or add it to the table that the study's job centres come from",
    );
    refused(
        "panel/accounts.csv",
        "4,2017,",
        "4,2019,",
        "accounts.csv, row 14: account 1 5.1 5.1.1 of municipality 4 in 2019 is there twice",
        "add the two up or remove one of them",
    );
    refused(
        "panel/accounts.csv",
        "5.1.1,800",
        "5.1.1,inf",
        "accounts.csv, row 1: `amount` is inf; it must be a finite number",
        "correct the row",
    );
    refused(
        "panel/accounts.csv",
        "5.1.1,800",
        "5.1.1,much",
        "accounts.csv: column `amount` holds `much` in row 1, where a number is needed",
        "name another column, or recode this one",
    );
    refused(
        "panel/accounts.csv",
        "1,2018,1,5.1",
        "1,18.5,1,5.1",
        "accounts.csv, row 1: `18.5` is not a year",
        "write years as whole numbers, for example 2019",
    );
    refused(
        "panel/accounts.csv",
        "1,2018,1,5.1",
        "1,2018,,5.1",
        "accounts.csv, row 1: `dranst` is empty",
        "fill it in or remove the row",
    );
    let missing = "add the rows, with 0 where there is nothing, or change `years` in the study";
    refused(
        "panel/accounts.csv",
        "3,2019,1,5.1,5.1.3,256\n",
        "",
        "accounts.csv has no amounts of municipality 3 in 2019",
        missing,
    );
    refused(
        "panel/full_time_unemployed.csv",
        "4,2019,g2,0\n",
        "",
        "full_time_unemployed.csv has no persons in g2 of municipality 4 in 2019",
        missing,
    );
    refused(
        "panel/full_time_unemployed.csv",
        "1,2018,g1,6",
        "1,2018,g1,-6",
        "full_time_unemployed.csv, row 1: `persons` is -6; it must be a finite number of at least 0",
        "correct the row",
    );
    refused(
        "panel/full_time_unemployed.csv",
        "3,2019,g1,1\n3,2019,g2,3",
        "3,2019,g1,0\n3,2019,g2,0",
        "full_time_unemployed.csv: job centre B has no full-time unemployed in 2019",
        "expenditure is divided by them: correct the rows of its municipalities, or change `years` in the study",
    );
    refused(
        "panel/background.csv",
        "2,2019,300,140,31,4\n",
        "",
        "background.csv has no row of municipality 2 in 2019",
        missing,
    );
    refused(
        "panel/background.csv",
        "1,2018,100",
        "1,2018,0",
        "background.csv, row 1: `population` is 0; it must be a finite number above 0",
        "correct the row",
    );
    refused(
        "panel/survey_corrections.csv",
        "rent",
        "rents",
        "survey_corrections.csv, row 1: the survey has no item `rents`",
        "did you mean `rent`?",
    );
    refused(
        "panel/prices.csv",
        "2018,80,50\n",
        "",
        "prices.csv has no prices of 2018",
        "add a row with the index of each main account",
    );
    refused(
        "places.csv",
        "2,A,1",
        "2,A,2",
        "job centre A is in groups 1 and 2 of `size`",
        "give all municipalities of a job centre the same group",
    );
}

#[test]
fn files_that_are_not_there() {
    let folder = folder();
    let study = study(&folder);
    let rules = study.accounts.as_ref().unwrap();
    let error = JobCentres::read(&folder.path("nowhere"), rules, &[]).unwrap_err();
    assert!(error.to_string().ends_with("nowhere is not a folder of accounts"), "{error}");
    assert!(error.help().contains("accounts.csv, survey_corrections.csv"), "{}", error.help());
    std::fs::remove_file(folder.path("panel/prices.csv")).unwrap();
    let error = JobCentres::read(&folder.path("panel"), rules, &[]).unwrap_err();
    assert!(error.to_string().starts_with("prices.csv: cannot read"), "{error}");
    // A survey that corrects nothing is no error.
    folder.write("panel/prices.csv", FILES[7].1);
    folder.write("panel/survey_corrections.csv", "municipality,year,item,amount\n");
    let panel = JobCentres::read(&folder.path("panel"), rules, &[]).unwrap();
    close(&panel.variable("HK6").unwrap()[..1], &[90.0]);
}

/// A change of the study and what is said of it.
#[track_caller]
fn wrong(from: &str, to: &str, message: &str, help: &str) {
    let folder = folder();
    assert!(STUDY.contains(from), "{from}");
    folder.write("study.toml", &STUDY.replacen(from, to, 1));
    let error = Study::load(folder.path("study.toml").to_str().unwrap()).unwrap_err();
    let place = folder.path("").display().to_string();
    let text = error.to_string().replace(&place, "");
    assert_eq!(text.split_once(": ").unwrap().1, message);
    assert!(error.help().unwrap().starts_with(help), "{}", error.help().unwrap());
}

#[test]
fn words_of_the_study_are_checked() {
    wrong(
        "price_year = 2019",
        "price_years = 2019",
        "unknown key `price_years` in [accounts]",
        "did you mean `price_year`?",
    );
    wrong(
        "variable = \"HK5\"",
        "variable = \"HK7\"",
        "unknown variable `HK7`",
        "did you mean `HK5`?",
    );
    wrong(
        "by = \"size\"",
        "by = \"sizes\"",
        "unknown grouping of job centres `sizes`",
        "did you mean `size`? valid here: size, growth",
    );
    wrong(
        "of = \"models\"",
        "of = \"model\"",
        "unknown panel regression above `model`",
        "did you mean `models`?",
    );
    wrong("items = [\"HK5\"", "items = [\"HK4\"", "unknown items `HK4`", "did you mean `HK5`?");
    wrong(
        "periods = [\"2018-2019\"]",
        "periods = [\"2017-2019\"]",
        "`periods` is 2017, outside the study's period",
        "stay between 2018 and 2019",
    );
    wrong(
        "limits = [57, 100]",
        "limits = [100, 57]",
        "`limits` goes from 100 to 57",
        "write the smaller",
    );
    wrong(
        "share_g2 = \"g2\"\n",
        "",
        "data table map.csv: target group `g2` has no share in [accounts.shares]",
        "name a share of every target group",
    );
}

#[test]
fn outputs_of_accounts_need_the_section() {
    let folder = folder();
    let start = STUDY.find("[accounts]").unwrap();
    let end = STUDY.find("[[output]]").unwrap();
    folder.write("study.toml", &format!("{}{}", &STUDY[..start], &STUDY[end..]));
    let error = Study::load(folder.path("study.toml").to_str().unwrap()).unwrap_err();
    assert!(
        error.to_string().ends_with("the kind `expenditure` needs the section [accounts]"),
        "{error}"
    );
    assert!(error.help().unwrap().starts_with("add [accounts] with"));
}

#[test]
fn the_program_with_and_without_accounts() {
    let folder = folder();
    afgang(&folder, &["-q", "synth", "--scale", "0.002", "--out", "register"]).good();
    let run = |more: &[&str]| {
        let run = ["run", "study.toml", "--register", "register", "--lang", "en"];
        afgang(&folder, &[&run[..], more].concat())
    };
    let answer = run(&["--panel", "panel", "--out", "one", "--threads", "1"]);
    answer.good();
    assert!(!answer.out.contains("left out"), "{}", answer.out);
    run(&["--panel", "panel", "--out", "two", "--threads", "2"]).good();
    for name in
        ["tables/models.csv", "tables/expenditure.csv", "figures/means.svg", "figures/ranks.csv"]
    {
        assert_eq!(
            folder.read(&format!("one/{name}")),
            folder.read(&format!("two/{name}")),
            "{name}"
        );
    }
    assert!(folder.read("one/tables/models.csv").contains("2018-2019,HK5,economic_pressure,"));
    let report = folder.read("one/report.html");
    assert!(report.contains("2 rows of 2 accounts are not in the study"), "no warning");
    assert!(report.contains("<table class=\"regression\">"), "no regressions");
    assert!(!report.contains("The accounts are synthetic"), "these are nobody's");
    let record = folder.read("one/run.json");
    for fact in ["\"unknown_rows\": 2", "\"outputs_left_out\": []", "\"job_centres\": 3", "map.csv"]
    {
        assert!(record.contains(fact), "{fact}");
    }

    let answer = run(&["--out", "none"]);
    answer.good();
    assert!(
        answer.out.contains("left out: 12 outputs made of accounts; give these with --panel DIR"),
        "{}",
        answer.out
    );
    assert!(folder.read("none/run.json").contains("\"panel\": null"));
    assert!(folder.read("none/report.html").contains("12 of the study"));
    assert!(!folder.path("none/tables/models.csv").exists());

    // Nothing is written over the accounts.
    run(&["--panel", "panel", "--out", "panel"]).bad(2, "--out");
    run(&["--panel", "nowhere", "--out", "x"]).bad(3, "nowhere is not a folder of accounts");
    let text = folder.read("panel/background.csv");
    let text = text.replace(",11,6", ",10,6").replace(",31,4", ",30,4");
    let text = text.replace("60,40,6,1", "60,40,4,1").replace("88,40,4,2", "88,40,1,2");
    folder.write("panel/background.csv", &text);
    let answer = run(&["--panel", "panel", "--out", "x"]);
    answer
        .bad(4, "output models: `economic_pressure` does not vary within job centres in 2018-2019");
    answer.says("leave it out of `regressors`");
}

/// Accounts need no register: the same tables, and what is made of spells is left out.
#[test]
fn the_program_with_accounts_alone() {
    let folder = folder();
    let alone = ["run", "study.toml", "--panel", "panel", "--lang", "en", "--out"];
    let answer = afgang(&folder, &[&alone[..], &["alone"]].concat());
    answer.good();
    let words = "left out: 1 output made of a register's spells; give one with --register PATH";
    assert!(answer.out.contains(words), "{}", answer.out);
    afgang(&folder, &["-q", "synth", "--scale", "0.002", "--out", "register"]).good();
    let both = [&alone[..], &["both", "--register", "register"]].concat();
    afgang(&folder, &both).good();
    for name in ["tables/models.csv", "tables/expenditure.csv", "figures/means.svg"] {
        let read = |run: &str| folder.read(&format!("{run}/{name}"));
        assert_eq!(read("alone"), read("both"), "{name}");
    }
    let record = folder.read("alone/run.json");
    for fact in ["\"inputs\": []", "\"job_centres\": 3", "\"read\": {}"] {
        assert!(record.contains(fact), "{fact}: {record}");
    }
    let report = folder.read("alone/report.html");
    assert!(report.contains("computed from a register, which was not given"), "nothing is said");
    afgang(&folder, &["run", "study.toml", "--out", "x"]).bad(2, "--register");
    let spells = [&alone[..], &["x", "--spells", "s.parquet"]].concat();
    afgang(&folder, &spells).bad(2, "`--spells` does not go with `a run without --register`");
    // A study of spells alone has nothing to make of accounts.
    let first = STUDY.match_indices("[[output]]").nth(1).unwrap().0;
    folder.write("spells.toml", &STUDY[..first]);
    let spells = ["run", "spells.toml", "--panel", "panel", "--out", "x"];
    let refused = afgang(&folder, &spells);
    refused.bad(2, "every output of the study is made of spells, and no register is given");
    assert!(!folder.path("x").exists());
}
