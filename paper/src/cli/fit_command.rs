//! `fit` with the subcommands that have columns of their own.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::fit_args::FitArgs;
use super::multi_state_args::MultiStateArgs;
use super::panel_args::PanelArgs;
use super::{Task, UsageError};

/// `fit` of a regression for exits, of states, or of a panel.
#[derive(Debug)]
pub(super) enum FitCommand {
    Regression(Box<FitArgs>),
    States(Box<MultiStateArgs>),
    Panel(Box<PanelArgs>),
}

const STATES: &str = "multistate";
const PANEL: &str = "panel";

impl Args for FitCommand {
    fn augment_args(command: Command) -> Command {
        let states = Command::new(STATES).about(
            "Probabilities of states (Aalen-Johansen), transition probabilities, and times in states, one row a stay in a \
             state",
        );
        let panel = Command::new(PANEL).about(
            "Linear regression on a panel: fixed effects, pooled, between, first differences, random effects, one row a \
             unit and time",
        );
        FitArgs::augment_args(command)
            .subcommand(MultiStateArgs::augment_args(states))
            .subcommand(PanelArgs::augment_args(panel))
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for FitCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(match matches.subcommand() {
            Some((STATES, matches)) => {
                Self::States(Box::new(MultiStateArgs::from_arg_matches(matches)?))
            }
            Some((PANEL, matches)) => Self::Panel(Box::new(PanelArgs::from_arg_matches(matches)?)),
            _ => Self::Regression(Box::new(FitArgs::from_arg_matches(matches)?)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl FitCommand {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        match self {
            Self::Regression(args) => args.plan(),
            Self::States(args) => args.plan(),
            Self::Panel(args) => args.plan(),
        }
    }
}
