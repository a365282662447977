//! The weeks of a study.

use std::ops::Range;

use crate::calendar::{Calendar, Month, Week};
use crate::error::{Error, Result};
use crate::layout::Span;

/// The weeks of a study, counted from 0, under a calendar that puts them into months.
///
/// ```
/// use afgang_engine::{Calendar, Week};
/// use afgang_engine::week::Weeks;
///
/// let (first, last) = (Week::new(2009, 1).unwrap(), Week::new(2010, 52).unwrap());
/// let weeks = Weeks::new(first, last, Calendar::Thursday)?;
/// // 2009 has a week 53.
/// assert_eq!(weeks.len(), 105);
/// assert_eq!(weeks.place(Week::new(2010, 1).unwrap()), Some(53));
/// assert_eq!(weeks.month(52).to_string(), "2009-12");
/// # Ok::<(), afgang_engine::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weeks {
    all: Vec<Week>,
    calendar: Calendar,
    /// Month of each week, counted from the first week's.
    months: Vec<u16>,
    first_month: Month,
}

impl Weeks {
    /// The weeks from `first` to `last`, both included.
    ///
    /// # Errors
    ///
    /// [`Error::ImpossibleWeeks`] if there are fewer than 2 weeks, or if they are outside the years 1990–2089.
    pub fn new(first: Week, last: Week, calendar: Calendar) -> Result<Self> {
        if first >= last || first.year() < 1990 || last.year() > 2089 {
            return Err(Error::ImpossibleWeeks { first, last });
        }
        let mut weeks = vec![first];
        while let Some(&week) = weeks.last().filter(|&&week| week < last) {
            weeks.push(week.next());
        }
        let first_month = calendar.month_of(first);
        let months =
            weeks.iter().map(|&week| (calendar.month_of(week) - first_month) as u16).collect();
        Ok(Self { all: weeks, calendar, months, first_month })
    }

    /// Number of weeks.
    #[expect(clippy::len_without_is_empty, reason = "there are at least two weeks")]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The week at a place.
    pub fn week(&self, place: usize) -> Week {
        self.all[place.min(self.all.len() - 1)]
    }

    /// The place of a week, if it is one of these.
    pub fn place(&self, week: Week) -> Option<usize> {
        self.all.binary_search(&week).ok()
    }

    /// Place of a week that must be one of these.
    pub(crate) fn find(&self, week: Week) -> Result<usize> {
        self.place(week).ok_or_else(|| Error::WeekOutside {
            week,
            first: self.week(0),
            last: self.week(usize::MAX),
        })
    }

    /// Month of the week at a place.
    pub fn month(&self, place: usize) -> Month {
        self.first_month + i32::from(self.month_place(place))
    }

    /// Month of the week at a place, counted from the first week's.
    pub(crate) fn month_place(&self, place: usize) -> u16 {
        self.months[place.min(self.months.len() - 1)]
    }

    /// Number of months that have a week.
    pub(crate) fn month_count(&self) -> usize {
        self.months.last().map_or(0, |last| usize::from(*last) + 1)
    }

    /// Places of the weeks of a month, counted from the first week's.
    pub fn of_month(&self, month: usize) -> Range<usize> {
        let from = self.months.partition_point(|&of| usize::from(of) < month);
        from..self.months.partition_point(|&of| usize::from(of) <= month)
    }

    /// Years of the weeks' months, ascending.
    pub fn years(&self) -> Vec<i32> {
        (self.first_month.year()..=self.month(usize::MAX).year()).collect()
    }

    /// Index of the year of a week's month in [`Weeks::years`].
    pub(crate) fn year_index(&self, place: usize) -> usize {
        (self.month(place).year() - self.first_month.year()) as usize
    }

    /// Months with employment degrees, counted from the first week's, if there are any from a month on.
    pub(crate) fn degree_months(&self, employment_from: Option<Month>) -> Range<usize> {
        let count = self.month_count();
        let from = employment_from.map_or(count, |from| (from - self.first_month).max(0) as usize);
        from.min(count)..count
    }

    /// The columns that a study of these weeks needs, with employment degrees from a month on.
    pub(crate) fn span(&self, employment_from: Option<Month>) -> Span {
        let degrees = self.degree_months(employment_from);
        Span {
            months: (self.first_month, self.month(usize::MAX)),
            weeks: self.all.iter().enumerate().map(|(at, &week)| (week, Some(at))).collect(),
            degrees: degrees.map(|place| self.first_month + place as i32).collect(),
            years: self.years(),
        }
    }

    /// The calendar.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }
}
