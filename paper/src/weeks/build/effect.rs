//! Two arms of a list along time.

use afgang_engine::calendar::Week;
use afgang_engine::week::{Membership, Weeks};
use afgang_models::{
    Assignment, ByArm, Design, EffectMethod as Method, EffectPath as Fit, Estimate, Factor,
    OutcomePaths, Spells, Target,
};

use super::{Columns, Context, FollowedList};
use crate::Error;
use crate::figure::{Along, Chart, Curves, Line, Panel, Scale, YScale};
use crate::labels::{self, Lang};
use crate::output::Built;
use crate::rows::DataError;
use crate::rows::events::are_words;
use crate::study::Words;
use crate::weeks::asked::Unit;
use crate::weeks::effect::{AT_RISK, Arms, BALANCE, DIFFERENCE, EffectPath, Outcome};
use crate::weeks::list::{By, ListError};
use crate::weeks::year_and_week;

/// Persons of both arms whom the register has, by their place in the list.
struct Persons {
    of_list: Vec<usize>,
    treated: Vec<bool>,
    assignment: Assignment,
    /// Persons of the list in neither arm.
    aside: usize,
}

impl Persons {
    fn new(context: Context<'_>, list: FollowedList<'_>, arms: &Arms) -> Result<Self, Error> {
        Self::of_arms(list, arms).map_err(|error| match error {
            Error::Estimator(error) => of_output(context, error),
            error => error,
        })
    }

    fn of_arms(list: FollowedList<'_>, arms: &Arms) -> Result<Self, Error> {
        let listed = list.listed;
        let values = listed.column(&arms.arm)?;
        let (mut of_list, mut treated) = (Vec::new(), Vec::new());
        let mut there = ByArm::<bool>::default();
        let mut aside = 0;
        for person in 0..listed.persons() {
            if values.is_missing(person) {
                let error = DataError::Missing { column: arms.arm.clone(), row: person + 1 };
                return Err(ListError::Data { list: arms.list.clone(), error }.into());
            }
            let value = values.show(person);
            there.treated |= value == arms.treated;
            there.comparison |= value == arms.comparison;
            let either = value == arms.treated || value == arms.comparison;
            aside += usize::from(!either);
            if either && list.followed.found(person) {
                of_list.push(person);
                treated.push(value == arms.treated);
            }
        }
        for (value, there) in [(&arms.treated, there.treated), (&arms.comparison, there.comparison)]
        {
            if !there {
                return Err(ListError::NoArm {
                    list: arms.list.clone(),
                    column: arms.arm.clone(),
                    value: value.clone(),
                    known: values.different(),
                }
                .into());
            }
        }
        let mut assignment = Assignment::new(&treated)?;
        if let Some(column) = &arms.weight {
            let weights = listed.weights(column)?;
            let weights = of_list.iter().map(|&person| weights[person]).collect();
            assignment = assignment.with_weights(weights)?;
        }
        let factor = |by: &By| -> Result<Factor, Error> {
            let groups = listed.groups(by)?;
            let label = |&person: &usize| groups.labels[groups.of[person]].as_str();
            Ok(Factor::new(&of_list.iter().map(label).collect::<Vec<_>>()))
        };
        if let Some(strata) = &arms.strata {
            assignment = assignment.with_strata(factor(strata)?)?;
        }
        let mut design = Design::builder().rows(of_list.len());
        for column in &arms.covariates {
            if let Some((row, value)) = listed.word_among_numbers(column)? {
                let (list, column) = (arms.list.clone(), column.clone());
                return Err(ListError::WordAmongNumbers { list, column, row, value }.into());
            }
            design = if are_words(listed.column(column)?) {
                let (name, column) = (column.clone(), column.clone());
                let by = By { name: name.clone(), column, labels: None, unmatched: None };
                design.factor(name, factor(&by)?)
            } else {
                let numbers = listed.numbers(column)?;
                design.numeric(column, of_list.iter().map(|&person| numbers[person]).collect())
            };
        }
        for by in &arms.categories {
            design = design.factor(&by.name, factor(by)?);
        }
        if !arms.covariates.is_empty() || !arms.categories.is_empty() {
            assignment = assignment.with_covariates(design.build()?)?;
        }
        Ok(Self { of_list, treated, assignment, aside })
    }

    /// What the estimator refuses, with the rows of the list.
    fn refused(&self, context: Context<'_>, error: afgang_models::Error) -> Error {
        let row = |row| self.of_list.get(row).map_or(row, |person| person + 1);
        of_output(context, error.renumbered(row))
    }
}

