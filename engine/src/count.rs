//! The counting behind the tables: one set of counters a worker, merged by addition.

use crate::cells::{CellCounter, CellTable};
use crate::decode::Batch;
use crate::error::{Error, Result};
use crate::grouping::{self, Labels, UNMATCHED};
use crate::layout::Layout;
use crate::pairs::{PairCounter, PairTable};
use crate::persons::{PersonCounter, PersonTable};
use crate::scan::Plan;
use crate::spells::{ExitLabels, Spell, UNOBSERVED, for_each_bit};
use crate::states::StateTable;
use crate::tabulate::{CountTable, Dim, DimInfo, MonthDim, MonthSpec, TableSpec};
use crate::timeline::Timeline;
use crate::transitions::TransitionCounter;

/// All that counting needs to know of the study.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) states: &'a StateTable,
    pub(crate) exits: &'a ExitLabels,
    /// Exits of the code book.
    pub(crate) exit_names: &'a [String],
    pub(crate) target_groups: &'a [String],
    pub(crate) interventions: &'a [String],
    pub(crate) layout: &'a Layout,
    pub(crate) grouping_names: &'a [String],
    pub(crate) labels: &'a [Labels],
}

impl Context<'_> {
    pub(crate) fn grouping(&self, name: &str) -> Result<usize> {
        grouping::place(self.grouping_names, name)
    }

    /// Labels of a dimension of spells.
    pub(crate) fn dim(&self, dim: &Dim) -> Result<DimInfo> {
        let periods = 0..self.timeline.len();
        let labels = match dim {
            Dim::TargetGroup | Dim::FirstTargetGroup => self.target_groups.to_vec(),
            Dim::Exit => self.exits.names.clone(),
            Dim::Start => periods.map(|period| self.timeline.label(period)).collect(),
            Dim::StartYear => self.years(),
            Dim::Duration => periods.map(|period| (period + 1).to_string()).collect(),
            Dim::Grouping(name) => self.labels[self.grouping(name)?].names.clone(),
            Dim::ExitLater(_) => {
                let unobserved = [UNOBSERVED.to_owned()];
                [self.exit_names, self.target_groups, &unobserved].concat()
            }
        };
        Ok(DimInfo { name: dim.name(), labels })
    }

    /// Labels of a dimension of months.
    pub(crate) fn month_dim(&self, dim: &MonthDim) -> Result<DimInfo> {
        let labels = match dim {
            MonthDim::TargetGroup => self.target_groups.to_vec(),
            MonthDim::Year => self.years(),
            MonthDim::Intervention => self.interventions.to_vec(),
            MonthDim::Grouping(name) => self.labels[self.grouping(name)?].names.clone(),
        };
        Ok(DimInfo { name: dim.name(), labels })
    }

    fn years(&self) -> Vec<String> {
        self.timeline.years().iter().map(ToString::to_string).collect()
    }
}

/// The labels of a batch's persons.
#[derive(Debug, Default)]
pub(crate) struct BatchLabels {
    /// By grouping, then by slot of its attribute, then by person.
    by_grouping: Vec<Vec<Vec<u16>>>,
}

impl BatchLabels {
    pub(crate) fn fill(&mut self, batch: &Batch, layout: &Layout, labels: &[Labels]) -> Result<()> {
        self.by_grouping.resize_with(labels.len(), Vec::new);
        for (grouping, slots) in self.by_grouping.iter_mut().enumerate() {
            let attribute = &layout.attributes[layout.of_grouping[grouping]];
            slots.resize_with(if attribute.yearly { layout.years } else { 1 }, Vec::new);
            for (offset, ids) in slots.iter_mut().enumerate() {
                let column = batch.attributes[attribute.slot + offset]
                    .as_ref()
                    .ok_or(Error::Internal("an attribute was not read"))?;
                let labels = &labels[grouping];
                ids.clear();
                ids.extend((0..batch.rows).map(|person| labels.of(column.value(person))));
            }
        }
        Ok(())
    }

