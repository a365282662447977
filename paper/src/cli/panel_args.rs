//! Arguments of `fit panel`.

use std::path::PathBuf;

use afgang_models::{HcType, PanelConvention, VarianceComponents};
use clap::{Args, ValueEnum};

use super::data_args::{Out, filter, level, output};
use super::panel_values::{ComponentsArg, ConventionArg, SingletonsArg, StreamingArg};
use super::style_args::{StyleArgs, table_file};
use super::{Task, UsageError};
use crate::names::{Names, outside, parts};
use crate::panel::{Condition, Estimator, Request, Streaming, Test, Variance, default_components};
use crate::regression::{self, Term};
use crate::regression_table::TableFormat;

#[derive(Debug, Args)]
pub(super) struct PanelArgs {
    /// A Parquet or CSV file, one row a unit and time.
    data: PathBuf,
    /// Column of the outcome; several between commas, or the option several times, give a model each. In lists and terms a name with
    /// commas or other signs stands between backticks: '`income, net`, age'.
    #[arg(long, value_name = "COL,COL", required = true)]
    y: Vec<Names>,
    /// Regressors: columns, C(col), C(col, ref=LEVEL), log(col), poly(col, d), bs(col, df), ns(col, df), a:b and a*b between
    /// commas. The constant comes by itself.
    #[arg(long, value_name = "TERMS", required_unless_present = "iv")]
    x: Option<String>,
    /// Endogenous regressors and their instruments (within, pooled): 'price = tax, cost'.
    #[arg(long, value_name = "TERMS=TERMS")]
    iv: Option<String>,
    /// Column of the units.
    #[arg(long, value_name = "COL")]
    unit: String,
    /// Column of the times, whole numbers such as years (of dates make a column of years, or of months since the first one); not needed
    /// for fixed effects of units alone.
    #[arg(long, value_name = "COL")]
    time: Option<String>,
    /// Estimator; several between commas give a model each.
    #[arg(long, value_enum, value_name = "MODEL", value_delimiter = ',', default_value = "within")]
    model: Vec<ModelArg>,
    /// Fixed effects (within, poisson): unit, time, both, or names of columns; unit if absent.
    #[arg(long, visible_alias = "absorb", value_name = "COL,COL")]
    effects: Vec<Names>,
    /// Column with a coefficient of 1, such as the logarithm of an exposure (poisson).
    #[arg(long, value_name = "COL")]
    offset: Option<String>,
    /// How variance components are estimated (random); as the convention's program if absent.
    #[arg(long, value_enum, value_name = "METHOD")]
    components: Option<ComponentsArg>,
    /// Columns of clusters: standard errors that let their rows depend on each other.
    #[arg(long, value_name = "COL,COL")]
    cluster: Vec<Names>,
    /// Kind of standard errors: conventional, hc0 to hc3, cluster, driscoll-kraay[:LAG], newey-west[:LAG], or wild (clusters, with
    /// p-values by the wild bootstrap); cluster with --cluster, otherwise conventional.
    #[arg(long, value_name = "KIND", value_parser = vce)]
    vce: Option<Vce>,
    /// Draws of the wild bootstrap; 9999 if absent.
    #[arg(long, value_name = "N")]
    draws: Option<std::num::NonZeroUsize>,
    /// Seed of the wild bootstrap; 1 if absent.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Program whose degrees of freedom, multipliers and adjusted R² are used; stata-xtreg if absent, of poisson fixest.
    #[arg(long, value_enum, value_name = "PROGRAM")]
    convention: Option<ConventionArg>,
    /// Rows alone in a level of an effect; as the convention if absent (reghdfe drops them).
    #[arg(long, value_enum, value_name = "WHAT")]
    singletons: Option<SingletonsArg>,
    /// Column of weights above 0: a row counts as many times, N stays the number of rows.
    #[arg(long, visible_alias = "weights", value_name = "COL")]
    weight: Option<String>,
    /// Count only rows with one of these values in a column; may be given several times.
    #[arg(long, value_name = "COL=VALUE,VALUE", value_parser = filter)]
    only: Vec<(String, Vec<String>)>,
    /// Count only rows for which a column compares so with a number, for example year>=2017; several must all hold.
    #[arg(long = "if", value_name = "CONDITION,CONDITION", value_parser = conditions)]
    conditions: Vec<Conditions>,
    /// Columns whose combinations have models of their own.
    #[arg(long, value_name = "COL,COL")]
    by: Vec<Names>,
    /// Leave out rows without a value in a column of the model, and count them.
    #[arg(long)]
    drop_missing: bool,
    /// One pass over a Parquet file, with memory for units and not for rows: fixed effects of units with conventional standard
    /// errors or clusters of units, units in any order.
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    streaming: StreamingArg,
    /// Tests of the specification; more than one between commas.
    #[arg(long, value_enum, value_name = "TEST,TEST", value_delimiter = ',')]
    tests: Vec<TestArg>,
    /// Print the variance inflation of each regressor.
    #[arg(long)]
    vif: bool,
    /// File for the fixed effects with the number of rows of each: .parquet, .csv or .json.
    #[arg(long, value_name = "FILE")]
    effects_out: Option<PathBuf>,
    /// Confidence level.
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = level)]
    level: f64,
    /// File to write: .parquet, .csv or .json. Tables are printed if absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// File for the models side by side as papers print them: .tex, .html, .md, .csv or .txt.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    #[command(flatten)]
    style: StyleArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModelArg {
    /// Fixed effects.
    #[value(alias = "fe")]
    Within,
    /// All rows alike.
    #[value(alias = "pooling")]
    Pooled,
    /// Means of units.
    #[value(alias = "be")]
    Between,
    /// Differences between successive rows of a unit.
    #[value(alias = "fd")]
    FirstDifference,
    /// Random effects of units.
    #[value(alias = "re")]
    Random,
    /// Poisson regression with fixed effects.
    #[value(alias = "ppml")]
    Poisson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestArg {
    /// F test that all fixed effects are alike.
    Effects,
    /// Random against fixed effects.
    Hausman,
    /// The same as a regression with the means of units, with the clusters or robust standard errors of the fit.
    HausmanRegression,
    /// Lagrange multiplier test that units have no effects.
    BreuschPagan,
    /// Wooldridge's test of serial correlation.
    Wooldridge,
    /// Pesaran's CD test of dependence between units.
    Pesaran,
}

/// A kind of standard errors as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vce {
    Conventional,
    Hc(HcType),
    Cluster,
    DriscollKraay(Option<usize>),
    NeweyWest(Option<usize>),
    Wild,
}

