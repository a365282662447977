//! From the rows of a model to its fit.

use std::collections::BTreeSet;

use afgang_models::{
    Cluster, Collinear, Error, FTest, Factor, FixedEffects, Hausman, Panel, PanelCoefficient,
    PanelCounts, PanelCovariance, PanelError, PanelFit, PanelOls, PanelVariance, RSquared,
    RandomEffects, RandomEffectsFit, RecoveredEffects, VarianceComponents, WildBootstrap, WildTest,
    breusch_pagan, hausman, variance_inflation,
};
use serde_json::{Value, json};

use super::error::PanelFitError;
use super::gaps::gaps;
use super::read::Sample;
use super::words::{Rows, f_words, number, p_words};
use super::{Estimator, Request, Test, Variance, default_components, further};
use crate::regression::{Covariates, NamedColumns, Source, Term};
use crate::rows::DataError;

/// What the models of one outcome are made of.
pub(super) struct Data<'a> {
    pub(super) sample: &'a Sample<'a>,
    pub(super) panel: Panel,
    /// Names of the regressors by term.
    pub(super) terms: Vec<(String, Vec<String>)>,
    pub(super) covariates: Covariates,
}

/// A fit, whatever the estimator.
pub(super) struct Estimated {
    /// Slopes, then the constant if there is one.
    pub(super) coefficients: Vec<PanelCoefficient>,
    pub(super) slopes: usize,
    pub(super) variance: PanelVariance,
    pub(super) rows: usize,
    pub(super) units: usize,
    pub(super) counts: Option<PanelCounts>,
    /// Shares of explained variance, and the residual standard deviation.
    pub(super) explained: Option<(RSquared, f64)>,
    pub(super) random: Option<Random>,
    pub(super) slopes_test: Option<FTest>,
    pub(super) collinear: Vec<Collinear>,
    /// By row of the sample; none where rows are not those of the sample.
    pub(super) residuals: Vec<Option<f64>>,
    pub(super) wild: Option<WildTest>,
    /// Column, of all rows, and with the effects of units out.
    pub(super) inflation: Vec<(String, f64, f64)>,
    pub(super) effects: Option<RecoveredEffects>,
    /// What else there is to say,
    pub(super) further_words: Vec<String>,
    /// and by name.
    pub(super) further_numbers: Vec<(String, f64)>,
}

/// Components of a variance.
pub(super) struct Random {
    pub(super) sigma_unit: f64,
    pub(super) sigma_row: f64,
    pub(super) theta: (f64, f64),
}

impl Estimated {
    /// Of so many rows and units.
    pub(super) fn new(
        slopes: Vec<PanelCoefficient>,
        constant: Option<PanelCoefficient>,
        variance: PanelVariance,
        (rows, units): (usize, usize),
    ) -> Self {
        Self {
            slopes: slopes.len(),
            coefficients: slopes.into_iter().chain(constant).collect(),
            variance,
            rows,
            units,
            counts: None,
            explained: None,
            random: None,
            slopes_test: None,
            collinear: Vec::new(),
            residuals: Vec::new(),
            wild: None,
            inflation: Vec::new(),
            effects: None,
            further_words: Vec::new(),
            further_numbers: Vec::new(),
        }
    }

    /// Of a regression of rows.
    pub(super) fn of_rows(
        (slopes, constant): (Vec<PanelCoefficient>, Option<PanelCoefficient>),
        variance: PanelVariance,
        counts: PanelCounts,
        slopes_test: Option<FTest>,
        collinear: Vec<Collinear>,
        residuals: Vec<Option<f64>>,
        rss: f64,
    ) -> Self {
        let counted = (counts.rows, counts.units);
        let mut estimated = Self {
            counts: Some(counts),
            slopes_test,
            collinear,
            residuals,
            ..Self::new(slopes, constant, variance, counted)
        };
        estimated.count("rss", rss);
        estimated
    }

    pub(super) fn say(&mut self, sentence: String) {
        self.further_words.push(sentence);
    }

