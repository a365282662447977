//! What a report holds.

use super::numbers;
use crate::figure::{self, Chart, Options, Width};
use crate::labels::Lang;
use crate::printed::{Agreement, Printed};
use crate::regression_table::RegressionTable;

/// A whole report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Language of the page's own words and of numbers.
    pub lang: Lang,
    /// Title of the page.
    pub title: String,
    /// A line below the title: study, period, register. May be empty.
    pub subtitle: String,
    /// What a reader must know first, such as that the register is synthetic. Shown in a box above all else.
    pub lead: Vec<String>,
    /// The sections in order.
    pub sections: Vec<Section>,
    /// Facts of the run, at the end.
    pub facts: Vec<Facts>,
    /// The text of `run.json`, shown folded. May be empty.
    pub run_json: String,
    /// The last line of the page: program and version. May be empty.
    pub colophon: String,
}

impl Report {
    /// An empty report.
    pub fn new(lang: Lang) -> Self {
        Self { lang, ..Self::default() }
    }
}

/// A section of the report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Unique in the page.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Paragraphs below the heading.
    pub intro: Vec<String>,
    /// Tables, figures and notes in order.
    pub items: Vec<Item>,
}

impl Section {
    /// An empty section.
    pub fn named(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }
}

/// One thing in a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A paragraph.
    Text(String),
    /// A table beside the published one.
    Comparison(Comparison),
    /// A figure, beside published values where there are any.
    Figure(Box<Figure>),
    /// Regressions as papers print them.
    Regressions(Box<Regressions>),
    /// A table without a published counterpart.
    Table(Table),
    /// A remark, a warning, or a slip of the printed report.
    Note(Note),
}

/// A table as published | computed | difference.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Unique in the page; file name of the table.
    pub id: String,
    /// Title, such as "Tabel 4.2. …".
    pub title: String,
    /// Text below the title. May be empty.
    pub caption: String,
    /// Headings of the key columns.
    pub keys: Vec<String>,
    /// The compared columns.
    pub columns: Vec<ValueColumn>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Text below the table. May be empty.
    pub note: String,
    /// Links to data files: label and relative address.
    pub files: Vec<(String, String)>,
}

impl Comparison {
    /// An empty table.
    pub fn named(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }
}

/// A column of a [`Comparison`].
#[derive(Debug, Clone, PartialEq)]
pub struct ValueColumn {
    /// Heading.
    pub label: String,
    /// Digits after the decimal mark in print.
    pub decimals: usize,
    /// The published number is multiplied by this before it is compared: the scale of a smaller
    /// register for counts, else 1.
    pub factor: f64,
    /// Whether its numbers stand for marks.
    pub marks: Marks,
}

/// What the numbers of a [`ValueColumn`] stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Marks {
    /// Themselves.
    #[default]
    None,
    /// So many stars.
    Stars,
    /// 1 yes, 0 no.
    YesNo,
}

impl ValueColumn {
    /// A column with `decimals` digits after the decimal mark.
    pub fn new(label: &str, decimals: usize) -> Self {
        Self { label: label.to_owned(), decimals, factor: 1.0, marks: Marks::None }
    }

    /// A column of whole numbers.
    pub fn counts(label: &str) -> Self {
        Self::new(label, 0)
    }

    /// A column of marks.
    pub fn of_marks(label: &str, marks: Marks) -> Self {
        Self { marks, ..Self::new(label, 0) }
    }

    /// The same column for a register of `factor` times the size; see [`ValueColumn::factor`].
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { factor, ..self }
    }
}

/// A row of a [`Comparison`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// One text a key column.
    pub keys: Vec<String>,
    /// One cell a value column.
    pub cells: Vec<Cell>,
    /// Whether this row sums up others; it is set apart.
    pub total: bool,
}

impl Row {
    /// A row that is not a total.
    pub fn new<const K: usize>(keys: [&str; K], cells: Vec<Cell>) -> Self {
        Self { keys: keys.map(str::to_owned).to_vec(), cells, total: false }
    }

