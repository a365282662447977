//! What a figure shows: numbers and words, no pixels.

use super::areas::Areas;
use super::dots::Dots;
use super::palette::Palette;

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// Shares by category as stacked bars.
    StackedBars(StackedBars),
    /// Step curves or plain lines in one or more panels.
    Curves(Curves),
    /// Probabilities as areas on each other.
    Areas(Areas),
    /// Ratios with intervals.
    Forest(Forest),
    /// Ranked areas with intervals.
    Dots(Dots),
}

impl Chart {
    /// The id, such as `figure_4_7`.
    pub fn id(&self) -> &str {
        match self {
            Self::StackedBars(bars) => &bars.id,
            Self::Curves(curves) => &curves.id,
            Self::Areas(areas) => &areas.id,
            Self::Forest(forest) => &forest.id,
            Self::Dots(dots) => &dots.id,
        }
    }

    /// The title.
    pub fn title(&self) -> &str {
        match self {
            Self::StackedBars(bars) => &bars.title,
            Self::Curves(curves) => &curves.title,
            Self::Areas(areas) => &areas.title,
            Self::Forest(forest) => &forest.title,
            Self::Dots(dots) => &dots.title,
        }
    }

    /// The second line. May be empty.
    pub fn subtitle(&self) -> &str {
        match self {
            Self::StackedBars(bars) => &bars.subtitle,
            Self::Curves(curves) => &curves.subtitle,
            Self::Areas(areas) => &areas.subtitle,
            Self::Forest(forest) => &forest.subtitle,
            Self::Dots(dots) => &dots.subtitle,
        }
    }

    /// Changes every text.
    pub(super) fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            Self::StackedBars(bars) => {
                for text in [
                    &mut bars.title,
                    &mut bars.subtitle,
                    &mut bars.x_label,
                    &mut bars.y_label,
                    &mut bars.note,
                ] {
                    change(text);
                }
                bars.categories.iter_mut().for_each(&mut *change);
                bars.series.iter_mut().for_each(|series| change(&mut series.label));
            }
            Self::Curves(curves) => {
                for text in [
                    &mut curves.title,
                    &mut curves.subtitle,
                    &mut curves.x_label,
                    &mut curves.y_label,
                    &mut curves.legend,
                    &mut curves.band_label,
                    &mut curves.outline_label,
                    &mut curves.note,
                ] {
                    change(text);
                }
                for panel in &mut curves.panels {
                    change(&mut panel.title);
                    panel.lines.iter_mut().for_each(|line| change(&mut line.label));
                    panel.at_risk.iter_mut().for_each(|row| change(&mut row.label));
                }
            }
            Self::Areas(areas) => {
                for text in [
                    &mut areas.title,
                    &mut areas.subtitle,
                    &mut areas.x_label,
                    &mut areas.y_label,
                    &mut areas.legend,
                    &mut areas.note,
                ] {
                    change(text);
                }
                areas.areas.iter_mut().for_each(|area| change(&mut area.label));
            }
            Self::Forest(forest) => {
                for text in [
                    &mut forest.title,
                    &mut forest.subtitle,
                    &mut forest.x_label,
                    &mut forest.n_label,
                    &mut forest.events_label,
                    &mut forest.estimate_label,
                    &mut forest.note,
                ] {
                    change(text);
                }
                forest.rows.iter_mut().for_each(|row| change(&mut row.label));
                forest.panels.iter_mut().for_each(|panel| change(&mut panel.title));
            }
            Self::Dots(dots) => {
                for text in [
                    &mut dots.title,
                    &mut dots.subtitle,
                    &mut dots.x_label,
                    &mut dots.reference_label,
                    &mut dots.note,
                ] {
                    change(text);
                }
                dots.dots.iter_mut().for_each(|dot| change(&mut dot.label));
            }
        }
    }

    /// The note. May be empty.
    pub fn note(&self) -> &str {
        match self {
            Self::StackedBars(bars) => &bars.note,
            Self::Curves(curves) => &curves.note,
            Self::Areas(areas) => &areas.note,
            Self::Forest(forest) => &forest.note,
            Self::Dots(dots) => &dots.note,
        }
    }
}