fn of_output(context: Context<'_>, error: afgang_models::Error) -> Error {
    Error::Exit { exit: format!("output {}", context.output.id), error }
}

/// Places of the last weeks of each step since a start, as far as the data go: of the weeks after it, or of the months after
/// the month of the start.
fn steps(weeks: &Weeks, start: Week, path: &EffectPath) -> Vec<usize> {
    let Some(place) = weeks.place(start) else { return Vec::new() };
    if path.unit == Unit::Weeks {
        return (place + 1..weeks.len()).take(path.horizon as usize).collect();
    }
    let month = weeks.month(place);
    let last = |step: u32| weeks.place(weeks.calendar().last_week(month + step as i32));
    (1..=path.horizon).map_while(last).collect()
}

/// Starts of the persons, none of them before the first week whose states are known.
fn starts(
    context: Context<'_>,
    list: FollowedList<'_>,
    persons: &Persons,
    path: &EffectPath,
) -> Result<Vec<Week>, Error> {
    let rules = context.rules;
    let sets = path.outcome.sets();
    let with_work = sets.into_iter().any(|set| rules.book.employment_in(set).is_some());
    let known = |place: &usize| {
        let from = rules.employment_from.filter(|_| with_work);
        from.is_none_or(|from| list.weeks.month(*place) >= from)
    };
    let first = (0..list.weeks.len()).find(known).unwrap_or(0);
    let first = list.weeks.week(first);
    let column = list.listed.column(&path.start)?;
    let name = || path.arms.list.clone();
    let week = |&person: &usize| {
        let (row, value) = (person + 1, column.show(person));
        let week = year_and_week(&value).and_then(|(year, week)| Week::new(year, week));
        let Some(week) = week else {
            let column = path.start.clone();
            return Err(ListError::NotAWeek { list: name(), column, row, value });
        };
        if week < first {
            let (week, first) = (week.to_string(), first.to_string());
            return Err(ListError::StartBefore { list: name(), row, week, first });
        }
        Ok(week)
    };
    Ok(persons.of_list.iter().map(week).collect::<Result<_, _>>()?)
}

/// What persons have come to.
struct Outcomes {
    paths: OutcomePaths,
    /// The step of each person's first exit, or the last one of who had none; of incidences.
    exits: Option<Vec<f64>>,
    /// Persons who start after the last week of the data, or in it.
    without_weeks: usize,
}

impl Outcomes {
    /// Persons of one arm who are followed to each step; of incidences those who are still to exit.
    fn behind(&self, fit: &Fit, persons: &Persons, treated: bool) -> Vec<usize> {
        let Some(exits) = &self.exits else {
            return if treated { &fit.followed.treated } else { &fit.followed.comparison }.clone();
        };
        let of_arm = || exits.iter().zip(&persons.treated).filter(|(_, of)| **of == treated);
        fit.time.iter().map(|time| of_arm().filter(|(exit, _)| *exit >= time).count()).collect()
    }
}

/// The outcomes of the persons at the steps since their starts.
fn outcomes(
    context: Context<'_>,
    list: FollowedList<'_>,
    persons: &Persons,
    path: &EffectPath,
) -> Result<Outcomes, Error> {
    let starts = starts(context, list, persons, path)?;
    let sets = path.outcome.sets().into_iter().map(|set| context.rules.book.membership(set));
    let sets: Vec<Membership> = sets.collect::<Result<_, _>>()?;
    let time: Vec<f64> = (1..=path.horizon).map(f64::from).collect();
    let mut in_sets = vec![Vec::new(); sets.len()];
    let mut values: Vec<Vec<f64>> = Vec::new();
    let (mut exits, mut causes) = (Vec::new(), Vec::new());
    for (&person, &start) in persons.of_list.iter().zip(&starts) {
        for (set, weeks) in sets.iter().zip(&mut in_sets) {
            list.followed.in_set(person, set, 0.0, weeks);
        }
        let steps = steps(list.weeks, start, path);
        let after = list.weeks.place(start).map_or(0, |place| place + 1);
        match &path.outcome {
            Outcome::Share(_) => {
                let state = |&week: &usize| f64::from(u8::from(in_sets[0][week]));
                values.push(steps.iter().map(state).collect());
            }
            Outcome::Weeks(_) => {
                let mut from = after;
                let mut sum = 0;
                values.push(
                    steps
                        .iter()
                        .map(|&last| {
                            sum += in_sets[0][from..=last].iter().filter(|&&week| week).count();
                            from = last + 1;
                            sum as f64
                        })
                        .collect(),
                );
            }
            Outcome::Incidence { .. } => {
                let last = steps.last().map_or(after, |&last| last + 1);
                let cause = |week: usize| in_sets.iter().position(|weeks| weeks[week]);
                let exit = (after..last).find_map(|week| Some((week, cause(week)?)));
                // Steps end with their last week.
                let step = |week: usize| 1 + steps.partition_point(|&last| last < week);
                exits.push(exit.map_or(steps.len(), |(week, _)| step(week)) as f64);
                causes.push(exit.map(|(_, cause)| cause));
            }
        }
    }
    let last = list.weeks.week(usize::MAX);
    let without_weeks = starts.iter().filter(|&&start| start >= last).count();
    let (paths, exits) = match path.outcome {
        Outcome::Incidence { exit, .. } => {
            let spells = Spells::new(sets.len(), exits.clone(), causes)?;
            let paths = OutcomePaths::incidence(&spells, exit, time, &persons.assignment)?;
            (paths, Some(exits))
        }
        _ => (OutcomePaths::of_persons(time, &values)?, None),
    };
    Ok(Outcomes { paths, exits, without_weeks })
}

