//! What is asked of a fit when it is made: predictions, baselines, residuals.

use std::path::PathBuf;

use afgang_models::{CoxFit, Curve, Factor, Profile};
use serde_json::json;

use super::clocks::{first_month, starts};
use super::covariate::Source;
use super::design::factor;
use super::fits::Fits;
use super::left_out::LeftOut;
use super::{Data, Model, RegressionError, Request, discrete};
use crate::conventions::percent;
use crate::curve::scale;
use crate::nearest::nearest;
use crate::rows::{DataError, WeightKind, check, column_numbers, is_missing, read_columns};
use crate::table::{Table, Values};

/// Curves for new rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The rows to predict for.
    pub new: NewRows,
    /// Times to read the curves at; the whole curves if there are none.
    pub at: Vec<f64>,
    /// Whether hazards are wanted, of a model in discrete time.
    pub hazards: bool,
}

impl Prediction {
    /// An error of the new rows with where they stand.
    pub(super) fn in_place(&self, error: RegressionError) -> RegressionError {
        RegressionError::Profiles { place: self.new.place(), error: Box::new(error) }
    }

    /// What is wrong with a new row.
    pub(super) fn of_row(&self, row: usize, error: afgang_models::Error) -> RegressionError {
        self.in_place(RegressionError::Profile { row: row + 1, error: Box::new(error) })
    }
}

/// New rows with the columns of the covariates, strata and offset; one row a profile.
#[derive(Debug, Clone, PartialEq)]
pub enum NewRows {
    /// A file.
    File(PathBuf),
    /// As they are on the command line, each with the values of its columns.
    Given(Vec<Vec<(String, String)>>),
}

impl NewRows {
    /// Their file, if they are in one.
    pub const fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::File(path) => Some(path),
            Self::Given(_) => None,
        }
    }

    /// Where they stand.
    fn place(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Given(_) => PROFILE.to_owned(),
        }
    }

    /// Columns by name.
    fn read(&self, wanted: &[&str]) -> Result<Vec<Values>, DataError> {
        let rows = match self {
            Self::File(path) => return read_columns(path, wanted),
            Self::Given(rows) => rows,
        };
        let column = |name: &&str| {
            let value = |row: &Vec<(String, String)>| {
                let given = row.iter().find(|(column, _)| column == name);
                let present = |value: &String| !is_missing(value);
                given.map(|(_, value)| Some(value.clone()).filter(present)).ok_or_else(|| {
                    let columns: Vec<String> =
                        row.iter().map(|(column, _)| column.clone()).collect();
                    DataError::NoColumn {
                        path: PROFILE.into(),
                        column: (*name).to_owned(),
                        nearest: nearest(name, columns.iter().map(String::as_str))
                            .map(str::to_owned),
                        columns,
                    }
                })
            };
            Ok(Values::Text(rows.iter().map(value).collect::<Result<_, DataError>>()?))
        };
        wanted.iter().map(column).collect()
    }
}

impl NewRows {
    /// Refuses values of columns that the model does not have. A file may hold them.
    fn refuse_others(&self, known: &[String]) -> Result<(), DataError> {
        let Self::Given(rows) = self else { return Ok(()) };
        match rows.iter().flatten().find(|(column, _)| !known.contains(column)) {
            None => Ok(()),
            Some((column, _)) => Err(DataError::NotInModel {
                column: column.clone(),
                nearest: nearest(column, known.iter().map(String::as_str)).map(str::to_owned),
                columns: known.to_vec(),
            }),
        }
    }
}

/// What numbers of new rows must be.
const FINITE: &str = "a finite number";

/// The flag of new rows.
const PROFILE: &str = "--profile";

/// New rows to predict for.
pub(super) struct Profiles {
    columns: Vec<(String, Values)>,
    n: usize,
}

impl Source for Profiles {
    fn factor(&self, column: &str) -> Result<Factor, afgang_models::Error> {
        factor(self.values(column))
    }