    pub(super) fn count(&mut self, name: &str, value: f64) {
        self.further_numbers.push((name.to_owned(), value));
    }
}

impl<'a> Data<'a> {
    pub(super) fn new(
        request: &Request,
        sample: &'a Sample<'a>,
        outcome: &str,
    ) -> Result<Self, PanelFitError> {
        let terms: Vec<Term> = request.all_terms().into_iter().cloned().collect();
        let covariates = Covariates::new(&terms, sample)?;
        let by_term = covariates.columns(sample)?;
        let names = |columns: &NamedColumns| columns.iter().map(|(name, _)| name.clone()).collect();
        let named = terms.iter().map(Term::to_string).zip(by_term.iter().map(names)).collect();
        let unit = sample.factor(&request.unit)?;
        let time = match &request.time {
            Some(column) => sample.times(column).map_err(|error| match error {
                PanelFitError::Data(error) => PanelFitError::Times(error),
                error => error,
            })?,
            None => running_numbers(&unit),
        };
        let columns = by_term.into_iter().flatten().collect();
        let panel = Panel::of_columns(sample.numbers(outcome)?, columns, &unit, time)
            .map_err(|error| in_file(request, sample, error))?;
        let time_name = request.time.clone().unwrap_or_else(|| "row of its unit".to_owned());
        let mut panel = panel.with_names(request.unit.clone(), time_name);
        if let Some(column) = &request.weight {
            panel = panel.with_weights(&sample.weights(column)?)?;
        }
        let mut known: Vec<&String> = request.time.iter().chain([&request.unit]).collect();
        let of_estimators = request.estimators.iter().flat_map(Estimator::effects);
        for column in of_estimators.chain(request.variance.clusters()) {
            if !known.contains(&column) {
                panel = panel.with_effect(column.clone(), &sample.factor(column)?)?;
                known.push(column);
            }
        }
        Ok(Self { sample, panel, terms: named, covariates })
    }

    /// What is known of the rows.
    pub(super) fn rows(&self) -> Rows {
        let Sample { of_file, chosen, missing, .. } = self.sample;
        Rows {
            of_file: *of_file,
            chosen: *chosen,
            kept: self.sample.len(),
            missing: missing.clone(),
            gaps: gaps(self.panel.units()),
        }
    }

    /// The term of each coefficient; of the constant its own name.
    pub(super) fn terms(&self, coefficients: &[PanelCoefficient]) -> Vec<String> {
        let of = |coefficient: &PanelCoefficient| {
            let mut terms = self.terms.iter();
            let term = terms.find(|(_, columns)| columns.contains(&coefficient.column));
            term.map_or_else(|| coefficient.column.clone(), |(term, _)| term.clone())
        };
        coefficients.iter().map(of).collect()
    }
}

/// Levels and bases of categories, in sentences and by name.
pub(super) fn categories(covariates: &Covariates) -> (Vec<String>, Value) {
    let factors: serde_json::Map<String, Value> = (covariates.factors())
        .map(|(column, levels, base)| {
            (column.to_owned(), json!({ "levels": levels, "base": base }))
        })
        .collect();
    (covariates.words(), factors.into())
}

/// Rows of a unit numbered from 1 as they stand.
fn running_numbers(unit: &Factor) -> Vec<i64> {
    let mut last = vec![0; unit.levels().len()];
    let next = |&code: &u32| {
        last[code as usize] += 1;
        last[code as usize]
    };
    unit.codes().iter().map(next).collect()
}

