//! Units of persons, counted into the cells of tables.

use super::measure::{Measure, Person, Place, Unit, Words};
use super::spells::{ClassOf, NO_CLASS, Run, WeekSpell, each_spell};
use super::table::{Label, Units, WeekTable};
use super::weeks::Weeks;
use crate::count::{CountResult, UnmatchedPerson};
use crate::error::{Error, Result};
use crate::tabulate::{CountTable, DimInfo};

/// The units of a table, ready for a scan.
enum Find {
    Persons {
        week: usize,
    },
    Stock {
        week: usize,
        of: ClassOf,
    },
    Starts {
        of: ClassOf,
        classes: u8,
        gap: usize,
        clean: usize,
        once: bool,
        from: usize,
        to: usize,
    },
    Ends {
        of: ClassOf,
        classes: u8,
        gap: usize,
        left_truncated: bool,
        from: usize,
        to: usize,
    },
    Weeks {
        of: ClassOf,
        from: usize,
        to: usize,
    },
}

/// A table and how units find their cells.
pub(crate) struct Counter {
    find: Find,
    only: Vec<(Measure, Vec<bool>)>,
    dims: Vec<(Measure, usize)>,
    table: CountTable,
    /// Cells of the dimensions so far, one for each combination of labels of several.
    cells: Vec<usize>,
    more: Vec<usize>,
}

impl Counter {
    pub(crate) fn new(spec: &WeekTable, words: Words) -> Result<Self> {
        let (find, class_names) = Find::new(&spec.units, words)?;
        let measure = |name: &str, label: &Label| -> Result<(Vec<DimInfo>, Measure)> {
            let spells = matches!(spec.units, Units::Starts { .. } | Units::Ends { .. });
            let needs = match label {
                Label::Duration { .. } if !spells => Some("spells that start or end"),
                Label::First { .. } if !matches!(spec.units, Units::Starts { .. }) => {
                    Some("spells that start")
                }
                Label::Class if matches!(spec.units, Units::Persons { .. }) => {
                    Some("units of some classes")
                }
                _ => None,
            };
            if let Some(needs) = needs {
                return Err(Error::LabelNeeds { label: name.to_owned(), needs });
            }
            let (mut infos, measure) = words.measure(name, label)?;
            if matches!(label, Label::Class) {
                infos.push(DimInfo { name: name.to_owned(), labels: class_names.clone() });
            }
            Ok((infos, measure))
        };
        let mut infos = Vec::new();
        let mut dims = Vec::new();
        for (name, label) in &spec.dims {
            let (of_label, measure) = measure(name, label)?;
            dims.push((measure, of_label.iter().map(|info| info.labels.len()).product()));
            infos.extend(of_label);
        }
        let mut only = Vec::new();
        for (label, wanted) in &spec.only {
            let (of_label, measure) = measure("only", label)?;
            let [info] = of_label.as_slice() else {
                return Err(Error::LabelNeeds {
                    label: "only".to_owned(),
                    needs: "a label of one dimension",
                });
            };
            if let Some(unknown) = wanted.iter().find(|label| !info.labels.contains(label)) {
                return Err(Error::NoSuchLabel {
                    dimension: "only".to_owned(),
                    found: unknown.clone(),
                    valid: info.labels.join(", "),
                });
            }
            only.push((measure, info.labels.iter().map(|name| wanted.contains(name)).collect()));
        }
        let table = CountTable::zeros(infos)?;
        Ok(Self { find, only, dims, table, cells: Vec::new(), more: Vec::new() })
    }

    /// Counts the units of a person.
    pub(crate) fn add(&mut self, person: Person, weeks: &Weeks) -> CountResult<()> {
        let Self { find, only, dims, table, cells, more } = self;
        let mut failed = None;
        find.each(person, |unit| {
            let counted = count(only, dims, table, (&mut *cells, &mut *more), person, unit, weeks);
            if let Err(unmatched) = counted {
                failed.get_or_insert(unmatched);
            }
        });
        failed.map_or(Ok(()), Err)
    }

    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        self.table.merge(&other.table)
    }

    pub(crate) fn finish(self) -> CountTable {
        self.table
    }
}

