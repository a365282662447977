//! Which accounts are expenditure on employment measures: a table of the study, not a list in the program.

use std::collections::BTreeMap;

/// What a table of a study is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub help: &'static str,
}

/// Main account 5 or 6 of the municipalities' accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MainAccount {
    /// Main account 5, transfers and measures.
    Five,
    /// Main account 6, administration.
    Six,
}

/// An account of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its main account, the first digit of its function.
    pub main: MainAccount,
    /// Years in which it enters.
    pub years: Vec<i32>,
    /// Target group that it is spent on, where one is named.
    pub target_group: Option<String>,
}

/// Accounts by dranst (1 expenditure, 2 refunds of the state), function and grouping.
///
/// The table has the columns `dranst, function, grouping, years, target_group`; years are parted by blanks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountMap {
    accounts: BTreeMap<Key, Account>,
}

type Key = (String, String, String);

impl AccountMap {
    /// Reads the table.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let columns = ["dranst", "function", "grouping", "years", "target_group"];
        let mut accounts = BTreeMap::new();
        for (line, [dranst, function, grouping, years, group]) in records(text, columns)? {
            let wrong = |reason: String, help| Unreadable {
                reason: format!("line {line}: {reason}"),
                help,
            };
            let main = match function.split('.').next() {
                Some("5") => MainAccount::Five,
                Some("6") => MainAccount::Six,
                _ => {
                    let reason =
                        format!("function `{function}` is of neither main account 5 nor 6");
                    return Err(wrong(reason, "write functions as 5.68.90"));
                }
            };
            if !matches!(dranst.as_str(), "1" | "2") {
                let reason = format!("dranst `{dranst}` is neither 1 nor 2");
                return Err(wrong(reason, "write 1 for expenditure, 2 for refunds"));
            }
            let years = years
                .split_whitespace()
                .map(|year| year.parse().map_err(|_| format!("`{year}` is not a year")))
                .collect::<Result<Vec<i32>, _>>()
                .map_err(|reason| wrong(reason, "part years by blanks"))?;
            let target_group = (!group.is_empty()).then_some(group);
            let name = format!("account {dranst} {function} {grouping}");
            let account = Account { main, years, target_group };
            if accounts.insert((dranst, function, grouping), account).is_some() {
                return Err(wrong(format!("{name} is there twice"), "write its years in one line"));
            }
        }
        Ok(Self { accounts })
    }

    /// The account, if it enters in the year.
    pub fn find(&self, key: &(String, String, String), year: i32) -> Option<&Account> {
        self.accounts.get(key).filter(|account| account.years.contains(&year))
    }

    /// Target groups that accounts are spent on.
    pub fn target_groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> =
            self.accounts.values().filter_map(|account| account.target_group.as_deref()).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

/// Signs of the corrections that a survey of the job centres made to main account 6.
///
/// The table has the columns `item_da, item_en, sign`; data may name an item in either language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrections {
    signs: BTreeMap<String, bool>,
}

impl Corrections {
    /// Reads the table.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut signs = BTreeMap::new();
        for (line, [da, en, sign]) in records(text, ["item_da", "item_en", "sign"])? {
            let plus = match sign.as_str() {
                "+" => true,
                "-" | "−" => false,
                _ => {
                    let reason = format!("line {line}: the sign is `{sign}`");
                    return Err(Unreadable { reason, help: "write + or -" });
                }
            };
            for item in [da, en] {
                if signs.insert(item.clone(), plus).is_some_and(|other| other != plus) {
                    let reason = format!("line {line}: item `{item}` has both signs");
                    return Err(Unreadable { reason, help: "give it one" });
                }
            }
        }
        Ok(Self { signs })
    }

    /// 1 for what is added to main account 6, −1 for what is taken off.
    pub fn sign(&self, item: &str) -> Option<f64> {
        self.signs.get(item).map(|&plus| if plus { 1.0 } else { -1.0 })
    }

    /// All items, in both languages.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.signs.keys().map(String::as_str)
    }
}

