//! Arguments of tables of models.

use std::path::PathBuf;

use clap::Args;

use super::{LangArg, UsageError};
use crate::regression_table::{Digits, Stars, Style, TableFormat};

// No comment for readers of `--help`: it would be the text of the commands that have these options.
#[derive(Debug, Args)]
pub(super) struct StyleArgs {
    /// Title of the table.
    #[arg(long)]
    title: Option<String>,
    /// Significant digits of estimates and standard errors in the table.
    #[arg(long, value_name = "N", default_value = "4", conflicts_with = "decimals",
        value_parser = clap::value_parser!(u8).range(1..=15))]
    digits: u8,
    /// Digits after the decimal mark instead.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=15))]
    decimals: Option<u8>,
    /// Levels of p below which there are one, two and three stars, falling; or none.
    #[arg(long, value_name = "P,P,P", default_value = "0.1,0.05,0.01", value_parser = stars)]
    stars: Stars,
    /// Language of numbers and of the sentence about stars.
    #[arg(long, value_name = "LANG", value_enum, default_value = "en")]
    lang: LangArg,
}

impl StyleArgs {
    pub(super) fn style(self) -> Style {
        Style {
            title: self.title.unwrap_or_default(),
            digits: match self.decimals {
                Some(decimals) => Digits::Decimals(usize::from(decimals)),
                None => Digits::Significant(usize::from(self.digits)),
            },
            stars: self.stars,
            lang: self.lang.into(),
        }
    }
}

fn stars(text: &str) -> Result<Stars, String> {
    if text == "none" {
        return Stars::new(&[]).ok_or_else(String::new);
    }
    let levels: Option<Vec<f64>> = text.split(',').map(|level| level.trim().parse().ok()).collect();
    let falling = levels.filter(|levels| levels.windows(2).all(|pair| pair[0] > pair[1]));
    falling.and_then(|levels| Stars::new(&levels)).ok_or_else(|| {
        "at most three levels between 0 and 1 that fall, for example 0.05,0.01,0.001, or none"
            .to_owned()
    })
}

/// The file of a table of models, with its format.
pub(super) fn table_file(
    path: Option<PathBuf>,
) -> Result<Option<(PathBuf, TableFormat)>, UsageError> {
    let Some(path) = path else { return Ok(None) };
    match TableFormat::of(&path) {
        Some(format) => Ok(Some((path, format))),
        None => Err(UsageError::Ending { path, endings: TableFormat::ENDINGS }),
    }
}
