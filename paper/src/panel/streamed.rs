//! Fixed effects of units in one pass over a Parquet file, with memory for units and not for rows.

use std::borrow::Cow;
use std::collections::HashMap;

use afgang_models::{
    Error, Factor, FixedEffects, PanelConvention, PanelCovariance, PanelError, PanelMoments,
};

use super::answer::{self, Model};
use super::error::PanelFitError;
use super::estimate::{Estimated, categories, nothing_left, of_squares, with_name, with_options};
use super::gaps::{Gaps, of_times};
use super::read::{File, Left, Needed, Sample, no_complete_row};
use super::words::{self, Rows};
use super::{Estimator, Request, Streaming, Variance};
use crate::regression::{Atom, Covariates, NamedColumns, Source, factor};
use crate::rows::{DataError, ParquetFile, column_numbers, is_parquet, ranks};
use crate::table::Values;

/// Rows of a file from which on one pass is taken where nobody says what is wanted.
const LARGE: usize = 1_000_000;

/// Most regressors of which sums are kept where nobody says what is wanted.
const MOST_COLUMNS: usize = 500;

impl Request {
    /// The first option that sums of rows do not give.
    pub(crate) fn needs_rows(&self) -> Option<&'static str> {
        let of_units = Estimator::Within(vec![self.unit.clone()]);
        let xtreg = self.convention == PanelConvention::StataXtreg;
        let variance = match &self.variance {
            Variance::Conventional => true,
            // Which are those by clusters of units.
            Variance::Heteroskedastic(_) => xtreg,
            Variance::Clustered(columns) => *columns == [self.unit.as_str()],
            _ => false,
        };
        let smooth = |atom: &Atom| {
            matches!(atom, Atom::Polynomial(..) | Atom::Spline(..) | Atom::Natural(..))
        };
        let estimators = || self.estimators.iter();
        let wrong = [
            (estimators().any(|of| !matches!(of, Estimator::Within(_))), "--model"),
            (estimators().any(|of| *of != of_units), "--effects"),
            (self.estimators.len() > 1, "--model"),
            (self.instruments.is_some(), "--iv"),
            (!variance, "--vce and --cluster of anything but the units"),
            (self.weight.is_some(), "--weight"),
            (!self.by.is_empty(), "--by"),
            (!self.tests.is_empty(), "--tests"),
            (self.inflation, "--vif"),
            (self.effects, "--effects-out"),
            (self.terms.iter().flat_map(|term| &term.0).any(smooth), "poly(), bs() and ns()"),
        ];
        wrong.into_iter().find(|(wrong, _)| *wrong).map(|(_, what)| what)
    }
}

/// The models in one pass; `None` if the rows are to be read into memory.
pub(super) fn models(request: &Request) -> Result<Option<Vec<Model>>, PanelFitError> {
    let parquet = || is_parquet(&request.data);
    let is_free = match request.streaming {
        Streaming::Never => return Ok(None),
        Streaming::Always if parquet()? => false,
        Streaming::Always => return Err(PanelFitError::NoParquet { path: request.data.clone() }),
        Streaming::Auto => {
            let large = || ParquetFile::open(&request.data, &[]).map(|file| file.rows >= LARGE);
            if request.needs_rows().is_some() || !parquet()? || !large()? {
                return Ok(None);
            }
            true
        }
    };
    match Pass::new(request, is_free)?.map(Pass::models) {
        None => Ok(None),
        Some(Err(PanelFitError::Estimator {
            error: Error::Panel(PanelError::TooManyTimes { .. }),
        })) if is_free => Ok(None),
        Some(models) => models.map(Some),
    }
}

/// A pass over the file.
struct Pass<'r> {
    request: &'r Request,
    outcomes: Vec<Sums<'r>>,
    left: Left,
    of_file: usize,
    chosen: usize,
}

/// What is known of the rows of a model so far.
struct Sums<'r> {
    outcome: &'r str,
    covariates: Covariates,
    /// With the first rows.
    moments: Option<PanelMoments>,
    /// The term of each regressor, by name.
    terms: HashMap<String, String>,
    ids: Ids,
    missing: Vec<(String, usize)>,
    kept: usize,
}

/// Units as numbers.
#[derive(Default)]
struct Ids(HashMap<String, u64>);