    /// Labels of a grouping in a year of the study.
    pub(crate) fn of_year(&self, grouping: usize, year: usize) -> &[u16] {
        let slots = &self.by_grouping[grouping];
        if slots.len() == 1 { &slots[0] } else { &slots[year] }
    }

    /// Labels of all slots of a grouping.
    pub(crate) fn slots(&self, grouping: usize) -> &[Vec<u16>] {
        &self.by_grouping[grouping]
    }
}

/// A person whose value a grouping has no label for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnmatchedPerson {
    pub(crate) grouping: usize,
    pub(crate) person: usize,
    pub(crate) year: usize,
}

/// What goes wrong when a batch is counted.
pub(crate) type CountResult<T> = Result<T, UnmatchedPerson>;

/// Counters of all tables of spells.
pub(crate) struct SpellCounters {
    /// The different dimensions of all tables.
    dims: Vec<DimColumn>,
    tables: Vec<SpellTable>,
    /// Table of each specification.
    of_spec: Vec<usize>,
    cells: Vec<CellCounter>,
    pairs: Vec<PairCounter>,
    persons: Vec<PersonCounter>,
    transitions: Vec<TransitionCounter>,
    /// Spells of the batch by person: where a person's begin in `by_person`.
    first: Vec<u32>,
    by_person: Vec<u32>,
}

struct DimColumn {
    dim: Dim,
    grouping: usize,
    /// Position of each spell of the batch in the dimension.
    positions: Vec<u32>,
}

/// For each dimension its column and the stride of its positions.
pub(crate) type Steps = Vec<(usize, usize)>;

struct SpellTable {
    spec: TableSpec,
    steps: Steps,
    table: CountTable,
}

impl SpellCounters {
    pub(crate) fn new(plan: &Plan, context: &Context) -> Result<Self> {
        let mut counters = Self {
            dims: Vec::new(),
            tables: Vec::new(),
            of_spec: Vec::new(),
            cells: Vec::new(),
            pairs: Vec::new(),
            persons: Vec::new(),
            transitions: Vec::new(),
            first: Vec::new(),
            by_person: Vec::new(),
        };
        for spec in &plan.tables {
            let known = counters.tables.iter().position(|table| table.spec == *spec);
            counters.of_spec.push(known.unwrap_or(counters.tables.len()));
            if known.is_none() {
                let table = counters.table(spec, context)?;
                counters.tables.push(table);
            }
        }
        for dims in &plan.cells {
            let (infos, steps) = counters.steps(dims, context)?;
            counters.cells.push(CellCounter::new(infos, steps)?);
        }
        for spec in &plan.pairs {
            let (infos, steps) = counters.steps(&spec.dims, context)?;
            counters.pairs.push(PairCounter::new(spec, infos, steps)?);
        }
        for dims in &plan.persons {
            let (infos, steps) = counters.steps(dims, context)?;
            counters.persons.push(PersonCounter::new(infos, steps)?);
        }
        for spec in &plan.transitions {
            let (infos, steps) = counters.steps(&spec.by, context)?;
            counters.transitions.push(TransitionCounter::new(infos, steps, context)?);
        }
        Ok(counters)
    }

    fn table(&mut self, spec: &TableSpec, context: &Context) -> Result<SpellTable> {
        let (infos, steps) = self.steps(&spec.dims, context)?;
        Ok(SpellTable { spec: spec.clone(), steps, table: CountTable::zeros(infos)? })
    }

    /// The dimensions, and for each its column and the stride of its positions.
    fn steps(&mut self, dims: &[Dim], context: &Context) -> Result<(Vec<DimInfo>, Steps)> {
        let infos = dims.iter().map(|dim| context.dim(dim)).collect::<Result<Vec<_>>>()?;
        let strides = strides(&infos);
        let mut steps = Vec::with_capacity(infos.len());
        for (dim, stride) in dims.iter().zip(strides) {
            let known = self.dims.iter().position(|column| column.dim == *dim);
            if known.is_none() {
                let grouping = match dim {
                    Dim::Grouping(name) => context.grouping(name)?,
                    _ => 0,
                };
                self.dims.push(DimColumn { dim: dim.clone(), grouping, positions: Vec::new() });
            }
            steps.push((known.unwrap_or(self.dims.len() - 1), stride));
        }
        Ok((infos, steps))
    }

