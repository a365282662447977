//! Columns of a batch that are kept as they are: person ids, attributes, employment degrees.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};

use arrow::array::{Array, Float32Array, Float64Array, Int64Array, StringArray};

use crate::grouping::Value;

/// Person ids of a batch.
#[derive(Debug, Clone)]
pub(crate) enum IdColumn {
    Integers(Int64Array),
    Texts(StringArray),
}

/// Employment degrees of a month in a batch.
#[derive(Debug, Clone)]
pub(crate) enum DegreeColumn {
    Single(Float32Array),
    Double(Float64Array),
}

/// Values of an attribute in a batch.
#[derive(Debug, Clone)]
pub(crate) enum AttributeColumn {
    Integers(Int64Array),
    Texts(StringArray),
}

impl AttributeColumn {
    /// Adds the values that occur.
    pub(crate) fn distinct_into(&self, values: &mut BTreeSet<Value<String>>) {
        let rows = match self {
            Self::Integers(array) => array.len(),
            Self::Texts(array) => array.len(),
        };
        let mut last = None;
        for value in (0..rows).map(|person| self.value(person)) {
            if last != Some(value) {
                values.insert(value.to_owned());
                last = Some(value);
            }
        }
    }

    /// The value of a person.
    pub(crate) fn value(&self, person: usize) -> Value<&str> {
        match self {
            Self::Integers(array) if array.is_valid(person) => Value::Integer(array.value(person)),
            Self::Texts(array) if array.is_valid(person) => Value::of_text(array.value(person)),
            _ => Value::Null,
        }
    }
}

impl IdColumn {
    /// One 64-bit hash a person, the same on every machine.
    pub(crate) fn hash_into(&self, hashes: &mut Vec<u64>) {
        match self {
            Self::Integers(array) => {
                hashes.extend(array.values().iter().map(|&id| Self::hash_of_integer(id)));
            }
            Self::Texts(array) => {
                hashes.extend(array.iter().flatten().map(|id| Self::hash_of_text(id.trim())));
            }
        }
    }

    /// Hash of an id that is a number.
    pub(crate) fn hash_of_integer(id: i64) -> u64 {
        hash(&id.to_le_bytes())
    }

    /// Hash of an id that is text, without spaces around it.
    pub(crate) fn hash_of_text(id: &str) -> u64 {
        hash(id.as_bytes())
    }

    /// The id of a person, as text.
    pub(crate) fn text(&self, person: usize) -> String {
        match self {
            Self::Integers(array) => array.value(person).to_string(),
            Self::Texts(array) => array.value(person).trim().to_owned(),
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

impl DegreeColumn {
    /// Degree of a person, to single precision.
    pub(crate) fn get(&self, person: usize) -> Option<f32> {
        match self {
            Self::Single(array) => array.is_valid(person).then(|| array.value(person)),
            Self::Double(array) => array.is_valid(person).then(|| array.value(person) as f32),
        }
    }
}