/// Takes out the estimates of times at which fewer persons than asked for stand behind an arm; says how many.
fn hide(fit: &mut Fit, behind: [&[usize]; 2], min_persons: u64) -> usize {
    let few = |of: &[usize], place: usize| (of[place] as u64) < min_persons;
    let places = 0..fit.time.len();
    let hidden: Vec<usize> =
        places.filter(|&place| behind.iter().any(|of| few(of, place))).collect();
    for &place in &hidden {
        for estimates in [&mut fit.treated, &mut fit.comparison, &mut fit.difference] {
            let of = &mut estimates[place];
            (of.estimate, of.std_error) = (f64::NAN, f64::NAN);
            (of.conf_low, of.conf_high) = (f64::NAN, f64::NAN);
        }
        (fit.band.low[place], fit.band.high[place]) = (f64::NAN, f64::NAN);
    }
    hidden.len()
}

/// `arm, UNIT, persons, percent|mean_weeks, std_error, conf_low, conf_high, band_low, band_high`, of incidences `at_risk` after `persons`: of
/// both arms and their difference at each time, those followed so long. The band is around the difference alone.
pub(super) fn path(
    context: Context<'_>,
    list: FollowedList<'_>,
    path: &EffectPath,
) -> Result<Built, Error> {
    let persons = Persons::new(context, list, &path.arms)?;
    let outcomes = outcomes(context, list, &persons, path)?;
    let fit = path.arms.estimator().fit(&persons.assignment, &outcomes.paths);
    let mut fit = fit.map_err(|error| persons.refused(context, error))?;
    let behind = [true, false].map(|treated| outcomes.behind(&fit, &persons, treated));
    let hidden = hide(&mut fit, [&behind[0], &behind[1]], path.min_persons);
    // Shares and weeks are not below 0, and shares not above 1.
    let most = if path.outcome.factor() > 1.0 { 1.0 } else { f64::INFINITY };
    for estimate in fit.treated.iter_mut().chain(&mut fit.comparison) {
        estimate.conf_low = estimate.conf_low.clamp(0.0, most);
        estimate.conf_high = estimate.conf_high.clamp(0.0, most);
    }

    let numbers =
        [path.outcome.column(), "std_error", "conf_low", "conf_high", "band_low", "band_high"];
    let mut wholes = vec![path.unit.name(), "persons"];
    wholes.extend(outcomes.exits.as_ref().map(|_| AT_RISK));
    let mut columns = Columns::new(&["arm"], &wholes, &numbers);
    let factor = path.outcome.factor();
    let none = vec![f64::NAN; fit.time.len()];
    let sum =
        |a: &[usize], b: &[usize]| -> Vec<usize> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    let ByArm { treated, comparison } = &fit.followed;
    let (both, both_behind) = (sum(treated, comparison), sum(&behind[0], &behind[1]));
    for (arm, followed, behind, estimates, band) in [
        (&*path.arms.treated, treated, &behind[0], &fit.treated, [&none, &none]),
        (&path.arms.comparison, comparison, &behind[1], &fit.comparison, [&none, &none]),
        (DIFFERENCE, &both, &both_behind, &fit.difference, [&fit.band.low, &fit.band.high]),
    ] {
        for (place, estimate) in estimates.iter().enumerate() {
            let Estimate { estimate, std_error, conf_low, conf_high, .. } = *estimate;
            let [low, high] = band.map(|limit| limit[place]);
            let numbers = [estimate, std_error, conf_low, conf_high, low, high];
            // Columns that are not there take nothing.
            let wholes = [fit.time[place] as u64, followed[place] as u64, behind[place] as u64];
            columns.push(&[arm], &wholes, &numbers.map(|number| number * factor));
        }
    }
    let chart = chart(context, path, &fit);
    let few = (hidden > 0).then(|| {
        let least = path.min_persons;
        Words {
            da: format!("{hidden} tidspunkter vises ikke: færre end {least} personer i en gruppe."),
            en: format!("{hidden} times are not shown: fewer than {least} persons in an arm."),
        }
    });
    let late = (outcomes.without_weeks > 0).then(|| {
        let (n, last) = (outcomes.without_weeks, list.weeks.week(usize::MAX));
        Words {
            da: format!("{n} personer har ingen uge efter starten: data slutter i {last}."),
            en: format!("{n} persons have no week after their start: the data end in {last}."),
        }
    });
    let aside = (persons.aside > 0).then(|| {
        let (n, column) = (persons.aside, &path.arms.arm);
        Words {
            da: format!(
                "Personer på listen, hvis `{column}` ikke er en af de to grupper, er ikke med: {n}."
            ),
            en: format!("Persons of the list whose `{column}` is neither arm are left aside: {n}."),
        }
    });
    let remarks = few.into_iter().chain(late).chain(aside).collect();
    Ok(Built { chart: Some(chart), remarks, ..Built::table(columns.table()) })
}

