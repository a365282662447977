//! Job centres by year: what the municipalities' accounts come to.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

use serde::Serialize;

use super::error::AccountsError;
use super::map::{AccountMap, Corrections, MainAccount};
use super::read::{ACCOUNTS, BACKGROUND, CORRECTIONS, PRICES, Sources, UNEMPLOYED};
use crate::nearest::nearest;

/// How accounts become expenditure of job centres; the section `[accounts]` of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Which accounts enter.
    pub map: AccountMap,
    /// Signs of the survey's corrections.
    pub corrections: Corrections,
    /// Name of the grouping that adds municipalities up to job centres.
    pub job_centre: String,
    /// Municipality and job centre.
    pub centres: Vec<(String, String)>,
    /// Groupings by municipality, with the group of each.
    pub groupings: Vec<(String, Vec<(String, String)>)>,
    /// Years of the panel.
    pub years: RangeInclusive<i32>,
    /// Year whose prices are used.
    pub price_year: i32,
    /// Name of the share, and target group: those whose full-time unemployed expenditure is divided by.
    pub shares: Vec<(String, String)>,
    /// Grouping of job centres by growth, if there is one.
    pub growth: Option<Growth>,
    /// Key, name and text of the tables that these rules were read from.
    pub tables: Vec<(&'static str, String, String)>,
}

/// Job centres in groups of equal size by the growth of a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// Name of the grouping.
    pub name: String,
    /// The variable.
    pub variable: String,
    /// First year.
    pub from: i32,
    /// Last year.
    pub to: i32,
}

/// An account that the map does not have in a year of its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnknownAccount {
    /// Dranst.
    pub dranst: String,
    /// Function.
    pub function: String,
    /// Grouping.
    pub grouping: String,
    /// Years of its rows.
    pub years: BTreeSet<i32>,
    /// Its rows.
    pub rows: u64,
    /// Their sum in current kroner.
    pub amount: f64,
}

/// A target group of full-time unemployed that neither the rules nor an output name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnknownGroup {
    /// Its name.
    pub target_group: String,
    /// Its rows in years of the panel.
    pub rows: u64,
    /// Their persons.
    pub persons: f64,
}

/// What was read and what was left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// Rows by file.
    pub rows: BTreeMap<&'static str, u64>,
    /// Municipalities.
    pub municipalities: usize,
    /// Job centres.
    pub job_centres: usize,
    /// First and last year.
    pub years: (i32, i32),
    /// Rows of years outside these.
    pub rows_of_other_years: u64,
    /// Rows of accounts that the map does not have in their year.
    pub unknown_rows: u64,
    /// The sum of these in current kroner.
    pub unknown_amount: f64,
    /// These accounts.
    pub unknown_accounts: Vec<UnknownAccount>,
    /// Target groups of full-time unemployed that nothing names.
    pub unknown_groups: Vec<UnknownGroup>,
}

/// Sums by job centre and year: amounts in kroner of the price year.
#[derive(Debug, Clone, PartialEq)]
pub struct JobCentres {
    /// Names, in the order of the study's table.
    pub names: Vec<String>,
    /// Years, one after the other.
    pub years: Vec<i32>,
    /// Year whose prices are used.
    pub price_year: i32,
    /// What was read and left out.
    pub facts: Facts,
    pub(super) shares: Vec<(String, String)>,
    groupings: Vec<(String, Vec<String>)>,
    /// Main account 5 by target group, `other` last.
    groups: Vec<(String, Vec<f64>)>,
    hk5: Vec<f64>,
    hk6: Vec<f64>,
    correction: Vec<f64>,
    refunds: Vec<f64>,
    unemployed: BTreeMap<String, Vec<f64>>,
    population: Vec<f64>,
    population_17_64: Vec<f64>,
    /// Economic pressure times population.
    pressure: Vec<f64>,
    pensioners: Vec<f64>,
}

/// Accounts that are spent on no single target group.
pub const OTHER: &str = "other";

/// Names of the variables that every panel has, beside the shares of the study.
pub const VARIABLES: [&str; 8] = [
    "total",
    "HK5",
    "HK6",
    "unemployed_pct_of_17_64",
    "ln_population",
    "economic_pressure",
    "disability_pension_pct_of_17_64",
    "population",
];

