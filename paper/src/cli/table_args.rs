//! Arguments of `table`.

use std::path::PathBuf;

use clap::Args;

use super::style_args::{StyleArgs, table_file};
use super::{Task, UsageError};
use crate::names::Names;
use crate::regression_table::Style;

#[derive(Debug, Args)]
pub(super) struct TableArgs {
    /// Files that `afgang fit … --out FILE.json` wrote, their models from left to right.
    #[arg(required = true, value_name = "FIT.json")]
    fits: Vec<PathBuf>,
    /// Headings of the models, one for each.
    #[arg(long, value_name = "NAME,NAME")]
    names: Vec<Names>,
    /// Exponentials of the coefficients: hazard ratios and odds ratios.
    #[arg(long, visible_alias = "eform")]
    ratios: bool,
    /// File to write: .tex, .html, .md, .csv or .txt. The table is printed if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    style: StyleArgs,
}

/// A table of fits made before.
#[derive(Debug, Clone, PartialEq)]
pub struct TablePlan {
    /// JSON files of the fits.
    pub fits: Vec<PathBuf>,
    /// Headings of their models; as the fits name them if there are none.
    pub names: Vec<String>,
    /// Whether coefficients are exponentials.
    pub ratios: bool,
    /// How the table is written.
    pub style: Style,
}

impl TableArgs {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        let Self { fits, names, ratios, out, style } = self;
        let table = TablePlan { fits, names: Names::all(names), ratios, style: style.style() };
        Ok(Task::Table { table, out: table_file(out)? })
    }
}
