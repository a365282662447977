//! Weeks, months, and which month a week belongs to.
//!
//! Benefit codes come by ISO week, employment degrees by calendar month. A [`Calendar`] says how the
//! two meet. Under [`Calendar::Thursday`] a week belongs to the month and year of its Thursday, so
//! that the year of a week's month is always the ISO year of the week; under
//! [`Calendar::FourFourFive`] the quarters are cut into 4, 4 and 5 weeks and a week 53 is added to
//! December.
//!
//! ```
//! use afgang_engine::calendar::{Calendar, Month, Week};
//!
//! let march: Month = "2011-03".parse()?;
//! assert_eq!(Calendar::Thursday.last_week(march), Week::new(2011, 13).unwrap());
//! assert_eq!(Calendar::Thursday.weeks_of(march).len(), 5);
//! assert_eq!((march + 10).to_string(), "2012-01");
//! # Ok::<(), afgang_engine::calendar::CalendarError>(())
//! ```

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

/// What can be wrong with the name of a month or a week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// Text that is not a month `YYYY-MM`.
    #[error("`{text}` is not a month; write it as YYYY-MM, for example 2011-01")]
    NotAMonth {
        /// The text found.
        text: String,
    },
    /// A week number that the year does not have.
    #[error("year {year} has {weeks} weeks, so it has no week {week}")]
    NoSuchWeek {
        /// ISO year.
        year: i32,
        /// Week number found.
        week: u8,
        /// Number of ISO weeks in the year.
        weeks: u8,
    },
    /// A month number outside 1–12.
    #[error("year {year} has no month {month}; months are 01 to 12")]
    NoSuchMonth {
        /// Calendar year.
        year: i32,
        /// Month number found.
        month: u8,
    },
}

/// A calendar month, counted from January of year 0.
///
/// Differences and sums are in months: `"2011-03" - "2010-12"` is 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month `month` (1–12) of `year` (0–9999), or `None` where there is no such month.
    pub const fn new(year: i32, month: u8) -> Option<Self> {
        if year < 0 || year > 9999 || month < 1 || month > 12 {
            return None;
        }
        Some(Self(year * 12 + month as i32 - 1))
    }

    /// Calendar year.
    pub const fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// Month of the year, 1–12.
    pub const fn month(self) -> u8 {
        self.0.rem_euclid(12) as u8 + 1
    }

    /// Name of the employment degree's column, `grad_YYYY_MM`.
    pub fn grad_column(self) -> String {
        format!("grad_{:04}_{:02}", self.year(), self.month())
    }

    /// The month of a column named `grad_YYYY_MM` (letter case does not matter); `None` if the name
    /// is of another kind.
    ///
    /// # Errors
    ///
    /// [`CalendarError::NoSuchMonth`] if the name has that form but the month is not 1–12.
    pub fn parse_grad_column(name: &str) -> Result<Option<Self>, CalendarError> {
        let Some((prefix, rest)) = name.split_at_checked(5) else { return Ok(None) };
        if !prefix.eq_ignore_ascii_case("grad_") {
            return Ok(None);
        }
        let Some((year, month)) = rest.split_once('_') else { return Ok(None) };
        let (Some(year), Some(month)) = (digits(year, 4), digits(month, 2)) else {
            return Ok(None);
        };
        let year = i32::from(year);
        let month = month as u8;
        Self::new(year, month).map(Some).ok_or(CalendarError::NoSuchMonth { year, month })
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for Month {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let wrong = || CalendarError::NotAMonth { text: text.to_owned() };
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let (year, month) =
            (digits(year, 4).ok_or_else(wrong)?, digits(month, 2).ok_or_else(wrong)?);
        Self::new(i32::from(year), month as u8).ok_or_else(wrong)
    }
}

impl Add<i32> for Month {
    type Output = Self;

    fn add(self, months: i32) -> Self {
        Self(self.0 + months)
    }
}

impl Sub<i32> for Month {
    type Output = Self;

