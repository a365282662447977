//! The section `[accounts]` of a study and the outputs that are made of it.

use std::ops::RangeInclusive;
use std::path::Path;

use afgang_models::{PanelConvention, SampleQuantile};

use super::document::{Document, Placed, Result, Section};
use super::error::Problem;
use super::read::{source, years};
use super::{Grouping, Output};
use crate::accounts::words;
use crate::accounts::{
    AccountMap, Asked, Corrections, Growth, Models, OTHER, Quantity, Rules, Unreadable, VARIABLES,
};
use crate::study::Kind;

/// Name of each kind of output, with the keys that it takes.
pub(super) const KINDS: &[(&str, &[&str])] = &[
    ("expenditure", &["items", "years", "figure"]),
    ("expenditure-by-group", &["groups", "years", "figure"]),
    ("full-time-unemployed", &["groups", "years", "figure"]),
    ("expenditure-per-unemployed", &["groups", "years", "figure"]),
    ("correlation", &["outcomes", "variables", "years"]),
    ("panel-regression", &["outcomes", "regressors", "periods", "convention"]),
    ("panel-regression-fit", &["of"]),
    ("quantiles", &["variable", "years", "definition"]),
    ("histogram", &["variable", "years", "limits"]),
    ("group-means", &["variable", "by", "names", "years"]),
    ("ranking", &["variable", "years"]),
];

/// Sums of the whole country.
const ITEMS: [&str; 7] =
    ["HK5", "HK6", "total", "survey_correction_HK6", "gross", "refunds", "net"];

const CONVENTIONS: [PanelConvention; 6] = [
    PanelConvention::StataXtreg,
    PanelConvention::StataAreg,
    PanelConvention::Reghdfe,
    PanelConvention::Fixest,
    PanelConvention::Plm,
    PanelConvention::Linearmodels,
];

const DEFINITIONS: [(&str, SampleQuantile); 9] = [
    ("type-1", SampleQuantile::Type1),
    ("type-2", SampleQuantile::Type2),
    ("type-3", SampleQuantile::Type3),
    ("type-4", SampleQuantile::Type4),
    ("type-5", SampleQuantile::Type5),
    ("type-6", SampleQuantile::Type6),
    ("type-7", SampleQuantile::Type7),
    ("type-8", SampleQuantile::Type8),
    ("type-9", SampleQuantile::Type9),
];

/// Reads `[accounts]`, if the study has it.
pub(super) fn rules(
    root: &Section<'_, '_>,
    groupings: &[Grouping],
    folder: Option<&Path>,
) -> Result<Option<Rules>> {
    let Some(section) = root.optional_section("accounts")? else { return Ok(None) };
    let document = section.document;
    section.only(&[
        "map",
        "corrections",
        "job_centre",
        "years",
        "price_year",
        "shares",
        "growth",
    ])?;
    let (map_name, map_text) = source(&section, "map", folder)?;
    let map = AccountMap::parse(&map_text).map_err(|wrong| table(document, &map_name, wrong))?;
    let (name, text) = source(&section, "corrections", folder)?;
    let corrections = Corrections::parse(&text).map_err(|wrong| table(document, &name, wrong))?;

    let joined: Vec<&Grouping> =
        groupings.iter().filter(|grouping| grouping.labels.is_some()).collect();
    let names: Vec<String> = joined.iter().map(|grouping| grouping.name.clone()).collect();
    let job_centre = section.text("job_centre")?;
    let place = document.position("grouping with a table", &job_centre, &names)?;
    let labels = |grouping: &Grouping| grouping.labels.clone().unwrap_or_default();
    let centres = labels(joined[place]);
    let of_centres = |grouping: &&&Grouping| {
        let own = labels(grouping);
        grouping.name != job_centre.value
            && centres.iter().all(|(code, _)| own.iter().any(|(other, _)| other == code))
    };
    let groupings = joined.iter().filter(of_centres);
    let groupings: Vec<_> =
        groupings.map(|grouping| (grouping.name.clone(), labels(grouping))).collect();

    let Placed { value: (first, last), span } = section.range("years")?;
    let calendar = 1900..=2200;
    if let Some(&found) = [first, last].iter().find(|year| !calendar.contains(*year)) {
        let problem = Problem::OutsidePeriod { key: "years", found, first: 1900, last: 2200 };
        return Err(document.error(span, problem));
    }
    if first > last {
        return Err(document.error(span, Problem::Range { key: "years", first, last }));
    }
    let period = first as i32..=last as i32;
    let price_year = year(&section, "price_year", &(1900..=2200))?;
    let mut shares = Vec::new();
    for (name, group) in section.section("shares")?.pairs()? {
        if group.value == OTHER {
            let wanted = "a target group; `other` is what belongs to none";
            let problem = Problem::Malformed { key: "share", text: group.value, wanted };
            return Err(document.error(group.span, problem));
        }
        shares.push((name.value, group.value));
    }
    if let Some(group) =
        map.target_groups().into_iter().find(|group| !shares.iter().any(|(_, own)| own == group))
    {
        let wrong = Unreadable {
            reason: format!("target group `{group}` has no share in [accounts.shares]"),
            help: "name a share of every target group of the map",
        };
        return Err(table(document, &map_name, wrong));
    }
    let mut rules = Rules {
        map,
        corrections,
        job_centre: job_centre.value,
        centres,
        groupings,
        years: period,
        price_year,
        shares,
        growth: None,
        tables: vec![("map", map_name.value, map_text), ("corrections", name.value, text)],
    };
    if let Some(growth) = section.optional_section("growth")? {
        growth.only(&["name", "variable", "years"])?;
        let words = Words::of(&rules);
        let variable = words.variable(document, growth.text("variable")?)?;
        let years = years(&growth, "years", &rules.years)?;
        let name = growth.text("name")?.value;
        rules.growth = Some(Growth { name, variable, from: *years.start(), to: *years.end() });
    }
    Ok(Some(rules))
}