/// Ratios of a regression: terms and levels down the side, a panel a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forest {
    /// Unique in a page; a file name.
    pub id: String,
    /// Title. May be empty.
    pub title: String,
    /// Second line. May be empty.
    pub subtitle: String,
    /// Label of the axis, such as "Hazardratio, logaritmisk akse".
    pub x_label: String,
    /// Heading of the numbers of spells.
    pub n_label: String,
    /// Heading of the numbers of events.
    pub events_label: String,
    /// Heading of the estimates, such as "HR (95 %-KI)".
    pub estimate_label: String,
    /// Terms and levels.
    pub rows: Vec<ForestRow>,
    /// The models, in panels side by side as far as there is room.
    pub panels: Vec<ForestPanel>,
    /// A note below the figure. May be empty.
    pub note: String,
}

/// A line of a [`Forest`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForestRow {
    /// Name of the term or of the level.
    pub label: String,
    /// Whether it only names the term of the levels below.
    pub heading: bool,
    /// Whether it is a level of the heading above.
    pub level: bool,
    /// Number of spells.
    pub n: Option<f64>,
}

/// The estimates of a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForestPanel {
    /// Title, such as the cause. May be empty.
    pub title: String,
    /// One for each row of the [`Forest`].
    pub effects: Vec<Effect>,
}

/// What a panel shows in a row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Effect {
    /// The ratio.
    pub ratio: Ratio,
    /// Number of events; shown where there is one panel.
    pub events: Option<f64>,
}

/// A ratio of a [`Forest`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Ratio {
    /// Nothing, as beside a heading.
    #[default]
    None,
    /// The level that others are compared with: 1.
    Base,
    /// A column that is left out of the model.
    LeftOut,
    /// An estimate with its limits; limits that are not finite are not drawn.
    Estimate {
        /// The ratio.
        estimate: f64,
        /// Lower limit.
        low: f64,
        /// Upper limit.
        high: f64,
    },
}

/// Stacked bars, one a category, the first series at the bottom.
///
/// The axis ends at 100 where a bar is higher than half of that, else at the next round number above the highest bar.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StackedBars {
    /// Unique in a page; a file name.
    pub id: String,
    /// Title, one sentence at most.
    pub title: String,
    /// Second line: population, base, period. May be empty.
    pub subtitle: String,
    /// Label of the categories, such as "Startår". May be empty.
    pub x_label: String,
    /// Label of the values, such as "Procent af alle forløb". May be empty.
    pub y_label: String,
    /// Labels of the bars in order.
    pub categories: Vec<String>,
    /// The parts of each bar, from the bottom.
    pub series: Vec<Series>,
    /// Per cent ([`Scale::Probability`]) or other numbers.
    pub scale: Scale,
    /// Digits after the decimal mark of value labels (on a phone they are left out).
    pub decimals: usize,
    /// Colours.
    pub palette: Palette,
    /// A note below the figure. May be empty.
    pub note: String,
}

impl StackedBars {
    /// An empty chart with an id and one decimal.
    pub fn named(id: &str) -> Self {
        Self { id: id.to_owned(), decimals: 1, ..Self::default() }
    }
}

/// One part of every bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Key that fixes the colour, such as `employment`.
    pub key: String,
    /// Label in the legend.
    pub label: String,
    /// One value a category, in per cent or in the unit of the axis; not finite = no bar part.
    pub values: Vec<f64>,
}

impl Series {
    /// A series from its key, its label and its values.
    pub fn new(key: &str, label: &str, values: Vec<f64>) -> Self {
        Self { key: key.to_owned(), label: label.to_owned(), values }
    }
}

/// How the panels of a [`Curves`] chart share their vertical axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum YScale {
    /// All panels have the same axis: levels can be compared across panels.
    #[default]
    Shared,
    /// Each panel has its own axis: differences inside a panel can be seen. Say so in the note.
    Free,
}

/// What the numbers of a [`Curves`] chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Probabilities in `[0, 1]`, shown in per cent; the axis stays inside 0–100.
    #[default]
    Probability,
    /// Any number, shown as it is.
    Number,
}

/// What stands along the horizontal axis of a [`Curves`] chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Along {
    /// Times since a start, mostly months.
    #[default]
    Months,
    /// Weeks since a start.
    Weeks,
    /// Full years of seniority.
    Seniority,
    /// Calendar years, which have no mark between thousands.
    Years,
    /// Calendar months, counted from January of year 0: 24288 is January 2024.
    Calendar,
    /// Places in an order, from 1.
    Ranks,
}