/// Two panels: the arms, and their difference with interval and band.
fn chart(context: Context<'_>, path: &EffectPath, fit: &Fit) -> Chart {
    let lang = context.lang;
    let line = |key: &str, estimates: &[Estimate]| {
        let of = |number: fn(&Estimate) -> f64| estimates.iter().map(number).collect();
        Line {
            key: key.to_owned(),
            label: context.word(key),
            time: fit.time.clone(),
            estimate: of(|estimate| estimate.estimate),
            low: of(|estimate| estimate.conf_low),
            high: of(|estimate| estimate.conf_high),
            ..Line::default()
        }
    };
    let arms =
        vec![line(&path.arms.treated, &fit.treated), line(&path.arms.comparison, &fit.comparison)];
    let band = (fit.band.low.clone(), fit.band.high.clone());
    let difference = Line { outline: band, ..line(DIFFERENCE, &fit.difference) };
    let panel = |title: &str, lines| Panel { title: title.to_owned(), lines, ..Panel::default() };
    let (share, unit) = match path.outcome {
        Outcome::Share(_) => (lang.pick("Andel", "Share"), true),
        Outcome::Weeks(_) => (lang.pick("Uger i alt", "Weeks so far"), false),
        Outcome::Incidence { .. } => {
            (lang.pick("Kumuleret incidens", "Cumulative incidence"), true)
        }
    };
    let panels = vec![panel(share, arms), panel(&context.word(DIFFERENCE), vec![difference])];
    let (x_label, along) = match path.unit {
        Unit::Months => (lang.pick("Måneder siden start", "Months since the start"), Along::Months),
        _ => (lang.pick("Uger siden start", "Weeks since the start"), Along::Weeks),
    };
    let y_label = if unit {
        lang.pick("Procent, forskel i procentpoint", "Per cent, difference in percentage points")
    } else {
        lang.pick("Uger", "Weeks")
    };
    let level = labels::percent(path.arms.level * 100.0, 0, lang);
    let curves = context.curves(x_label, along, panels);
    Chart::Curves(Curves {
        y_label: y_label.to_owned(),
        scale: if unit { curves.scale } else { Scale::Number },
        y_scale: YScale::Free,
        // Quarters of a year.
        x_step: (path.unit == Unit::Weeks && path.horizon > 26).then_some(13.0),
        band_label: match lang {
            Lang::Da => format!("{level}, hvert tidspunkt for sig"),
            Lang::En => format!("{level}, each time by itself"),
        },
        outline_label: match lang {
            Lang::Da => format!("{level}, alle tidspunkter på én gang"),
            Lang::En => format!("{level}, all times at once"),
        },
        note: format!("{} {}", curves.note, words(path, fit, lang)).trim().to_owned(),
        ..curves
    })
}