fn vce(text: &str) -> Result<Vce, String> {
    let known =
        "conventional, hc0, hc1, hc2, hc3, cluster, driscoll-kraay[:LAG], newey-west[:LAG] or wild";
    let (name, lag) = match text.split_once(':') {
        None => (text, None),
        Some((name, lag)) => match lag.parse::<usize>() {
            Ok(lag) => (name, Some(lag)),
            Err(_) => {
                return Err(format!("`{lag}` is no number of lags; write for example {name}:2"));
            }
        },
    };
    let vce = match name.to_lowercase().as_str() {
        "conventional" | "iid" | "ols" => Vce::Conventional,
        "hc0" => Vce::Hc(HcType::Hc0),
        "hc1" | "robust" | "hetero" => Vce::Hc(HcType::Hc1),
        "hc2" => Vce::Hc(HcType::Hc2),
        "hc3" => Vce::Hc(HcType::Hc3),
        "cluster" => Vce::Cluster,
        "wild" => Vce::Wild,
        "driscoll-kraay" | "dk" => return Ok(Vce::DriscollKraay(lag)),
        "newey-west" | "nw" => return Ok(Vce::NeweyWest(lag)),
        _ => return Err(format!("known are {known}")),
    };
    match lag {
        None => Ok(vce),
        Some(_) => Err("only driscoll-kraay and newey-west have lags".to_owned()),
    }
}

/// Conditions that must all hold.
#[derive(Debug, Clone)]
struct Conditions(Vec<Condition>);

fn conditions(text: &str) -> Result<Conditions, String> {
    parts(text)?.into_iter().map(str::parse).collect::<Result<_, _>>().map(Conditions)
}

fn terms(text: &str) -> Result<Vec<Term>, UsageError> {
    regression::parse(text).map_err(UsageError::Terms)
}

/// Endogenous terms and instruments, on either side of an equals sign outside brackets.
fn instruments(text: &str) -> Result<(Vec<Term>, Vec<Term>), UsageError> {
    let mut depth = 0_usize;
    for (place, sign) in outside(text).unwrap_or_default() {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '=' | '~' if depth == 0 => {
                return Ok((terms(&text[..place])?, terms(&text[place + 1..])?));
            }
            _ => {}
        }
    }
    Err(UsageError::Missing { what: "= with instruments after it, in --iv" })
}

/// Files of panel regressions beside their table.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelFiles {
    /// Coefficients in full, with what the fits counted.
    pub out: Out,
    /// Models side by side.
    pub table: Option<(PathBuf, TableFormat)>,
    /// The effects themselves.
    pub effects: Out,
}