/// Curves in small multiples.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Unique in a page; a file name.
    pub id: String,
    /// Title, one sentence at most.
    pub title: String,
    /// Second line. May be empty.
    pub subtitle: String,
    /// Label of time, such as "Måneder siden forløbets start".
    pub x_label: String,
    /// Label of the estimate, set above the axis.
    pub y_label: String,
    /// Begin of the time axis: 0, or the landmark that all of the sample have reached.
    pub x_min: f64,
    /// End of the time axis; by default the last time of any line.
    pub x_max: Option<f64>,
    /// Distance of ticks; by default 1, 2, 3, 6, 12, 24 … months as there is room.
    pub x_step: Option<f64>,
    /// What stands along the horizontal axis.
    pub along: Along,
    /// True for estimates that jump at their times and stay; false draws straight lines.
    pub step: bool,
    /// Value where the time axis begins: 0 for a cumulative incidence, 1 for survival. Used where `step` is true.
    pub start: f64,
    /// Probabilities or other numbers.
    pub scale: Scale,
    /// Shared or free vertical axes.
    pub y_scale: YScale,
    /// Whether the vertical axis begins at 0. Where it does not, say so in the note.
    pub from_zero: bool,
    /// The panels in order; page width sets up to three side by side.
    pub panels: Vec<Panel>,
    /// Heading of the legend, such as "Befolkningsgruppe". May be empty.
    pub legend: String,
    /// What the bands are, in the legend, such as "95 %, personer". May be empty.
    pub band_label: String,
    /// What the thin limits are, in the legend, such as "95 %, forløb". May be empty.
    pub outline_label: String,
    /// Colours.
    pub palette: Palette,
    /// A note below the figure: the kind of interval, for instance. May be empty.
    pub note: String,
}

impl Curves {
    /// An empty chart with an id: step curves of probabilities from 0, shared axis.
    pub fn named(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: String::new(),
            subtitle: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            x_min: 0.0,
            x_max: None,
            x_step: None,
            along: Along::Months,
            step: true,
            start: 0.0,
            scale: Scale::Probability,
            y_scale: YScale::Shared,
            from_zero: true,
            panels: Vec::new(),
            legend: String::new(),
            band_label: String::new(),
            outline_label: String::new(),
            palette: Palette::Groups,
            note: String::new(),
        }
    }
}

/// One panel: one cause, one target group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// Title above the panel. May be empty.
    pub title: String,
    /// Lines in the order of the legend. A key has the same colour in all panels.
    pub lines: Vec<Line>,
    /// Number at risk below the axis. Where all panels have the same rows (causes of one risk set do), they are shown once.
    pub at_risk: Vec<RiskRow>,
}

/// One line with an optional confidence band.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Key that fixes the colour, such as `3` or `employment`.
    pub key: String,
    /// Label in the legend.
    pub label: String,
    /// Times, ascending.
    pub time: Vec<f64>,
    /// Estimate at each time; not finite = gap.
    pub estimate: Vec<f64>,
    /// Lower limit at each time; empty = no band.
    pub low: Vec<f64>,
    /// Upper limit at each time; empty = no band.
    pub high: Vec<f64>,
    /// A second pair of limits at each time, drawn as thin dotted lines: lower and upper; empty = none.
    pub outline: (Vec<f64>, Vec<f64>),
    /// Drawn dashed.
    pub dashed: bool,
    /// Times and heights of small ticks, as for censorings.
    pub marks: Vec<(f64, f64)>,
}

/// The number at risk of one group: `n[i]` just before `time[i]`.
///
/// At a tick the number of the first time that is not before it is shown, 0 after the last time (as R's
/// `summary.survfit` does). With late entries their times are among the times, so that it is the number at the tick itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RiskRow {
    /// Key of the group's line.
    pub key: String,
    /// Label before the row.
    pub label: String,
    /// Times at which somebody leaves or enters, ascending.
    pub time: Vec<f64>,
    /// Number at risk just before each time.
    pub n: Vec<f64>,
}

impl RiskRow {
    /// The number at risk just before `time`.
    pub fn at(&self, time: f64) -> f64 {
        let next = self.time.partition_point(|&t| t < time);
        self.n.get(next).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_at_risk_counts_those_just_before() {
        let row =
            RiskRow { time: vec![1.0, 2.0, 5.0], n: vec![10.0, 7.0, 3.0], ..RiskRow::default() };
        let got: Vec<f64> =
            [0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 6.0].iter().map(|&t| row.at(t)).collect();
        assert_eq!(got, [10.0, 10.0, 7.0, 7.0, 3.0, 3.0, 0.0]);
        assert!(RiskRow::default().at(0.0).abs() < f64::EPSILON);
    }
}
