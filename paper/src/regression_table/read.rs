//! Models from the JSON files of fits.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Cell, Digits, Model};
use crate::whole_file::FileError;

/// A file that holds no fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitFileError {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no JSON.
    #[error("{} is no JSON file: {reason}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// It is JSON, but not of a fit.
    #[error("{} is no fit: {wrong}", path.display())]
    NoFit {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        wrong: &'static str,
    },
    /// Not as many names as models.
    #[error("{names} names for {models} models: {}", found.join(", "))]
    Names {
        /// How many names there are.
        names: usize,
        /// And models.
        models: usize,
        /// The models.
        found: Vec<String>,
    },
}

impl FitFileError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::File(error) => error.help(),
            Self::Json { .. } | Self::NoFit { .. } => {
                "write the fit with `afgang fit … --out FILE.json`, and give that file".to_owned()
            }
            Self::Names { .. } => "give a name for each model, in this order".to_owned(),
        }
    }
}

/// Models of a file, with a note about their standard errors.
#[derive(Debug, Clone, PartialEq)]
pub struct FitFile {
    /// The models.
    pub models: Vec<Model>,
    /// How their standard errors were made.
    pub note: Option<String>,
}

/// What a table shows of what a fit counted, with its label; clusters come after these.
const COUNTS: [(&str, &str); 5] = [
    ("rows", "Observations"),
    ("units", "Units"),
    ("spells", "Spells"),
    ("outcomes", "Outcomes"),
    ("events", "Events"),
];

/// And of how well it fits.
const SHARES: [(&str, &str); 6] = [
    ("r2_within", "R² within"),
    ("r2_adjusted", "Adjusted R²"),
    ("max_vif", "Largest VIF"),
    ("log_likelihood", "Log likelihood"),
    ("aic", "AIC"),
    ("concordance", "Concordance"),
];

/// Names of the columns that tell models apart stand before this one.
const FIRST: &str = "term";

/// Reads the models of a file that `afgang fit --out FILE.json` wrote: one for each cause, outcome and the like.
///
/// With `ratios` estimates are exponentials, and their standard errors those of the delta method.
///
/// # Errors
///
/// [`FitFileError`] for a file that cannot be read or is of something else.
pub fn read_fit(path: &Path, ratios: bool) -> Result<FitFile, FitFileError> {
    let text = std::fs::read_to_string(path).map_err(FileError::of("read", path))?;
    let fit: Value = serde_json::from_str(&text)
        .map_err(|error| FitFileError::Json { path: path.to_owned(), reason: error.to_string() })?;
    let wrong = |wrong| FitFileError::NoFit { path: path.to_owned(), wrong };
    let rows = fit["rows"].as_array().ok_or_else(|| wrong("it has no rows"))?;
    let lines = fit["fit"].as_array().ok_or_else(|| wrong("it does not say what it counted"))?;
    let mut models: Vec<(Vec<String>, Model)> = Vec::new();
    let (stem, outcome) = (path.file_stem().unwrap_or_default().to_string_lossy(), outcome(&fit));
    for row in rows {
        let key = key(row).ok_or_else(|| wrong("a row has no term"))?;
        let number = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        let (Some(column), true) = (row["column"].as_str(), row["estimate"].is_number()) else {
            return Err(wrong("a row has no estimate"));
        };
        let (mut estimate, mut std_error) = (number("estimate"), number("std_error"));
        if ratios {
            estimate = estimate.exp();
            std_error *= estimate;
        }
        let place = models.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            let (head, group) = match key.split_last() {
                None => (outcome.clone().unwrap_or_else(|| stem.to_string()), String::new()),
                Some((last, before)) => (last.clone(), before.join(", ")),
            };
            models.push((key.clone(), Model::new(head).group(group)));
            models.len() - 1
        });
        let model = models[place].1.clone();
        models[place].1 = model.coefficient(column, estimate, std_error, number("p_value"));
    }
    let named = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|&(name, label)| (name.to_owned(), label.to_owned())).collect()
    };
    let statistics = [named(&COUNTS), clusters(&fit), named(&SHARES)].concat();
    let with_statistics = |(key_of_model, mut model): (Vec<String>, Model)| {
        let value = |name: &str| {
            let is = |line: &&Value| {
                line["name"] == name && key_before(line, "name") == Some(key_of_model.clone())
            };
            lines.iter().find(is).and_then(|line| line["value"].as_f64())
        };
        for (name, label) in &statistics {
            let Some(value) = value(name) else { continue };
            let cell = if value.fract() == 0.0 && value.abs() < 1e15 {
                Cell::Whole(value as i64)
            } else {
                Cell::Number(value, Digits::Significant(4))
            };
            model = model.statistic(label, cell);
        }
        model
    };
    let models = models.into_iter().map(with_statistics).collect();
    Ok(FitFile { models, note: note(&fit, ratios) })
}

/// Numbers of clusters, with labels that say of what; none where variances count rows.
fn clusters(fit: &Value) -> Vec<(String, String)> {
    let label = |column: &str| format!("Clusters ({column})");
    let conventions = &fit["conventions"];
    if let Some(column) =
        conventions["observation"].as_str().and_then(|of| of.strip_prefix("cluster "))
    {
        return vec![("clusters".to_owned(), label(column))];
    }
    let columns = conventions["clusters"].as_array().into_iter().flatten();
    let columns = columns.filter_map(Value::as_str).enumerate();
    columns.map(|(place, column)| (format!("clusters_{}", place + 1), label(column))).collect()
}

