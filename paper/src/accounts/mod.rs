//! What municipalities spend on employment measures, by job centre and year.
//!
//! [`JobCentres::read`] takes a folder of five files and the [`Rules`] of a study: which accounts enter, in which years and
//! for which target group; the signs of corrections; which municipalities share a job centre. Amounts are deflated by the
//! index of their main account, added up, and divided by full-time unemployed of the study's target groups. [`build`] turns
//! the panel into the tables and figures that a study asks for ([`Asked`]).
//!
//! | file | columns |
//! |---|---|
//! | `accounts.csv` | `municipality, year, dranst, function, grouping, amount`: current kroner, refunds negative |
//! | `survey_corrections.csv` | `municipality, year, item, amount`: current kroner, without sign |
//! | `full_time_unemployed.csv` | `municipality, year, target_group, persons` |
//! | `background.csv` | `municipality, year, population, population_17_64, economic_pressure, disability_pensioners` |
//! | `prices.csv` | `year, index_hk5, index_hk6` |

mod asked;
mod build;
mod centres;
mod error;
mod map;
mod read;
pub(crate) mod words;

pub use asked::{Asked, Models, Quantity};
pub use build::build;
pub use centres::{
    Facts, Growth, JobCentres, OTHER, Rules, UnknownAccount, UnknownGroup, VARIABLES,
};
pub use error::AccountsError;
pub(crate) use map::Unreadable;
pub use map::{Account, AccountMap, Corrections, MainAccount};
pub use read::FILES;