/// An error with rows of the file instead of those of the panel.
pub(super) fn in_file(request: &Request, sample: &Sample<'_>, error: Error) -> PanelFitError {
    match with_name(&sample.outcome, error) {
        Error::Panel(PanelError::DuplicateRow { unit, time, rows }) => {
            PanelFitError::DuplicateRow {
                unit_column: request.unit.clone(),
                unit,
                time_column: request.time.clone().unwrap_or_default(),
                time,
                rows: rows.map(|row| sample.row_of_file(row)),
            }
        }
        Error::NotFinite { column, row, value } => {
            let (row, wanted) = (sample.row_of_file(row), "a finite number");
            DataError::Range { column, row, value, wanted }.into()
        }
        Error::Panel(PanelError::FullLeverage { row }) => {
            PanelFitError::FullLeverage { row: sample.row_of_file(row) }
        }
        Error::Panel(PanelError::NegativeOutcome { row, value }) => {
            let column = sample.outcome.clone();
            let (row, wanted) = (sample.row_of_file(row), "at least 0 for Poisson regression");
            DataError::Range { column, row, value, wanted }.into()
        }
        error => error.into(),
    }
}

/// An error with the name of the outcome's column, which the library does not know.
pub(super) fn with_name(outcome: &str, error: Error) -> Error {
    match error {
        Error::Panel(PanelError::Size { column, largest }) if column == "outcome" => {
            PanelError::Size { column: outcome.to_owned(), largest }.into()
        }
        error => error,
    }
}

/// A column of clusters as the library names it.
fn cluster(request: &Request, column: &String) -> Cluster {
    if *column == request.unit {
        Cluster::Unit
    } else if request.time.as_ref() == Some(column) {
        Cluster::Time
    } else {
        Cluster::Effect(column.clone())
    }
}

/// The covariance as the library has it.
fn covariance(request: &Request, data: &Data<'_>) -> PanelCovariance {
    match &request.variance {
        Variance::Conventional => PanelCovariance::Conventional,
        Variance::Heteroskedastic(hc) => PanelCovariance::Heteroskedastic(*hc),
        Variance::Clustered(_) | Variance::Wild { .. } => {
            let of = |column: &String| cluster(request, column);
            PanelCovariance::Clustered(request.variance.clusters().iter().map(of).collect())
        }
        Variance::DriscollKraay(lag) => PanelCovariance::DriscollKraay { lag: *lag },
        Variance::NeweyWest(lag) => {
            let times = || {
                let times = data.panel.units().flat_map(|(_, times)| times);
                times.collect::<BTreeSet<_>>().len() as f64
            };
            PanelCovariance::NeweyWest { lag: lag.unwrap_or_else(|| times().powf(0.25) as usize) }
        }
    }
}

/// Fits one model.
pub(super) fn estimate(
    request: &Request,
    data: &Data<'_>,
    estimator: &Estimator,
) -> Result<Estimated, PanelFitError> {
    let refused = |error| in_file(request, data.sample, error);
    let fixed = fixed(request, data, estimator);
    let mut estimated = match estimator {
        Estimator::Within(_) | Estimator::Pooled => match &request.instruments {
            Some((endogenous, outside)) => {
                let (endogenous, outside) = (endogenous.len(), outside.len());
                further::instrumental(request, data, &fixed, endogenous, outside)?
            }
            None if *estimator == Estimator::Pooled => {
                of_squares(ordinary(request, data, PanelOls::pooled())?)
            }
            None => of_squares(fixed.fit(&data.panel).map_err(refused)?),
        },
        Estimator::Between => of_squares(ordinary(request, data, PanelOls::between())?),
        Estimator::FirstDifference => {
            of_squares(ordinary(request, data, PanelOls::first_difference())?)
        }
        Estimator::Random(components) => {
            let spec = RandomEffects::new().components(*components).convention(request.convention);
            let spec = spec.covariance(covariance(request, data)).level(request.level);
            of_random(spec.fit(&data.panel).map_err(refused)?)
        }
        Estimator::Poisson(_) => further::poisson(request, data, &fixed)?,
    };
    nothing_left(estimator, &estimated)?;
    if let Variance::Wild { cluster, draws, seed } = &request.variance {
        let bootstrap = WildBootstrap::new().draws(*draws).seed(*seed);
        let clusters = self::cluster(request, cluster);
        // The constant keeps its own.
        for coefficient in &mut estimated.coefficients[..estimated.slopes] {
            let column = coefficient.column.as_str();
            let test = fixed.wild_test(&data.panel, &clusters, column, 0.0, &bootstrap);
            let test = test.map_err(refused)?;
            coefficient.p_value = test.p_value;
            estimated.wild = Some(test);
        }
    }
    let is_first = request.estimators.first() == Some(estimator);
    for &test in &request.tests {
        specification_test(request, data, &fixed, estimator, &mut estimated, test, is_first)?;
    }
    if request.inflation {
        estimated.inflation = inflation(data, &estimated)?;
    }
    if request.effects && matches!(estimator, Estimator::Within(_)) {
        estimated.effects = Some(fixed.effects(&data.panel).map_err(refused)?);
    }
    Ok(estimated)
}

