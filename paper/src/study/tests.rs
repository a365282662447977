//! Tests of studies.

use super::*;

/// A study with one output, for messages.
const SMALL: &str = r#"[study]
name = "small"
version = "1"
title = { da = "Lille", en = "Small" }

[period]
from = "2011-01"
to = "2012-12"

[code_book]
built_in = "dream-2019"

[table.places]
built_in = "municipalities"
key = "municipality"

[grouping.population_group]
column = "kom"
table = "places"
label = "population_group"

[[output]]
id = "curves"
kind = "cumulative-incidence"
title = { da = "Kurver", en = "Curves" }
target_group = "jobparate"
exits = ["employment", "education"]
by = "population_group"

[[output]]
id = "durations"
kind = "duration-intervals"
title = { da = "Varighed", en = "Durations" }
target_group = "dagpenge"
exits = ["employment"]
intervals = ["1", "2-6", "7-18"]
start_years = [2011, 2012]
"#;

fn read(text: &str) -> Result<Study, Box<StudyError>> {
    read::study("test", "small.toml", text, Some(Path::new("/no/such/folder")))
}

/// Replaces a text that must be there and reads the study.
fn changed(from: &str, to: &str) -> Box<StudyError> {
    assert!(SMALL.contains(from), "{from}");
    read(&SMALL.replacen(from, to, 1)).unwrap_err()
}

fn says(error: &StudyError, message: &str, help: &str) {
    assert_eq!(error.to_string(), message);
    assert_eq!(error.help().unwrap_or_default(), help);
}

#[test]
fn a_small_study_is_read() {
    let study = read(SMALL).unwrap();
    assert_eq!((study.look_back, study.exit_lag, study.min_duration), (1, 1, 1));
    let labels = study.grouping("population_group").unwrap().labels.as_ref().unwrap();
    let mut groups: Vec<&str> = labels.iter().map(|(_, label)| label.as_str()).collect();
    groups.dedup();
    assert_eq!(groups, ["1", "2", "3", "4", "5"]);
}

#[test]
fn an_unknown_key_names_the_line_and_the_nearest_key() {
    says(
        &changed("target_group = \"jobparate\"", "targetgroup = \"jobparate\""),
        "small.toml, line 26: unknown key `targetgroup` in [[output]]",
        "did you mean `target_group`? valid here: id, number, kind, title, note, published, printed, \
         target_group, exits, by, level",
    );
    says(
        &changed("[period]", "[peroid]"),
        "small.toml, line 6: unknown key `peroid` in the study",
        "did you mean `period`? valid here: study, period, code_book, spells, table, grouping, accounts, \
         label, window, set, classes, rows, list, output, slip",
    );
}

#[test]
fn misspelt_words_name_the_line_and_the_nearest_word() {
    says(
        &changed("\"jobparate\"", "\"jobparat\""),
        "small.toml, line 26: unknown target group `jobparat`",
        "did you mean `jobparate`? valid here: aktivitetsparate, jobparate, sygedagpenge, dagpenge",
    );
    says(
        &changed("by = \"population_group\"", "by = \"popluation_group\""),
        "small.toml, line 28: unknown grouping `popluation_group`",
        "did you mean `population_group`? valid here: population_group",
    );
    let error = changed("[\"employment\", \"education\"]", "[\"employment\", \"educaton\"]");
    assert_eq!(error.to_string(), "small.toml, line 27: unknown exit `educaton`");
    assert!(error.help().unwrap().starts_with("did you mean `education`?"));
    let error = changed("kind = \"duration-intervals\"", "kind = \"duration-interval\"");
    assert!(error.help().unwrap().starts_with("did you mean `duration-intervals`?"));
    let error = changed("label = \"population_group\"", "label = \"populationgroup\"");
    assert_eq!(
        error.to_string(),
        "small.toml, line 20: unknown column of the data table `populationgroup`"
    );
}

#[test]
fn impossible_periods_are_refused() {
    says(
        &changed("to = \"2012-12\"", "to = \"2010-12\""),
        "small.toml, line 8: a period from 2011-01 to 2010-12 is impossible",
        "a period needs a month to look back to, and at least one more",
    );
    says(
        &changed("\"2011-01\"", "\"2011-13\""),
        "small.toml, line 7: `2011-13` is not a month",
        "write months as YYYY-MM, for example 2011-01",
    );
    says(
        &changed("start_years = [2011, 2012]", "start_years = [2011, 2013]"),
        "small.toml, line 37: `start_years` is 2013, outside the study's period",
        "stay between 2011 and 2012",
    );
    says(
        &changed("start_years = [2011, 2012]", "start_years = [2012, 2011]"),
        "small.toml, line 37: `start_years` goes from 2012 to 2011",
        "write the smaller number first",
    );
}

#[test]
fn intervals_follow_each_other() {
    says(
        &changed("\"2-6\"", "\"3-6\""),
        "small.toml, line 36: interval `3-6` does not follow the one before",
        "let it start at 2, so that each month is in one interval",
    );
    says(
        &changed("\"7-18\"", "\"7-99\""),
        "small.toml, line 36: `intervals` is 99, outside the study's period",
        "stay between 1 and 23",
    );
    says(
        &changed("\"7-18\"", "\"7+\""),
        "small.toml, line 36: `7+` is not an interval of months",
        "write one month as \"1\", several as \"2-6\"",
    );
}