impl JobCentres {
    /// Reads a folder of accounts and adds it up by the rules of a study. Target groups of full-time unemployed that neither these nor
    /// `named`, what outputs show, have are counted as unknown.
    ///
    /// # Errors
    ///
    /// [`AccountsError`] with file and row.
    pub fn read(folder: &Path, rules: &Rules, named: &[&str]) -> Result<Self, AccountsError> {
        let known: BTreeSet<String> = rules.centres.iter().map(|(code, _)| code.clone()).collect();
        let mut rows = Vec::new();
        let sources = Sources::read(folder, &known, &mut rows)?;
        complete(&sources, rules)?;
        let mut centres = Self::empty(rules, rows.into_iter().collect())?;
        centres.add_up(&sources, rules, named)?;
        centres.refuse_nobody()?;
        Ok(centres)
    }

    fn empty(rules: &Rules, rows: BTreeMap<&'static str, u64>) -> Result<Self, AccountsError> {
        let mut names: Vec<String> = Vec::new();
        for (_, centre) in &rules.centres {
            if !names.contains(centre) {
                names.push(centre.clone());
            }
        }
        let years: Vec<i32> = rules.years.clone().collect();
        let groupings = rules
            .groupings
            .iter()
            .map(|(name, labels)| Ok((name.clone(), groups_of(&names, name, labels, rules)?)))
            .collect::<Result<_, AccountsError>>()?;
        let zeros = vec![0.0; names.len() * years.len()];
        let named = |group: &str| (group.to_owned(), zeros.clone());
        let own = rules.shares.iter().map(|(_, group)| group.as_str());
        let groups = own.clone().chain([OTHER]).map(named).collect();
        Ok(Self {
            price_year: rules.price_year,
            facts: Facts {
                rows,
                municipalities: rules.centres.len(),
                job_centres: names.len(),
                years: (*rules.years.start(), *rules.years.end()),
                rows_of_other_years: 0,
                unknown_rows: 0,
                unknown_amount: 0.0,
                unknown_accounts: Vec::new(),
                unknown_groups: Vec::new(),
            },
            shares: rules.shares.clone(),
            groupings,
            groups,
            unemployed: own.map(named).collect(),
            hk5: zeros.clone(),
            hk6: zeros.clone(),
            correction: zeros.clone(),
            refunds: zeros.clone(),
            population: zeros.clone(),
            population_17_64: zeros.clone(),
            pressure: zeros.clone(),
            pensioners: zeros,
            names,
            years,
        })
    }

    /// Refuses a job centre without full-time unemployed, by whom expenditure is divided.
    fn refuse_nobody(&self) -> Result<(), AccountsError> {
        let persons = self.unemployed();
        let n_years = self.years.len();
        match persons.iter().position(|persons| *persons <= 0.0) {
            None => Ok(()),
            Some(cell) => Err(AccountsError::Nobody {
                file: UNEMPLOYED,
                centre: self.names[cell / n_years].clone(),
                year: self.years[cell % n_years],
            }),
        }
    }