    fn numbers(&self, column: &str) -> Result<Vec<f64>, DataError> {
        let numbers = column_numbers(self.values(column).clone(), column)?;
        check(column, &numbers, f64::is_finite, FINITE, |row| row + 1)?;
        Ok(numbers)
    }

    fn row_of_file(&self, row: usize) -> usize {
        row + 1
    }
}

impl Profiles {
    fn values(&self, column: &str) -> &Values {
        let place = self.columns.iter().position(|(name, _)| name == column).unwrap_or(0);
        &self.columns[place].1
    }

    pub(super) fn read(
        data: &Data<'_>,
        request: &Request,
        new: &NewRows,
    ) -> Result<Self, DataError> {
        let censoring = request.censoring_groups();
        let needed = |name: &&String| {
            !censoring.contains(name)
                || request.strata.contains(name)
                || request.terms.iter().any(|term| term.0.iter().any(|a| a.column() == *name))
        };
        let names: Vec<&String> = data.columns.by.iter().filter(needed).collect();
        let wanted: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        new.refuse_others(&data.columns.by)?;
        if wanted.is_empty() {
            return Ok(Self { columns: Vec::new(), n: 1 });
        }
        let values = new.read(&wanted)?;
        let n = values.first().map_or(0, Values::len);
        let columns = names.into_iter().cloned().zip(values).collect();
        Ok(Self { columns, n })
    }

    /// The new rows as profiles of the model, each with the error of what is wrong with it.
    pub(super) fn profiles(
        &self,
        data: &Data<'_>,
        request: &Request,
        asked: &Prediction,
    ) -> Result<Vec<Profile>, RegressionError> {
        self.all(data, request).map_err(|error| asked.in_place(error))
    }

    /// The first columns of a table of predictions: the profile's number and its values.
    pub(super) fn columns_of(&self, rows: &[usize]) -> Table {
        let mut table = Table::new().whole("profile", rows.iter().map(|&row| row as i64 + 1));
        for (name, values) in &self.columns {
            table = table.with(name, values.picked(rows));
        }
        table
    }

    fn all(&self, data: &Data<'_>, request: &Request) -> Result<Vec<Profile>, RegressionError> {
        let offset = match &request.offset {
            Some(column) => self.numbers(column)?,
            None => vec![0.0; self.n],
        };
        let stratum = |row: usize| {
            if request.strata.is_empty() {
                return Ok(0);
            }
            let level = |column: &String| format!("{column}={}", self.values(column).show(row));
            let stratum = request.strata.iter().map(level).collect::<Vec<_>>().join(", ");
            let found = data.design.strata_names().iter().position(|name| *name == stratum);
            found.ok_or(RegressionError::UnknownStratum { stratum, row: row + 1 })
        };
        let clocks = request.columns_of_clocks();
        let starts_of: Vec<Vec<f64>> = clocks
            .iter()
            .map(|column| {
                let first = first_month(data.named().values(column));
                starts(column, first, (self, self.values(column)))
            })
            .collect::<Result<_, _>>()?;
        let rows = data.covariates.profiles(self, self.n)?.into_iter().zip(offset).enumerate();
        rows.map(|(row, (x, offset))| {
            for (column, &value) in data.design.column_names().iter().zip(&x) {
                check(column, &[value], f64::is_finite, FINITE, |_| row + 1)?;
            }
            let starts = starts_of.iter().map(|of_clock| of_clock[row]).collect();
            let profile = Profile::new(x).in_stratum(stratum(row)?).with_offset(offset);
            Ok(profile.with_starts(starts))
        })
        .collect()
    }
}

/// What is predicted.
fn quantity(fits: &Fits, asked: &Prediction) -> &'static str {
    match fits {
        Fits::Transitions(_) => "probabilities of states",
        Fits::Discrete(_) if asked.hazards => "hazard",
        Fits::Cox(_) | Fits::Discrete(discrete::Fits::Each(_)) => "survival",
        Fits::Logistic(_) => "probability",
        _ => "cumulative incidence",
    }
}