    /// Whether any table counts left-truncated spells.
    pub(crate) fn left_truncated(&self) -> bool {
        self.tables.iter().any(|table| table.spec.left_truncated)
    }

    /// Counts the spells of a batch.
    pub(crate) fn add(
        &mut self,
        spells: &[Spell],
        batch: &Batch,
        labels: &BatchLabels,
        context: &Context,
    ) -> CountResult<()> {
        for column in &mut self.dims {
            column.fill(spells, batch, labels, context)?;
        }
        let mut cells = vec![0_usize; spells.len()];
        for table in &mut self.tables {
            find_cells(&self.dims, &table.steps, &mut cells);
            let counts = &mut table.table.counts;
            for (&cell, spell) in cells.iter().zip(spells) {
                if table.spec.left_truncated || !spell.left_truncated {
                    counts[cell] += 1;
                }
            }
        }
        for counter in &mut self.cells {
            find_cells(&self.dims, &counter.steps, &mut cells);
            let known = cells.iter().zip(spells).filter(|(_, spell)| !spell.left_truncated);
            counter.add(known.map(|(&cell, _)| cell));
        }
        for transitions in &mut self.transitions {
            find_cells(&self.dims, &transitions.steps, &mut cells);
            transitions.add(spells, &cells, batch, context);
        }
        if !(self.pairs.is_empty() && self.persons.is_empty()) {
            self.sort_by_person(spells, batch.rows);
        }
        for pairs in &mut self.pairs {
            find_cells(&self.dims, &pairs.steps, &mut cells);
            each_of_several(&self.first, &self.by_person, &cells, |own| pairs.add(own));
        }
        for persons in &mut self.persons {
            find_cells(&self.dims, &persons.steps, &mut cells);
            each_of_several(&self.first, &self.by_person, &cells, |own| persons.add(own));
        }
        Ok(())
    }

    /// Sorts the spells with a known start by person (by counting).
    fn sort_by_person(&mut self, spells: &[Spell], persons: usize) {
        self.first.clear();
        self.first.resize(persons + 1, 0);
        let known = || spells.iter().enumerate().filter(|(_, spell)| !spell.left_truncated);
        for (_, spell) in known() {
            self.first[spell.person as usize + 1] += 1;
        }
        for person in 0..persons {
            self.first[person + 1] += self.first[person];
        }
        let mut next = self.first.clone();
        self.by_person.clear();
        self.by_person.resize(self.first[persons] as usize, 0);
        for (at, spell) in known() {
            let slot = &mut next[spell.person as usize];
            self.by_person[*slot as usize] = at as u32;
            *slot += 1;
        }
    }

    pub(crate) fn merge(&mut self, other: &mut Self) -> Result<()> {
        for (table, more) in self.tables.iter_mut().zip(&other.tables) {
            table.table.merge(&more.table)?;
        }
        for (cells, more) in self.cells.iter_mut().zip(&mut other.cells) {
            cells.merge(more)?;
        }
        for (pairs, more) in self.pairs.iter_mut().zip(&mut other.pairs) {
            pairs.merge(more)?;
        }
        for (persons, more) in self.persons.iter_mut().zip(&mut other.persons) {
            persons.merge(more)?;
        }
        for (transitions, more) in self.transitions.iter_mut().zip(&other.transitions) {
            transitions.merge(more)?;
        }
        Ok(())
    }

    /// The tables.
    pub(crate) fn finish(self) -> SpellTables {
        SpellTables {
            tables: self.of_spec.iter().map(|&table| self.tables[table].table.clone()).collect(),
            cells: self.cells.into_iter().map(CellCounter::finish).collect(),
            pairs: self.pairs.into_iter().map(PairCounter::finish).collect(),
            persons: self.persons.into_iter().map(PersonCounter::finish).collect(),
            transitions: self.transitions.into_iter().map(TransitionCounter::finish).collect(),
        }
    }
}

