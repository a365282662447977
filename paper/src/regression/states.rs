//! Models of the transitions between states, and what they predict.

use afgang_models::{Histories, StateOccupation, Ties, TimeScale, TransitionFits};
use serde_json::json;

use super::after::{Prediction, Profiles, sampled};
use super::left_out::LeftOut;
use super::{Data, RegressionError, Request};
use crate::curve::scale;
use crate::multi_state::{StateColumns, known};
use crate::table::{Table, Values};

/// Cox models of the transitions between states.
#[derive(Debug, Clone, PartialEq)]
pub struct Transitions {
    /// The columns of the histories.
    pub columns: StateColumns,
    /// How tied events share their risk set.
    pub ties: Ties,
    /// Whether standard errors are by influence of persons; as the weights ask for if absent.
    pub robust: Option<bool>,
    /// Test of proportional hazards, on a scale of time.
    pub proportionality: Option<TimeScale>,
    /// The transitions to show, `from -> to`; all if there are none.
    pub transitions: Vec<String>,
    /// The time from which states are predicted.
    pub since: f64,
    /// The state that all are in then; as those at risk are spread if absent.
    pub start: Option<String>,
    /// Times up to which the time in states is predicted.
    pub horizons: Vec<f64>,
}

/// Predicted probabilities of the states, with transition probabilities and times in states as parts.
pub(super) fn predictions(
    request: &Request,
    data: &Data<'_>,
    of: &Transitions,
    fits: &TransitionFits,
    asked: &Prediction,
) -> Result<Table, RegressionError> {
    let Some(histories) = data.histories else { return Ok(Table::new()) };
    let new = Profiles::read(data, request, &asked.new)?;
    let profiles = new.profiles(data, request, asked)?;
    let names = fits.graph.names();
    let table = histories.table();
    known(of.since, &asked.at, &table)?;
    let last = table.times().last().copied().unwrap_or(of.since);
    let times = if asked.at.is_empty() { vec![last] } else { asked.at.clone() };
    let until = asked.at.iter().copied().reduce(f64::max).unwrap_or(f64::INFINITY);
    let spec = StateOccupation::new()
        .since(of.since)
        .until(until)
        .interval(request.interval)
        .level(request.level);
    let start = start(of, histories, &spec)?;
    let leave = (0..names.len()).filter(|&state| !fits.graph.is_absorbing(state));
    let leave: Vec<usize> = leave.collect();
    let (mut states, mut transitions, mut spent) =
        (Long::default(), Long::default(), Long::default());
    let left_out = LeftOut::new(data, fits.fits.iter().flat_map(|fit| &fit.collinear));
    for (row, profile) in profiles.iter().enumerate() {
        if let Some(error) = left_out.refused(row, profile) {
            return Err(asked.in_place(error));
        }
        let mut of_profile = || -> Result<(), afgang_models::Error> {
            let own = spec.clone().starting_with(start.clone());
            for (name, curve) in names.iter().zip(own.predict(fits, profile)?) {
                let at = if asked.at.is_empty() { &curve.time } else { &asked.at };
                for &time in at {
                    let p = curve.point(time);
                    states.add(
                        row,
                        "",
                        name,
                        time,
                        [p.estimate, p.std_error, p.conf_low, p.conf_high],
                    );
                }
            }
            for &from in &leave {
                let curves = spec.clone().starting_in(from).predict(fits, profile)?;
                for &time in &times {
                    for (to, curve) in names.iter().zip(&curves) {
                        let p = curve.point(time);
                        let values = [p.estimate, p.std_error, p.conf_low, p.conf_high];
                        transitions.add(row, &names[from], to, time, values);
                    }
                }
            }
            for &horizon in &of.horizons {
                let own = own.clone().until(horizon);
                for (name, e) in names.iter().zip(own.predict_times(fits, profile, horizon)?.states)
                {
                    let values = [e.estimate, e.std_error, e.conf_low, e.conf_high];
                    spent.add(row, "", name, horizon, values);
                }
            }
            Ok(())
        };
        of_profile().map_err(|error| asked.of_row(row, error))?;
    }
    if sampled(request) {
        for long in [&mut states, &mut transitions, &mut spent] {
            long.without_errors();
        }
    }
    let since = |table: Table, of_table: &Long| {
        table.number("since", std::iter::repeat_n(of.since, of_table.time.len()))
    };
    let head = new.columns_of(&transitions.profile);
    let head = head.text("from", transitions.from.clone()).text("to", transitions.state.clone());
    let head = since(head, &transitions);
    let transitions = transitions.after(head, "time");
    let head = new.columns_of(&states.profile).text("state", states.state.clone());
    let mut table = states.after(head, "time").part("transitions", transitions);
    if !of.horizons.is_empty() {
        let head = new.columns_of(&spent.profile).text("state", spent.state.clone());
        let head = since(head, &spent);
        table = table.part("times", spent.after(head, "horizon"));
    }
    Ok(table
        .note("quantity", json!("probabilities of states"))
        .note("since", json!(of.since))
        .note("start", json!(of.start))
        .note("interval", json!(scale(request.interval)))
        .note("level", json!(request.level)))
}

/// Probabilities of the states at the start.
fn start(
    of: &Transitions,
    histories: &Histories,
    spec: &StateOccupation,
) -> Result<Vec<f64>, RegressionError> {
    if let Some(state) = &of.start {
        let state = histories.graph().state(state)?;
        return Ok((0..histories.graph().len()).map(|k| f64::from(u8::from(k == state))).collect());
    }
    let curves = spec.fit(&histories.table())?;
    Ok(curves.iter().map(|curve| curve.at(of.since)).collect())
}

/// Estimates by profile and state, one below the other.
#[derive(Default)]
struct Long {
    profile: Vec<usize>,
    from: Vec<String>,
    state: Vec<String>,
    time: Vec<f64>,
    numbers: [Vec<f64>; 4],
}

impl Long {
    fn add(&mut self, profile: usize, from: &str, state: &str, time: f64, values: [f64; 4]) {
        self.profile.push(profile);
        self.from.push(from.to_owned());
        self.state.push(state.to_owned());
        self.time.push(time);
        self.numbers.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }

    /// Leaves nothing but the estimates.
    fn without_errors(&mut self) {
        self.numbers[1..].iter_mut().for_each(|column| column.fill(f64::NAN));
    }

    /// Times and estimates below the columns that are there.
    fn after(self, table: Table, time: &str) -> Table {
        let table = table.with(time, Values::Number(self.time));
        let names = ["estimate", "std_error", "conf_low", "conf_high"].into_iter();
        names
            .zip(self.numbers)
            .fold(table, |table, (name, values)| table.with(name, Values::Number(values)))
    }
}