    fn add_up(
        &mut self,
        sources: &Sources,
        rules: &Rules,
        named: &[&str],
    ) -> Result<(), AccountsError> {
        let centre_of: BTreeMap<&str, usize> = rules
            .centres
            .iter()
            .filter_map(|(code, centre)| {
                Some((code.as_str(), self.names.iter().position(|name| name == centre)?))
            })
            .collect();
        let (first, n_years) = (*rules.years.start(), self.years.len());
        let mut others = 0;
        let mut place = |municipality: &str, year: i32| {
            let inside = rules.years.contains(&year);
            others += u64::from(!inside);
            let centre = centre_of.get(municipality).filter(|_| inside)?;
            Some(centre * n_years + (year - first) as usize)
        };
        let price = |year: i32, main: MainAccount| {
            let prices = sources.prices.iter().find(|prices| prices.year == year);
            let base = sources.prices.iter().find(|prices| prices.year == rules.price_year);
            let index = |prices: &super::read::Prices| match main {
                MainAccount::Five => prices.hk5,
                MainAccount::Six => prices.hk6,
            };
            // Every year has its prices, which was seen to before.
            prices.zip(base).map_or(f64::NAN, |(own, base)| index(base) / index(own))
        };
        let mut unknown: BTreeMap<(String, String, String), UnknownAccount> = BTreeMap::new();
        for posting in &sources.postings {
            let Some(cell) = place(&posting.municipality, posting.year) else { continue };
            let Some(account) = rules.map.find(&posting.account, posting.year) else {
                let (dranst, function, grouping) = posting.account.clone();
                let found = unknown.entry(posting.account.clone()).or_insert(UnknownAccount {
                    dranst,
                    function,
                    grouping,
                    years: BTreeSet::new(),
                    rows: 0,
                    amount: 0.0,
                });
                found.years.insert(posting.year);
                found.rows += 1;
                found.amount += posting.amount;
                continue;
            };
            let amount = posting.amount * price(posting.year, account.main);
            match (posting.account.0.as_str(), account.main) {
                ("1", MainAccount::Five) => {
                    self.hk5[cell] += amount;
                    let group = account.target_group.as_deref().unwrap_or(OTHER);
                    let own = self.groups.iter().position(|(name, _)| name == group);
                    let last = self.groups.len() - 1;
                    self.groups[own.unwrap_or(last)].1[cell] += amount;
                }
                // The accounts book income as negative.
                (_, MainAccount::Five) => self.refunds[cell] -= amount,
                (_, MainAccount::Six) => self.hk6[cell] += amount,
            }
        }
        for entry in &sources.corrections {
            let sign = rules.corrections.sign(&entry.name).ok_or_else(|| {
                let items = rules.corrections.items();
                AccountsError::UnknownItem {
                    file: CORRECTIONS,
                    row: entry.row,
                    item: entry.name.clone(),
                    nearest: nearest(&entry.name, items).map(str::to_owned),
                }
            })?;
            let Some(cell) = place(&entry.municipality, entry.year) else { continue };
            let amount = sign * entry.value * price(entry.year, MainAccount::Six);
            self.hk6[cell] += amount;
            self.correction[cell] += amount;
        }
        let cells = self.hk5.len();
        let known = |group: &str| {
            named.contains(&group) || rules.shares.iter().any(|(_, own)| own == group)
        };
        let mut unknown_groups: BTreeMap<&str, UnknownGroup> = BTreeMap::new();
        for entry in &sources.unemployed {
            let Some(cell) = place(&entry.municipality, entry.year) else { continue };
            if !known(&entry.name) {
                let target_group = entry.name.clone();
                let found = unknown_groups.entry(&entry.name);
                let found = found.or_insert(UnknownGroup { target_group, rows: 0, persons: 0.0 });
                found.rows += 1;
                found.persons += entry.value;
            }
            let of_group =
                self.unemployed.entry(entry.name.clone()).or_insert_with(|| vec![0.0; cells]);
            of_group[cell] += entry.value;
        }
        for row in &sources.background {
            let Some(cell) = place(&row.municipality, row.year) else { continue };
            self.population[cell] += row.population;
            self.population_17_64[cell] += row.population_17_64;
            self.pressure[cell] += row.economic_pressure * row.population;
            self.pensioners[cell] += row.disability_pensioners;
        }
        self.facts.rows_of_other_years = others;
        self.facts.unknown_rows = unknown.values().map(|account| account.rows).sum();
        self.facts.unknown_amount = unknown.values().map(|account| account.amount).sum();
        self.facts.unknown_accounts = unknown.into_values().collect();
        self.facts.unknown_groups = unknown_groups.into_values().collect();
        Ok(())
    }

    /// Number of job centres times years.
    pub fn cells(&self) -> usize {
        self.hk5.len()
    }

    /// The place of a job centre in a year.
    pub(super) fn cell(&self, centre: usize, year: i32) -> Option<usize> {
        let place = self.years.iter().position(|own| *own == year)?;
        Some(centre * self.years.len() + place)
    }

    /// Full-time unemployed of the study's target groups together, by job centre and year.
    pub(super) fn unemployed(&self) -> Vec<f64> {
        let own = |cell: usize| -> f64 {
            let groups = self.shares.iter().filter_map(|(_, group)| self.unemployed.get(group));
            groups.map(|persons| persons[cell]).sum()
        };
        (0..self.cells()).map(own).collect()
    }

