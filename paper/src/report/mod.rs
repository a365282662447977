//! The report: one HTML file that needs nothing else.
//!
//! The caller fills a [`Report`] with words and numbers; [`render`] sets it: contents, a summary of what agrees with the
//! published figures, every table as published | computed | difference, figures inline, notes, facts of the run.
//! All texts are plain text and are escaped. The page has no scripts, loads nothing, follows the
//! reader's light or dark screen, prints, and reads on a phone (tables scroll inside their own box).
//!
//! ```
//! use afgang::labels::Lang;
//! use afgang::printed::Printed;
//! use afgang::report::{self, Cell, Comparison, Item, Report, Row, Section, ValueColumn};
//!
//! let printed = Printed::parse("339210").unwrap();
//! let table = Comparison {
//!     title: "Tabel 4.1. Forløb efter målgruppe".into(),
//!     keys: vec!["Målgruppe".into()],
//!     columns: vec![ValueColumn::counts("Forløb")],
//!     rows: vec![Row::new(["Jobparate"], vec![Cell::both(&printed, 339_210.0, 1.0)])],
//!     ..Comparison::named("table_4_1")
//! };
//! let section = Section { title: "Forløb".into(), items: vec![Item::Comparison(table)], ..Section::named("spells") };
//! let page = report::render(&Report { title: "Kapitel 4".into(), sections: vec![section], ..Report::new(Lang::Da) });
//! assert!(page.starts_with("<!doctype html>") && page.contains("339.210"));
//! ```

mod agreement;
mod content;
mod html;
mod index;
mod numbers;
mod page;
mod tables;
mod words;

pub use agreement::Tally;
pub use content::{
    Cell, Comparison, Facts, Figure, Item, Marks, Note, NoteKind, Published, Regressions, Report,
    Row, Section, Table, ValueColumn,
};
pub use index::{Entry, index};
pub use page::render;
pub(crate) use tables::factor;
