//! A forest plot of the coefficients.

use std::path::PathBuf;

use afgang_models::{Coefficient, Link, TermKind, Weights};

use super::summary::Summary;
use super::terms::{Atom, Term};
use super::{Data, Model, Request};
use crate::conventions::percent;
use crate::figure::{Chart, Effect, Forest, ForestPanel, ForestRow, Ratio};
use crate::labels::{self, Lang};
use crate::table::Values;

/// Where a forest plot goes and what stands in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// A file that ends in .svg, .png or .pdf.
    pub file: PathBuf,
    /// Language of the figure's own words.
    pub lang: Lang,
    /// Title; may be empty.
    pub title: String,
}

/// A row of the plot with what the panels need.
struct Line {
    row: ForestRow,
    kind: Kind,
    /// Rows of the data at this level.
    members: Option<Vec<usize>>,
}

enum Kind {
    Heading,
    Base,
    /// Name of the column.
    Column(String),
}

/// Terms and levels down the side, a panel a cause.
pub(super) fn chart(
    request: &Request,
    plot: &Plot,
    data: &Data<'_>,
    summaries: &[(usize, Summary)],
) -> Chart {
    let lang = plot.lang;
    let (lines, curved) = lines(request, data);
    let panels = summaries
        .iter()
        .map(|(cause, summary)| ForestPanel {
            title: if data.rows.shown.len() > 1 {
                cause_name(data, *cause, lang)
            } else {
                String::new()
            },
            effects: lines
                .iter()
                .map(|line| effect(line, data, *cause, &summary.coefficients))
                .collect(),
        })
        .collect();
    let level = labels::number(percent(request.level), decimals(percent(request.level)), lang);
    let hazard = (lang.pick("Hazardratio", "Hazard ratio"), "HR");
    let odds = (lang.pick("Oddsratio", "Odds ratio"), "OR");
    let ((ratio, short), model) = match &request.model {
        Model::Cox { .. } => (hazard, lang.pick("Cox-regression", "Cox regression")),
        Model::Transitions(_) => (
            hazard,
            lang.pick("Cox-regression af hver overgang", "Cox regression of each transition"),
        ),
        Model::FineGray { .. } => (
            (lang.pick("Subdistributionshazardratio", "Subdistribution hazard ratio"), "SHR"),
            lang.pick("Fine–Gray-regression", "Fine–Gray regression"),
        ),
        Model::Discrete(of) => (
            if of.link == Link::CLogLog { hazard } else { odds },
            lang.pick("Hazarder i diskret tid", "Hazards in discrete time"),
        ),
        Model::Logistic { .. } => (odds, lang.pick("Logistisk regression", "Logistic regression")),
    };
    Chart::Forest(Forest {
        id: "forest".to_owned(),
        title: plot.title.clone(),
        subtitle: String::new(),
        x_label: format!("{ratio}, {}", lang.pick("logaritmisk akse", "logarithmic axis")),
        n_label: match &request.model {
            Model::Logistic { .. } => lang.pick("Observationer", "Observations"),
            _ => lang.pick("Forløb", "Spells"),
        }
        .to_owned(),
        events_label: lang.pick("Afgange", "Events").to_owned(),
        estimate_label: match lang {
            Lang::Da => format!("{short} ({level} %-KI)"),
            Lang::En => format!("{short} ({level}% CI)"),
        },
        rows: lines.into_iter().map(|line| line.row).collect(),
        panels,
        note: note(request, data, model, &level, &curved, lang),
    })
}

/// The rows of the plot, and the terms that are left out of it because their coefficients are no ratios to read.
fn lines(request: &Request, data: &Data<'_>) -> (Vec<Line>, Vec<String>) {
    let mut lines = Vec::new();
    let mut curved = Vec::new();
    let all: Vec<usize> = (0..data.spells.len()).collect();
    let line = |label: &str, level: bool, kind: Kind, members: Option<Vec<usize>>| Line {
        row: ForestRow {
            label: label.to_owned(),
            heading: matches!(kind, Kind::Heading),
            level,
            // Stays are at risk of the transitions out of their state alone.
            n: members.as_ref().filter(|_| data.histories.is_none()).map(|rows| spells(data, rows)),
        },
        kind,
        members,
    };
    for term in data.design.terms() {
        let asked = request.terms.iter().find(|asked| asked.to_string() == term.name);
        let atoms = asked.map_or(&[][..], |Term(atoms)| atoms.as_slice());
        if atoms.iter().any(|atom| matches!(atom, Atom::Polynomial(..) | Atom::Spline(..))) {
            curved.push(term.name.clone());
            continue;
        }
        let names = data.design.column_names().get(term.columns.clone()).unwrap_or_default();
        match &term.kind {
            TermKind::Factor { levels, base } => {
                let column = atoms.first().map(Atom::column);
                lines.push(line(column.unwrap_or(&term.name), false, Kind::Heading, None));
                let values = column.and_then(|column| values_of(data, column));
                let mut names = names.iter();
                for (place, level) in levels.iter().enumerate() {
                    let kind = if place == *base {
                        Kind::Base
                    } else {
                        Kind::Column(names.next().cloned().unwrap_or_default())
                    };
                    let members = values.map(|values| {
                        all.iter().copied().filter(|&row| values.show(row) == *level).collect()
                    });
                    lines.push(line(level, true, kind, members));
                }
            }
            _ => match names {
                [name] => {
                    lines.push(line(
                        &plain(name),
                        false,
                        Kind::Column(name.clone()),
                        Some(all.clone()),
                    ));
                }
                several => {
                    lines.push(line(&plain(&term.name), false, Kind::Heading, None));
                    for name in several {
                        lines.push(line(&plain(name), true, Kind::Column(name.clone()), None));
                    }
                }
            },
        }
    }
    (lines, curved)
}