fn count(
    only: &[(Measure, Vec<bool>)],
    dims: &[(Measure, usize)],
    table: &mut CountTable,
    (cells, more): (&mut Vec<usize>, &mut Vec<usize>),
    person: Person,
    unit: Unit,
    weeks: &Weeks,
) -> Result<(), UnmatchedPerson> {
    for (measure, wanted) in only {
        let mut any = false;
        match measure.place(person, unit, weeks, |place| any |= wanted[place])? {
            Place::Nowhere => return Ok(()),
            Place::At(place) => any = wanted[place],
            Place::Many => {}
        }
        if !any {
            return Ok(());
        }
    }
    cells.clear();
    cells.push(0);
    for (measure, labels) in dims {
        for cell in cells.iter_mut() {
            *cell *= labels;
        }
        more.clear();
        let place = measure.place(person, unit, weeks, |place| {
            more.extend(cells.iter().map(|cell| cell + place));
        })?;
        match place {
            Place::Nowhere => return Ok(()),
            Place::At(place) => cells.iter_mut().for_each(|cell| *cell += place),
            Place::Many => std::mem::swap(cells, more),
        }
    }
    for &cell in cells.iter() {
        table.counts[cell] += 1;
    }
    Ok(())
}

impl Find {
    /// The units, ready, and the names of their classes.
    fn new(units: &Units, words: Words) -> Result<(Self, Vec<String>)> {
        let weeks = words.weeks;
        let range = |from, to| {
            if from > to {
                return Err(Error::ImpossibleWeeks { first: from, last: to });
            }
            Ok((weeks.find(from)?, weeks.find(to)?))
        };
        Ok(match units {
            Units::Persons { week } => (Self::Persons { week: weeks.find(*week)? }, Vec::new()),
            Units::Stock { week, of } => {
                (Self::Stock { week: weeks.find(*week)?, of: words.classes(of)? }, of.names())
            }
            Units::Starts { spells, clean, once, from, to } => {
                let (from, to) = range(*from, *to)?;
                let names = spells.of.names();
                let find = Self::Starts {
                    of: words.classes(&spells.of)?,
                    classes: names.len() as u8,
                    gap: spells.gap,
                    clean: (*clean).max(spells.gap + 1),
                    once: *once,
                    from,
                    to,
                };
                (find, names)
            }
            Units::Ends { spells, left_truncated, from, to } => {
                let (from, to) = range(*from, *to)?;
                let names = spells.of.names();
                let of = words.classes(&spells.of)?;
                let (classes, gap, left_truncated) =
                    (names.len() as u8, spells.gap, *left_truncated);
                (Self::Ends { of, classes, gap, left_truncated, from, to }, names)
            }
            Units::Weeks { of, from, to } => {
                let (from, to) = range(*from, *to)?;
                (Self::Weeks { of: words.classes(of)?, from, to }, of.names())
            }
        })
    }

    /// Finds the units of a person.
    fn each(&self, person: Person, mut visit: impl FnMut(Unit)) {
        let bytes = person.weeks;
        match self {
            Self::Persons { week } => {
                visit(Unit { anchor: *week, class: NO_CLASS, spell: None });
            }
            Self::Stock { week, of } => {
                let class = of[usize::from(bytes[*week])];
                if class != NO_CLASS {
                    visit(Unit { anchor: *week, class, spell: None });
                }
            }
            Self::Starts { of, classes, gap, clean, once, from, to } => {
                let mut last = NO_CLASS;
                each_class(person.runs, of, *classes, *gap, |class, spell, without| {
                    let starts = (*from..=*to).contains(&spell.start) && without >= *clean;
                    if starts && !(*once && last == class) {
                        last = class;
                        visit(Unit { anchor: spell.start, class, spell: Some(spell) });
                    }
                });
            }
            Self::Ends { of, classes, gap, left_truncated, from, to } => {
                each_class(person.runs, of, *classes, *gap, |class, spell, _| {
                    let last = spell.end - 1;
                    let counts = spell.ended && (spell.start_known || *left_truncated);
                    if counts && (*from..=*to).contains(&last) {
                        visit(Unit { anchor: last, class, spell: Some(spell) });
                    }
                });
            }
            Self::Weeks { of, from, to } => {
                for run in person.runs {
                    let class = of[usize::from(run.byte)];
                    if class != NO_CLASS {
                        for week in run.start.max(*from)..run.end.min(to + 1) {
                            visit(Unit { anchor: week, class, spell: None });
                        }
                    }
                }
            }
        }
    }
}

/// All spells of all classes, with the number of weeks without the class that are seen before each.
fn each_class(
    runs: &[Run],
    of: &ClassOf,
    classes: u8,
    gap: usize,
    mut visit: impl FnMut(u8, WeekSpell, usize),
) {
    let is_there = |class: &u8| runs.iter().any(|run| of[usize::from(run.byte)] == *class);
    // Most persons are never in most classes.
    for class in (0..classes).filter(is_there) {
        let mut before = 0;
        each_spell(runs, of, class, gap, |spell| {
            visit(class, spell, spell.start - before);
            before = spell.end;
        });
    }
}
