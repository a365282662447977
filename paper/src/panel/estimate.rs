//! From the rows of a model to its fit.

use afgang_models::{
    Cluster, Collinear, Design, Error, FTest, Factor, FixedEffects, Hausman, Panel,
    PanelCoefficient, PanelCounts, PanelCovariance, PanelError, PanelFit, PanelOls, PanelVariance,
    RSquared, RandomEffects, RandomEffectsFit, RecoveredEffects, WildBootstrap, WildTest,
    breusch_pagan, hausman, variance_inflation,
};
use serde_json::{Value, json};

use super::error::PanelFitError;
use super::read::Sample;
use super::{Estimator, Request, Test, Variance, default_components};
use crate::regression::{Covariates, design};

/// What the models of one outcome are made of.
pub(super) struct Data<'a> {
    pub(super) sample: &'a Sample<'a>,
    pub(super) panel: Panel,
    pub(super) design: Design,
    pub(super) covariates: Covariates,
    pub(super) unit: Factor,
    pub(super) time: Vec<i64>,
}

/// A fit, whatever the estimator.
pub(super) struct Estimated {
    /// The constant is the last.
    pub(super) coefficients: Vec<PanelCoefficient>,
    pub(super) variance: PanelVariance,
    pub(super) rows: usize,
    pub(super) units: usize,
    pub(super) slopes_test: Option<FTest>,
    pub(super) rss: f64,
    pub(super) collinear: Vec<Collinear>,
    /// Of least squares.
    pub(super) squares: Option<Squares>,
    /// Of random effects.
    pub(super) random: Option<Random>,
    pub(super) wild: Option<WildTest>,
    pub(super) effects_test: Option<FTest>,
    pub(super) hausman: Option<Hausman>,
    /// Statistic and p-value.
    pub(super) breusch_pagan: Option<(f64, f64)>,
    /// Column, of all rows, and with the effects of units out.
    pub(super) inflation: Vec<(String, f64, f64)>,
    pub(super) effects: Option<RecoveredEffects>,
}

/// What least squares have and random effects have not.
pub(super) struct Squares {
    pub(super) counts: PanelCounts,
    pub(super) r_squared: RSquared,
    pub(super) sigma: f64,
}

/// Components of a variance.
pub(super) struct Random {
    pub(super) sigma_unit: f64,
    pub(super) sigma_row: f64,
    pub(super) theta: (f64, f64),
}

impl<'a> Data<'a> {
    pub(super) fn new(
        request: &Request,
        sample: &'a Sample<'a>,
        outcome: &str,
    ) -> Result<Self, PanelFitError> {
        use crate::regression::Source;
        let (design, covariates) = design(sample, sample.len(), &request.terms, &[], None)?;
        let unit = sample.factor(&request.unit)?;
        let time = match &request.time {
            Some(column) => sample.times(column)?,
            None => running_numbers(&unit),
        };
        let panel = Panel::new(&sample.numbers(outcome)?, &design, &unit, &time)
            .map_err(|error| in_file(request, sample, error))?;
        let time_name = request.time.clone().unwrap_or_else(|| "row of its unit".to_owned());
        let mut panel = panel.with_names(request.unit.clone(), time_name);
        if let Some(column) = &request.weight {
            panel = panel.with_weights(&sample.weights(column)?)?;
        }
        let mut known: Vec<&String> = request.time.iter().chain([&request.unit]).collect();
        let of_estimators = request.estimators.iter().flat_map(|estimator| match estimator {
            Estimator::Within(effects) => effects.as_slice(),
            _ => &[],
        });
        for column in of_estimators.chain(request.variance.clusters()) {
            if !known.contains(&column) {
                panel = panel.with_effect(column.clone(), &sample.factor(column)?)?;
                known.push(column);
            }
        }
        Ok(Self { sample, panel, design, covariates, unit, time })
    }