fn table(
    document: Document<'_>,
    name: &Placed<String>,
    wrong: Unreadable,
) -> Box<super::StudyError> {
    let Unreadable { reason, help } = wrong;
    let path = Path::new(&name.value).to_owned();
    document.error(name.span.clone(), Problem::Table { path, reason, help: help.to_owned() })
}

fn year(
    section: &Section<'_, '_>,
    key: &'static str,
    allowed: &RangeInclusive<i32>,
) -> Result<i32> {
    let number = section.whole(key)?;
    let year = i32::try_from(number.value).ok().filter(|year| allowed.contains(year));
    year.ok_or_else(|| {
        let (first, last) = (i64::from(*allowed.start()), i64::from(*allowed.end()));
        let problem = Problem::OutsidePeriod { key, found: number.value, first, last };
        section.document.error(number.span, problem)
    })
}

/// The words that outputs of the accounts may use.
struct Words<'r> {
    rules: &'r Rules,
    variables: Vec<String>,
    groups: Vec<String>,
}

impl<'r> Words<'r> {
    fn of(rules: &'r Rules) -> Self {
        let shares = rules.shares.iter().map(|(name, _)| name.as_str());
        let groups = rules.shares.iter().map(|(_, group)| group.clone());
        Self {
            rules,
            variables: VARIABLES.into_iter().chain(shares).map(str::to_owned).collect(),
            groups: groups.collect(),
        }
    }

    fn variable(&self, document: Document<'_>, word: Placed<String>) -> Result<String> {
        document.position("variable", &word, &self.variables)?;
        Ok(word.value)
    }

    fn variables(&self, section: &Section<'_, '_>, key: &'static str) -> Result<Vec<String>> {
        let words = section.words(key)?;
        words.into_iter().map(|word| self.variable(section.document, word)).collect()
    }

    /// Years of the output, those of the panel if it names none.
    fn years(&self, section: &Section<'_, '_>) -> Result<RangeInclusive<i32>> {
        if section.has("years") {
            return years(section, "years", &self.rules.years);
        }
        Ok(self.rules.years.clone())
    }

    fn yearly(&self, section: &Section<'_, '_>, quantity: Quantity, drawn: bool) -> Result<Asked> {
        let price = self.rules.price_year;
        let (key, valid, unit) = match quantity {
            Quantity::Expenditure => {
                ("items", ITEMS.map(str::to_owned).to_vec(), format!("million_dkk_{price}"))
            }
            Quantity::ExpenditureByGroup => {
                ("groups", self.groups(&[OTHER, "total"]), format!("million_dkk_{price}"))
            }
            // Groups beyond those of the study are what the data hold.
            Quantity::Unemployed => ("groups", Vec::new(), "persons".to_owned()),
            Quantity::PerUnemployed => ("groups", self.groups(&["total"]), format!("dkk_{price}")),
        };
        let rows = if valid.is_empty() {
            section.words(key)?.into_iter().map(|word| word.value).collect()
        } else {
            rows(section, key, &valid)?
        };
        Ok(Asked::Yearly { quantity, rows, years: self.years(section)?, drawn, unit })
    }

    fn groups(&self, further: &[&str]) -> Vec<String> {
        let further = further.iter().map(|&word| word.to_owned());
        self.groups.iter().cloned().chain(further).collect()
    }

    fn unit(&self) -> String {
        words::per_unemployed(self.rules.price_year)
    }
}

/// Rows of a table by year.
fn rows(section: &Section<'_, '_>, key: &'static str, valid: &[String]) -> Result<Vec<String>> {
    let words = section.words(key)?;
    words
        .into_iter()
        .map(|word| {
            section.document.position(key, &word, valid)?;
            Ok(word.value)
        })
        .collect()
}