/// Refuses a model without a slope.
pub(super) fn nothing_left(
    estimator: &Estimator,
    estimated: &Estimated,
) -> Result<(), PanelFitError> {
    if estimated.slopes > 0 {
        return Ok(());
    }
    let columns = estimated.collinear.iter();
    let columns = columns.map(|of| super::words::left_out(estimator, of)).collect();
    Err(PanelFitError::NothingLeft { columns })
}

fn ordinary(request: &Request, data: &Data<'_>, spec: PanelOls) -> Result<PanelFit, PanelFitError> {
    let spec = spec.convention(request.convention).covariance(covariance(request, data));
    let fit = spec.level(request.level).fit(&data.panel);
    fit.map_err(|error| in_file(request, data.sample, error))
}

/// Adds a test to what a model says.
fn specification_test(
    request: &Request,
    data: &Data<'_>,
    fixed: &FixedEffects,
    estimator: &Estimator,
    estimated: &mut Estimated,
    test: Test,
    is_first: bool,
) -> Result<(), PanelFitError> {
    let refused = |error| in_file(request, data.sample, error);
    match test {
        Test::Effects if matches!(estimator, Estimator::Within(_)) => {
            let test = fixed.test_effects(&data.panel).map_err(refused)?;
            estimated.say(f_words("All effects alike (rows independent)", &test));
            estimated.count("effects_f", test.statistic);
            estimated.count("effects_f_df", test.df);
            estimated.count("effects_f_residual_df", test.residual_df);
            estimated.count("effects_f_p_value", test.p_value);
        }
        Test::Hausman if is_first => {
            let test = compare(request, data)?;
            let (chi2, df) = (number(test.statistic), test.df);
            let p = test
                .p_value
                .map_or_else(|| "no p-value, as the statistic is negative".to_owned(), p_words);
            let sign = if test.positive_definite {
                ""
            } else {
                " The difference of the covariances is not positive definite; its generalised inverse is taken as it is."
            };
            let what = match request.variance {
                Variance::Conventional => "Hausman, random against fixed effects",
                _ => "Hausman, random against fixed effects (rows independent)",
            };
            estimated.say(format!("{what}: χ² {chi2} on {df} df, {p}.{sign}"));
            estimated.count("hausman", test.statistic);
            estimated.count("hausman_df", test.df as f64);
            estimated.count("hausman_p_value", test.p_value.unwrap_or(f64::NAN));
        }
        Test::HausmanRegression if is_first => {
            let spec = RandomEffects::new().components(components(request));
            let spec = spec.convention(request.convention).covariance(covariance(request, data));
            let test = spec.hausman_regression(&data.panel).map_err(refused)?;
            let what = format!(
                "Hausman as a regression, random effects with the means of each {} besides, which have no effect",
                request.unit
            );
            estimated.say(f_words(&what, &test));
            let finite = test.residual_df.is_finite();
            let statistic = if finite { test.statistic } else { test.statistic * test.df };
            estimated.count("hausman_regression", statistic);
            estimated.count("hausman_regression_df", test.df);
            if finite {
                estimated.count("hausman_regression_residual_df", test.residual_df);
            }
            estimated.count("hausman_regression_p_value", test.p_value);
        }
        Test::BreuschPagan if is_first => {
            let test = breusch_pagan(&data.panel).map_err(refused)?;
            let (unit, chi2) = (&request.unit, number(test.statistic));
            let p = p_words(test.p_value);
            estimated.say(format!("Breusch–Pagan, no effects of {unit}: χ² {chi2} on 1 df, {p}."));
            estimated.count("breusch_pagan", test.statistic);
            estimated.count("breusch_pagan_p_value", test.p_value);
        }
        Test::Wooldridge | Test::Pesaran => {
            further::test(request, data, estimated, test, is_first)?;
        }
        Test::Effects | Test::Hausman | Test::HausmanRegression | Test::BreuschPagan => {}
    }
    Ok(())
}