#[test]
fn types_and_missing_keys() {
    says(
        &changed("target_group = \"jobparate\"", "target_group = 7"),
        "small.toml, line 26: `target_group` is integer, where text in quotes is needed",
        "write text in quotes",
    );
    says(
        &changed("id = \"curves\"\n", ""),
        "small.toml, line 22: [[output]] has no `id`",
        "add `id = …` to [[output]]",
    );
    says(
        &changed("id = \"durations\"", "id = \"curves\""),
        "small.toml, line 31: the output `curves` is there twice",
        "rename or remove one of the two",
    );
    says(
        &changed("id = \"curves\"", "id = \"../curves\""),
        "small.toml, line 23: `../curves` cannot be the id",
        "write a file name of letters, digits, - and _",
    );
    says(
        &changed("built_in = \"dream-2019\"", "built_in = \"dream-2019\"\nfile = \"my.toml\""),
        "small.toml, line 10: [code_book] needs either `built_in` or `file`",
        "write either `built_in` or `file`",
    );
    says(
        &changed("kind = \"duration-intervals\"", "kind = \"stock\""),
        "small.toml, line 32: stock belongs to studies at week resolution",
        "write resolution = \"week\" and weeks such as 2014-W20 in [period], with a code book of weeks such as dream-weeks-2014",
    );
    let error = changed("[study]", "[study");
    assert_eq!(error.line(), Some(1));
}

#[test]
fn a_misspelt_kind_is_no_missing_kind() {
    let error = changed("kind = \"cumulative-incidence\"", "knd = \"cumulative-incidence\"");
    assert_eq!(error.to_string(), "small.toml, line 24: unknown key `knd` in [[output]]");
    let help = error.help().unwrap();
    assert!(help.starts_with("did you mean `kind`?"), "{help}");
    assert_eq!(help.matches("start_years").count(), 1, "{help}");
    says(
        &changed("kind = \"cumulative-incidence\"\n", ""),
        "small.toml, line 22: [[output]] has no `kind`",
        "add `kind = …` to [[output]]",
    );
}

#[test]
fn a_title_in_one_language_does_for_both() {
    for one in ["title.en = \"Curves\"", "title = { da = \"Curves\" }", "title = \"Curves\""] {
        let text = SMALL.replacen("title = { da = \"Kurver\", en = \"Curves\" }", one, 1);
        let title = &read(&text).unwrap().outputs[0].title;
        assert_eq!((&*title.da, &*title.en), ("Curves", "Curves"));
    }
    says(
        &changed("title = { da = \"Kurver\", en = \"Curves\" }", "title = {}"),
        "small.toml, line 25: [output.title] has neither `da` nor `en`",
        "write it as `da`, as `en`, or both; one of them does for both",
    );
    let error = changed("{ da = \"Kurver\", en", "{ dk = \"Kurver\", en");
    assert_eq!(error.to_string(), "small.toml, line 25: unknown key `dk` in [output.title]");
}

#[test]
fn a_slip_needs_its_output() {
    let slip = "\n[[slip]]\noutput = \"curve\"\ntext.en = \"Wrong.\"\n";
    says(
        &read(&format!("{SMALL}{slip}")).unwrap_err(),
        "small.toml, line 40: this slip is of the output `curve`, which the study does not have",
        "delete the slip, or name one of the outputs: curves, durations",
    );
}

#[test]
fn files_of_a_study_are_named() {
    let error = changed("built_in = \"municipalities\"", "file = \"mine.csv\"");
    assert_eq!(
        error.to_string(),
        "small.toml, line 14: cannot read /no/such/folder/mine.csv: No such file or directory (os error 2)"
    );
}

#[test]
fn data_tables_are_checked() {
    let source = document::Placed { value: "t.csv".to_owned(), span: 9..14 };
    let document =
        document::Document { name: "s.toml", text: "\nfile = \"t.csv\"\n", windows: None };
    let parsed = |text: &str| JoinTable::parse(document, &source, text.to_owned(), "kom");
    let table = |text: &str| parsed(text).unwrap_err();
    says(
        &table("komm,group\n101,1\n"),
        "s.toml, line 2: data table t.csv: no column `kom`",
        "did you mean `komm`? its columns: komm, group",
    );
    says(
        &table("kom,group\n101,1\n101,2\n"),
        "s.toml, line 2: data table t.csv: line 3: kom 101 is there twice",
        "remove one of the two lines",
    );
    says(
        &table("kom,group\n"),
        "s.toml, line 2: data table t.csv: it has no rows",
        "add a line for each code",
    );
    let error = table("kom,group\n101\n");
    assert!(error.to_string().starts_with("s.toml, line 2: data table t.csv: CSV error"));
    // Commas, semicolons and tabs, with or without a byte-order mark.
    let label = document::Placed { value: "group".to_owned(), span: 0..0 };
    for text in ["kom,group\n101,a\n", "\u{feff}kom;group\n101;a\n", "kom\tgroup\n101\ta\n"] {
        let labels = parsed(text).unwrap().labels(document, &label).unwrap();
        assert_eq!(labels, [("101".to_owned(), "a".to_owned())], "{text}");
    }
}