/// A name without the marks of a formula: `C(sex)=Woman:age` is `sex=Woman:age`.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    let mut rest = name;
    while let Some(at) = rest.find("C(") {
        let (before, category) = rest.split_at(at);
        let Some(end) = category.find(')') else { break };
        plain.push_str(before);
        plain.push_str(category[2..end].split(',').next().unwrap_or_default());
        rest = &category[end + 1..];
    }
    plain.push_str(rest);
    plain.replace(':', " × ")
}

fn values_of<'a>(data: &'a Data<'_>, column: &str) -> Option<&'a Values> {
    let place = data.columns.by.iter().position(|name| name == column)?;
    data.rows.by.get(place)
}

/// How many spells some rows are: their case weights, or the rows themselves.
fn spells(data: &Data<'_>, rows: &[usize]) -> f64 {
    match data.spells.weights() {
        Weights::Case(weights) => rows.iter().map(|&row| weights[row]).fold(0.0, |sum, w| sum + w),
        _ => rows.len() as f64,
    }
}

fn effect(line: &Line, data: &Data<'_>, cause: usize, coefficients: &[Coefficient]) -> Effect {
    let events = line.members.as_ref().map(|rows| {
        let ended = |&&row: &&usize| data.spells.cause()[row] == Some(cause);
        spells(data, &rows.iter().filter(ended).copied().collect::<Vec<_>>())
    });
    let ratio = match &line.kind {
        Kind::Heading => Ratio::None,
        Kind::Base => Ratio::Base,
        Kind::Column(name) => {
            match coefficients.iter().find(|coefficient| coefficient.column == *name) {
                Some(coefficient) if coefficient.estimate.estimate.is_finite() => {
                    let ratio = coefficient.hazard_ratio();
                    Ratio::Estimate {
                        estimate: ratio.estimate,
                        low: ratio.conf_low,
                        high: ratio.conf_high,
                    }
                }
                _ => Ratio::LeftOut,
            }
        }
    };
    Effect { ratio, events }
}

fn cause_name(data: &Data<'_>, cause: usize, lang: Lang) -> String {
    match &data.rows.causes {
        Values::Text(_) => data.rows.causes.show(cause),
        codes => format!("{} {}", lang.pick("Årsag", "Cause"), codes.show(cause)),
    }
}

/// Digits that a level in per cent needs.
fn decimals(percent: f64) -> usize {
    (0..2).find(|&d| (percent * 10_f64.powi(d)).fract().abs() < 1e-9).unwrap_or(2) as usize
}

/// The small print.
fn note(
    request: &Request,
    data: &Data<'_>,
    model: &str,
    level: &str,
    curved: &[String],
    lang: Lang,
) -> String {
    let mut note = vec![match lang {
        Lang::Da => format!("{model}. Streger: {level} %-konfidensintervaller."),
        Lang::En => format!("{model}. Bars: {level}% confidence intervals."),
    }];
    if data.rows.causes.len() > 1 {
        note.push(
            match request.model {
                Model::Cox { .. } => {
                    lang.pick("Andre årsager er censureret.", "Other causes are censored.")
                }
                Model::Transitions(_) => lang.pick(
                    "Under risiko er de, der er i dens første tilstand.",
                    "At risk are those in its first state.",
                ),
                Model::Logistic { .. } => {
                    lang.pick("Mod alle andre udfald.", "Against all other outcomes.")
                }
                Model::FineGray { .. } | Model::Discrete(_) => {
                    lang.pick("Andre årsager konkurrerer.", "Other causes compete.")
                }
            }
            .to_owned(),
        );
    }
    let numbers = data.design.terms().iter().any(|term| matches!(term.kind, TermKind::Numeric));
    if numbers {
        note.push(lang.pick("Tal: pr. enhed.", "Numbers: per unit.").to_owned());
    }
    if !request.strata.is_empty() {
        let strata = request.strata.join(", ");
        note.push(match lang {
            Lang::Da => format!("Egen baseline for hver: {strata}."),
            Lang::En => format!("Baseline of its own for each: {strata}."),
        });
    }
    if !curved.is_empty() {
        let curved = curved.join(", ");
        note.push(match lang {
            Lang::Da => format!("Også i modellen, men ikke vist: {curved}."),
            Lang::En => format!("Also in the model, but not shown: {curved}."),
        });
    }
    if let Some(cluster) = &data.columns.cluster {
        note.push(match lang {
            Lang::Da => format!("Rækker med samme {cluster} er én observation."),
            Lang::En => format!("Rows with the same {cluster} are one observation."),
        });
    }
    note.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_marks() {
        assert_eq!(plain("C(sex)=Mand"), "sex=Mand");
        assert_eq!(plain("age:C(region, ref=Syd)=Nord"), "age × region=Nord");
        assert_eq!(plain("log(income)"), "log(income)");
        assert_eq!(plain("C(a)=1:C(b)=2"), "a=1 × b=2");
    }
}