    /// A variable by job centre and year: `total`, `HK5` and `HK6` in kroner per full-time unemployed, shares of target
    /// groups and the other rates in per cent.
    pub fn variable(&self, name: &str) -> Option<Vec<f64>> {
        let over = |part: &[f64], whole: &[f64], factor: f64| -> Vec<f64> {
            part.iter().zip(whole).map(|(part, whole)| factor * part / whole).collect()
        };
        if let Some((_, group)) = self.shares.iter().find(|(share, _)| share == name) {
            return Some(over(self.unemployed.get(group)?, &self.unemployed(), 100.0));
        }
        Some(match name {
            "HK5" => over(&self.hk5, &self.unemployed(), 1.0),
            "HK6" => over(&self.hk6, &self.unemployed(), 1.0),
            "total" => over(&self.sum("total")?, &self.unemployed(), 1.0),
            "unemployed_pct_of_17_64" => over(&self.unemployed(), &self.population_17_64, 100.0),
            "disability_pension_pct_of_17_64" => {
                over(&self.pensioners, &self.population_17_64, 100.0)
            }
            "ln_population" => self.population.iter().map(|persons| persons.ln()).collect(),
            "economic_pressure" => over(&self.pressure, &self.population, 1.0),
            "population" => self.population.clone(),
            _ => return None,
        })
    }

    /// Kroner by job centre and year: `HK5`, `HK6`, `total`, `survey_correction_HK6`, `gross`, `refunds` or `net`.
    pub(super) fn sum(&self, item: &str) -> Option<Vec<f64>> {
        let both = |a: &[f64], b: &[f64], sign: f64| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| a + sign * b).collect()
        };
        Some(match item {
            "HK5" | "gross" => self.hk5.clone(),
            "HK6" => self.hk6.clone(),
            "total" => both(&self.hk5, &self.hk6, 1.0),
            "survey_correction_HK6" => self.correction.clone(),
            "refunds" => self.refunds.clone(),
            "net" => both(&self.hk5, &self.refunds, -1.0),
            _ => return None,
        })
    }

    /// Kroner of main account 5 by job centre and year, of a target group or `total`.
    pub(super) fn sum_of_group(&self, group: &str) -> Option<Vec<f64>> {
        if group == "total" {
            return Some(self.hk5.clone());
        }
        self.groups.iter().find(|(name, _)| name == group).map(|(_, sums)| sums.clone())
    }

    /// Full-time unemployed by job centre and year, of a target group, of the study's groups together
    /// (`six_groups_total`, `total`), or none for a group that the data do not have.
    pub(super) fn unemployed_of(&self, group: &str) -> Vec<f64> {
        match group {
            "six_groups_total" | "total" => self.unemployed(),
            _ => {
                self.unemployed.get(group).cloned().unwrap_or_else(|| vec![f64::NAN; self.cells()])
            }
        }
    }

    /// The sum of all job centres in a year.
    pub(super) fn national(&self, cells: &[f64], year: i32) -> f64 {
        (0..self.names.len())
            .filter_map(|centre| self.cell(centre, year))
            .map(|cell| cells[cell])
            .sum()
    }

    /// Job centre, year and place of every cell of some years.
    pub(super) fn cells_in(&self, years: &RangeInclusive<i32>) -> Vec<(usize, i32, usize)> {
        let own = |centre: usize| {
            years.clone().filter_map(move |year| Some((centre, year, self.cell(centre, year)?)))
        };
        (0..self.names.len()).flat_map(own).collect()
    }

    /// The mean over some years, by job centre.
    pub(super) fn means(&self, values: &[f64], years: &RangeInclusive<i32>) -> Vec<f64> {
        (0..self.names.len())
            .map(|centre| {
                let cells = years.clone().filter_map(|year| self.cell(centre, year));
                let own: Vec<f64> = cells.map(|cell| values[cell]).collect();
                own.iter().sum::<f64>() / own.len() as f64
            })
            .collect()
    }

    /// The group of each job centre: of a grouping by municipalities, or the quarter of growth.
    pub(super) fn groups(&self, by: &str, rules: &Rules) -> Vec<String> {
        if let Some((_, groups)) = self.groupings.iter().find(|(own, _)| own == by) {
            return groups.clone();
        }
        let growth = rules.growth.iter().find(|growth| growth.name == by);
        let values = growth.and_then(|growth| Some((growth, self.variable(&growth.variable)?)));
        let Some((growth, values)) = values else { return vec![String::new(); self.names.len()] };
        let at = |centre: usize, year: i32| {
            self.cell(centre, year).map_or(f64::NAN, |cell| values[cell])
        };
        let growths: Vec<f64> = (0..self.names.len())
            .map(|centre| at(centre, growth.to) / at(centre, growth.from) - 1.0)
            .collect();
        quarters(&growths).into_iter().map(|quarter| quarter.to_string()).collect()
    }
}