/// Tables of spells, one for each specification of a plan.
pub(crate) struct SpellTables {
    pub(crate) tables: Vec<CountTable>,
    pub(crate) cells: Vec<CellTable>,
    pub(crate) pairs: Vec<PairTable>,
    pub(crate) persons: Vec<PersonTable>,
    pub(crate) transitions: Vec<CountTable>,
}

/// Shows the cells of the spells of each person with several.
fn each_of_several(
    first: &[u32],
    by_person: &[u32],
    cells: &[usize],
    mut show: impl FnMut(&[usize]),
) {
    let mut of_person = Vec::new();
    for bounds in first.windows(2).filter(|bounds| bounds[1] - bounds[0] > 1) {
        let own = &by_person[bounds[0] as usize..bounds[1] as usize];
        of_person.clear();
        of_person.extend(own.iter().map(|&spell| cells[spell as usize]));
        show(&of_person);
    }
}

/// The cell of each spell of the batch.
fn find_cells(dims: &[DimColumn], steps: &[(usize, usize)], cells: &mut [usize]) {
    cells.fill(0);
    for &(column, stride) in steps {
        for (cell, &position) in cells.iter_mut().zip(&dims[column].positions) {
            *cell += stride * position as usize;
        }
    }
}

impl DimColumn {
    fn fill(
        &mut self,
        spells: &[Spell],
        batch: &Batch,
        labels: &BatchLabels,
        context: &Context,
    ) -> CountResult<()> {
        let Context { timeline, states, .. } = context;
        let positions = &mut self.positions;
        positions.clear();
        match &self.dim {
            Dim::TargetGroup => positions.extend(spells.iter().map(|s| u32::from(s.group))),
            Dim::FirstTargetGroup => positions.extend(spells.iter().map(|spell| {
                let byte = batch.bytes_of(usize::from(spell.start))[spell.person as usize];
                u32::from(states.group(byte))
            })),
            Dim::Exit => positions.extend(spells.iter().map(|s| u32::from(s.exit))),
            Dim::Start => positions.extend(spells.iter().map(|s| u32::from(s.start))),
            Dim::StartYear => positions
                .extend(spells.iter().map(|s| timeline.year_index(usize::from(s.start)) as u32)),
            Dim::Duration => positions.extend(spells.iter().map(|s| u32::from(s.months) - 1)),
            Dim::Grouping(_) => {
                for spell in spells {
                    let year = timeline.year_index(usize::from(spell.start));
                    let person = spell.person as usize;
                    let id = labels.of_year(self.grouping, year)[person];
                    if id == UNMATCHED {
                        return Err(UnmatchedPerson { grouping: self.grouping, person, year });
                    }
                    positions.push(u32::from(id));
                }
            }
            Dim::ExitLater(lag) => positions.extend(spells.iter().map(|spell| {
                let period = spell.end() + lag;
                let exits = context.exit_names.len() as u32;
                if period >= timeline.len() {
                    return exits + context.target_groups.len() as u32;
                }
                let person = spell.person as usize;
                let byte = batch.bytes_of(period)[person];
                if states.is_in(byte) {
                    exits + u32::from(states.group(byte))
                } else {
                    u32::from(states.exit(byte, batch.has_income(period, person)))
                }
            })),
        }
        Ok(())
    }
}

/// Counters of all tables of months.
pub(crate) struct MonthCounters {
    tables: Vec<MonthTable>,
    of_spec: Vec<usize>,
}

struct MonthTable {
    spec: MonthSpec,
    /// Stride of each dimension.
    strides: Vec<usize>,
    /// Groupings among the dimensions, with their strides.
    groupings: Vec<(usize, usize)>,
    table: CountTable,
}