    fn sub(self, months: i32) -> Self {
        Self(self.0 - months)
    }
}

impl Sub for Month {
    type Output = i32;

    fn sub(self, other: Self) -> i32 {
        self.0 - other.0
    }
}

/// An ISO 8601 week: ISO year and week number 1–53.
///
/// Differences are in weeks: 2010-W01 less 2009-W52 is 2, for 2009 has a week 53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week {
    year: i32,
    week: u8,
}

impl Week {
    /// Week `week` of ISO year `year` (0–9999), or `None` where the year has no such week.
    pub const fn new(year: i32, week: u8) -> Option<Self> {
        if year < 0 || year > 9999 || week < 1 || week > weeks_in_year(year) {
            return None;
        }
        Some(Self { year, week })
    }

    /// ISO year.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// Number of the week in its ISO year, 1–53.
    pub const fn week(self) -> u8 {
        self.week
    }

    /// The week after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.week < weeks_in_year(self.year) {
            Self { year: self.year, week: self.week + 1 }
        } else {
            Self { year: self.year + 1, week: 1 }
        }
    }

    /// Name of the benefit code's column, `y_YYWW`.
    ///
    /// Two digits hold the years 1990–2089 ([`Week::parse_column`]); other years have no name of
    /// their own.
    pub fn column(self) -> String {
        format!("y_{:02}{:02}", self.year.rem_euclid(100), self.week)
    }

    /// The week of a column named `y_YYWW` (letter case does not matter); `None` if the name is of
    /// another kind. Years 90–99 are 1990–1999, years 00–89 are 2000–2089.
    ///
    /// # Errors
    ///
    /// [`CalendarError::NoSuchWeek`] if the name has that form but the year has no such week, for
    /// example a week 53 in a year of 52 weeks.
    pub fn parse_column(name: &str) -> Result<Option<Self>, CalendarError> {
        let Some((prefix, rest)) = name.split_at_checked(2) else { return Ok(None) };
        if !prefix.eq_ignore_ascii_case("y_") {
            return Ok(None);
        }
        let Some(number) = digits(rest, 4) else { return Ok(None) };
        let two_digits = i32::from(number / 100);
        let year = if two_digits >= 90 { 1900 + two_digits } else { 2000 + two_digits };
        let week = (number % 100) as u8;
        Self::new(year, week).map(Some).ok_or_else(|| CalendarError::NoSuchWeek {
            year,
            week,
            weeks: weeks_in_year(year),
        })
    }
}

impl Sub for Week {
    type Output = i32;

    fn sub(self, other: Self) -> i32 {
        let years = (first_thursday(self.year) - first_thursday(other.year)) / 7;
        years + i32::from(self.week) - i32::from(other.week)
    }
}

impl fmt::Display for Week {
    /// As in ISO 8601: `2011-W04`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

/// Number of ISO weeks in a year, 52 or 53.
pub const fn weeks_in_year(year: i32) -> u8 {
    ((first_thursday(year + 1) - first_thursday(year)) / 7) as u8
}

/// How weeks are put into months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Calendar {
    /// A week belongs to the month and year of its Thursday.
    #[default]
    Thursday,
    /// Every quarter has months of 4, 4 and 5 weeks; a week 53 belongs to December.
    FourFourFive,
}

impl Calendar {
    /// The month a week belongs to.
    pub const fn month_of(self, week: Week) -> Month {
        let month = match self {
            Self::Thursday => {
                let thursday = first_thursday(week.year) + 7 * (week.week as i32 - 1);
                month_of_day(week.year, thursday - new_year(week.year))
            }
            Self::FourFourFive => {
                let week = week.week as i32 - 1;
                let quarter = if week / 13 > 3 { 3 } else { week / 13 };
                let third = (week - 13 * quarter) / 4;
                quarter * 3 + if third > 2 { 2 } else { third }
            }
        };
        Month(week.year * 12 + month)
    }