impl Ids {
    fn of(&mut self, (codes, values): (Cow<'_, [u32]>, Cow<'_, Values>)) -> Vec<u64> {
        let ids: Vec<u64> = match values.as_ref() {
            Values::Whole(values) => {
                values.iter().map(|value| value.unwrap_or_default() as u64).collect()
            }
            Values::Number(values) => values.iter().map(|value| value.to_bits()).collect(),
            Values::Text(values) => {
                let words = values.iter().map(|value| value.as_deref().unwrap_or_default());
                words.map(|word| self.of_word(word)).collect()
            }
        };
        codes.iter().map(|&code| ids[code as usize]).collect()
    }

    fn of_word(&mut self, word: &str) -> u64 {
        if let Some(&id) = self.0.get(word) {
            return id;
        }
        let id = self.0.len() as u64;
        self.0.insert(word.to_owned(), id);
        id
    }
}

/// Different values of the columns that are categories.
#[derive(Clone, Default)]
struct Levels(Vec<(String, Values)>);

impl Levels {
    fn take(&mut self, column: &str, values: &Values) {
        match self.0.iter_mut().find(|(known, _)| known == column) {
            Some((_, known)) => *known = different(&both(known, values)),
            None => self.0.push((column.to_owned(), values.clone())),
        }
    }

    fn values(&self, column: &str) -> &Values {
        const NOTHING: &Values = &Values::Whole(Vec::new());
        self.0.iter().find(|(known, _)| known == column).map_or(NOTHING, |(_, values)| values)
    }
}

impl Source for Levels {
    fn factor(&self, column: &str) -> Result<Factor, Error> {
        factor(self.values(column))
    }

    fn numbers(&self, column: &str) -> Result<Vec<f64>, DataError> {
        column_numbers(self.values(column).clone(), column)
    }

    fn row_of_file(&self, row: usize) -> usize {
        row + 1
    }
}

/// Each value once.
fn different(values: &Values) -> Values {
    let ranks = ranks(values);
    let mut first: Vec<Option<usize>> = vec![None; ranks.iter().max().map_or(0, |most| most + 1)];
    for (row, &rank) in ranks.iter().enumerate() {
        first[rank].get_or_insert(row);
    }
    values.picked(&first.into_iter().flatten().collect::<Vec<_>>())
}

/// The values of two parts of one column.
fn both(one: &Values, other: &Values) -> Values {
    match (one, other) {
        (Values::Text(one), Values::Text(other)) => Values::Text([&one[..], other].concat()),
        (Values::Whole(one), Values::Whole(other)) => Values::Whole([&one[..], other].concat()),
        (Values::Number(one), Values::Number(other)) => Values::Number([&one[..], other].concat()),
        (one, _) => one.clone(),
    }
}

/// Calls for all rows of the file, some after others; the next are decoded meanwhile.
fn each_part(
    request: &Request,
    needed: &Needed,
    mut of_part: impl FnMut(&File) -> Result<(), PanelFitError> + Send,
) -> Result<(), PanelFitError> {
    let mut batches = ParquetFile::open(&request.data, &needed.names())?.batches()?;
    let mut before = 0;
    let mut next = batches.next();
    while let Some(cells) = next {
        let file = File::of(needed, &cells?, before);
        before += file.len();
        let (decoded, done) = rayon::join(|| batches.next(), || of_part(&file));
        done?;
        next = decoded;
    }
    if before == 0 {
        return Err(DataError::Empty { path: request.data.clone() }.into());
    }
    Ok(())
}

