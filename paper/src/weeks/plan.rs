//! From what an output asks for to the tables that the engine counts.

use afgang_engine::week::{Calendrical, Label, Step, Units, WeekTable};

use super::asked::{Asked, Bins, Population, Quantity, Unit};

/// Weeks of a year, where years count in weeks.
pub(super) const WEEKS_OF_YEAR: u32 = 52;

impl Asked {
    /// The tables that the output needs, in the order in which [`super::build`] takes them.
    pub fn tables(&self) -> Vec<WeekTable> {
        match self {
            Self::Stock(profile) => {
                let population = &profile.population;
                let of = |label: Option<Label>| population.table(label.map(|of| ("of", of)));
                let mut tables = vec![of(None)];
                tables.extend(profile.quantities.iter().map(|quantity| of(Some(quantity.label()))));
                tables
            }
            Self::LookBackShare { population, windows } => windows
                .windows
                .iter()
                .map(|window| {
                    let label = Label::LookBack {
                        set: windows.set.clone(),
                        weeks: window.weeks,
                        percent: windows.percent,
                        with_anchor: windows.with_anchor,
                    };
                    population.table([("long", label)])
                })
                .collect(),
            Self::Occupancy {
                spells,
                clean,
                once,
                from,
                to,
                lags,
                of,
                same,
                ever,
                by,
                age,
                cohorts,
                ..
            } => {
                let (step, times) = match lags.unit {
                    Unit::Weeks => (Step::Weeks, 1),
                    Unit::Months => (Step::Months, 1),
                    Unit::Years => (Step::Weeks, WEEKS_OF_YEAR),
                };
                let label = Label::At {
                    lags: lags.lags.iter().map(|lag| lag * times).collect(),
                    step,
                    of: of.clone(),
                    same: same.clone(),
                    ever: *ever,
                };
                let units = Units::Starts {
                    spells: spells.clone(),
                    clean: *clean,
                    once: *once,
                    from: *from,
                    to: *to,
                };
                let mut groups: Vec<Option<Label>> = vec![None];
                groups.extend(by.iter().map(|name| Some(Label::Grouping(name.clone()))));
                groups.extend(age.iter().map(|(birth_year, bounds)| {
                    Some(Label::Age { birth_year: birth_year.clone(), bounds: bounds.clone() })
                }));
                groups.extend(cohorts.map(|period| Some(Label::Calendar(period))));
                groups
                    .into_iter()
                    .map(|group| {
                        let mut dims = vec![("class".to_owned(), Label::Class)];
                        dims.extend(group.map(|label| ("group".to_owned(), label)));
                        dims.push(("state".to_owned(), label.clone()));
                        WeekTable { units: units.clone(), only: Vec::new(), dims }
                    })
                    .collect()
            }
            Self::ModalWindow { population, bins, modal } => {
                let label = Label::Modal {
                    of: modal.of.clone(),
                    same: modal.same.clone(),
                    window: modal.window.clone(),
                    ties: modal.ties,
                };
                vec![population.table(seniority(bins.as_ref()).chain([("state", label)]))]
            }
            Self::MeasureShare { population, bins, set, window, .. } => {
                let label = Label::Any { set: set.clone(), window: window.clone() };
                vec![population.table(seniority(bins.as_ref()).chain([("any", label)]))]
            }
            Self::MeasureTypes { population, bins, types, window } => {
                let label = Label::Kinds {
                    kinds: types.clone(),
                    union: "total".to_owned(),
                    window: window.clone(),
                };
                vec![population.table(seniority(bins.as_ref()).chain([("type", label)]))]
            }
            Self::TimeSinceMeasure { population, bins, set, years } => {
                let bounds = years.iter().map(|years| years * WEEKS_OF_YEAR).collect();
                let label = Label::Since { set: set.clone(), bounds };
                vec![population.table(seniority(Some(bins)).chain([("since", label)]))]
            }
            Self::FirstMeasure { spells, from, to, set, weeks, .. } => {
                // The first week of the spell is one of the weeks.
                let first = Label::First { set: set.clone(), horizon: *weeks as usize - 1 };
                let table = |only| WeekTable {
                    units: Units::Starts {
                        spells: spells.clone(),
                        clean: 0,
                        once: false,
                        from: *from,
                        to: *to,
                    },
                    only,
                    dims: vec![
                        ("class".to_owned(), Label::Class),
                        ("event".to_owned(), first.clone()),
                    ],
                };
                // Bounds make two bins, of which the second is wanted.
                let duration = Label::Duration { gaps_count: true, bounds: vec![*weeks] };
                vec![table(Vec::new()), table(vec![(duration, vec![format!("{weeks}+")])])]
            }
            Self::FullTimePersons { of, from, to, period, .. } => vec![WeekTable {
                units: Units::Weeks { of: of.clone(), from: *from, to: *to },
                only: Vec::new(),
                dims: vec![
                    ("class".to_owned(), Label::Class),
                    ("period".to_owned(), Label::Calendar(*period)),
                ],
            }],
            Self::SpellFlow { spells, from, to, gaps_count, .. } => {
                let year = || ("year".to_owned(), Label::Calendar(Calendrical::Year));
                let class = || ("class".to_owned(), Label::Class);
                let duration = Label::Duration { gaps_count: *gaps_count, bounds: Vec::new() };
                let (spells, from, to) = (spells.clone(), *from, *to);
                vec![
                    WeekTable {
                        units: Units::Starts {
                            spells: spells.clone(),
                            clean: 0,
                            once: false,
                            from,
                            to,
                        },
                        only: Vec::new(),
                        dims: vec![class(), year()],
                    },
                    WeekTable {
                        units: Units::Ends {
                            spells: spells.clone(),
                            left_truncated: true,
                            from,
                            to,
                        },
                        only: Vec::new(),
                        dims: vec![class(), year()],
                    },
                    WeekTable {
                        units: Units::Ends { spells, left_truncated: false, from, to },
                        only: Vec::new(),
                        dims: vec![class(), year(), ("weeks".to_owned(), duration)],
                    },
                ]
            }
            Self::TransitionMatrix { week, of, weeks } => {
                let label = Label::At {
                    lags: vec![*weeks],
                    step: Step::Weeks,
                    of: of.clone(),
                    same: None,
                    ever: false,
                };
                vec![WeekTable {
                    units: Units::Stock { week: *week, of: of.clone() },
                    only: Vec::new(),
                    dims: vec![("from".to_owned(), Label::Class), ("to".to_owned(), label)],
                }]
            }
            Self::Areas(areas) => {
                let mut tables = areas.of.tables();
                for table in &mut tables {
                    let area = Label::Grouping(areas.by.clone());
                    table.dims.insert(0, ("area".to_owned(), area));
                }
                tables
            }
            // Their persons are followed one by one.
            Self::CohortShare { .. }
            | Self::CohortOccupancy { .. }
            | Self::EffectPath(_)
            | Self::EffectBalance(_) => Vec::new(),
        }
    }