/// The quarter of each of n values, from 1, the lowest: 1 + ⌊4 rank / (n + 1)⌋, with mean ranks of equal values, as in SAS's
/// `PROC RANK GROUPS=4`.
fn quarters(values: &[f64]) -> Vec<usize> {
    let twice_n = 2 * (values.len() + 1);
    values
        .iter()
        .map(|value| {
            let less = values.iter().filter(|other| *other < value).count();
            let equal = values.iter().filter(|other| other.total_cmp(value).is_eq()).count();
            // Twice the rank is whole.
            1 + 4 * (2 * less + equal + 1) / twice_n
        })
        .collect()
}

/// The group of each job centre, which is that of all of its municipalities.
fn groups_of(
    names: &[String],
    grouping: &str,
    labels: &[(String, String)],
    rules: &Rules,
) -> Result<Vec<String>, AccountsError> {
    names
        .iter()
        .map(|centre| {
            let own = rules.centres.iter().filter(|(_, name)| name == centre);
            let mut groups = own.filter_map(|(code, _)| {
                labels.iter().find(|(other, _)| other == code).map(|(_, label)| label)
            });
            let one = groups.next().cloned().unwrap_or_default();
            match groups.find(|other| **other != one) {
                None => Ok(one),
                Some(other) => Err(AccountsError::SplitCentre {
                    centre: centre.clone(),
                    grouping: grouping.to_owned(),
                    one: one.clone(),
                    other: other.clone(),
                }),
            }
        })
        .collect()
}

/// Refuses files in which a municipality misses a year.
fn complete(sources: &Sources, rules: &Rules) -> Result<(), AccountsError> {
    let mut priced = rules.years.clone().chain([rules.price_year]);
    if let Some(year) = priced.find(|year| !sources.prices.iter().any(|own| own.year == *year)) {
        return Err(AccountsError::NoPrices { file: PRICES, year });
    }
    let spent: BTreeSet<(&str, i32)> =
        sources.postings.iter().map(|row| (row.municipality.as_str(), row.year)).collect();
    let known: BTreeSet<(&str, i32)> =
        sources.background.iter().map(|row| (row.municipality.as_str(), row.year)).collect();
    let persons: BTreeSet<(&str, i32, &str)> = sources
        .unemployed
        .iter()
        .map(|row| (row.municipality.as_str(), row.year, row.name.as_str()))
        .collect();
    for (code, _) in &rules.centres {
        for year in rules.years.clone() {
            let missing = |file, what: &str| {
                let (what, municipality) = (what.to_owned(), code.clone());
                Err(AccountsError::MissingYear { file, what, municipality, year })
            };
            if !spent.contains(&(code, year)) {
                return missing(ACCOUNTS, "amounts");
            }
            if !known.contains(&(code, year)) {
                return missing(BACKGROUND, "row");
            }
            for (_, group) in &rules.shares {
                if !persons.contains(&(code, year, group)) {
                    return missing(UNEMPLOYED, &format!("persons in {group}"));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_those_of_proc_rank() {
        // 4 rank / 5: 0.8, 1.6, 2.4, 3.2.
        assert_eq!(quarters(&[30.0, 10.0, 20.0, 40.0]), [3, 1, 2, 4]);
        // Ranks 1.5, 1.5, 3 of three: 4 * 1.5 / 4 = 1.5 and 4 * 3 / 4 = 3.
        assert_eq!(quarters(&[1.0, 1.0, 2.0]), [2, 2, 4]);
        let all: Vec<f64> = (0..94).map(f64::from).collect();
        let sizes = [1, 2, 3, 4].map(|q| quarters(&all).iter().filter(|own| **own == q).count());
        assert_eq!(sizes, [23, 24, 24, 23]);
    }
}
