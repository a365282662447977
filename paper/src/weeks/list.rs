//! Lists of persons: files that are joined to a register by the ids of persons.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use afgang_engine::grouping::MISSING_LABEL;
use afgang_engine::week::PersonList;

use crate::rows::{self, DataError};
use crate::table::Values;

/// A list that a study names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRule {
    /// Its name.
    pub name: String,
    /// Column of the ids of persons.
    pub id: String,
    /// Its file as the study names it; without it the command line gives one.
    pub file: Option<String>,
}

/// What a column of a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Its values are groups; a person without a value is in a group of its own.
    Group,
    /// Sampling weights, each a number above 0.
    Weight,
}

/// What an output needs of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListUse<'a> {
    /// Name of the list.
    pub list: &'a str,
    /// Columns and what they are for.
    pub columns: Vec<(&'a str, Role)>,
}

/// A list that cannot be used. Rows count from 1, below the header.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The file or one of its columns.
    #[error("list `{list}`: {error}")]
    Data {
        /// The list.
        list: String,
        /// What is wrong with it.
        error: DataError,
    },
    /// Numbers with a fraction where ids are expected.
    #[error("list `{list}`: the ids in column `{column}` are numbers with decimals")]
    NotIds {
        /// The list.
        list: String,
        /// The column of ids.
        column: String,
    },
    /// A person who stands there twice.
    #[error(
        "list `{list}`: the person of row {first} is there again in row {row} (column `{column}`)"
    )]
    Twice {
        /// The list.
        list: String,
        /// The column of ids.
        column: String,
        /// First row of the person.
        first: usize,
        /// Second row.
        row: usize,
    },
    /// A value that the study's table does not have.
    #[error(
        "list `{list}`: column `{column}` holds `{value}` in row {row}, which the table of the grouping `{grouping}` does not have"
    )]
    Unmatched {
        /// The list.
        list: String,
        /// The column.
        column: String,
        /// Its row.
        row: usize,
        /// The value.
        value: String,
        /// The grouping.
        grouping: String,
    },
    /// An arm that nobody is in.
    #[error("list `{list}`: nobody has `{value}` in column `{column}`")]
    NoArm {
        /// The list.
        list: String,
        /// The column of arms.
        column: String,
        /// The value of the arm.
        value: String,
        /// Values that there are.
        known: Vec<String>,
    },
    /// A word in a column of numbers.
    #[error("list `{list}`: column `{column}` holds `{value}` in row {row} among numbers")]
    WordAmongNumbers {
        /// The list.
        list: String,
        /// The column of a covariate.
        column: String,
        /// Its row.
        row: usize,
        /// The word.
        value: String,
    },
    /// A start that is no week.
    #[error("list `{list}`: column `{column}` holds `{value}` in row {row}, which is no week")]
    NotAWeek {
        /// The list.
        list: String,
        /// The column of starts.
        column: String,
        /// Its row.
        row: usize,
        /// The value.
        value: String,
    },
    /// A start that the study cannot look back to.
    #[error("list `{list}`: the start in row {row}, {week}, lies before {first}")]
    StartBefore {
        /// The list.
        list: String,
        /// Its row.
        row: usize,
        /// The week.
        week: String,
        /// The first week whose states are known.
        first: String,
    },
    /// A list of other persons than the register's.
    #[error("list `{list}`: none of its {persons} persons is in the register")]
    NobodyFound {
        /// The list.
        list: String,
        /// Persons on it.
        persons: usize,
    },
}

/// Values that a message names at most.
const MOST_NAMED: usize = 12;

impl ListError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Data { error, .. } => error.help(),
            Self::NotIds { .. } => "write ids as words (strings) or whole numbers".to_owned(),
            Self::Twice { .. } => "leave one of the rows out: a person is followed once".to_owned(),
            Self::Unmatched { grouping, .. } => format!(
                "add it to the table, or write `unmatched = \"other\"` in [grouping.{grouping}] for a label of its own"
            ),
            Self::NoArm { known, .. } => {
                let more = known.len().saturating_sub(MOST_NAMED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let known = known[..known.len().min(MOST_NAMED)].join(", ");
                format!("the column has {known}{more}")
            }
            Self::WordAmongNumbers { column, .. } => format!(
                "correct it; if the numbers are names of categories, write categories = [\"{column}\"] instead"
            ),
            Self::NotAWeek { .. } => "write weeks as YYYY-Www, for example 2013-W05".to_owned(),
            Self::StartBefore { .. } => {
                "read more of the register ([period] from, and employment_from where work is counted), or leave the row out"
                    .to_owned()
            }
            Self::NobodyFound { .. } => {
                "check that the ids are those of the register; a spreadsheet may have taken away leading zeros \
                 (write ids as words), or another file is meant"
                    .to_owned()
            }
        }
    }
}