/// The outcome, if there is one.
fn outcome(fit: &Value) -> Option<String> {
    match fit["conventions"]["outcome"].as_array()?.as_slice() {
        [outcome] => outcome.as_str().map(str::to_owned),
        _ => None,
    }
}

fn note(fit: &Value, ratios: bool) -> Option<String> {
    let of = |name: &str| fit["conventions"][name].as_str();
    let variance = of("variance")?;
    let convention = of("convention").map(|name| format!("; convention {name}"));
    let ratios =
        if ratios { "; exponentials of the coefficients, errors by the delta method" } else { "" };
    Some(format!("Standard errors: {variance}{}{ratios}.", convention.unwrap_or_default()))
}

/// What tells the model of a row apart.
fn key(row: &Value) -> Option<Vec<String>> {
    key_before(row, FIRST)
}

fn key_before(row: &Value, first: &str) -> Option<Vec<String>> {
    let row = row.as_object()?;
    row.contains_key(first).then(|| {
        let before = row.iter().take_while(|(name, _)| *name != first);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        before.map(|(_, value)| text(value)).collect()
    })
}

/// Models with other headings.
///
/// # Errors
///
/// [`FitFileError::Names`] unless there are as many names as models.
pub fn renamed(models: Vec<Model>, names: &[String]) -> Result<Vec<Model>, FitFileError> {
    if names.is_empty() {
        return Ok(models);
    }
    if names.len() != models.len() {
        return Err(FitFileError::Names {
            names: names.len(),
            models: models.len(),
            found: models.into_iter().map(|model| model.name).collect(),
        });
    }
    let named = models.into_iter().zip(names);
    Ok(named.map(|(model, name)| Model { name: name.clone(), ..model }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression_table::RegressionTable;

    fn read(text: &str, ratios: bool) -> Result<FitFile, FitFileError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cox.json");
        std::fs::write(&path, text).unwrap();
        read_fit(&path, ratios)
    }

    #[test]
    fn a_model_for_each_cause() {
        let text = r#"{"conventions":{"model":"cox","variance":"robust"},"rows":[
            {"cause":"job","term":"x","column":"x","estimate":0.5,"std_error":0.25,"p_value":0.045},
            {"cause":"dead","term":"x","column":"x","estimate":0,"std_error":0.5,"p_value":null}],
            "fit":[{"cause":"job","name":"events","value":7},{"cause":"dead","name":"events","value":3},
            {"cause":"dead","name":"log_likelihood","value":-1.5},{"cause":"dead","name":"other","value":1}]}"#;
        let FitFile { models, note } = read(text, false).unwrap();
        assert_eq!(note.as_deref(), Some("Standard errors: robust."));
        let csv = RegressionTable::new(models).to_csv();
        let lines: Vec<&str> = csv.lines().take(5).collect();
        let wanted = [
            ",job,dead",
            "x,0.5000**,0",
            ",(0.2500),(0.5000)",
            "Events,7,3",
            "Log likelihood,,-1.500",
        ];
        assert_eq!(lines, wanted);
        let ratios = read(text, true).unwrap().models;
        // exp(0.5) = 1.64872, and a quarter of it.
        assert_eq!(ratios[0], {
            let e = 0.5_f64.exp();
            Model::new("job")
                .coefficient("x", e, e / 4.0, 0.045)
                .statistic("Events", Cell::Whole(7))
        });
        let renamed = renamed(ratios, &["a".to_owned()]).unwrap_err();
        assert_eq!(renamed.to_string(), "1 names for 2 models: job, dead");
    }

    #[test]
    fn clusters_are_named_and_rows_are_none() {
        let line = |observation: &str| {
            let text = r#"{"conventions":{OF},"rows":[{"term":"x","column":"x","estimate":0.5,"std_error":0.25,"p_value":0.045}],
                "fit":[{"name":"rows","value":9},{"name":"clusters","value":7},{"name":"clusters_1","value":4},
                {"name":"clusters_2","value":3},{"name":"r2_within","value":0.5}]}"#;
            let models = read(&text.replace("OF", observation), false).unwrap().models;
            let csv = RegressionTable::new(models).to_csv();
            csv.lines()
                .skip(3)
                .take_while(|line| !line.starts_with('"'))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(line(r#""observation":"row""#), "Observations,9 R² within,0.5000");
        let one = line(r#""observation":"cluster inst""#);
        assert_eq!(one, "Observations,9 Clusters (inst),7 R² within,0.5000");
        let two = line(r#""clusters":["firm","year"]"#);
        assert_eq!(two, "Observations,9 Clusters (firm),4 Clusters (year),3 R² within,0.5000");
    }

    #[test]
    fn other_files_are_refused() {
        for (text, wrong) in [
            ("a,b\n1,2\n", "is no JSON file"),
            ("[1, 2]", "it has no rows"),
            (r#"{"rows":[{"time":1}],"conventions":{}}"#, "what it counted"),
            (r#"{"rows":[{"time":1}],"fit":[]}"#, "a row has no term"),
            (r#"{"rows":[{"term":"x","column":"x","estimate":null}],"fit":[]}"#, "no estimate"),
        ] {
            let error = read(text, false).unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
            assert!(error.help().contains("--out FILE.json"));
        }
    }
}
