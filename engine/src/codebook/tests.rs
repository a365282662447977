//! The built-in book against the report's tables 3.1 and 3.2, and every error of a book.

use super::*;

const SMALL: &str = r#"
name = "small"
version = 3
target_groups = ["a", "b"]
exits = ["work", "nothing", "rest"]
interventions = ["passive", "active"]
residual = "rest"
[no_code]
with_income = "work"
without_income = "nothing"
[last_digit]
active = [1, 2]
otherwise = "passive"
[[benefit]]
target_group = "b"
codes = ["10-12", 20]
name_en = "tens"
[[state]]
exit = "rest"
codes = [30]
name_en = "thirty"
"#;

fn error(text: &str) -> String {
    CodeBook::from_toml("small.toml", text).unwrap_err().to_string()
}

fn group(book: &CodeBook, code: u16) -> &str {
    match book.state(code) {
        State::In { target_group, .. } => &book.target_groups()[target_group],
        _ => "",
    }
}

fn intervention(book: &CodeBook, code: u16) -> &str {
    match book.state(code) {
        State::In { intervention, .. } => &book.interventions()[intervention],
        _ => "",
    }
}

fn exit(book: &CodeBook, code: u16) -> &str {
    match book.state(code) {
        State::Out { exit } => &book.exits()[exit],
        _ => "",
    }
}

#[test]
fn the_built_in_book_can_be_read() {
    let book = CodeBook::from_toml("dream-2019", DREAM_2019).unwrap();
    assert_eq!(book, CodeBook::dream_2019());
    assert_eq!((book.name(), book.version()), ("dream-2019", 1));
    assert_eq!(book.target_groups(), ["aktivitetsparate", "jobparate", "sygedagpenge", "dagpenge"]);
    assert_eq!(
        book.exits(),
        [
            "employment",
            "self_support",
            "education",
            "flex_job",
            "partial_sick_return",
            "disability_pension",
            "other",
            "dead_or_emigrated"
        ]
    );
    assert_eq!(book.exits()[book.exit_with_income()], "employment");
    assert_eq!(book.exits()[book.exit_without_income()], "self_support");
    assert_eq!(book.exits()[book.residual_exit()], "other");
}

#[test]
fn target_groups_are_those_of_table_3_1() {
    let table = [
        ("dagpenge", vec![111..=111, 115..=115, 213..=219, 151..=153, 231..=231]),
        (
            "aktivitetsparate",
            vec![700..=709, 710..=719, 720..=729, 730..=739, 750..=759, 760..=769, 810..=818],
        ),
        ("jobparate", vec![130..=139, 140..=149, 160..=169]),
        ("sygedagpenge", vec![870..=878, 890..=898]),
    ];
    let book = CodeBook::dream_2019();
    for code in 0..1000_u16 {
        let expected = table
            .iter()
            .find(|(_, ranges)| ranges.iter().any(|range| range.contains(&code)))
            .map_or("", |(name, _)| name);
        assert_eq!(group(&book, code), expected, "{code}");
    }
    assert_eq!(book.benefits().len(), 17);
}

#[test]
fn exits_are_those_of_the_rule() {
    let book = CodeBook::dream_2019();
    let table = [
        ("education", vec![651, 652, 661]),
        ("flex_job", vec![771, 781]),
        ("disability_pension", vec![783]),
        ("partial_sick_return", vec![899]),
        ("dead_or_emigrated", vec![997, 999]),
        ("other", vec![621, 622, 740, 881, 998]),
    ];
    for (name, codes) in table {
        for code in codes {
            assert_eq!(exit(&book, code), name, "{code}");
        }
    }
    assert_eq!(book.state(0), State::NoCode);
    assert_eq!(book.state(1), State::Unknown);
    assert_eq!(book.state(5000), State::Unknown);
}

#[test]
fn interventions_are_those_of_table_3_2() {
    let book = CodeBook::dream_2019();
    let table = [
        (730, "passive"),
        (733, "guidance"),
        (734, "ordinary_education"),
        (735, "private_company"),
        (737, "private_company"),
        (736, "public_company"),
        (738, "public_company"),
        (739, "public_company"),
        (111, "passive"),
        (115, "passive"),
        (153, "passive"),
        (213, "guidance"),
        (214, "ordinary_education"),
        (217, "private_company"),
        (218, "public_company"),
        (231, "ordinary_education"),
        (731, "passive"),
        (890, "passive"),
        (898, "public_company"),
    ];
    for (code, name) in table {
        assert_eq!(intervention(&book, code), name, "{code}");
    }
    assert_eq!(book.codes_of(0, 1), [703, 713, 723, 733, 753, 763, 813]);
}

#[test]
fn a_small_book() {
    let book = CodeBook::from_toml("small.toml", SMALL).unwrap();
    assert_eq!(book.state(10), State::In { target_group: 1, intervention: 0 });
    assert_eq!(book.state(12), State::In { target_group: 1, intervention: 1 });
    assert_eq!(book.state(20), State::In { target_group: 1, intervention: 0 });
    assert_eq!(book.state(30), State::Out { exit: 2 });
    assert_eq!(book.state(13), State::Unknown);
    assert_eq!(book.benefits()[0].codes, [10, 11, 12, 20]);
}

#[test]
fn messages() {
    assert_eq!(
        error(&SMALL.replace("codes = [30]", "codes = [\"1000\"]")),
        "code book small.toml, entry `thirty`: `1000` is not a code; write codes as \"651\" or ranges \
         as \"700-709\", all between 1 and 999"
    );
    assert!(error(&SMALL.replace("10-12", "12-10")).contains("`12-10` is not a code"));
    assert!(error(&SMALL.replace("[30]", "[-1]")).contains("`-1` is not a code"));
    assert!(error(&SMALL.replace("[30]", "[0]")).contains("`0` is not a code"));
    assert_eq!(
        error(&SMALL.replace("[30]", "[11]")),
        "code book small.toml: code 11 stands both in `tens` and in `thirty`; leave it in one"
    );
    assert_eq!(
        error(&SMALL.replace("exit = \"rest\"", "exit = \"rast\"")),
        "code book small.toml: `rast` is not one of the book's exits: work, nothing, rest"
    );
    assert_eq!(
        error(&SMALL.replace("[\"a\", \"b\"]", "[\"b\", \"b\"]")),
        "code book small.toml: `b` stands twice in target_groups (or is reserved); rename one of them"
    );
    assert!(error(&SMALL.replace("\"nothing\"", "\"still_unemployed\"")).contains("reserved"));
    assert!(error(&SMALL.replace("[1, 2]", "[1, 1]")).contains("entry `last_digit`: `1`"));
    assert!(error(&SMALL.replace("[1, 2]", "[10]")).contains("entry `last_digit`: `10`"));
    assert!(
        error(&SMALL.replace("version = 3", "verson = 3"))
            .starts_with("code book small.toml, line 3: unknown field `verson`")
    );
    let many: Vec<String> = (0..300).map(|number| format!("\"x{number}\"")).collect();
    let text = SMALL.replace(
        "[\"passive\", \"active\"]",
        &format!("[\"passive\", \"active\", {}]", many.join(", ")),
    );
    assert_eq!(
        error(&text),
        "code book small.toml has 607 combinations of target group, intervention and exit; at most \
         253 are possible"
    );
}