impl MonthCounters {
    pub(crate) fn new(specs: &[MonthSpec], context: &Context) -> Result<Self> {
        let mut counters = Self { tables: Vec::new(), of_spec: Vec::new() };
        for spec in specs {
            let known = counters.tables.iter().position(|table| table.spec == *spec);
            counters.of_spec.push(known.unwrap_or(counters.tables.len()));
            if known.is_some() {
                continue;
            }
            let infos =
                spec.dims.iter().map(|dim| context.month_dim(dim)).collect::<Result<Vec<_>>>()?;
            let strides = strides(&infos);
            let mut groupings = Vec::new();
            for (dim, &stride) in spec.dims.iter().zip(&strides) {
                if let MonthDim::Grouping(name) = dim {
                    groupings.push((context.grouping(name)?, stride));
                }
            }
            counters.tables.push(MonthTable {
                spec: spec.clone(),
                strides,
                groupings,
                table: CountTable::zeros(infos)?,
            });
        }
        Ok(counters)
    }

    /// Counts the months of a batch.
    pub(crate) fn add(
        &mut self,
        batch: &Batch,
        labels: &BatchLabels,
        context: &Context,
    ) -> CountResult<()> {
        if self.tables.is_empty() {
            return Ok(());
        }
        for period in 0..context.timeline.len() {
            let year = context.timeline.year_index(period);
            let bytes = batch.bytes_of(period);
            let inside = batch.inside_of(period);
            let mut persons = [0_u64; 256];
            for (word, &bits) in inside.iter().enumerate() {
                for_each_bit(bits, word, |person| persons[usize::from(bytes[person])] += 1);
            }
            for table in &mut self.tables {
                let offsets = table.offsets(year, context);
                if table.groupings.is_empty() {
                    for byte in 1..=usize::from(context.states.last_in()) {
                        // Cells of bytes that no code has may not exist, so nothing is touched.
                        if persons[byte] > 0 {
                            table.table.counts[offsets[byte]] += persons[byte];
                        }
                    }
                } else {
                    table.add_grouped(bytes, inside, &offsets, year, labels)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn merge(&mut self, other: &Self) -> Result<()> {
        for (table, more) in self.tables.iter_mut().zip(&other.tables) {
            table.table.merge(&more.table)?;
        }
        Ok(())
    }

    /// The tables, one for each specification.
    pub(crate) fn finish(self) -> Vec<CountTable> {
        self.of_spec.iter().map(|&table| self.tables[table].table.clone()).collect()
    }
}

impl MonthTable {
    /// Cell of each state byte in a year, before groupings.
    fn offsets(&self, year: usize, context: &Context) -> [usize; 256] {
        let mut offsets = [0; 256];
        for byte in 1..=context.states.last_in() {
            for (dim, stride) in self.spec.dims.iter().zip(&self.strides) {
                offsets[usize::from(byte)] += stride
                    * match dim {
                        MonthDim::TargetGroup => usize::from(context.states.group(byte)),
                        MonthDim::Year => year,
                        MonthDim::Intervention => usize::from(context.states.intervention(byte)),
                        MonthDim::Grouping(_) => 0,
                    };
            }
        }
        offsets
    }

    fn add_grouped(
        &mut self,
        bytes: &[u8],
        inside: &[u64],
        offsets: &[usize; 256],
        year: usize,
        labels: &BatchLabels,
    ) -> CountResult<()> {
        let groupings: Vec<(usize, usize, &[u16])> = self
            .groupings
            .iter()
            .map(|&(grouping, stride)| (grouping, stride, labels.of_year(grouping, year)))
            .collect();
        let counts = &mut self.table.counts;
        let mut unmatched = None;
        for (word, &bits) in inside.iter().enumerate() {
            for_each_bit(bits, word, |person| {
                let mut cell = offsets[usize::from(bytes[person])];
                for &(grouping, stride, ids) in &groupings {
                    let id = ids[person];
                    if id == UNMATCHED {
                        unmatched.get_or_insert(UnmatchedPerson { grouping, person, year });
                        return;
                    }
                    cell += stride * usize::from(id);
                }
                counts[cell] += 1;
            });
        }
        unmatched.map_or(Ok(()), Err)
    }
}

/// Row-major strides: the last dimension varies fastest.
fn strides(dims: &[DimInfo]) -> Vec<usize> {
    let mut strides = vec![1_usize; dims.len()];
    for at in (1..dims.len()).rev() {
        strides[at - 1] = strides[at].saturating_mul(dims[at].labels.len());
    }
    strides
}
