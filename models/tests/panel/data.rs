//! Reads the data sets and compares numbers.

use std::collections::BTreeMap;
use std::path::Path;

use afgang_models::{Design, Factor, Panel};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Rows of a panel, columns side by side.
#[derive(Deserialize)]
pub(crate) struct Data {
    pub(crate) unit: Vec<String>,
    pub(crate) time: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) names: Vec<String>,
    pub(crate) x: Vec<Vec<f64>>,
    pub(crate) weights: Option<Vec<f64>>,
}

impl Data {
    pub(crate) fn panel(&self) -> Panel {
        let mut design = Design::builder();
        for (name, values) in self.names.iter().zip(&self.x) {
            design = design.numeric(name, values.clone());
        }
        let time: Vec<i64> = self.time.iter().map(|t| *t as i64).collect();
        let design = design.build().unwrap();
        Panel::new(&self.y, &design, &Factor::new(&self.unit), &time).unwrap()
    }
}

pub(crate) fn read<T: DeserializeOwned>(file: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The `cases` of a file.
pub(crate) fn cases<T: DeserializeOwned>(file: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct File<T> {
        cases: Vec<T>,
    }
    read::<File<T>>(file).cases
}

/// The data sets of `panel.json`.
pub(crate) fn data_sets() -> BTreeMap<String, Data> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
        data: Data,
    }
    cases("panel.json").into_iter().map(|Named { name, data }| (name, data)).collect()
}

/// The same as panels.
pub(crate) fn panels() -> BTreeMap<String, Panel> {
    data_sets().into_iter().map(|(name, data)| (name, data.panel())).collect()
}

/// Relative to the larger of the two.
#[track_caller]
pub(crate) fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(found.abs());
    let apart = (found - expected).abs();
    assert!(
        apart <= tolerance * scale,
        "{what}: found {found}, expected {expected}, relatively {:.1e} apart",
        apart / scale
    );
}