    /// The groupings that the output uses.
    pub fn groupings(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        match self {
            Self::Stock(profile) => {
                names.extend(profile.quantities.iter().map(|quantity| match quantity {
                    Quantity::MeanAge(name) | Quantity::Mean(name) | Quantity::Shares(name) => {
                        name.as_str()
                    }
                }));
            }
            Self::Occupancy { by, age, .. } => {
                names.extend(by.iter().map(String::as_str));
                names.extend(age.iter().map(|(name, _)| name.as_str()));
            }
            Self::Areas(areas) => {
                names = areas.of.groupings();
                names.push(&areas.by);
                return names;
            }
            _ => {}
        }
        if let Some(population) = self.population() {
            let rules = population.rows.rules.iter();
            names.extend(rules.flat_map(|rule| rule.groups.iter().map(|(name, _)| name.as_str())));
        }
        names
    }

    /// Whom the output is about, if it is about persons in a week.
    pub(super) fn population(&self) -> Option<&Population> {
        match self {
            Self::Stock(profile) => Some(&profile.population),
            Self::LookBackShare { population, .. }
            | Self::ModalWindow { population, .. }
            | Self::MeasureShare { population, .. }
            | Self::MeasureTypes { population, .. }
            | Self::TimeSinceMeasure { population, .. } => Some(population),
            Self::Areas(areas) => areas.of.population(),
            _ => None,
        }
    }
}

impl Quantity {
    fn label(&self) -> Label {
        match self {
            Self::MeanAge(birth_year) => {
                Label::Age { birth_year: birth_year.clone(), bounds: Vec::new() }
            }
            Self::Mean(name) | Self::Shares(name) => Label::Grouping(name.clone()),
        }
    }
}

impl Population {
    /// A table by the rows and by labels.
    fn table<'n>(&self, labels: impl IntoIterator<Item = (&'n str, Label)>) -> WeekTable {
        let mut dims = vec![("rows".to_owned(), Label::Rows(self.rows.rules.clone()))];
        dims.extend(labels.into_iter().map(|(name, label)| (name.to_owned(), label)));
        let mut only = Vec::new();
        // Bounds make two bins, of which the second is wanted.
        if let Some((spells, gaps_count, weeks)) = &self.at_least {
            let (spells, gaps_count) = (spells.clone(), *gaps_count);
            let bounds = vec![*weeks];
            only.push((Label::Seniority { spells, gaps_count, bounds }, vec![format!("{weeks}+")]));
        }
        if let Some((spells, rule, months)) = &self.at_least_months {
            let (spells, rule, bounds) = (spells.clone(), *rule, vec![*months]);
            let label = Label::SeniorityMonths { spells, rule, bounds };
            only.push((label, vec![format!("{months}+")]));
        }
        WeekTable { units: Units::Persons { week: self.week }, only, dims }
    }
}

/// The label of seniority, if there are bins.
fn seniority(bins: Option<&Bins>) -> impl Iterator<Item = (&'static str, Label)> {
    bins.into_iter().map(|bins| {
        let (spells, gaps_count) = (bins.spells.clone(), bins.gaps_count);
        let bounds = bins.bounds.clone();
        ("seniority", Label::Seniority { spells, gaps_count, bounds })
    })
}
