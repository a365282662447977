//! The periods of a study and the columns that belong to them.

use crate::calendar::{Calendar, Month, Week};
use crate::error::{Error, Result};
use crate::layout::Span;

/// The months of a study, counted from 0, under a calendar.
///
/// A period is a month: its state is the code of the month's last week, and where there is no code
/// the month's employment degree.
///
/// ```
/// use afgang_engine::calendar::Calendar;
/// use afgang_engine::timeline::Timeline;
///
/// let timeline = Timeline::months("2011-01".parse()?, "2019-12".parse()?, Calendar::Thursday)?;
/// assert_eq!(timeline.len(), 108);
/// assert_eq!(timeline.label(107), "2019-12");
/// assert_eq!(timeline.code_week(1).column(), "y_1108");
/// # Ok::<(), afgang_engine::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeline {
    first: Month,
    periods: i32,
    calendar: Calendar,
}

impl Timeline {
    /// The months from `first` to `last`, both included.
    ///
    /// # Errors
    ///
    /// [`Error::ImpossiblePeriod`] if there are fewer than 2 or more than 1200 months or if they are
    /// outside the years 1990–2089.
    pub fn months(first: Month, last: Month, calendar: Calendar) -> Result<Self> {
        let periods = last - first + 1;
        if !(2..=1200).contains(&periods) || first.year() < 1990 || last.year() > 2089 {
            return Err(Error::ImpossiblePeriod { first, last });
        }
        Ok(Self { first, periods, calendar })
    }

    /// Number of periods.
    #[expect(clippy::len_without_is_empty, reason = "a timeline has at least two periods")]
    pub fn len(&self) -> usize {
        self.periods as usize
    }

    /// First month.
    pub fn first(&self) -> Month {
        self.first
    }

    /// Last month.
    pub fn last(&self) -> Month {
        self.first + (self.periods - 1)
    }

    /// The calendar.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// Month of a period.
    pub fn month(&self, period: usize) -> Month {
        self.first + i32::try_from(period).unwrap_or(i32::MAX / 2)
    }

    /// Name of a period, `2011-01`.
    pub fn label(&self, period: usize) -> String {
        self.month(period).to_string()
    }

    /// Calendar year of a period.
    pub fn year(&self, period: usize) -> i32 {
        self.month(period).year()
    }

    /// Years of the study, ascending.
    pub fn years(&self) -> Vec<i32> {
        (self.first.year()..=self.last().year()).collect()
    }

    /// Index of a period's year in [`Timeline::years`].
    pub fn year_index(&self, period: usize) -> usize {
        (self.year(period) - self.first.year()) as usize
    }

    /// The week whose code stands for a period.
    pub fn code_week(&self, period: usize) -> Week {
        self.calendar.last_week(self.month(period))
    }

    /// The columns that the periods need: every week must be there, the last of each month is read.
    pub(crate) fn span(&self) -> Span {
        let mut weeks = Vec::new();
        for period in 0..self.len() {
            let decides = self.code_week(period);
            for week in self.calendar.weeks_of(self.month(period)) {
                weeks.push((week, (week == decides).then_some(period)));
            }
        }
        Span {
            months: (self.first(), self.last()),
            weeks,
            degrees: (0..self.len()).map(|period| self.month(period)).collect(),
            years: self.years(),
        }
    }

    /// Every week of the study, in order.
    pub fn weeks(&self) -> Vec<Week> {
        (0..self.len()).flat_map(|period| self.calendar.weeks_of(self.month(period))).collect()
    }
}
