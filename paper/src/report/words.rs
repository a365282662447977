//! The page's own words in Danish and English.

use crate::labels::Lang;
use crate::printed;

/// Words of the page, not of the study.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) contents: &'static str,
    pub(super) read_first: &'static str,
    pub(super) summary: &'static str,
    pub(super) summary_text: &'static str,
    pub(super) part: &'static str,
    pub(super) published: &'static str,
    pub(super) computed: &'static str,
    pub(super) difference: &'static str,
    pub(super) agrees: &'static str,
    pub(super) agree: &'static str,
    pub(super) differ: &'static str,
    pub(super) suppressed: &'static str,
    pub(super) too_few: &'static str,
    pub(super) compared: &'static str,
    pub(super) total: &'static str,
    pub(super) all_agree: &'static str,
    pub(super) numbers: &'static str,
    pub(super) report_says: &'static str,
    pub(super) remark: &'static str,
    pub(super) warning: &'static str,
    pub(super) slip: &'static str,
    pub(super) facts: &'static str,
    pub(super) run_json: &'static str,
    pub(super) data: &'static str,
    pub(super) top: &'static str,
}

impl Words {
    pub(super) fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::Da => &DANISH,
            Lang::En => &ENGLISH,
        }
    }
}

static DANISH: Words = Words {
    contents: "Indhold",
    read_first: "Læs dette først",
    summary: "Overensstemmelse med rapporten",
    summary_text: printed::rule(Lang::Da),
    part: "Tabel eller figur",
    published: "Rapport",
    computed: "Beregnet",
    difference: "Forskel",
    agrees: "stemmer",
    agree: "Stemmer",
    differ: "Afviger",
    suppressed: "skjult",
    too_few: "ikke sammenlignet: for få personer bag tallet",
    compared: "Sammenlignet",
    total: "I alt",
    all_agree: "Alle sammenlignede tal stemmer",
    numbers: "Tallene bag figuren",
    report_says: "Hvad rapporten siger om figuren",
    remark: "Bemærk",
    warning: "Advarsel",
    slip: "Fejl i den trykte rapport",
    facts: "Om kørslen",
    run_json: "Hele run.json",
    data: "Data",
    top: "Til toppen",
};

static ENGLISH: Words = Words {
    contents: "Contents",
    read_first: "Read this first",
    summary: "Agreement with the report",
    summary_text: printed::rule(Lang::En),
    part: "Table or figure",
    published: "Report",
    computed: "Computed",
    difference: "Difference",
    agrees: "agrees",
    agree: "Agree",
    differ: "Differ",
    suppressed: "hidden",
    too_few: "not compared: too few persons behind the number",
    compared: "Compared",
    total: "Total",
    all_agree: "All compared numbers agree",
    numbers: "The numbers behind the figure",
    report_says: "What the report says about the figure, in its words",
    remark: "Note",
    warning: "Warning",
    slip: "Slip of the printed report",
    facts: "About the run",
    run_json: "All of run.json",
    data: "Data",
    top: "To the top",
};