/// Line and some columns of each record of a CSV text.
fn records<const N: usize>(
    text: &str,
    columns: [&str; N],
) -> Result<Vec<(u64, [String; N])>, Unreadable> {
    let broken = |error: csv::Error| Unreadable {
        reason: error.to_string(),
        help: "write it as CSV with a header",
    };
    let plain = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(plain.as_bytes());
    let header = reader.headers().map_err(broken)?.clone();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = header.iter().position(|name| name == column).ok_or_else(|| Unreadable {
            reason: format!("no column `{column}`"),
            help: "its columns are part of the study's documentation; write all of them",
        })?;
    }
    reader
        .into_records()
        .map(|record| {
            let record = record.map_err(broken)?;
            let line = record.position().map_or(0, csv::Position::line);
            Ok((line, places.map(|place| record.get(place).unwrap_or_default().to_owned())))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "dranst,function,grouping,years,target_group\n";

    fn key(dranst: &str, function: &str, grouping: &str) -> (String, String, String) {
        (dranst.to_owned(), function.to_owned(), grouping.to_owned())
    }

    #[test]
    fn an_account_enters_in_its_years() {
        let text =
            format!("{HEAD}1,5.68.90,5.90.001,2011 2013,dagpenge\n1,6.45.53,6.45.53,2011,\n");
        let map = AccountMap::parse(&text).unwrap();
        let found = map.find(&key("1", "5.68.90", "5.90.001"), 2013).unwrap();
        assert_eq!(found.main, MainAccount::Five);
        assert_eq!(found.target_group.as_deref(), Some("dagpenge"));
        assert_eq!(map.find(&key("1", "5.68.90", "5.90.001"), 2012), None);
        assert_eq!(map.find(&key("2", "5.68.90", "5.90.001"), 2013), None);
        let job_centres = map.find(&key("1", "6.45.53", "6.45.53"), 2011).unwrap();
        assert_eq!((job_centres.main, &job_centres.target_group), (MainAccount::Six, &None));
        assert_eq!(map.target_groups(), ["dagpenge"]);
    }

    #[test]
    fn what_is_no_map_is_refused() {
        let refused =
            |lines: &str| AccountMap::parse(&format!("{HEAD}{lines}")).unwrap_err().reason;
        assert_eq!(
            refused("1,7.1,x,2011,\n"),
            "line 2: function `7.1` is of neither main account 5 nor 6"
        );
        assert_eq!(refused("3,5.1,x,2011,\n"), "line 2: dranst `3` is neither 1 nor 2");
        assert_eq!(refused("1,5.1,x,2011 20xx,\n"), "line 2: `20xx` is not a year");
        assert_eq!(
            refused("1,5.1,x,2011,\n1,5.1,x,2012,\n"),
            "line 3: account 1 5.1 x is there twice"
        );
        assert_eq!(AccountMap::parse("dranst\n1\n").unwrap_err().reason, "no column `function`");
    }

    #[test]
    fn corrections_have_one_sign() {
        let head = "item_da,item_en,sign\n";
        let table =
            Corrections::parse(&format!("{head}husleje,rent,-\npuljer,grants,+\n")).unwrap();
        assert_eq!((table.sign("rent"), table.sign("husleje")), (Some(-1.0), Some(-1.0)));
        assert_eq!((table.sign("grants"), table.sign("cars")), (Some(1.0), None));
        let refused =
            |lines: &str| Corrections::parse(&format!("{head}{lines}")).unwrap_err().reason;
        assert_eq!(refused("a,b,*\n"), "line 2: the sign is `*`");
        assert_eq!(refused("a,b,+\na,c,-\n"), "line 3: item `a` has both signs");
    }

    #[test]
    fn the_published_tables_are_read() {
        let map = AccountMap::parse(afgang_fixtures::published::APPENDIX_3).unwrap();
        assert_eq!(map.target_groups().len(), 6);
        let corrections =
            Corrections::parse(afgang_fixtures::published::SURVEY_CORRECTIONS).unwrap();
        assert_eq!(corrections.sign("rent"), Some(-1.0));
        assert_eq!(corrections.items().count(), 22);
    }
}
