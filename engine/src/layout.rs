//! Which columns a study needs and where each file has them.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;

use crate::calendar::{Month, Week};
use crate::error::{Error, Result};
use crate::grouping::Grouping;
use crate::register::{Column, ID_COLUMN, Register, RegisterFile};

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Person ids.
    Id,
    /// Codes of a period.
    Code(usize),
    /// Employment degrees of a month, by its place in [`Span::degrees`].
    Degree(usize),
    /// Values of an attribute in a slot (of all slots of all attributes).
    Attribute(usize),
}

/// A column that groupings look at, static or by year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Lower-case name.
    pub(crate) name: String,
    /// Its first slot.
    pub(crate) slot: usize,
    /// Whether it has one slot for each year of the study.
    pub(crate) yearly: bool,
}

impl Attribute {
    /// The slot that holds the values of a year of the study.
    pub(crate) fn slot_of_year(&self, year: usize) -> usize {
        if self.yearly { self.slot + year } else { self.slot }
    }

    fn column_name(&self, years: &[i32], slot: usize) -> String {
        if self.yearly {
            format!("{}_{:04}", self.name, years[slot - self.slot])
        } else {
            self.name.clone()
        }
    }
}

/// The columns of one file that a study reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileColumns {
    /// Positions in the file, ascending.
    pub(crate) roots: Vec<usize>,
    /// Names, as the file has them.
    pub(crate) names: Vec<String>,
    /// What each is for.
    pub(crate) roles: Vec<Vec<Role>>,
}

/// The columns of all files that a study reads.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) files: Vec<FileColumns>,
    pub(crate) attributes: Vec<Attribute>,
    /// Attribute of each grouping.
    pub(crate) of_grouping: Vec<usize>,
    /// Number of attribute slots.
    pub(crate) slots: usize,
    /// Number of years of the study.
    pub(crate) years: usize,
}

/// The weeks, months and years that a study looks at.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// First and last month.
    pub(crate) months: (Month, Month),
    /// Weeks whose columns must be there, each with its period if its code is read.
    pub(crate) weeks: Vec<(Week, Option<usize>)>,
    /// Months whose employment degrees are read.
    pub(crate) degrees: Vec<Month>,
    /// Years, ascending, each with a column of an attribute by year.
    pub(crate) years: Vec<i32>,
}

/// What happens to the faults of a layout.
pub(crate) enum Faults {
    /// The first is an error.
    Refuse,
    /// All are noted, and the columns at fault left out.
    Note(Vec<Error>),
}

impl Faults {
    fn add(&mut self, fault: Error) -> Result<()> {
        match self {
            Self::Refuse => Err(fault),
            Self::Note(faults) => {
                faults.push(fault);
                Ok(())
            }
        }
    }

    /// The column, if it is there and of a type that fits.
    fn column<'f>(
        &mut self,
        file: &'f RegisterFile,
        name: &str,
        (fits, expected): Needed,
        missing: impl FnOnce() -> Error,
    ) -> Result<Option<&'f Column>> {
        let Some(column) = file.column(name) else {
            self.add(missing())?;
            return Ok(None);
        };
        if fits(&column.data_type) {
            return Ok(Some(column));
        }
        self.add(Error::ColumnType {
            path: file.path().to_owned(),
            column: column.name.clone(),
            found: column.data_type.to_string(),
            expected,
        })?;
        Ok(None)
    }
}

/// Which types fit, and what they are called.
type Needed = (fn(&DataType) -> bool, &'static str);

/// What has to be read besides codes and degrees.
pub(crate) struct Wanted<'a> {
    pub(crate) ids: bool,
    pub(crate) groupings: &'a [Grouping],
    /// Attributes that are written as they are.
    pub(crate) raw: &'a [&'a str],
}

impl Layout {
    /// Finds the columns; every file has those of the first, in its own order.
    pub(crate) fn new(
        register: &Register,
        span: &Span,
        wanted: &Wanted,
        faults: &mut Faults,
    ) -> Result<Self> {
        let mut layout = Self {
            files: Vec::new(),
            attributes: Vec::new(),
            of_grouping: Vec::new(),
            slots: 0,
            years: span.years.len(),
        };
        let names = wanted.groupings.iter().map(|grouping| grouping.column.as_str());
        for (index, name) in names.chain(wanted.raw.iter().copied()).enumerate() {
            let attribute = layout.attribute(register, span, name);
            if index < wanted.groupings.len() {
                layout.of_grouping.push(attribute);
            }
        }
        for file in register.files() {
            let columns = layout.columns_of(file, span, wanted, faults)?;
            layout.files.push(columns);
        }
        Ok(layout)
    }