/// What predictions are, and what weights of a sample do to what comes after a fit, in sentences.
pub(super) fn in_words(
    request: &Request,
    data: &Data<'_>,
    fits: &Fits,
    asked: Option<&Prediction>,
) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(asked) = asked {
        let (level, scale) = (percent(request.level), scale(request.interval));
        let of = match quantity(fits, asked) {
            "survival" if data.rows.causes.len() > 1 => {
                "survival, the probability of no event by the time, exits for other causes being censored"
            }
            "survival" => "survival, the probability of no event by the time",
            "cumulative incidence" => {
                "cumulative incidences, the probability of the event by the time"
            }
            "probability" => "probabilities of the outcome",
            "hazard" => "hazards, the probability of the event at the time of those still at risk",
            other => other,
        };
        let plain =
            if matches!(fits, Fits::Transitions(_)) { ", of times on the plain one" } else { "" };
        words.push(format!(
            "Predictions are {of}; pointwise {level} % intervals on the {scale} scale{plain}."
        ));
    }
    if !sampled(request) {
        return words;
    }
    match fits {
        Fits::Transitions(_) => words.push(NO_ERRORS_OF_STATES.to_owned()),
        Fits::Cox(_) | Fits::AllCox(_) => {}
        Fits::FineGray(_) | Fits::Discrete(_) | Fits::Logistic(_) => return words,
    }
    let zph = match &request.model {
        Model::Cox { proportionality, .. } => proportionality.is_some(),
        Model::Transitions(of) => of.proportionality.is_some(),
        _ => false,
    };
    let predicted = asked.is_some() && !matches!(fits, Fits::Transitions(_));
    let what: Vec<&str> = [
        (predicted, "standard errors of predictions"),
        (request.baseline, "standard errors of baseline hazards"),
        (zph, "the test of proportional hazards"),
    ]
    .into_iter()
    .filter_map(|(asked, what)| asked.then_some(what))
    .collect();
    if !what.is_empty() {
        words.push(format!(
            "Not free of the scale of sampling weights: {}, which take weights as counts of events, as R's do. With weights of mean 1 \
             these are counts of rows.",
            what.join(", ")
        ));
    }
    words
}

/// Whether weights are those of a sample.
pub(super) fn sampled(request: &Request) -> bool {
    request.columns.weight_kind == Some(WeightKind::Sampling)
}

/// Why predicted states have no standard errors.
const NO_ERRORS_OF_STATES: &str = "No standard errors of predicted states with sampling weights: they would depend on the scale of the \
                                   weights.";

/// Predicted curves, one after another: survival of a Cox model of one cause, cumulative incidences otherwise.
pub(super) fn predictions(
    request: &Request,
    data: &Data<'_>,
    fits: &Fits,
    asked: &Prediction,
) -> Result<Table, RegressionError> {
    let new = Profiles::read(data, request, &asked.new)?;
    let profiles = new.profiles(data, request, asked)?;
    let quantity = quantity(fits, asked);
    let interval = request.interval;
    let left_out = LeftOut::of(data, fits);
    let mut long = Long::default();
    for (row, profile) in profiles.iter().enumerate() {
        let of_row = |error| asked.of_row(row, error);
        if let Some(error) = left_out.refused(row, profile) {
            return Err(asked.in_place(error));
        }
        match fits {
            Fits::AllCox(fits) => {
                let curves = fits.incidence(profile, interval).map_err(of_row)?;
                for &cause in &data.rows.shown {
                    long.add(row, cause, &curves[cause], &asked.at);
                }
            }
            Fits::Cox(fits) => {
                for (cause, fit) in fits {
                    let curve = fit.survival(profile, interval).map_err(of_row)?;
                    long.add(row, *cause, &curve, &asked.at);
                }
            }
            Fits::FineGray(fits) => {
                for (cause, fit) in fits {
                    let curve = fit.incidence(profile, interval).map_err(of_row)?;
                    long.add(row, *cause, &curve, &asked.at);
                }
            }
            Fits::Discrete(fits) => {
                let curves = discrete::predict(data, fits, profile, interval, asked.hazards);
                for (cause, curve) in curves.map_err(of_row)? {
                    long.add(row, cause, &curve, &asked.at);
                }
            }
            Fits::Logistic(fits) => {
                for (cause, fit) in fits {
                    let of = fit.probability(profile, interval).map_err(of_row)?;
                    long.push(
                        row,
                        *cause,
                        [1.0, of.estimate, of.std_error, of.conf_low, of.conf_high],
                    );
                }
            }
            Fits::Transitions(_) => {}
        }
    }
    let mut table = new.columns_of(&long.row);
    if data.exits.several {
        table = table.with(data.exits.name, data.rows.causes.picked(&long.cause));
    }
    let names = ["time", "estimate", "std_error", "conf_low", "conf_high"];
    // Outcomes of a logistic regression have no time.
    let timeless = usize::from(matches!(fits, Fits::Logistic(_)));
    for (name, values) in names.into_iter().zip(long.numbers).skip(timeless) {
        table = table.with(name, Values::Number(values));
    }
    Ok(table
        .note("quantity", json!(quantity))
        .note("interval", json!(scale(request.interval)))
        .note("level", json!(request.level)))
}