/// Reads an output of one of the [`KINDS`].
pub(super) fn asked(
    section: &Section<'_, '_>,
    kind: &Placed<String>,
    rules: Option<&Rules>,
    earlier: &[Output],
) -> Result<Asked> {
    let document = section.document;
    let Some(rules) = rules else {
        let problem = Problem::NoAccounts { kind: kind.value.clone() };
        return Err(document.error(kind.span.clone(), problem));
    };
    let words = Words::of(rules);
    let variable = || words.variable(document, section.text("variable")?);
    let drawn = section.flag("figure")?;
    Ok(match kind.value.as_str() {
        "expenditure" => words.yearly(section, Quantity::Expenditure, drawn)?,
        "expenditure-by-group" => words.yearly(section, Quantity::ExpenditureByGroup, drawn)?,
        "full-time-unemployed" => words.yearly(section, Quantity::Unemployed, drawn)?,
        "expenditure-per-unemployed" => words.yearly(section, Quantity::PerUnemployed, drawn)?,
        "correlation" => Asked::Correlations {
            outcomes: words.variables(section, "outcomes")?,
            variables: words.variables(section, "variables")?,
            years: words.years(section)?,
        },
        "panel-regression" => Asked::Regression(Models {
            outcomes: words.variables(section, "outcomes")?,
            regressors: words.variables(section, "regressors")?,
            periods: periods(section, &rules.years)?,
            convention: convention(section)?,
        }),
        "panel-regression-fit" => {
            let of = section.text("of")?;
            let models =
                |output: &&Output| matches!(output.kind, Kind::Accounts(Asked::Regression(_)));
            let found = earlier.iter().filter(models).find(|output| output.id == of.value);
            if let Some(Kind::Accounts(Asked::Regression(models))) =
                found.map(|output| &output.kind)
            {
                Asked::RegressionFit { of: of.value, models: models.clone() }
            } else {
                let valid: Vec<&str> =
                    earlier.iter().filter(models).map(|output| output.id.as_str()).collect();
                return Err(document.unknown_word("panel regression above", &of, valid));
            }
        }
        "quantiles" => Asked::Quantiles {
            variable: variable()?,
            years: words.years(section)?,
            definition: definition(section)?,
            unit: words.unit(),
        },
        "histogram" => Asked::Histogram {
            variable: variable()?,
            years: words.years(section)?,
            limits: limits(section)?,
        },
        "group-means" => {
            let by = section.text("by")?;
            let growth = rules.growth.iter().map(|growth| &growth.name);
            let valid: Vec<String> =
                rules.groupings.iter().map(|(name, _)| name).chain(growth).cloned().collect();
            document.position("grouping of job centres", &by, &valid)?;
            let names = section.words("names")?.into_iter().map(|word| word.value).collect();
            Asked::GroupMeans {
                variable: variable()?,
                by: by.value,
                names,
                years: words.years(section)?,
                unit: words.unit(),
            }
        }
        _ => Asked::Ranking {
            variable: variable()?,
            years: words.years(section)?,
            unit: words.unit(),
        },
    })
}

fn periods(
    section: &Section<'_, '_>,
    allowed: &RangeInclusive<i32>,
) -> Result<Vec<RangeInclusive<i32>>> {
    section
        .words("periods")?
        .into_iter()
        .map(|Placed { value: text, span }| {
            let ends = text.split_once(['-', '–']).and_then(|(first, last)| {
                Some((first.trim().parse::<i32>().ok()?, last.trim().parse::<i32>().ok()?))
            });
            let problem = match ends {
                None => {
                    let wanted = "a first and a last year, \"2014-2019\"";
                    Problem::Malformed { key: "period", text, wanted }
                }
                Some((first, last)) => {
                    match [first, last].into_iter().find(|year| !allowed.contains(year)) {
                        Some(found) => Problem::OutsidePeriod {
                            key: "periods",
                            found: found.into(),
                            first: (*allowed.start()).into(),
                            last: (*allowed.end()).into(),
                        },
                        None if first >= last => {
                            let (first, last) = (first.into(), last.into());
                            Problem::Range { key: "periods", first, last }
                        }
                        None => return Ok(first..=last),
                    }
                }
            };
            Err(section.document.error(span, problem))
        })
        .collect()
}

fn convention(section: &Section<'_, '_>) -> Result<PanelConvention> {
    let Some(word) = section.optional_text("convention")? else {
        return Ok(PanelConvention::default());
    };
    let names = CONVENTIONS.map(|convention| convention.name().to_owned());
    Ok(CONVENTIONS[section.document.position("convention", &word, &names)?])
}

fn definition(section: &Section<'_, '_>) -> Result<SampleQuantile> {
    let Some(word) = section.optional_text("definition")? else {
        return Ok(SampleQuantile::default());
    };
    let names = DEFINITIONS.map(|(name, _)| name.to_owned());
    Ok(DEFINITIONS[section.document.position("definition of quantiles", &word, &names)?].1)
}

/// Ascending limits of classes.
fn limits(section: &Section<'_, '_>) -> Result<Vec<i64>> {
    let Placed { value: limits, span } = section.wholes("limits")?;
    match limits.windows(2).find(|pair| pair[0] >= pair[1]) {
        None => Ok(limits),
        Some(pair) => {
            let (first, last) = (pair[0], pair[1]);
            Err(section.document.error(span, Problem::Range { key: "limits", first, last }))
        }
    }
}
