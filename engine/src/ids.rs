//! Duplicate person ids, by one 64-bit hash a person.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::columns::IdColumn;
use crate::decode::Batch;
use crate::error::{Error, Result};
use crate::layout::{FileColumns, Layout, Role};
use crate::read::{self, Unit};
use crate::register::Register;

/// Fails if two persons of the register have one id; `hashes` are those of all persons.
///
/// Equal hashes are looked up in the register again, so that two ids of one hash are not taken for a
/// duplicate.
pub(crate) fn check(register: &Register, layout: &Layout, mut hashes: Vec<u64>) -> Result<()> {
    hashes.sort_unstable();
    let twice: HashSet<u64> =
        hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    drop(hashes);
    if twice.is_empty() {
        return Ok(());
    }
    let mut seen: HashMap<String, (PathBuf, u64)> = HashMap::new();
    for unit in read::units(register) {
        visit_ids(register, layout, unit, |ids, first_row, path| {
            let mut hashes = Vec::new();
            ids.hash_into(&mut hashes);
            for (person, hash) in hashes.iter().enumerate() {
                if !twice.contains(hash) {
                    continue;
                }
                let row = first_row + person as u64 + 1;
                let id = ids.text(person);
                if let Some((first, first_row)) = seen.get(&id) {
                    return Err(Error::DuplicateId {
                        first: first.clone(),
                        first_row: *first_row,
                        second: path,
                        second_row: row,
                    });
                }
                seen.insert(id, (path.clone(), row));
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn visit_ids(
    register: &Register,
    layout: &Layout,
    unit: Unit,
    mut visit: impl FnMut(&IdColumn, u64, PathBuf) -> Result<()>,
) -> Result<()> {
    let all = &layout.files[unit.file];
    let only_ids = all.only(|role| role == Role::Id);
    let mut batch = Batch::default();
    read::batches(register, &only_ids, unit, |records, origin| {
        batch.fill_attributes(records, origin, 0)?;
        match &batch.ids {
            Some(ids) => visit(ids, origin.first_row, origin.file.path().to_owned()),
            None => Err(Error::Internal("ids were not read")),
        }
    })
}

impl FileColumns {
    /// The columns with some role.
    pub(crate) fn only(&self, wanted: impl Fn(Role) -> bool) -> Self {
        let mut columns = Self::default();
        for ((&root, name), roles) in self.roots.iter().zip(&self.names).zip(&self.roles) {
            let roles: Vec<Role> = roles.iter().copied().filter(|&role| wanted(role)).collect();
            if !roles.is_empty() {
                columns.roots.push(root);
                columns.names.push(name.clone());
                columns.roles.push(roles);
            }
        }
        columns
    }
}