#[test]
fn a_study_that_is_not_there() {
    says(
        &Study::load("viev").unwrap_err(),
        "there is no study `viev`",
        "built in: vive, expert_group, expectations, effects; or give the path of a .toml file",
    );
    assert!(Study::load("no/such.toml").unwrap_err().to_string().contains("no/such.toml"));
}

#[test]
fn the_table_of_municipalities_is_appendix_1() {
    let study = Study::load("vive").unwrap();
    let label = |grouping: &str, code: &str| {
        let labels = study.grouping(grouping).unwrap().labels.as_ref().unwrap();
        labels.iter().find(|(own, _)| own == code).map(|(_, label)| label.clone()).unwrap()
    };
    let mut municipalities = 0;
    let centres = afgang_fixtures::published::records(afgang_fixtures::published::APPENDIX_1);
    for centre in &centres {
        for code in centre[1].split(' ') {
            municipalities += 1;
            assert_eq!(label("job_centre", code), centre[0]);
            assert_eq!(label("conditions_group", code), centre[2]);
            assert_eq!(label("population_group", code), centre[3]);
        }
    }
    assert_eq!((centres.len(), municipalities), (94, 98));
    let table = &study.tables[0].1;
    assert_eq!(table.text.lines().count(), 99);
}

/// Every number that the report's text gives for a figure stands in the study, as printed, once.
#[test]
fn every_text_value_of_chapter_4_is_compared() {
    let study = Study::load("vive").unwrap();
    let mut ours: Vec<(String, String, String)> = study
        .outputs
        .iter()
        .filter(|output| output.number.da.starts_with("4."))
        .flat_map(|output| {
            output.printed.iter().map(|printed| {
                let wording = printed.wording.clone().unwrap().da;
                (output.number.da.clone(), printed.value.clone(), wording)
            })
        })
        .collect();
    let mut published: Vec<(String, String, String)> =
        afgang_fixtures::published::records(afgang_fixtures::published::CHAPTER_4_TEXT)
            .into_iter()
            .map(|record| (record[0].clone(), record[4].clone(), record[5].clone()))
            .collect();
    ours.sort();
    published.sort();
    assert_eq!(ours, published);
}

/// All but "ca. 1.4 million" and "a good 30 per cent", which are of sums that no output has.
#[test]
fn every_text_value_of_chapter_3_is_compared() {
    let study = Study::load("vive").unwrap();
    let of = |printed: &PrintedValue, key: &str| {
        printed.keys.iter().find(|(name, _)| name == key).unwrap().1.clone()
    };
    let mut ours: Vec<[String; 4]> = study
        .outputs
        .iter()
        .filter(|output| output.number.da.starts_with("3."))
        .flat_map(|output| {
            output.printed.iter().map(|printed| {
                let [group, year] = ["target_group", "year"].map(|key| of(printed, key));
                [output.number.da.clone(), group, year, printed.value.clone()]
            })
        })
        .collect();
    let mut published: Vec<[String; 4]> =
        afgang_fixtures::published::records(afgang_fixtures::published::CHAPTER_3_TEXT)
            .into_iter()
            .filter(|record| !record[2].contains("all kinds") && record[3] != "every year")
            .map(|record| [0, 1, 3, 4].map(|column| record[column].clone()))
            .collect();
    ours.sort();
    published.sort();
    assert_eq!(ours, published);
}

/// The start years that a text value speaks of are those of its row.
#[test]
fn text_values_stand_with_their_year_and_group() {
    let study = Study::load("vive").unwrap();
    for record in afgang_fixtures::published::records(afgang_fixtures::published::CHAPTER_4_TEXT) {
        let output = study
            .outputs
            .iter()
            .find(|output| !output.kind.is_table() && output.number.da == record[0])
            .unwrap();
        let wanted = match record[3].rsplit_once(' ') {
            Some(("start year", year)) => Some(("start_year", year)),
            Some(("population group", group)) => Some(("population_group", group)),
            _ => None,
        };
        let found = output.printed.iter().any(|printed| {
            let key = |name: &str| {
                printed.keys.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
            };
            printed.value == record[4]
                && match wanted {
                    Some((name, value)) => key(name) == Some(value),
                    None => key("start_year").is_none(),
                }
        });
        assert!(found, "{record:?}");
    }
}

#[test]
fn every_output_of_chapter_4_is_there() {
    let study = Study::load("vive").unwrap();
    let ids: Vec<&str> = study.outputs.iter().map(|output| output.id.as_str()).collect();
    for table in 1..=5 {
        assert!(ids.contains(&format!("table_4_{table}").as_str()));
    }
    for figure in 1..=16 {
        assert!(ids.contains(&format!("figure_4_{figure}").as_str()));
    }
    assert!(ids.contains(&"section_4_3_1"));
}