/// Values of curves, one below the other.
#[derive(Default)]
struct Long {
    row: Vec<usize>,
    cause: Vec<usize>,
    numbers: [Vec<f64>; 5],
}

impl Long {
    fn add(&mut self, row: usize, cause: usize, curve: &Curve, at: &[f64]) {
        let times = if at.is_empty() { &curve.time } else { at };
        for &time in times {
            let point = curve.point(time);
            let values = [time, point.estimate, point.std_error, point.conf_low, point.conf_high];
            self.push(row, cause, values);
        }
    }

    fn push(&mut self, row: usize, cause: usize, values: [f64; 5]) {
        self.row.push(row);
        self.cause.push(cause);
        self.numbers.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
}

/// Cumulative hazards of a profile of zeros: of each cause and stratum.
pub(super) fn baselines(
    request: &Request,
    data: &Data<'_>,
    fits: &Fits,
) -> Result<Table, afgang_models::Error> {
    let zeros = || Profile::new(vec![0.0; data.design.n_columns()]);
    let (mut cause, mut stratum) = (Vec::new(), Vec::new());
    let mut numbers: [Vec<f64>; 8] = Default::default();
    let mut add = |of: usize, s: usize, curve: &Curve| {
        for k in 0..curve.len() {
            cause.push(of);
            stratum.push(data.design.strata_names()[s].clone());
            let values = [
                curve.time[k],
                curve.n_risk[k],
                curve.n_event[k],
                curve.n_censor[k],
                curve.estimate[k],
                curve.std_error[k],
                curve.conf_low[k],
                curve.conf_high[k],
            ];
            numbers.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
    };
    for s in 0..data.design.strata_names().len() {
        let zero = zeros().in_stratum(s);
        for (cause, fit) in fits.cox(&data.rows.shown) {
            add(cause, s, &fit.cumulative_hazard(&zero, request.interval)?);
        }
        for (cause, fit) in fits.fine_gray() {
            add(*cause, s, &fit.cumulative_hazard(&zero, request.interval)?);
        }
    }
    let mut table = Table::new();
    if data.exits.several {
        table = table.with(data.exits.name, data.rows.causes.picked(&cause));
    }
    if !request.strata.is_empty() {
        table = table.text("stratum", stratum);
    }
    let names = [
        "time",
        "n_risk",
        "n_event",
        "n_censor",
        "cumulative_hazard",
        "std_error",
        "conf_low",
        "conf_high",
    ];
    for (name, values) in names.into_iter().zip(numbers) {
        table = table.with(name, Values::Number(values));
    }
    Ok(table
        .note("quantity", json!("cumulative hazard of a profile of zeros"))
        .note("interval", json!(scale(request.interval)))
        .note("level", json!(request.level)))
}

/// Residuals by row of the file, with the id of its cluster; of each cause all rows. A dfbeta is what the whole row moves a coefficient
/// by, its weight included, as R's is.
pub(super) fn residuals(
    request: &Request,
    data: &Data<'_>,
    fits: &Fits,
) -> Result<Table, RegressionError> {
    let n = data.rows.len();
    let mut table = Residuals::default();
    let cox = fits.cox(&data.rows.shown);
    let fitted = cox.iter().map(|of| of.0).chain(fits.fine_gray().iter().map(|of| of.0));
    let shown: Vec<usize> = fitted.collect();
    let weight = |row: usize| data.spells.weights().of(row);
    let weighted = |mut moved: Vec<f64>| {
        moved.iter_mut().enumerate().for_each(|(row, moved)| *moved *= weight(row));
        moved
    };
    for (_, fit) in cox {
        table.cox(fit, n, &weighted)?;
    }
    for (_, fit) in fits.fine_gray() {
        let moved = fit.influences();
        for (k, of) in fit.coefficients.iter().enumerate() {
            table.push(format!("dfbeta_{}", of.column), weighted(moved.column(k).to_vec()));
        }
        table.end_at(table.rows + n);
    }
    let rows: Vec<usize> = shown.iter().flat_map(|_| 0..n).collect();
    let mut of =
        Table::new().whole("row", rows.iter().map(|&row| data.rows.row_of_file(row) as i64));
    if let Some(cluster) = &request.columns.cluster {
        let ids = read_columns(&request.columns.data, &[cluster.as_str()])?;
        let places: Vec<usize> = rows.iter().map(|&row| data.rows.row_of_file(row) - 1).collect();
        for values in &ids {
            of = of.with(cluster, values.picked(&places));
        }
    }
    if data.exits.several {
        let causes: Vec<usize> =
            shown.iter().flat_map(|&cause| std::iter::repeat_n(cause, n)).collect();
        of = of.with(data.exits.name, data.rows.causes.picked(&causes));
    }
    of = of.number("time", rows.iter().map(|&row| data.spells.exit()[row]));
    for (name, values) in table.columns {
        of = of.with(&name, Values::Number(values));
    }
    Ok(of)
}

/// Columns of residuals by name; those of further causes go below.
#[derive(Default)]
struct Residuals {
    columns: Vec<(String, Vec<f64>)>,
    /// Rows of the causes so far.
    rows: usize,
}

impl Residuals {
    fn push(&mut self, name: String, values: impl IntoIterator<Item = f64>) {
        if let Some((_, column)) = self.columns.iter_mut().find(|(known, _)| *known == name) {
            column.extend(values);
        } else {
            let before = std::iter::repeat_n(f64::NAN, self.rows);
            self.columns.push((name, before.chain(values).collect()));
        }
    }

    /// The residuals of a cause are complete; a column that it left out has none.
    fn end_at(&mut self, rows: usize) {
        self.rows = rows;
        self.columns.iter_mut().for_each(|(_, column)| column.resize(rows, f64::NAN));
    }

    fn cox(
        &mut self,
        fit: &CoxFit,
        n: usize,
        weighted: &impl Fn(Vec<f64>) -> Vec<f64>,
    ) -> Result<(), afgang_models::Error> {
        self.push("martingale".to_owned(), fit.martingale_residuals());
        self.push("deviance".to_owned(), fit.deviance_residuals());
        let (score, dfbeta) = (fit.score_residuals()?, fit.dfbeta()?);
        let schoenfeld = fit.schoenfeld_residuals()?;
        for (k, coefficient) in fit.coefficients.iter().enumerate() {
            let column = &coefficient.column;
            self.push(format!("score_{column}"), score.column(k).iter().copied());
            self.push(format!("dfbeta_{column}"), weighted(dfbeta.column(k).to_vec()));
            for (name, of_events) in
                [("schoenfeld", &schoenfeld.residuals), ("scaled_schoenfeld", &schoenfeld.scaled)]
            {
                let mut values = vec![f64::NAN; n];
                for (place, &row) in schoenfeld.row.iter().enumerate() {
                    values[row] = of_events[(place, k)];
                }
                self.push(format!("{name}_{column}"), values);
            }
        }
        self.end_at(self.rows + n);
        Ok(())
    }
}