    /// Position of an attribute.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        self.attributes.iter().position(|attribute| attribute.name == name)
    }

    /// Name of a slot's column.
    pub(crate) fn slot_name(&self, years: &[i32], slot: usize) -> String {
        let of_slot = self.attributes.iter().rev().find(|attribute| attribute.slot <= slot);
        of_slot.map(|attribute| attribute.column_name(years, slot)).unwrap_or_default()
    }

    fn attribute(&mut self, register: &Register, span: &Span, name: &str) -> usize {
        if let Some(index) = self.find(name) {
            return index;
        }
        let yearly = !register.has_column(name) && register.has_attribute(name);
        let slot = self.slots;
        self.slots += if yearly { span.years.len() } else { 1 };
        self.attributes.push(Attribute { name: name.to_lowercase(), slot, yearly });
        self.attributes.len() - 1
    }

    fn columns_of<'f>(
        &self,
        file: &'f RegisterFile,
        span: &Span,
        wanted: &Wanted,
        faults: &mut Faults,
    ) -> Result<FileColumns> {
        let path = || file.path().to_owned();
        let mut roles: BTreeMap<usize, (&'f Column, Vec<Role>)> = BTreeMap::new();
        let mut add = |column: &'f Column, role| {
            roles.entry(column.root).or_insert((column, Vec::new())).1.push(role);
        };
        // The id is part of the layout even where it is not read.
        let id = faults.column(file, ID_COLUMN, WHOLE_OR_TEXT, || Error::MissingColumn {
            path: path(),
            column: ID_COLUMN.to_owned(),
            purpose: "the person id".to_owned(),
            found: file.attribute_columns(),
        })?;
        if let Some(id) = id.filter(|_| wanted.ids) {
            add(id, Role::Id);
        }
        let (first, last) = span.months;
        for &(week, period) in &span.weeks {
            let name = week.column();
            let missing =
                || Error::MissingWeek { path: path(), column: name.clone(), week, first, last };
            let column = faults.column(file, &name, WHOLE_OR_TEXT, missing)?;
            if let (Some(column), Some(period)) = (column, period) {
                add(column, Role::Code(period));
            }
        }
        for (at, &month) in span.degrees.iter().enumerate() {
            let name = month.grad_column();
            let missing =
                || Error::MissingMonth { path: path(), column: name.clone(), month, first, last };
            if let Some(column) = faults.column(file, &name, (is_number, "numbers"), missing)? {
                add(column, Role::Degree(at));
            }
        }
        for attribute in &self.attributes {
            let slots = if attribute.yearly { span.years.len() } else { 1 };
            for slot in attribute.slot..attribute.slot + slots {
                let name = attribute.column_name(&span.years, slot);
                let missing = || Error::MissingColumn {
                    path: path(),
                    column: name.clone(),
                    purpose: self.purpose(attribute, wanted),
                    found: file.attribute_columns(),
                };
                if let Some(column) = faults.column(file, &name, ATTRIBUTE, missing)? {
                    add(column, Role::Attribute(slot));
                }
            }
        }
        let mut columns = FileColumns::default();
        for (root, (column, roles)) in roles {
            columns.roots.push(root);
            columns.names.push(column.name.clone());
            columns.roles.push(roles);
        }
        Ok(columns)
    }

    fn purpose(&self, attribute: &Attribute, wanted: &Wanted) -> String {
        let user = wanted
            .groupings
            .iter()
            .find(|grouping| self.find(&grouping.column) == self.find(&attribute.name));
        match user {
            Some(grouping) => format!("grouping `{}`", grouping.name),
            None => "the spell file".to_owned(),
        }
    }
}

const WHOLE_OR_TEXT: Needed = (is_whole_or_text, "whole numbers or text");
const ATTRIBUTE: Needed = (is_attribute, "whole numbers, text or true and false");

fn is_integer_or_text(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Utf8 | DataType::Binary)
}

/// Floating numbers too: that is how pandas and SAS write whole numbers with gaps. Decoding refuses fractions.
fn is_whole_or_text(data_type: &DataType) -> bool {
    is_integer_or_text(data_type) || matches!(data_type, DataType::Float32 | DataType::Float64)
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric()
}

fn is_attribute(data_type: &DataType) -> bool {
    is_whole_or_text(data_type) || *data_type == DataType::Boolean
}
