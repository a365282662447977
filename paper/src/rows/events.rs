//! The column of events: what is censored, and which causes there are.

use std::collections::BTreeMap;

use super::data::DataError;
use super::numbers::each_number;
use crate::table::Values;

/// The highest cause code; more causes than that are a mistaken column.
const MOST_CAUSES: usize = 255;

/// What the values of the event column mean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventCoding {
    /// Values that mean censored; without any it is 0, and words must be told apart. An empty one is none.
    pub censored: Vec<String>,
    /// Values that are the event, or the causes to show; without any all that are not censored.
    pub causes: Vec<String>,
}

/// Events by row.
pub(crate) struct Events {
    /// 0 censored, otherwise one more than the place of the cause.
    pub(crate) codes: Vec<u8>,
    /// Names of the causes, in their order.
    pub(super) causes: Values,
    /// Places of the causes to show.
    pub(super) shown: Vec<usize>,
}

impl Events {
    /// Reads the column. For one kind of event the causes asked for are the event and the others are
    /// censored; for `several` they are those to show.
    pub(crate) fn read(
        values: &Values,
        column: &str,
        coding: &EventCoding,
        several: bool,
    ) -> Result<Self, DataError> {
        let words = match values {
            Values::Text(words) if are_words(values) => words,
            _ => return Self::of_numbers(values, column, coding, several),
        };
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (row, word) in words.iter().enumerate() {
            let word = word.as_deref();
            let missing = || DataError::Missing { column: column.to_owned(), row: row + 1 };
            places.insert(word.ok_or_else(missing)?, 0);
        }
        let found = || places.keys().map(|&word| word.to_owned()).collect::<Vec<_>>();
        if places.len() > MOST_CAUSES {
            return Err(DataError::TooManyCauses {
                column: column.to_owned(),
                found: places.len(),
            });
        }
        if coding.censored.is_empty() {
            return Err(DataError::Uncensored { column: column.to_owned(), values: found() });
        }
        known(&coding.censored, &found(), column)?;
        let causes: Vec<String> =
            found().into_iter().filter(|word| !coding.censored.contains(word)).collect();
        for (place, cause) in causes.iter().enumerate() {
            if let Some(code) = places.get_mut(cause.as_str()) {
                *code = place + 1;
            }
        }
        let codes = words.iter().flatten().map(|word| places[word.as_str()] as u8).collect();
        let causes = Values::Text(causes.into_iter().map(Some).collect());
        Self { codes, causes, shown: Vec::new() }.asked_for(column, coding, several)
    }

    fn of_numbers(
        values: &Values,
        column: &str,
        coding: &EventCoding,
        several: bool,
    ) -> Result<Self, DataError> {
        // One kind of event is 0 and 1, unless it is said which values are what.
        let free = several || !coding.causes.is_empty() || !coding.censored.is_empty();
        let (most, wanted) = if free {
            (MOST_CAUSES as u8, "codes are 0 (censored) and causes 1, 2, … up to 255")
        } else {
            (1, "codes are 0 (censored) and 1 (event)")
        };
        let mut there = [false; MOST_CAUSES + 1];
        let mut codes = Vec::with_capacity(values.len());
        each_number(values, column, |value| {
            let code = value as u8;
            if f64::from(code).total_cmp(&(value + 0.0)).is_ne() || code > most {
                let (column, row) = (column.to_owned(), codes.len() + 1);
                return Err(DataError::EventCode { column, row, value, wanted });
            }
            there[usize::from(code)] = true;
            codes.push(code);
            Ok(())
        })?;
        let found: Vec<usize> = (0..=MOST_CAUSES).filter(|&code| there[code]).collect();
        let names: Vec<String> = found.iter().map(usize::to_string).collect();
        // That 0 means censored need not be so of any row.
        let censored: Vec<String> =
            coding.censored.iter().filter(|value| !same(value, 0)).cloned().collect();
        known(&censored, &names, column)?;
        let censored = |code: usize| match coding.censored.as_slice() {
            [] => code == 0,
            values => values.iter().any(|value| same(value, code)),
        };
        let causes: Vec<usize> = found.into_iter().filter(|&code| !censored(code)).collect();
        let mut places = [0_u8; MOST_CAUSES + 1];
        for (place, &code) in causes.iter().enumerate() {
            places[code] = place as u8 + 1;
        }
        for code in &mut codes {
            *code = places[usize::from(*code)];
        }
        let causes = Values::Whole(causes.into_iter().map(|code| Some(code as i64)).collect());
        Self { codes, causes, shown: Vec::new() }.asked_for(column, coding, several)
    }