/// Values of the categories among the rows of each outcome; a pass of its own over their columns.
fn levels(request: &Request) -> Result<Vec<Levels>, PanelFitError> {
    let mut levels = vec![Levels::default(); request.outcomes.len()];
    let category =
        |atom: &Atom| matches!(atom, Atom::Category { .. }).then(|| atom.column().to_owned());
    let categories: Vec<String> =
        request.terms.iter().flat_map(|term| &term.0).filter_map(category).collect();
    if categories.is_empty() {
        return Ok(levels);
    }
    // A row that another column costs the model brings no level.
    let mut needed = Needed::by(request);
    if !request.drop_missing {
        let chooses = |name: &str| {
            request.only.iter().any(|(column, _)| column == name)
                || request.conditions.iter().any(|of| of.column == name)
        };
        needed.retain(|name| chooses(name) || categories.iter().any(|column| column == name));
    }
    let mut left = Left::default();
    each_part(request, &needed, |file| {
        let rows = file.chosen(request, &mut left)?;
        if !request.drop_missing {
            for column in &categories {
                levels[0].take(column, &file.values(column, &rows));
            }
            return Ok(());
        }
        for (levels, outcome) in levels.iter_mut().zip(&request.outcomes) {
            let sample = file.sample(request, outcome, &rows)?;
            for column in &categories {
                levels.take(column, &sample.codes(column).1);
            }
        }
        Ok(())
    })?;
    left.refuse_none(request)?;
    if !request.drop_missing {
        levels = vec![levels[0].clone(); levels.len()];
    }
    Ok(levels)
}

impl<'r> Pass<'r> {
    /// A pass to come; `None` if regressors are too many for one that nobody asked for.
    fn new(request: &'r Request, is_free: bool) -> Result<Option<Self>, PanelFitError> {
        let mut outcomes = Vec::new();
        for (outcome, levels) in request.outcomes.iter().zip(levels(request)?) {
            let covariates = Covariates::new(&request.terms, &levels)?;
            let widest = covariates.factors().map(|(_, levels, _)| levels.len()).sum::<usize>();
            if is_free && request.terms.len() + widest > MOST_COLUMNS {
                return Ok(None);
            }
            outcomes.push(Sums {
                outcome,
                covariates,
                moments: None,
                terms: HashMap::new(),
                ids: Ids::default(),
                missing: Vec::new(),
                kept: 0,
            });
        }
        Ok(Some(Self { request, outcomes, left: Left::default(), of_file: 0, chosen: 0 }))
    }

    fn models(mut self) -> Result<Vec<Model>, PanelFitError> {
        let request = self.request;
        each_part(request, &Needed::by(request), |file| self.take(file))?;
        self.left.refuse_none(request)?;
        let (of_file, chosen) = (self.of_file, self.chosen);
        let models = self.outcomes.into_iter().map(|sums| {
            let name = answer::model_name(request, &[], sums.outcome, None);
            let model = sums.model(request, of_file, chosen);
            model.map_err(|error| error.of_model(name))
        });
        models.collect()
    }

    fn take(&mut self, file: &File) -> Result<(), PanelFitError> {
        let request = self.request;
        let rows = file.chosen(request, &mut self.left)?;
        self.of_file += file.len();
        self.chosen += rows.len();
        for sums in &mut self.outcomes {
            let taken = file.sample(request, sums.outcome, &rows).and_then(|sample| {
                sums.missed(&sample);
                if sample.len() == 0 { Ok(()) } else { sums.take(request, &sample) }
            });
            taken.map_err(|error| {
                error.of_model(answer::model_name(request, &[], sums.outcome, None))
            })?;
        }
        Ok(())
    }
}