impl PanelArgs {
    pub(super) fn plan(self) -> Result<Task, UsageError> {
        self.refuse_others()?;
        let names = [&self.y, &self.effects, &self.cluster, &self.by];
        if names.into_iter().flatten().any(|names| names.0.iter().any(String::is_empty)) {
            return Err(UsageError::NoName);
        }
        let convention = self.convention();
        let variance = self.variance()?;
        let effects = self.effects()?;
        let components = self.components.map(VarianceComponents::from);
        let estimator = |model: &ModelArg| match model {
            ModelArg::Within => Estimator::Within(effects.clone()),
            ModelArg::Pooled => Estimator::Pooled,
            ModelArg::Between => Estimator::Between,
            ModelArg::FirstDifference => Estimator::FirstDifference,
            ModelArg::Poisson => Estimator::Poisson(effects.clone()),
            ModelArg::Random => {
                Estimator::Random(components.unwrap_or_else(|| default_components(convention)))
            }
        };
        let test = |test: &TestArg| match test {
            TestArg::Effects => Test::Effects,
            TestArg::Hausman => Test::Hausman,
            TestArg::HausmanRegression => Test::HausmanRegression,
            TestArg::BreuschPagan => Test::BreuschPagan,
            TestArg::Wooldridge => Test::Wooldridge,
            TestArg::Pesaran => Test::Pesaran,
        };
        let files = PanelFiles {
            out: output(self.out)?,
            table: table_file(self.table)?,
            effects: output(self.effects_out)?,
        };
        let request = Request {
            data: self.data,
            terms: self.x.as_deref().map_or(Ok(Vec::new()), terms)?,
            instruments: self.iv.as_deref().map(instruments).transpose()?,
            offset: self.offset,
            outcomes: Names::all(self.y),
            unit: self.unit,
            time: self.time,
            estimators: self.model.iter().map(estimator).collect(),
            convention,
            variance,
            weight: self.weight,
            only: self.only,
            conditions: self.conditions.into_iter().flat_map(|of| of.0).collect(),
            by: Names::all(self.by),
            drop_missing: self.drop_missing,
            drop_singletons: self.singletons.map(|what| matches!(what, SingletonsArg::Drop)),
            level: self.level,
            tests: self.tests.iter().map(test).collect(),
            inflation: self.vif,
            effects: files.effects.is_some(),
            style: self.style.style(),
            streaming: self.streaming.into(),
        };
        if request.streaming == Streaming::Always
            && let Some(estimator) = request.needs_rows()
        {
            let instead = "that needs all rows in memory";
            return Err(UsageError::DoesNotFit { flag: "--streaming always", estimator, instead });
        }
        Ok(Task::Panel { request, files })
    }

    fn convention(&self) -> PanelConvention {
        let poisson = self.model.iter().all(|model| *model == ModelArg::Poisson);
        let default = if poisson { PanelConvention::Fixest } else { PanelConvention::default() };
        self.convention.map_or(default, PanelConvention::from)
    }

    fn is(&self, model: ModelArg) -> bool {
        self.model.contains(&model)
    }