/// Fixed effects; none for other estimators.
fn fixed(request: &Request, data: &Data<'_>, estimator: &Estimator) -> FixedEffects {
    let effects = estimator.effects().iter().cloned();
    with_options(request, FixedEffects::of(effects)).covariance(covariance(request, data))
}

/// With the convention, the level and what is done with singletons.
pub(super) fn with_options(request: &Request, spec: FixedEffects) -> FixedEffects {
    let spec = spec.convention(request.convention).level(request.level);
    match request.drop_singletons {
        Some(drop) => spec.drop_singletons(drop),
        None => spec,
    }
}

/// How variances of random effects are estimated: of the request's own, or as the convention's program does.
fn components(request: &Request) -> VarianceComponents {
    let components = request.estimators.iter().find_map(|estimator| match estimator {
        Estimator::Random(components) => Some(*components),
        _ => None,
    });
    components.unwrap_or_else(|| default_components(request.convention))
}

/// Random against fixed effects of units, both with conventional covariances.
fn compare(request: &Request, data: &Data<'_>) -> Result<Hausman, PanelFitError> {
    let components = components(request);
    let fixed = FixedEffects::units().convention(request.convention).fit(&data.panel)?;
    let random = RandomEffects::new().components(components).convention(request.convention);
    Ok(hausman(&fixed, &random.fit(&data.panel)?)?)
}

fn inflation(
    data: &Data<'_>,
    estimated: &Estimated,
) -> Result<Vec<(String, f64, f64)>, PanelFitError> {
    let is_kept = |name: &&String| estimated.coefficients.iter().any(|c| c.column == **name);
    let kept: Vec<String> = data.panel.column_names().iter().filter(is_kept).cloned().collect();
    let panel = data.panel.clone().with_only(&kept);
    let raw = variance_inflation(&panel, false)?;
    let within = variance_inflation(&panel, true)?;
    Ok(kept
        .into_iter()
        .zip(raw)
        .zip(within)
        .map(|((name, raw), within)| (name, raw, within))
        .collect())
}

pub(super) fn of_squares(fit: PanelFit) -> Estimated {
    let (explained, test) = (Some((fit.r_squared, fit.sigma)), fit.slopes_test);
    let coefficients = (fit.coefficients, fit.constant);
    let of_rows = Estimated::of_rows(
        coefficients,
        fit.variance,
        fit.counts,
        test,
        fit.collinear,
        fit.residuals,
        fit.rss,
    );
    Estimated { explained, ..of_rows }
}

fn of_random(fit: RandomEffectsFit) -> Estimated {
    let counted = (fit.rows, fit.units);
    let mut estimated = Estimated::new(fit.coefficients, Some(fit.constant), fit.variance, counted);
    let (sigma_unit, sigma_row, theta) = (fit.sigma_unit, fit.sigma_row, fit.theta);
    estimated.random = Some(Random { sigma_unit, sigma_row, theta });
    estimated.explained = Some((fit.r_squared, fit.sigma));
    estimated.slopes_test = fit.slopes_test;
    estimated.collinear = fit.collinear;
    estimated.count("rss", fit.rss);
    estimated
}