    /// Leaves the causes asked for.
    fn asked_for(
        mut self,
        column: &str,
        coding: &EventCoding,
        several: bool,
    ) -> Result<Self, DataError> {
        let names: Vec<String> = (0..self.causes.len()).map(|k| self.causes.show(k)).collect();
        let means_censored = |cause: &&String| {
            let cause = cause.trim();
            let censored = &coding.censored;
            (censored.is_empty() && cause == "0") || censored.iter().any(|of| of.trim() == cause)
        };
        if let Some(value) = coding.causes.iter().find(means_censored) {
            let (column, value) = (column.to_owned(), value.clone());
            return Err(DataError::CauseIsCensored { column, value });
        }
        if names.is_empty() && !coding.causes.is_empty() {
            return Err(DataError::NoEvents { column: column.to_owned() });
        }
        known(&coding.causes, &names, column)?;
        let asked = |name: &String| {
            coding.causes.is_empty()
                || coding.causes.iter().any(|cause| cause.trim() == name.as_str())
        };
        self.shown = (0..names.len()).filter(|&k| asked(&names[k])).collect();
        if !several && !names.is_empty() {
            // Whatever the event is, there is one.
            let mut is = [0_u8; MOST_CAUSES + 1];
            for &cause in &self.shown {
                is[cause + 1] = 1;
            }
            for code in &mut self.codes {
                *code = is[usize::from(*code)];
            }
            self.causes = Values::Whole(vec![Some(1)]);
            self.shown = vec![0];
        }
        Ok(self)
    }
}

/// Whether a column holds words that are no numbers.
pub(crate) fn are_words(values: &Values) -> bool {
    matches!(values, Values::Text(words) if words.iter().flatten().any(|word| !is_number(word)))
}

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok() || matches!(word.to_lowercase().as_str(), "true" | "false")
}

/// Whether a value that was asked for is a code.
fn same(value: &str, code: usize) -> bool {
    value.trim().parse() == Ok(code)
}

/// Refuses values that do not occur.
fn known(asked: &[String], found: &[String], column: &str) -> Result<(), DataError> {
    // An empty value is said by who means: none.
    let absent =
        |value: &&String| !value.is_empty() && !found.iter().any(|name| name == value.trim());
    match asked.iter().find(absent) {
        None => Ok(()),
        Some(value) => Err(DataError::NoSuchEvent {
            column: column.to_owned(),
            value: value.clone(),
            found: found.to_vec(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Values {
        Values::Text(words.iter().map(|word| Some((*word).to_owned())).collect())
    }

    fn coding(censored: &[&str], causes: &[&str]) -> EventCoding {
        let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        EventCoding { censored: own(censored), causes: own(causes) }
    }

    #[test]
    fn words_are_causes_in_their_order() {
        let exits = words(&["job", "still", "dead", "job"]);
        let events = Events::read(&exits, "exit", &coding(&["still"], &[]), true).unwrap();
        assert_eq!(events.codes, [2, 0, 1, 2]);
        assert_eq!(events.causes, words(&["dead", "job"]));
        assert_eq!(events.shown, [0, 1]);
        let events = Events::read(&exits, "exit", &coding(&["still"], &["job"]), true).unwrap();
        assert_eq!(events.shown, [1]);
        // Survival until any exit, and until a job with the dead censored.
        let events = Events::read(&exits, "exit", &coding(&["still"], &[]), false).unwrap();
        assert_eq!(events.codes, [1, 0, 1, 1]);
        let events = Events::read(&exits, "exit", &coding(&["still"], &["job"]), false).unwrap();
        assert_eq!(events.codes, [1, 0, 0, 1]);
    }

    #[test]
    fn numbers_keep_their_codes_as_names() {
        let codes = Values::Whole(vec![Some(3), Some(0), Some(9), Some(3)]);
        let events = Events::read(&codes, "e", &coding(&[], &[]), true).unwrap();
        assert_eq!(events.codes, [1, 0, 2, 1]);
        assert_eq!(events.causes, Values::Whole(vec![Some(3), Some(9)]));
        let events = Events::read(&codes, "e", &coding(&["9"], &[]), true).unwrap();
        assert_eq!(events.codes, [2, 1, 0, 2]);
        let events = Events::read(&codes, "e", &coding(&[], &["9"]), false).unwrap();
        assert_eq!(events.codes, [0, 0, 1, 0]);
        let nobody = Values::Whole(vec![Some(0)]);
        assert!(Events::read(&nobody, "e", &coding(&[], &[]), false).unwrap().shown.is_empty());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let exits = words(&["job", "still"]);
        let text = |coding: &EventCoding| {
            Events::read(&exits, "exit", coding, true).err().unwrap().to_string()
        };
        assert_eq!(
            text(&coding(&[], &[])),
            "column `exit` holds words, and it is not said which of them mean censored"
        );
        assert_eq!(text(&coding(&["stil"], &[])), "column `exit` never is `stil`");
        assert_eq!(text(&coding(&["still"], &["jobs"])), "column `exit` never is `jobs`");
        let censored = "`still` in column `exit` means censored and is no cause";
        assert_eq!(text(&coding(&["still"], &["still"])), censored);
        let codes = Values::Whole(vec![Some(0), Some(1)]);
        let error = Events::read(&codes, "e", &coding(&[], &["0"]), true).err().unwrap();
        assert_eq!(error.to_string(), "`0` in column `e` means censored and is no cause");
    }
}