    /// Refuses options that the model does not have.
    fn refuse_others(&self) -> Result<(), UsageError> {
        let within = self.is(ModelArg::Within);
        let poisson = self.is(ModelArg::Poisson);
        let absorbs = within || poisson;
        let iv = self.iv.is_some();
        let rows_alike =
            self.model.iter().all(|of| [ModelArg::Within, ModelArg::Pooled].contains(of));
        let wild = self.vce == Some(Vce::Wild);
        let clustered = matches!(self.vce, None | Some(Vce::Cluster | Vce::Wild));
        let lags = matches!(self.vce, Some(Vce::DriscollKraay(_) | Vce::NeweyWest(_)));
        let has = |test| self.tests.contains(&test);
        let weighted = self.weight.is_some();
        let of_within = "it is of `--model within`";
        let name_times = "name the column of the times: `--time COL`";
        let no_time = self.time.is_none();
        let no_weights = "it is known without weights only";
        for (wrong, flag, estimator, instead) in [
            (
                !absorbs && !self.effects.is_empty(),
                "--effects",
                "--model",
                "it is of `--model within` and `--model poisson`",
            ),
            (
                !poisson && self.offset.is_some(),
                "--offset",
                "--model",
                "it is of `--model poisson`",
            ),
            (
                iv && !rows_alike,
                "--iv",
                "--model",
                "it is of `--model within` and `--model pooled`",
            ),
            (
                poisson
                    && self.convention() != PanelConvention::Fixest
                    && self.convention.is_some(),
                "--convention",
                "--model poisson",
                "Poisson regression is as fixest has it: `--convention fixest`, and `--singletons drop` to drop singletons",
            ),
            (iv && wild, "--iv", "--vce wild", "take clusters"),
            (iv && self.vif, "--vif", "--iv", "it is known of least squares only"),
            (
                iv && self.effects_out.is_some(),
                "--effects-out",
                "--iv",
                "it is known of least squares only",
            ),
            (
                iv && self.tests.iter().any(|of| *of != TestArg::Pesaran),
                "--tests",
                "--iv",
                "with instruments there is `--tests pesaran`",
            ),
            (weighted && has(TestArg::Wooldridge), "--weight", "--tests wooldridge", no_weights),
            (
                no_time && (has(TestArg::Wooldridge) || has(TestArg::Pesaran)),
                "--tests",
                "fit panel",
                name_times,
            ),
            (
                has(TestArg::Pesaran) && !within && !self.is(ModelArg::Pooled),
                "--tests pesaran",
                "--model",
                "it is of `--model within` and `--model pooled`",
            ),
            (!within && self.effects_out.is_some(), "--effects-out", "--model", of_within),
            (!absorbs && self.singletons.is_some(), "--singletons", "--model", of_within),
            (!within && has(TestArg::Effects), "--tests effects", "--model", of_within),
            (
                !self.is(ModelArg::Random)
                    && self.components.is_some()
                    && !has(TestArg::Hausman)
                    && !has(TestArg::HausmanRegression),
                "--components",
                "--model",
                "it is of `--model random` and `--tests hausman`",
            ),
            (
                !clustered && !self.cluster.is_empty(),
                "--cluster",
                "--vce",
                "clusters are of `--vce cluster` and `--vce wild`",
            ),
            (
                wild && !rows_alike,
                "--vce wild",
                "--model",
                "it is of `--model within` and `--model pooled`",
            ),
            (
                wild && self.cluster.iter().map(|names| names.0.len()).sum::<usize>() > 1,
                "--vce wild",
                "--cluster COL,COL",
                "the wild bootstrap draws the clusters of one column",
            ),
            (!wild && self.draws.is_some(), "--draws", "--vce", "it is of `--vce wild`"),
            (!wild && self.seed.is_some(), "--seed", "--vce", "it is of `--vce wild`"),
            (no_time && lags, "--vce", "fit panel", name_times),
            (no_time && self.is(ModelArg::FirstDifference), "--model", "fit panel", name_times),
            (weighted && self.is(ModelArg::Random), "--weight", "--model random", no_weights),
            (weighted && has(TestArg::Hausman), "--weight", "--tests hausman", no_weights),
            (
                weighted && has(TestArg::HausmanRegression),
                "--weight",
                "--tests hausman-regression",
                no_weights,
            ),
            (
                weighted && has(TestArg::BreuschPagan),
                "--weight",
                "--tests breusch-pagan",
                no_weights,
            ),
        ] {
            if wrong {
                return Err(UsageError::DoesNotFit { flag, estimator, instead });
            }
        }
        Ok(())
    }

    /// Names of the columns of the fixed effects.
    fn effects(&self) -> Result<Vec<String>, UsageError> {
        let time = || {
            self.time.clone().ok_or(UsageError::DoesNotFit {
                flag: "--effects",
                estimator: "fit panel",
                instead: "effects of times need their column: `--time COL`",
            })
        };
        let mut effects: Vec<String> = Vec::new();
        for name in self.effects.iter().flat_map(|names| &names.0) {
            let names = match name.as_str() {
                "unit" => vec![self.unit.clone()],
                "time" => vec![time()?],
                "both" => vec![self.unit.clone(), time()?],
                name => vec![name.to_owned()],
            };
            for name in names {
                if effects.contains(&name) {
                    return Err(UsageError::Twice { column: name });
                }
                effects.push(name);
            }
        }
        if effects.is_empty() {
            effects.push(self.unit.clone());
        }
        Ok(effects)
    }

    fn variance(&self) -> Result<Variance, UsageError> {
        let given = Names::all(self.cluster.clone());
        if let Some(place) = (1..given.len()).find(|&k| given[..k].contains(&given[k])) {
            return Err(UsageError::Twice { column: given[place].clone() });
        }
        let clusters = || if given.is_empty() { vec![self.unit.clone()] } else { given.clone() };
        Ok(match self.vce {
            None if given.is_empty() => Variance::Conventional,
            Some(Vce::Conventional) => Variance::Conventional,
            Some(Vce::Hc(hc)) => Variance::Heteroskedastic(hc),
            None | Some(Vce::Cluster) => Variance::Clustered(clusters()),
            Some(Vce::DriscollKraay(lag)) => Variance::DriscollKraay(lag),
            Some(Vce::NeweyWest(lag)) => Variance::NeweyWest(lag),
            Some(Vce::Wild) => Variance::Wild {
                cluster: clusters().swap_remove(0),
                draws: self.draws.map_or(9_999, std::num::NonZeroUsize::get),
                seed: self.seed.unwrap_or(1),
            },
        })
    }
}