/// How many of a list's persons the register has.
pub(crate) fn found_of(list: &str, found: u64, persons: u64) -> String {
    let hint = if found < persons {
        "; an id that has lost leading zeros in a spreadsheet is another one"
    } else {
        ""
    };
    format!("list `{list}`: the register has {found} of its {persons} persons{hint}")
}

/// A list as read: a row a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    ids: Vec<String>,
    columns: Vec<(String, Values)>,
}

impl Listed {
    /// Reads the ids and the columns that outputs need, and checks them.
    ///
    /// # Errors
    ///
    /// [`ListError`], with the row.
    pub fn read(rule: &ListRule, path: &Path, uses: &[ListUse<'_>]) -> Result<Self, ListError> {
        let list = || rule.name.clone();
        let data = |error| ListError::Data { list: list(), error };
        let mut wanted: Vec<&str> = vec![&rule.id];
        for (column, _) in uses.iter().flat_map(|used| &used.columns) {
            if !wanted.contains(column) {
                wanted.push(column);
            }
        }
        let mut values = rows::read_columns(path, &wanted).map_err(data)?.into_iter();
        let ids = values.next().unwrap_or_else(|| Values::Text(Vec::new()));
        if ids.len() == 0 {
            return Err(data(DataError::Empty { path: path.to_owned() }));
        }
        let column = || rule.id.clone();
        let ids = match ids {
            Values::Number(ids) => whole(&ids),
            Values::Text(ids) => without_zeros(ids),
            ids => Some(ids),
        };
        let ids = ids.ok_or_else(|| ListError::NotIds { list: list(), column: column() })?;
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(ids.len());
        for row in 0..ids.len() {
            let id = ids.show(row).trim().to_owned();
            if id.is_empty() {
                return Err(data(DataError::Missing { column: column(), row: row + 1 }));
            }
            match seen.entry(id) {
                Entry::Occupied(first) => {
                    let (first, row) = (first.get() + 1, row + 1);
                    return Err(ListError::Twice { list: list(), column: column(), first, row });
                }
                Entry::Vacant(entry) => entry.insert(row),
            };
        }
        let ids = (0..ids.len()).map(|row| ids.show(row).trim().to_owned()).collect();
        let columns = wanted.iter().skip(1).map(|&name| name.to_owned()).zip(values).collect();
        let listed = Self { name: list(), path: path.to_owned(), ids, columns };
        for &(column, role) in uses.iter().flat_map(|used| &used.columns) {
            if role == Role::Weight {
                listed.weights(column)?;
            }
        }
        Ok(listed)
    }

    /// The first word of a column whose other values are numbers, with its row; `None` where there is none.
    pub(crate) fn word_among_numbers(
        &self,
        column: &str,
    ) -> Result<Option<(usize, String)>, ListError> {
        let Values::Text(words) = self.column(column)? else { return Ok(None) };
        let is_number = |word: &String| word.trim().parse::<f64>().is_ok();
        if !words.iter().flatten().any(is_number) {
            return Ok(None);
        }
        let of_row = |(row, word): (usize, &Option<String>)| Some((row + 1, word.clone()?));
        Ok(words.iter().enumerate().filter_map(of_row).find(|(_, word)| !is_number(word)))
    }

    /// Number of persons.
    pub fn persons(&self) -> usize {
        self.ids.len()
    }

    /// As the engine looks for them.
    pub fn person_list(&self) -> PersonList {
        PersonList { name: self.name.clone(), ids: self.ids.clone() }
    }

    /// A column that outputs need.
    ///
    /// # Errors
    ///
    /// [`DataError::NoColumn`] for any other.
    pub fn column(&self, name: &str) -> Result<&Values, ListError> {
        let found = self.columns.iter().find(|(column, _)| column == name);
        found.map(|(_, values)| values).ok_or_else(|| ListError::Data {
            list: self.name.clone(),
            error: DataError::NoColumn {
                path: self.path.clone(),
                column: name.to_owned(),
                nearest: None,
                columns: self.columns.iter().map(|(column, _)| column.clone()).collect(),
            },
        })
    }

    /// The numbers of a column, none of them missing.
    ///
    /// # Errors
    ///
    /// [`ListError::Data`] with the first row at fault.
    pub fn numbers(&self, column: &str) -> Result<Vec<f64>, ListError> {
        let values = self.column(column)?.clone();
        rows::column_numbers(values, column)
            .map_err(|error| ListError::Data { list: self.name.clone(), error })
    }

    /// The sampling weights of a column, each above 0.
    ///
    /// # Errors
    ///
    /// [`ListError::Data`] with the first row at fault.
    pub fn weights(&self, column: &str) -> Result<Vec<f64>, ListError> {
        let weights = self.numbers(column)?;
        let good = |weight: f64| weight.is_finite() && weight > 0.0;
        rows::check(column, &weights, good, "a finite number above 0", |row| row + 1)
            .map_err(|error| ListError::Data { list: self.name.clone(), error })?;
        Ok(weights)
    }

    /// The values of a column as groups.
    ///
    /// # Errors
    ///
    /// [`ListError::Unmatched`].
    pub fn groups(&self, by: &By) -> Result<Groups, ListError> {
        let values = self.column(&by.column)?;
        let Some(joined) = &by.labels else { return Ok(Groups::of_values(values)) };
        let mut labels: Vec<&str> = Vec::new();
        let known = joined.iter().map(|(_, label)| label.as_str());
        for label in known.chain(by.unmatched.as_deref()).chain([MISSING_LABEL]) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let mut of = Vec::with_capacity(values.len());
        for row in 0..values.len() {
            let value = values.show(row);
            let found = joined.iter().find(|(key, _)| *key == value).map(|(_, label)| label);
            let label = match (values.is_missing(row), found, &by.unmatched) {
                (true, ..) => MISSING_LABEL,
                (_, Some(label), _) | (_, None, Some(label)) => label,
                (_, None, None) => {
                    return Err(ListError::Unmatched {
                        list: self.name.clone(),
                        column: by.column.clone(),
                        row: row + 1,
                        value,
                        grouping: by.name.clone(),
                    });
                }
            };
            of.push(labels.iter().position(|known| *known == label).unwrap_or(0));
        }
        Ok(Groups { labels: labels.into_iter().map(str::to_owned).collect(), of }.occurring())
    }
}

/// Floating numbers that are all whole, as spreadsheets write them where there are gaps.
fn whole(numbers: &[f64]) -> Option<Values> {
    let exact =
        |number: f64| number.is_nan() || (number.fract() == 0.0 && number.abs() < 2_f64.powi(53));
    let whole = |&number: &f64| (!number.is_nan()).then_some(number as i64);
    let all = numbers.iter().all(|&number| exact(number));
    all.then(|| Values::Whole(numbers.iter().map(whole).collect()))
}

/// The same in text, where there are only numbers and some have a point; other texts as they are.
fn without_zeros(texts: Vec<Option<String>>) -> Option<Values> {
    let mut known = texts.iter().flatten().map(|text| text.trim());
    let numbers = known.clone().all(|text| text.parse::<f64>().is_ok());
    if !numbers || !known.any(|text| text.contains('.')) {
        return Some(Values::Text(texts));
    }
    let whole = |text: String| match text.split_once('.') {
        None => Some(text),
        Some((whole, rest)) => rest.trim().bytes().all(|b| b == b'0').then(|| whole.to_owned()),
    };
    let whole = |text: Option<String>| text.map_or(Some(None), |text| whole(text).map(Some));
    texts.into_iter().map(whole).collect::<Option<Vec<_>>>().map(Values::Text)
}

/// Groups of a list's persons: a column by its own values, or joined to a table of the study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Name of the column, or of the grouping that it is read by.
    pub name: String,
    /// The column.
    pub column: String,
    /// Value and label of each row of the joined table.
    pub labels: Option<Vec<(String, String)>>,
    /// Label of values that the table does not have.
    pub unmatched: Option<String>,
}

