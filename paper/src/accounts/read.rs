//! The files of a folder of accounts, as they come.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::AccountsError;
use crate::rows::{DataError, column_numbers, read_columns};
use crate::table::Values;

/// Amounts by municipality, year, dranst, function and grouping.
pub(super) const ACCOUNTS: &str = "accounts.csv";
/// Corrections of main account 6 by municipality, year and item.
pub(super) const CORRECTIONS: &str = "survey_corrections.csv";
/// Full-time unemployed by municipality, year and target group.
pub(super) const UNEMPLOYED: &str = "full_time_unemployed.csv";
/// Population and conditions by municipality and year.
pub(super) const BACKGROUND: &str = "background.csv";
/// Price indices by year.
pub(super) const PRICES: &str = "prices.csv";

/// All of them.
pub const FILES: [&str; 5] = [ACCOUNTS, CORRECTIONS, UNEMPLOYED, BACKGROUND, PRICES];

/// An amount of the accounts, in current kroner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Posting {
    pub(super) municipality: String,
    pub(super) year: i32,
    /// Dranst, function, grouping.
    pub(super) account: (String, String, String),
    pub(super) amount: f64,
}

/// A number of a municipality in a year, of an item or a target group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Row below the header, from 1.
    pub(super) row: usize,
    pub(super) municipality: String,
    pub(super) year: i32,
    pub(super) name: String,
    pub(super) value: f64,
}

/// Conditions of a municipality in a year.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Background {
    pub(super) municipality: String,
    pub(super) year: i32,
    pub(super) population: f64,
    pub(super) population_17_64: f64,
    pub(super) economic_pressure: f64,
    pub(super) disability_pensioners: f64,
}

/// Price indices of a year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prices {
    pub(super) year: i32,
    pub(super) hk5: f64,
    pub(super) hk6: f64,
}

/// The content of all files, each in the order of its keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sources {
    pub(super) postings: Vec<Posting>,
    pub(super) corrections: Vec<Entry>,
    pub(super) unemployed: Vec<Entry>,
    pub(super) background: Vec<Background>,
    pub(super) prices: Vec<Prices>,
}