impl Sums<'_> {
    fn missed(&mut self, sample: &Sample<'_>) {
        self.kept += sample.len();
        for (column, rows) in &sample.missing {
            match self.missing.iter_mut().find(|(known, _)| known == column) {
                Some((_, known)) => *known += rows,
                None => self.missing.push((column.clone(), *rows)),
            }
        }
    }

    /// Sums without rows, of the columns of the terms.
    fn begin(
        &mut self,
        request: &Request,
        by_term: &[NamedColumns],
    ) -> Result<PanelMoments, PanelFitError> {
        for (term, columns) in request.terms.iter().zip(by_term) {
            let of_column = |(name, _): &(String, Vec<f64>)| (name.clone(), term.to_string());
            self.terms.extend(columns.iter().map(of_column));
        }
        let mut moments = PanelMoments::new(by_term.iter().flatten().map(|(name, _)| name.clone()));
        if request.variance != Variance::Conventional {
            moments = moments.by_clusters()?;
        }
        if request.time.is_some() {
            moments = moments.with_times()?;
        }
        Ok(moments)
    }

    /// Takes up some rows.
    fn take(&mut self, request: &Request, sample: &Sample<'_>) -> Result<(), PanelFitError> {
        let by_term = self.covariates.columns(sample)?;
        if self.moments.is_none() {
            self.moments = Some(self.begin(request, &by_term)?);
        }
        let Some(moments) = &mut self.moments else { return Ok(()) };
        let columns: Vec<&[f64]> =
            by_term.iter().flatten().map(|(_, column)| column.as_slice()).collect();
        let outcome = sample.numbers(self.outcome)?;
        let units = self.ids.of(sample.codes(&request.unit));
        let taken = match &request.time {
            Some(time) => moments.push_at(&units, &sample.times(time)?, &outcome, &columns),
            None => moments.push(&units, &outcome, &columns),
        };
        match taken {
            Ok(()) => Ok(()),
            Err(Error::Panel(PanelError::UnitTwice { unit, time })) => {
                Err(self.twice(request, unit, time))
            }
            Err(Error::NotFinite { column, row, value }) => {
                let (row, wanted) = (sample.row_of_file(row), "a finite number");
                Err(DataError::Range { column, row, value, wanted }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks for the two rows of a unit at one time.
    fn twice(&mut self, request: &Request, unit: u64, time: i64) -> PanelFitError {
        let mut found: Vec<(usize, String)> = Vec::new();
        let time_column = request.time.clone().unwrap_or_default();
        let outcome = self.outcome;
        let ids = &mut self.ids;
        let looked = each_part(request, &Needed::by(request), |file| {
            let rows = file.chosen(request, &mut Left::default())?;
            let sample = file.sample(request, outcome, &rows)?;
            let ((codes, names), times) =
                (sample.codes(&request.unit), sample.times(&time_column)?);
            let of_rows = ids.of((codes.clone(), names.clone()));
            for (row, id) in of_rows.into_iter().enumerate() {
                if id == unit && times[row] == time && found.len() < 2 {
                    found.push((sample.row_of_file(row), names.show(codes[row] as usize)));
                }
            }
            // Two are enough: what comes after need not be read.
            if found.len() < 2 { Ok(()) } else { Err(no_complete_row(request, outcome)) }
        });
        match (found.as_slice(), looked) {
            ([(one, name), (other, _)], _) => PanelFitError::DuplicateRow {
                unit_column: request.unit.clone(),
                unit: name.clone(),
                time_column,
                time,
                rows: [*one, *other],
            },
            (_, Err(error)) => error,
            (_, Ok(())) => Error::from(PanelError::UnitTwice { unit, time }).into(),
        }
    }

    fn model(
        self,
        request: &Request,
        of_file: usize,
        chosen: usize,
    ) -> Result<Model, PanelFitError> {
        let Some(moments) = self.moments else {
            return Err(no_complete_row(request, self.outcome));
        };
        let covariance = match request.variance {
            Variance::Conventional => PanelCovariance::Conventional,
            _ => PanelCovariance::Clustered(vec![afgang_models::Cluster::Unit]),
        };
        let spec = with_options(request, FixedEffects::units()).covariance(covariance);
        let mut fit = spec.fit_moments(&moments).map_err(|error| with_name(self.outcome, error))?;
        if request.variance != Variance::Conventional {
            // Sums know no names.
            fit.variance.kind = format!("clustered by {}", request.unit);
        }
        let counts = fit.counts.clone();
        let estimator = Estimator::Within(vec![request.unit.clone()]);
        let mut estimated: Estimated = of_squares(fit);
        nothing_left(&estimator, &estimated)?;
        estimated.say(format!(
            "In one pass over the file, with sums for each {}: its rows were never in memory together.",
            request.unit
        ));
        let gaps = Gaps {
            n_units: counts.units_with_gaps,
            n_once: counts.singletons,
            ..of_times(&moments.times())
        };
        let rows = Rows { of_file, chosen, kept: self.kept, missing: self.missing, gaps };
        let of_column = |column: &String| self.terms.get(column).unwrap_or(column).clone();
        Ok(Model {
            by: Vec::new(),
            outcome: self.outcome.to_owned(),
            words: words::of_model(request, &rows, &estimator, &estimated),
            categories: categories(&self.covariates),
            terms: estimated.coefficients.iter().map(|c| of_column(&c.column)).collect(),
            estimator,
            estimated,
        })
    }
}