/// The groups of a list's persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// Their labels: those of a joined table in its order, else numbers by size and words by letter; persons without a value last.
    pub labels: Vec<String>,
    /// Group of each person.
    pub of: Vec<usize>,
}

impl Groups {
    fn of_values(values: &Values) -> Self {
        let of = rows::ranks(values);
        let mut labels = vec![String::new(); of.iter().max().map_or(0, |last| last + 1)];
        for (row, &group) in of.iter().enumerate() {
            labels[group] =
                if values.is_missing(row) { MISSING_LABEL.to_owned() } else { values.show(row) };
        }
        Self { labels, of }
    }

    /// Without groups that nobody is in.
    fn occurring(self) -> Self {
        let mut places = vec![None; self.labels.len()];
        let mut labels = Vec::new();
        for (group, label) in self.labels.into_iter().enumerate() {
            if self.of.contains(&group) {
                places[group] = Some(labels.len());
                labels.push(label);
            }
        }
        Self { labels, of: self.of.iter().map(|&group| places[group].unwrap_or(0)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, columns: &[(&str, Role)]) -> Result<Listed, ListError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        std::fs::write(&path, text).unwrap();
        let rule = ListRule { name: "cohort".to_owned(), id: "pnr".to_owned(), file: None };
        Listed::read(&rule, &path, &[ListUse { list: "cohort", columns: columns.to_vec() }])
    }

    fn by(labels: Option<&[(&str, &str)]>, unmatched: Option<&str>) -> By {
        let own = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        By {
            name: "sex".to_owned(),
            column: "kon".to_owned(),
            labels: labels.map(own),
            unmatched: unmatched.map(str::to_owned),
        }
    }

    #[test]
    fn groups_have_an_order_of_their_own() {
        let text = "kon,pnr\n10,a\n9,b\n,c\n10,d\n";
        let listed = read(text, &[("kon", Role::Group)]).unwrap();
        let groups = listed.groups(&by(None, None)).unwrap();
        assert_eq!(groups.labels, ["9", "10", "missing"]);
        assert_eq!(groups.of, [1, 0, 2, 1]);
        let table: &[(&str, &str)] = &[("10", "ten"), ("11", "eleven"), ("9", "nine")];
        let groups = listed.groups(&by(Some(table), None)).unwrap();
        assert_eq!(groups.labels, ["ten", "nine", "missing"]);
        assert_eq!(groups.of, [0, 1, 2, 0]);
        let groups = listed.groups(&by(Some(&table[..1]), Some("other"))).unwrap();
        assert_eq!(groups.labels, ["ten", "other", "missing"]);
        let error = listed.groups(&by(Some(&table[..1]), None)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "list `cohort`: column `kon` holds `9` in row 2, which the table of the grouping `sex` does not have"
        );
    }

    #[test]
    fn what_is_wrong_with_a_list_is_said_with_its_row() {
        let says = |text: &str, columns: &[(&str, Role)], wanted: &str| {
            let error = read(text, columns).unwrap_err();
            assert!(error.to_string().contains(wanted), "{error}");
            assert!(!error.help().is_empty());
        };
        says("id,w\na,1\n", &[], "has no column `pnr`");
        says("pnr,w\na,1\n", &[("v", Role::Weight)], "has no column `v`");
        says("pnr\n1.5\n2\n", &[], "the ids in column `pnr` are numbers with decimals");
        says("pnr,w\n", &[], "has no rows");
        says("pnr\na\nb\n a \n", &[], "the person of row 1 is there again in row 3 (column `pnr`)");
        says("pnr,w\na,1\n,2\n", &[], "column `pnr` has no value in row 2");
        let weight = &[("w", Role::Weight)];
        says("pnr,w\na,1\nb,\n", weight, "list `cohort`: column `w` has no value in row 2");
        says(
            "pnr,w\na,1\nb,0\n",
            weight,
            "column `w` is 0 in row 2; it must be a finite number above 0",
        );
        says("pnr,w\na,-1\n", weight, "column `w` is -1 in row 1");
        says("pnr,w\na,much\n", weight, "column `w` holds `much` in row 1");
        // Leading zeros are part of an id.
        assert_eq!(read("pnr\n012\n12\n", &[]).unwrap().person_list().ids, ["012", "12"]);
        // Whole numbers may be written as floating ones.
        let ids = |text: &str| read(text, &[]).unwrap().person_list().ids;
        assert_eq!(ids("pnr\n776473465.0\n12.0\n"), ["776473465", "12"]);
    }

    #[test]
    fn a_word_among_numbers_is_found() {
        let text = "pnr,age,arm\na,30,x\nb,,y\nc,unknown,1\n";
        let listed = read(text, &[("age", Role::Group), ("arm", Role::Group)]).unwrap();
        assert_eq!(listed.word_among_numbers("age").unwrap(), Some((3, "unknown".to_owned())));
        assert_eq!(listed.word_among_numbers("arm").unwrap(), Some((1, "x".to_owned())));
        let listed = read("pnr,arm\na,x\nb,y\n", &[("arm", Role::Group)]).unwrap();
        assert_eq!(listed.word_among_numbers("arm").unwrap(), None);
    }
}