impl Sources {
    /// Reads the files of a folder. Municipalities that are not `known` are refused.
    pub(super) fn read(
        folder: &Path,
        known: &BTreeSet<String>,
        rows: &mut Vec<(&'static str, u64)>,
    ) -> Result<Self, AccountsError> {
        if !folder.is_dir() {
            let (path, files) = (folder.to_owned(), FILES.to_vec());
            return Err(AccountsError::NoFolder { path, files });
        }
        let mut open = |file, columns: &[&'static str]| -> Result<File, AccountsError> {
            let opened = File::open(folder, file, columns, known)?;
            rows.push((file, opened.rows as u64));
            Ok(opened)
        };
        let keys = ["municipality", "year", "dranst", "function", "grouping", "amount"];
        let postings = postings(&open(ACCOUNTS, &keys)?)?;
        let corrections = open(CORRECTIONS, &["municipality", "year", "item", "amount"]);
        let corrections = entries(&none_is_fine(corrections)?, ["item", "amount"])?;
        let unemployed = open(UNEMPLOYED, &["municipality", "year", "target_group", "persons"])?;
        let unemployed = entries(&unemployed, ["target_group", "persons"])?;
        let background = background(&open(BACKGROUND, &BACKGROUND_COLUMNS)?)?;
        let prices = prices(&open(PRICES, &["year", "index_hk5", "index_hk6"])?)?;
        Ok(Self { postings, corrections, unemployed, background, prices })
    }
}

/// A survey that corrects nothing has no rows.
fn none_is_fine(file: Result<File, AccountsError>) -> Result<File, AccountsError> {
    match file {
        Err(AccountsError::Data { file, error: DataError::Empty { .. } }) => {
            Ok(File { name: file, columns: Vec::new(), rows: 0, known: BTreeSet::new() })
        }
        other => other,
    }
}

const BACKGROUND_COLUMNS: [&str; 6] = [
    "municipality",
    "year",
    "population",
    "population_17_64",
    "economic_pressure",
    "disability_pensioners",
];

/// Some columns of a file.
struct File {
    name: &'static str,
    columns: Vec<(&'static str, Values)>,
    rows: usize,
    known: BTreeSet<String>,
}

impl File {
    fn open(
        folder: &Path,
        name: &'static str,
        columns: &[&'static str],
        known: &BTreeSet<String>,
    ) -> Result<Self, AccountsError> {
        let path: PathBuf = folder.join(name);
        let values = read_columns(&path, columns)
            .map_err(|error| AccountsError::Data { file: name, error })?;
        let rows = values.first().map_or(0, Values::len);
        let columns = columns.iter().copied().zip(values).collect();
        Ok(Self { name, columns, rows, known: known.clone() })
    }

    fn column(&self, name: &str) -> Option<&(&'static str, Values)> {
        self.columns.iter().find(|(column, _)| *column == name)
    }

    /// A column of words, none of them empty.
    fn words(&self, name: &'static str) -> Result<Vec<String>, AccountsError> {
        let Some((column, values)) = self.column(name) else { return Ok(Vec::new()) };
        (0..self.rows)
            .map(|row| {
                let text = values.show(row);
                if text.is_empty() {
                    return Err(AccountsError::EmptyKey { file: self.name, row: row + 1, column });
                }
                Ok(text)
            })
            .collect()
    }

    fn municipalities(&self) -> Result<Vec<String>, AccountsError> {
        let codes = self.words("municipality")?;
        match codes.iter().position(|code| !self.known.contains(code)) {
            None => Ok(codes),
            Some(row) => Err(AccountsError::UnknownMunicipality {
                file: self.name,
                row: row + 1,
                municipality: codes[row].clone(),
            }),
        }
    }

    fn years(&self) -> Result<Vec<i32>, AccountsError> {
        let words = self.words("year")?.into_iter().enumerate();
        words
            .map(|(row, text)| {
                let year = text.parse();
                year.map_err(|_| AccountsError::Year { file: self.name, row: row + 1, text })
            })
            .collect()
    }

    /// A column of finite numbers that are `good`.
    fn numbers(
        &self,
        name: &'static str,
        good: impl Fn(f64) -> bool,
        wanted: &'static str,
    ) -> Result<Vec<f64>, AccountsError> {
        let Some((column, values)) = self.column(name) else { return Ok(Vec::new()) };
        let numbers = column_numbers(values.clone(), name)
            .map_err(|error| AccountsError::Data { file: self.name, error })?;
        match numbers.iter().position(|&value| !(value.is_finite() && good(value))) {
            None => Ok(numbers),
            Some(row) => {
                let (file, value) = (self.name, numbers[row]);
                Err(AccountsError::Range { file, row: row + 1, column, value, wanted })
            }
        }
    }

    fn not_negative(&self, name: &'static str) -> Result<Vec<f64>, AccountsError> {
        self.numbers(name, |value| value >= 0.0, "a finite number of at least 0")
    }

    fn positive(&self, name: &'static str) -> Result<Vec<f64>, AccountsError> {
        self.numbers(name, |value| value > 0.0, "a finite number above 0")
    }

    /// The rows in the order of their keys, none of which is there twice.
    fn order<K: Ord>(
        &self,
        keys: &[K],
        words: impl Fn(&K) -> String,
    ) -> Result<Vec<usize>, AccountsError> {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by(|&a, &b| keys[a].cmp(&keys[b]).then(a.cmp(&b)));
        match order.windows(2).find(|pair| keys[pair[0]] == keys[pair[1]]) {
            None => Ok(order),
            Some(pair) => Err(AccountsError::Duplicate {
                file: self.name,
                row: pair[1] + 1,
                key: words(&keys[pair[1]]),
            }),
        }
    }
}

fn postings(file: &File) -> Result<Vec<Posting>, AccountsError> {
    let (municipalities, years) = (file.municipalities()?, file.years()?);
    let [dranst, functions, groupings] =
        ["dranst", "function", "grouping"].map(|name| file.words(name));
    let (dranst, functions, groupings) = (dranst?, functions?, groupings?);
    let amounts = file.numbers("amount", |_| true, "a finite number")?;
    let keys: Vec<_> = (0..file.rows)
        .map(|row| {
            let account = (dranst[row].clone(), functions[row].clone(), groupings[row].clone());
            (municipalities[row].clone(), years[row], account)
        })
        .collect();
    let order = file.order(&keys, |(municipality, year, (dranst, function, grouping))| {
        format!("account {dranst} {function} {grouping} of municipality {municipality} in {year}")
    })?;
    let posting = |row: usize| {
        let (municipality, year, account) = keys[row].clone();
        Posting { municipality, year, account, amount: amounts[row] }
    };
    Ok(order.into_iter().map(posting).collect())
}

fn entries(file: &File, [name, value]: [&'static str; 2]) -> Result<Vec<Entry>, AccountsError> {
    let (municipalities, years, names) = (file.municipalities()?, file.years()?, file.words(name)?);
    let values = file.not_negative(value)?;
    let keys: Vec<_> = (0..file.rows)
        .map(|row| (municipalities[row].clone(), years[row], names[row].clone()))
        .collect();
    let order = file.order(&keys, |(municipality, year, name)| {
        format!("{name} of municipality {municipality} in {year}")
    })?;
    let entry = |row: usize| {
        let (municipality, year, name) = keys[row].clone();
        Entry { row: row + 1, municipality, year, name, value: values[row] }
    };
    Ok(order.into_iter().map(entry).collect())
}

fn background(file: &File) -> Result<Vec<Background>, AccountsError> {
    let (municipalities, years) = (file.municipalities()?, file.years()?);
    let population = file.positive("population")?;
    let population_17_64 = file.positive("population_17_64")?;
    let pressure = file.numbers("economic_pressure", |_| true, "a finite number")?;
    let pensioners = file.not_negative("disability_pensioners")?;
    let keys: Vec<_> =
        (0..file.rows).map(|row| (municipalities[row].clone(), years[row])).collect();
    let order =
        file.order(&keys, |(municipality, year)| format!("municipality {municipality} in {year}"))?;
    let of = |row: usize| Background {
        municipality: keys[row].0.clone(),
        year: keys[row].1,
        population: population[row],
        population_17_64: population_17_64[row],
        economic_pressure: pressure[row],
        disability_pensioners: pensioners[row],
    };
    Ok(order.into_iter().map(of).collect())
}

fn prices(file: &File) -> Result<Vec<Prices>, AccountsError> {
    let years = file.years()?;
    let (hk5, hk6) = (file.positive("index_hk5")?, file.positive("index_hk6")?);
    let order = file.order(&years, |year| format!("the year {year}"))?;
    let of = |row: usize| Prices { year: years[row], hk5: hk5[row], hk6: hk6[row] };
    Ok(order.into_iter().map(of).collect())
}