    /// The weeks of a month, in order (4 to 6 of them).
    pub fn weeks_of(self, month: Month) -> Vec<Week> {
        let year = month.year();
        (1..=weeks_in_year(year))
            .map(|week| Week { year, week })
            .filter(|&week| self.month_of(week) == month)
            .collect()
    }

    /// The last week of a month: the one whose code stands for the month.
    pub fn last_week(self, month: Month) -> Week {
        let year = month.year();
        let mut week = weeks_in_year(year);
        while week > 1 && self.month_of(Week { year, week }) > month {
            week -= 1;
        }
        Week { year, week }
    }
}

/// Exactly `count` ASCII digits as a number below 10,000.
fn digits(text: &str, count: usize) -> Option<u16> {
    if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Days from 1970-01-01 to 1 January of a year.
const fn new_year(year: i32) -> i32 {
    let before = year - 1;
    365 * year + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_527
}

/// Days from 1970-01-01 (a Thursday) to the Thursday of week 1, the first Thursday of the year.
const fn first_thursday(year: i32) -> i32 {
    let start = new_year(year);
    start + (-start).rem_euclid(7)
}

/// Month (0–11) of a day of a year, days counted from 0.
const fn month_of_day(year: i32, day_of_year: i32) -> i32 {
    let leap = new_year(year + 1) - new_year(year) == 366;
    let mut left = day_of_year;
    let mut month = 0;
    while month < 11 {
        let days = match month {
            1 => 28 + leap as i32,
            3 | 5 | 8 | 10 => 30,
            _ => 31,
        };
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    month
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(year: i32, month: u8) -> Month {
        Month::new(year, month).unwrap()
    }

    fn week(year: i32, week: u8) -> Week {
        Week::new(year, week).unwrap()
    }

    #[test]
    fn weeks_per_month_by_the_thursday_rule() {
        let expected: [(i32, [usize; 12]); 8] = [
            (2008, [5, 4, 4, 4, 5, 4, 5, 4, 4, 5, 4, 4]),
            (2009, [5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 5]),
            (2010, [4, 4, 4, 5, 4, 4, 5, 4, 5, 4, 4, 5]),
            (2011, [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5]),
            (2012, [4, 4, 5, 4, 5, 4, 4, 5, 4, 4, 5, 4]),
            (2013, [5, 4, 4, 4, 5, 4, 4, 5, 4, 5, 4, 4]),
            (2014, [5, 4, 4, 4, 5, 4, 5, 4, 4, 5, 4, 4]),
            (2015, [5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 5]),
        ];
        for (year, weeks) in expected {
            for (index, &count) in weeks.iter().enumerate() {
                let at = month(year, index as u8 + 1);
                assert_eq!(Calendar::Thursday.weeks_of(at).len(), count, "{at}");
            }
            assert_eq!(usize::from(weeks_in_year(year)), weeks.iter().sum::<usize>(), "{year}");
        }
    }

    #[test]
    fn years_of_53_weeks() {
        let long: Vec<i32> = (1991..2031).filter(|&year| weeks_in_year(year) == 53).collect();
        assert_eq!(long, [1992, 1998, 2004, 2009, 2015, 2020, 2026]);
    }

    #[test]
    fn last_weeks_of_the_first_months_of_2011() {
        let last = |m| Calendar::Thursday.last_week(month(2011, m));
        assert_eq!([last(1), last(2), last(3)], [week(2011, 4), week(2011, 8), week(2011, 13)]);
        assert_eq!(last(12), week(2011, 52));
        assert_eq!(Calendar::Thursday.last_week(month(2015, 12)), week(2015, 53));
    }

    #[test]
    fn four_four_five() {
        let weeks = |y, m| Calendar::FourFourFive.weeks_of(month(y, m)).len();
        let counts: Vec<usize> = (1..=12).map(|m| weeks(2014, m)).collect();
        assert_eq!(counts, [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5]);
        assert_eq!(weeks(2015, 12), 6);
        assert_eq!(Calendar::FourFourFive.last_week(month(2015, 12)), week(2015, 53));
        assert_eq!(Calendar::FourFourFive.month_of(week(2015, 9)), month(2015, 3));
    }

    #[test]
    fn every_week_lies_in_one_month_and_the_last_week_is_the_last() {
        for calendar in [Calendar::Thursday, Calendar::FourFourFive] {
            let mut at = week(1990, 1);
            for year in 1990..2090 {
                for index in 1..=12 {
                    let this = month(year, index);
                    let weeks = calendar.weeks_of(this);
                    for &found in &weeks {
                        assert_eq!(found, at);
                        assert_eq!(calendar.month_of(found), this);
                        at = at.next();
                    }
                    assert_eq!(weeks.last(), Some(&calendar.last_week(this)));
                }
            }
        }
    }

    #[test]
    fn weeks_are_consistent_with_known_dates() {
        // 1 January 1970 was a Thursday; 1 January 2000 came 10957 days later.
        assert_eq!(new_year(1970), 0);
        assert_eq!(new_year(2000), 10_957);
        // ISO 8601: 2008-W52 has its Thursday on 25 December, 2009-W53 on 31 December.
        assert_eq!(Calendar::Thursday.month_of(week(2008, 52)), month(2008, 12));
        assert_eq!(Calendar::Thursday.month_of(week(2009, 53)), month(2009, 12));
        assert_eq!(Calendar::Thursday.month_of(week(2012, 5)), month(2012, 2));
    }

    #[test]
    fn differences_of_weeks_count_steps() {
        let first = week(2003, 1);
        let mut last = first;
        for steps in 0..700 {
            assert_eq!((last - first, first - last), (steps, -steps));
            last = last.next();
        }
        // 2004 and 2009 have a week 53.
        assert_eq!(week(2005, 1) - week(2004, 52), 2);
        assert_eq!(week(2010, 1) - week(2009, 1), 53);
        assert_eq!(week(2014, 20) - week(2013, 20), 52);
    }

    #[test]
    fn week_columns() {
        assert_eq!(week(2011, 4).column(), "y_1104");
        assert_eq!(week(2007, 1).column(), "y_0701");
        assert_eq!(Week::parse_column("Y_0701"), Ok(Some(week(2007, 1))));
        assert_eq!(Week::parse_column("y_9132"), Ok(Some(week(1991, 32))));
        assert_eq!(Week::parse_column("y_0953"), Ok(Some(week(2009, 53))));
        for other in ["y_12", "y_12345", "y_ab12", "z_1101", "y", "", "grad_2011_01", "æ_1101"] {
            assert_eq!(Week::parse_column(other), Ok(None), "{other}");
        }
        let wrong = Week::parse_column("y_1153").unwrap_err();
        assert_eq!(wrong.to_string(), "year 2011 has 52 weeks, so it has no week 53");
        assert!(Week::parse_column("y_1100").is_err());
    }

    #[test]
    fn month_columns() {
        assert_eq!(month(2011, 1).grad_column(), "grad_2011_01");
        assert_eq!(Month::parse_grad_column("GRAD_2019_12"), Ok(Some(month(2019, 12))));
        for other in ["grad_2011", "grad_11_01", "grade_2011_01", "g", "pnr"] {
            assert_eq!(Month::parse_grad_column(other), Ok(None), "{other}");
        }
        assert_eq!(
            Month::parse_grad_column("grad_2011_13").unwrap_err().to_string(),
            "year 2011 has no month 13; months are 01 to 12"
        );
    }

    #[test]
    fn months_as_text_and_numbers() {
        assert_eq!("2011-01".parse(), Ok(month(2011, 1)));
        assert_eq!(month(2019, 12).to_string(), "2019-12");
        assert_eq!(month(2019, 12) - month(2011, 1), 107);
        assert_eq!(month(2011, 1) - 1, month(2010, 12));
        for wrong in ["2011", "2011-13", "2011-1", "11-01", "2011-00", "x", "2011-01-01"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
        assert!(Month::new(2011, 0).is_none() && Month::new(-1, 1).is_none());
    }
}
