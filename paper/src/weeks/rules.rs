//! What a study at week resolution reads, and the words that its outputs use.

use afgang_engine::calendar::{Calendar, Month, Week};
use afgang_engine::week::{Classes, RowRule, WeekBook, WeekSet};

use super::list::ListRule;
use crate::labels::{self, Lang};
use crate::study::Words;

/// The part of a study that only week resolution has.
#[derive(Debug, Clone, PartialEq)]
pub struct WeekRules {
    /// First week of data.
    pub first: Week,
    /// Last week of data.
    pub last: Week,
    /// Which month a week belongs to.
    pub calendar: Calendar,
    /// First month with employment degrees.
    pub employment_from: Option<Month>,
    /// What codes mean.
    pub book: WeekBook,
    /// Sets of weeks by name.
    pub sets: Vec<(String, WeekSet)>,
    /// Classes of weeks by name.
    pub classes: Vec<NamedClasses>,
    /// Rows of tables by name.
    pub rows: Vec<RowSet>,
    /// Lists of persons.
    pub lists: Vec<ListRule>,
    /// What readers call a label.
    pub titles: Vec<(String, Words)>,
    /// What readers call the rows or classes of a column.
    pub columns: Vec<(String, Words)>,
}

/// Classes of weeks with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedClasses {
    /// The name.
    pub name: String,
    /// The classes.
    pub of: Classes,
}

/// Rows of a table: persons by the state of a week and by their groups.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSet {
    /// The name.
    pub name: String,
    /// Name of the column.
    pub column: String,
    /// The rows.
    pub rules: Vec<RowRule>,
    /// Sums of rows, by name and places.
    pub totals: Vec<(String, Vec<usize>)>,
}

impl RowSet {
    /// Names of the rows and of the totals, each with the places of its rows.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Vec<usize>)> {
        let rows = self.rules.iter().enumerate().map(|(at, rule)| (rule.label.as_str(), vec![at]));
        rows.chain(self.totals.iter().map(|(name, of)| (name.as_str(), of.clone())))
    }
}

impl WeekRules {
    /// What readers call a label or a column of these outputs.
    pub fn title(&self, label: &str, lang: Lang) -> String {
        let mut own = self.titles.iter().chain(&self.columns);
        if let Some((_, words)) = own.find(|(known, _)| known == label) {
            return words.pick(lang).to_owned();
        }
        let meanings = self.book.states().iter().chain(self.book.measures());
        let of_book = meanings
            .filter(|meaning| meaning.name == label)
            .map(|meaning| lang.pick(&meaning.name_da, &meaning.name_en))
            .find(|name| !name.is_empty());
        if let Some(name) = of_book {
            return name.to_owned();
        }
        if let Some((_, da, en)) = WORDS.iter().find(|(known, ..)| *known == label) {
            return lang.pick(da, en).to_owned();
        }
        if let Ok(month) = label.parse::<Month>() {
            return labels::month(month.year(), month.month().into(), lang);
        }
        // A label that two groupings have stands with its grouping.
        match label.split_once('=') {
            Some((grouping, of)) => {
                format!("{}: {}", self.title(grouping, lang), self.title(of, lang))
            }
            None => label.to_owned(),
        }
    }
}

/// Labels and columns that the program makes, in Danish and English.
const WORDS: &[(&str, &str, &str)] = &[
    ("all", "Alle", "All"),
    ("total", "I alt", "Total"),
    ("none", "Ingen", "None"),
    ("missing", "Uoplyst", "Missing"),
    ("unobserved", "Uden for data", "Unobserved"),
    ("employment", "Beskæftigelse", "Employment"),
    ("self_support", "Selvforsørgelse", "Self-support"),
    ("persons", "Personer", "Persons"),
    ("spells", "Forløb", "Spells"),
    ("percent", "Procent", "Per cent"),
    ("value", "Værdi", "Value"),
    ("quantity", "Størrelse", "Quantity"),
    ("mean_age", "Gennemsnitsalder", "Mean age"),
    ("state", "Tilstand", "State"),
    ("seniority", "Anciennitet", "Seniority"),
    ("weeks", "Uger", "Weeks"),
    ("months", "Måneder", "Months"),
    ("years", "År", "Years"),
    ("year", "År", "Year"),
    ("period", "Periode", "Period"),
    ("group", "Gruppe", "Group"),
    ("type", "Indsats", "Measure"),
    ("conf_low", "Nedre grænse", "Lower limit"),
    ("conf_high", "Øvre grænse", "Upper limit"),
    ("with_measure", "Med indsats", "With a measure"),
    ("without", "Uden indsats", "Without a measure"),
    ("started", "Påbegyndte", "Started"),
    ("completed", "Afsluttede", "Completed"),
    ("of_known_start", "Heraf med kendt start", "Of these with a known start"),
    ("mean_weeks", "Gns. uger", "Mean weeks"),
    ("by", "Opdelt efter", "By"),
    ("month", "Måned", "Month"),
    ("attained", "Heraf opnået", "Of these attained"),
    ("in_set", "Heraf i tilstanden", "Of these in the state"),
    ("percent_unweighted", "Procent, uvægtet", "Per cent, unweighted"),
    ("arm", "Gruppe", "Arm"),
    ("at_risk", "Under risiko", "At risk"),
    ("difference", "Forskel", "Difference"),
    ("std_error", "Standardfejl", "Standard error"),
    ("band_low", "Bånd, nedre", "Band, lower"),
    ("band_high", "Bånd, øvre", "Band, upper"),
    ("covariate", "Kovariat", "Covariate"),
    ("effective_persons", "Effektivt antal", "Effective persons"),
    ("propensity_low", "Laveste propensity", "Lowest propensity"),
    ("propensity_high", "Højeste propensity", "Highest propensity"),
    ("treated_before", "Indsats, før", "Treated, before"),
    ("comparison_before", "Sammenligning, før", "Comparison, before"),
    ("difference_before", "Std. forskel, før", "Std. difference, before"),
    ("treated_after", "Indsats, efter", "Treated, after"),
    ("comparison_after", "Sammenligning, efter", "Comparison, after"),
    ("difference_after", "Std. forskel, efter", "Std. difference, after"),
    ("area", "Område", "Area"),
    ("rank", "Rang", "Rank"),
    ("from_state", "Fra", "From"),
    ("to_state", "Til", "To"),
    ("percent_survivors", "Procent af dem, der er der endnu", "Per cent of those still there"),
    ("cumulative_incidence", "Kumuleret incidens", "Cumulative incidence"),
];