    /// The same row as a total.
    #[must_use]
    pub fn total(self) -> Self {
        Self { total: true, ..self }
    }
}

/// A pair of numbers; either may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cell {
    /// As printed in the report.
    pub published: Option<f64>,
    /// As computed, in full precision.
    pub computed: Option<f64>,
    /// Digits after the decimal mark in print, where they are not the column's.
    pub decimals: Option<usize>,
    /// Whether the two agree.
    pub agreement: Agreement,
}

impl Cell {
    /// Printed and computed; the printed number counts `factor` times.
    pub fn both(printed: &Printed, computed: f64, factor: f64) -> Self {
        Self {
            published: Some(printed.low),
            computed: Some(computed).filter(|number| number.is_finite()),
            decimals: Some(printed.decimals),
            agreement: printed.against(computed, factor),
        }
    }

    /// Computed only: the report prints nothing here.
    pub fn computed(computed: f64) -> Self {
        Self { computed: Some(computed), ..Self::default() }
    }
}

/// A figure of the report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// Unique in the page; file name of the figure.
    pub id: String,
    /// Title, such as "Figur 4.7. …".
    pub title: String,
    /// Second line. May be empty.
    pub caption: String,
    /// SVG for wide screens and print.
    pub wide: String,
    /// SVG for phones; empty = the wide one scrolls.
    pub narrow: String,
    /// The numbers behind the figure, shown folded. [`Figure::of`] makes them from the chart.
    pub numbers: Option<Table>,
    /// What the report says about this figure, beside what was computed.
    pub published: Vec<Published>,
    /// Text below the figure. May be empty.
    pub note: String,
    /// Links to data and picture files: label and relative address.
    pub files: Vec<(String, String)>,
}

impl Figure {
    /// A figure from its chart, laid out for page and phone, titled and annotated as the chart is.
    pub fn of(chart: &Chart, lang: Lang) -> Self {
        let draw = |width| figure::render(chart, Options::inline(lang, width)).svg;
        Self {
            id: chart.id().to_owned(),
            title: chart.title().to_owned(),
            caption: chart.subtitle().to_owned(),
            wide: draw(Width::Page),
            narrow: draw(Width::Phone),
            numbers: numbers::table(chart, lang),
            note: chart.note().to_owned(),
            ..Self::default()
        }
    }
}

/// One value that the report gives in the text of a figure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Published {
    /// What is measured: "Afgang til beskæftigelse, startår 2011".
    pub label: String,
    /// The report's own words: "knap 61 %".
    pub wording: String,
    /// What was computed.
    pub computed: Option<f64>,
    /// Digits after the decimal mark of the published number.
    pub decimals: usize,
    /// Whether the two agree.
    pub agreement: Agreement,
}

/// Regressions side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Regressions {
    /// Unique in the page; file name of the table.
    pub id: String,
    /// Title, such as "Tabel 5.8. …".
    pub title: String,
    /// The table, without a title.
    pub table: RegressionTable,
    /// Text below the table. May be empty.
    pub note: String,
    /// Links to data files: label and relative address.
    pub files: Vec<(String, String)>,
}

/// A table of texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Unique in the page.
    pub id: String,
    /// Title. May be empty.
    pub title: String,
    /// Text below the title. May be empty.
    pub caption: String,
    /// Headings; `true` sets the column to the right, as numbers are.
    pub columns: Vec<(String, bool)>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// Text below the table. May be empty.
    pub note: String,
    /// Links to data files: label and relative address.
    pub files: Vec<(String, String)>,
}

/// How a note is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// An explanation.
    Remark,
    /// Something to be careful about.
    Warning,
    /// A mistake in the printed report.
    Slip,
}

/// A remark in the margin of tables and figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Remark, warning or slip.
    pub kind: NoteKind,
    /// A few words. May be empty.
    pub title: String,
    /// The text.
    pub text: String,
}

/// A list of facts: what, and its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Heading, such as "Kørsel".
    pub title: String,
    /// Name and value.
    pub rows: Vec<(String, String)>,
}