/// How the arms were compared, who was not followed and what has no estimate.
fn words(path: &EffectPath, fit: &Fit, lang: Lang) -> String {
    let treated = path.arms.target == Target::Treated;
    let method = match path.arms.method {
        Method::Randomised => {
            lang.pick("Forskel mellem gruppernes gennemsnit.", "Difference of the arms' means.")
        }
        Method::Stratified => lang.pick(
            "Forskelle i hvert stratum, vægtet med stratummets andel.",
            "Differences in each stratum, weighted by the stratum's share.",
        ),
        Method::Weighted if treated => lang.pick(
            "Sammenligningsgruppen er vægtet, så den ligner deltagerne (invers sandsynlighed).",
            "The comparison arm is weighted to be like the treated (inverse probabilities).",
        ),
        Method::Weighted => lang.pick(
            "Begge grupper er vægtet, så de ligner alle (invers sandsynlighed).",
            "Both arms are weighted to be like all (inverse probabilities).",
        ),
        Method::Regression(_) if treated => lang.pick(
            "Regression i hver gruppe, beregnet for deltagerne.",
            "Regression in each arm, predicted for the treated.",
        ),
        Method::Regression(_) => lang.pick(
            "Regression i hver gruppe, beregnet for alle.",
            "Regression in each arm, predicted for all.",
        ),
        Method::DoublyRobust(_) if treated => lang.pick(
            "Vægtet regression i hver gruppe, beregnet for deltagerne (dobbelt robust).",
            "Weighted regression in each arm, predicted for the treated (doubly robust).",
        ),
        Method::DoublyRobust(_) => lang.pick(
            "Vægtet regression i hver gruppe, beregnet for alle (dobbelt robust).",
            "Weighted regression in each arm, predicted for all (doubly robust).",
        ),
    };
    let mut sentences = vec![method.to_owned()];
    let last = |of: &[usize]| of.last().copied().unwrap_or(0);
    let all = fit.persons.treated + fit.persons.comparison;
    let followed = last(&fit.followed.treated) + last(&fit.followed.comparison);
    // Pseudo-values are made for all.
    if followed < all && !matches!(path.outcome, Outcome::Incidence { .. }) {
        let [missing, all] = [all - followed, all].map(|n| labels::count(n as u64, lang));
        let unit = match path.unit {
            Unit::Months => lang.pick("måned", "month"),
            _ => lang.pick("uge", "week"),
        };
        let horizon = path.horizon;
        sentences.push(match lang {
            Lang::Da => format!(
                "{missing} af {all} personer kan ikke følges til {unit} {horizon}: data slutter før."
            ),
            Lang::En => format!(
                "{missing} of {all} persons cannot be followed to {unit} {horizon}: the data end before."
            ),
        });
    }
    if let Some(first) = fit.without_estimate.first() {
        let n = fit.without_estimate.len();
        sentences.push(match lang {
            Lang::Da => format!("{n} tidspunkter er uden estimat; det første: {}.", first.error),
            Lang::En => format!("{n} times have no estimate; the first: {}.", first.error),
        });
    }
    sentences.join(" ")
}

/// `covariate, treated_before, comparison_before, difference_before, treated_after, comparison_after, difference_after`: means of the
/// covariates and standardised differences before and after weighting, then the effective numbers of persons and the range of
/// the propensity.
pub(super) fn balance(
    context: Context<'_>,
    list: FollowedList<'_>,
    arms: &Arms,
) -> Result<Built, Error> {
    let persons = Persons::new(context, list, arms)?;
    let balance = arms.estimator().balance(&persons.assignment);
    let balance = balance.map_err(|error| persons.refused(context, error))?;
    let mut columns = Columns::new(&["covariate"], &[], &BALANCE);
    let mut push = |name: &str, before: ByArm<f64>, after: ByArm<f64>, differences: [f64; 2]| {
        // Without weights there is nothing after them.
        let after = if balance.propensity.is_some() {
            [after.treated, after.comparison, differences[1]]
        } else {
            [f64::NAN; 3]
        };
        let before = [before.treated, before.comparison, differences[0]];
        columns.push(&[name], &[], &[before, after].concat());
    };
    for row in &balance.rows {
        let differences = [row.difference_before, row.difference_after];
        push(&row.column, row.before, row.after, differences);
    }
    let none = [f64::NAN; 2];
    push("effective_persons", balance.effective_before, balance.effective_after, none);
    if let Some(ByArm { treated, comparison }) = balance.propensity {
        let nothing = ByArm { treated: f64::NAN, comparison: f64::NAN };
        let low = ByArm { treated: treated.0, comparison: comparison.0 };
        let high = ByArm { treated: treated.1, comparison: comparison.1 };
        push("propensity_low", low, nothing, none);
        push("propensity_high", high, nothing, none);
    }
    Ok(Built::table(columns.table()))
}