    /// The term of each coefficient; of the constant its own name.
    pub(super) fn terms(&self, coefficients: &[PanelCoefficient]) -> Vec<String> {
        let names = self.design.column_names();
        let of = |coefficient: &PanelCoefficient| {
            let place = names.iter().position(|name| *name == coefficient.column);
            let mut terms = self.design.terms().iter();
            let term = terms.find(|term| place.is_some_and(|place| term.columns.contains(&place)));
            term.map_or_else(|| coefficient.column.clone(), |term| term.name.clone())
        };
        coefficients.iter().map(of).collect()
    }

    /// Levels and bases of categories, in sentences and by name.
    pub(super) fn categories(&self) -> (Vec<String>, Value) {
        let factors: serde_json::Map<String, Value> = (self.covariates.factors())
            .map(|(column, levels, base)| {
                (column.to_owned(), json!({ "levels": levels, "base": base }))
            })
            .collect();
        (self.covariates.words(), factors.into())
    }

    /// The panel with only these of its regressors.
    fn with_columns(&self, columns: &[String]) -> Result<Panel, Error> {
        let matrix = self.design.matrix();
        let mut builder = Design::builder().rows(self.panel.len());
        for (place, name) in self.design.column_names().iter().enumerate() {
            if columns.contains(name) {
                let of_row = |&pattern: &u32| matrix[(pattern as usize, place)];
                let values = self.design.patterns().iter().map(of_row).collect();
                builder = builder.numeric(name.clone(), values);
            }
        }
        let outcome = vec![0.0; self.panel.len()];
        Panel::new(&outcome, &builder.build()?, &self.unit, &self.time)
    }
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
fn in_file(request: &Request, sample: &Sample<'_>, error: Error) -> PanelFitError {
    use crate::regression::Source;
    match error {
        Error::Panel(PanelError::DuplicateRow { unit, time, rows }) => {
            PanelFitError::DuplicateRow {
                unit_column: request.unit.clone(),
                unit,
                time_column: request.time.clone().unwrap_or_default(),
                time,
                rows: rows.map(|row| sample.row_of_file(row)),
            }
        }
        Error::Panel(PanelError::FullLeverage { row }) => {
            PanelFitError::FullLeverage { row: sample.row_of_file(row) }
        }
        error => error.into(),
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
                let mut times = data.time.clone();
                times.sort_unstable();
                times.dedup();
                times.len() as f64
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
    let mut estimated = match estimator {
        Estimator::Within(_) => {
            of_squares(fixed(request, data, estimator).fit(&data.panel).map_err(refused)?)
        }
        Estimator::Pooled | Estimator::Between | Estimator::FirstDifference => {
            let spec = match estimator {
                Estimator::Between => PanelOls::between(),
                Estimator::FirstDifference => PanelOls::first_difference(),
                _ => PanelOls::pooled(),
            };
            let spec = spec.convention(request.convention).covariance(covariance(request, data));
            of_squares(spec.level(request.level).fit(&data.panel).map_err(refused)?)
        }
        Estimator::Random(components) => {
            let spec = RandomEffects::new().components(*components).convention(request.convention);
            let spec = spec.covariance(covariance(request, data)).level(request.level);
            of_random(spec.fit(&data.panel).map_err(refused)?)
        }
    };
    if estimated.coefficients.len() == 1 {
        let columns = estimated.collinear.iter();
        let columns = columns.map(|of| super::words::left_out(estimator, of)).collect();
        return Err(PanelFitError::NothingLeft { columns });
    }
    if let Variance::Wild { cluster, draws, seed } = &request.variance {
        let bootstrap = WildBootstrap::new().draws(*draws).seed(*seed);
        let spec = fixed(request, data, estimator);
        let clusters = self::cluster(request, cluster);
        // The constant keeps its own.
        let slopes = estimated.coefficients.len() - 1;
        for coefficient in &mut estimated.coefficients[..slopes] {
            let column = coefficient.column.as_str();
            let test = spec.wild_test(&data.panel, &clusters, column, 0.0, &bootstrap);
            let test = test.map_err(refused)?;
            coefficient.p_value = test.p_value;
            estimated.wild = Some(test);
        }
    }
    let is_first = request.estimators.first() == Some(estimator);
    for test in &request.tests {
        match test {
            Test::Effects if matches!(estimator, Estimator::Within(_)) => {
                let spec = fixed(request, data, estimator);
                estimated.effects_test = Some(spec.test_effects(&data.panel).map_err(refused)?);
            }
            Test::Hausman if is_first => estimated.hausman = Some(compare(request, data)?),
            Test::BreuschPagan if is_first => {
                let test = breusch_pagan(&data.panel).map_err(refused)?;
                estimated.breusch_pagan = Some((test.statistic, test.p_value));
            }
            Test::Effects | Test::Hausman | Test::BreuschPagan => {}
        }
    }
    if request.inflation {
        estimated.inflation = inflation(data, &estimated)?;
    }
    if request.effects && matches!(estimator, Estimator::Within(_)) {
        let spec = fixed(request, data, estimator);
        estimated.effects = Some(spec.effects(&data.panel).map_err(refused)?);
    }
    Ok(estimated)
}

/// Fixed effects; none for other estimators.
fn fixed(request: &Request, data: &Data<'_>, estimator: &Estimator) -> FixedEffects {
    let effects = match estimator {
        Estimator::Within(effects) => effects.clone(),
        _ => Vec::new(),
    };
    let spec = FixedEffects::of(effects).convention(request.convention);
    let spec = spec.covariance(covariance(request, data)).level(request.level);
    match request.drop_singletons {
        Some(drop) => spec.drop_singletons(drop),
        None => spec,
    }
}

/// Random against fixed effects of units, both with conventional covariances.
fn compare(request: &Request, data: &Data<'_>) -> Result<Hausman, PanelFitError> {
    let components = request.estimators.iter().find_map(|estimator| match estimator {
        Estimator::Random(components) => Some(*components),
        _ => None,
    });
    let components = components.unwrap_or_else(|| default_components(request.convention));
    let fixed = FixedEffects::units().convention(request.convention).fit(&data.panel)?;
    let random = RandomEffects::new().components(components).convention(request.convention);
    Ok(hausman(&fixed, &random.fit(&data.panel)?)?)
}

fn inflation(
    data: &Data<'_>,
    estimated: &Estimated,
) -> Result<Vec<(String, f64, f64)>, PanelFitError> {
    let kept: Vec<String> = data
        .design
        .column_names()
        .iter()
        .filter(|name| estimated.coefficients.iter().any(|c| c.column == **name))
        .cloned()
        .collect();
    let panel = data.with_columns(&kept)?;
    let raw = variance_inflation(&panel, false)?;
    let within = variance_inflation(&panel, true)?;
    Ok(kept
        .into_iter()
        .zip(raw)
        .zip(within)
        .map(|((name, raw), within)| (name, raw, within))
        .collect())
}

fn of_squares(fit: PanelFit) -> Estimated {
    let mut coefficients = fit.coefficients;
    coefficients.push(fit.constant);
    Estimated {
        coefficients,
        variance: fit.variance,
        rows: fit.counts.rows,
        units: fit.counts.units,
        slopes_test: fit.slopes_test,
        rss: fit.rss,
        collinear: fit.collinear,
        squares: Some(Squares { counts: fit.counts, r_squared: fit.r_squared, sigma: fit.sigma }),
        random: None,
        wild: None,
        effects_test: None,
        hausman: None,
        breusch_pagan: None,
        inflation: Vec::new(),
        effects: None,
    }
}

fn of_random(fit: RandomEffectsFit) -> Estimated {
    let mut coefficients = fit.coefficients;
    coefficients.push(fit.constant);
    let (sigma_unit, sigma_row, theta) = (fit.sigma_unit, fit.sigma_row, fit.theta);
    Estimated {
        coefficients,
        variance: fit.variance,
        rows: fit.rows,
        units: fit.units,
        slopes_test: fit.slopes_test,
        rss: fit.rss,
        collinear: fit.collinear,
        squares: None,
        random: Some(Random { sigma_unit, sigma_row, theta }),
        wild: None,
        effects_test: None,
        hausman: None,
        breusch_pagan: None,
        inflation: Vec::new(),
        effects: None,
    }
}
