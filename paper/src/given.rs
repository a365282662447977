//! What a run is given, and which outputs of a study cannot be made of it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::Error;
use crate::labels::Lang;
use crate::run_record::{self, ListRecord};
use crate::study::{Kind, Output, Study};
use crate::synthetic::Made;
use crate::weeks::list::{ListError, ListUse, Listed};
use crate::whole_file::FileError;

/// What a run reads.
#[derive(Debug, Clone, Default)]
pub struct Source<'p> {
    /// The register; without it, outputs made of spells are left out.
    pub register: Option<&'p Path>,
    /// How it was made, if it is synthetic.
    pub made: Option<Made>,
    /// The folder of accounts, if there is one.
    pub panel: Option<&'p Path>,
    /// Lists of persons by name; the study may name files for others.
    pub lists: Vec<(String, PathBuf)>,
}

/// Something that an output cannot do without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// A register.
    Register,
    /// Accounts of the municipalities.
    Accounts,
    /// A list of persons of this name.
    List(String),
}

impl Needs {
    /// The flag that gives it.
    pub fn flag(&self) -> String {
        match self {
            Self::Register => "--register PATH".to_owned(),
            Self::Accounts => "--panel DIR".to_owned(),
            Self::List(name) => format!("--list {name}=FILE"),
        }
    }

    /// What outputs are made of, and that it was not given.
    pub fn said(&self, outputs: usize, lang: Lang) -> String {
        match (self, lang) {
            (Self::Register, Lang::Da) => format!(
                "{outputs} af studiets tabeller og figurer er udeladt: de beregnes af et register, som ikke var givet (--register)."
            ),
            (Self::Register, Lang::En) => format!(
                "{outputs} of the study's tables and figures are left out: they are computed from a register, which was not given \
                 (--register)."
            ),
            (Self::Accounts, Lang::Da) => format!(
                "{outputs} af studiets tabeller og figurer er udeladt: de beregnes af kommunernes regnskaber, som ikke var givet \
                 (--panel)."
            ),
            (Self::Accounts, Lang::En) => format!(
                "{outputs} of the study's tables and figures are left out: they are computed from the municipalities' accounts, \
                 which were not given (--panel)."
            ),
            (Self::List(name), Lang::Da) => format!(
                "{outputs} af studiets tabeller og figurer er udeladt: de følger personerne på listen {name}, som ikke var givet \
                 (--list {name}=FIL)."
            ),
            (Self::List(name), Lang::En) => format!(
                "{outputs} of the study's tables and figures are left out: they follow the persons of the list {name}, which was \
                 not given (--list {name}=FILE)."
            ),
        }
    }
}

/// Outputs that cannot be made, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotGiven {
    /// What they need.
    pub needs: Needs,
    /// Their ids.
    pub outputs: Vec<String>,
}

impl Source<'_> {
    /// The file of a list: the one given, or the one that the study names.
    fn list(&self, study: &Study, name: &str) -> Option<PathBuf> {
        let given =
            self.lists.iter().find(|(given, _)| given == name).map(|(_, path)| path.clone());
        given.or_else(|| {
            let rule = study.lists().iter().find(|rule| rule.name == name)?;
            rule.file.as_ref().map(|file| study.folder().join(file))
        })
    }

    /// What an output needs and this is not.
    fn lacks(&self, study: &Study, output: &Output) -> Option<Needs> {
        match &output.kind {
            Kind::Accounts(_) => self.panel.is_none().then_some(Needs::Accounts),
            _ if self.register.is_none() => Some(Needs::Register),
            Kind::Weeks(asked) => {
                let ListUse { list, .. } = asked.list()?;
                self.list(study, list).is_none().then(|| Needs::List(list.to_owned()))
            }
            _ => None,
        }
    }

    /// The study with the outputs that can be made, and the others by what they need.
    pub(crate) fn possible(&self, study: &Study) -> (Study, Vec<NotGiven>) {
        let mut not_given: Vec<NotGiven> = Vec::new();
        let mut possible = study.clone();
        possible.outputs.retain(|output| {
            let Some(needs) = self.lacks(study, output) else { return true };
            let id = output.id.clone();
            match not_given.iter_mut().find(|known| known.needs == needs) {
                Some(known) => known.outputs.push(id),
                None => not_given.push(NotGiven { needs, outputs: vec![id] }),
            }
            false
        });
        let made = |id: &String| possible.outputs.iter().any(|output| output.id == *id);
        possible.slips.retain(|slip| slip.output.as_ref().is_none_or(made));
        (possible, not_given)
    }

    /// Reads the lists that outputs of a study need, and refuses those that they cannot use.
    pub(crate) fn read_lists(&self, study: &Study) -> Result<Vec<Listed>, ListError> {
        let outputs = || study.outputs.iter().filter_map(|output| output.kind.weeks());
        let mut lists = Vec::new();
        for rule in study.lists() {
            let of_list =
                outputs().filter(|asked| asked.list().is_some_and(|of| of.list == rule.name));
            let of_list: Vec<_> = of_list.collect();
            let uses: Vec<ListUse<'_>> = of_list.iter().filter_map(|asked| asked.list()).collect();
            let Some(path) = self.list(study, &rule.name).filter(|_| !uses.is_empty()) else {
                continue;
            };
            let listed = Listed::read(rule, &path, &uses)?;
            for by in of_list.iter().flat_map(|asked| asked.list_groups()) {
                listed.groups(by)?;
            }
            lists.push(listed);
        }
        Ok(lists)
    }
}

/// What is to be said of a list, once the register has been read.
///
/// # Errors
///
/// [`ListError::NobodyFound`], and a file that cannot be read again.
pub(crate) fn list_record(listed: &Listed, found: usize) -> Result<ListRecord, Error> {
    let persons = listed.persons();
    if found == 0 {
        return Err(ListError::NobodyFound { list: listed.name.clone(), persons }.into());
    }
    let bytes = std::fs::metadata(&listed.path).map_err(FileError::of("read", &listed.path))?.len();
    Ok(ListRecord {
        name: listed.name.clone(),
        path: listed.path.display().to_string(),
        bytes,
        sha256: run_record::sha256_of_file(&listed.path)?,
        persons: persons as u64,
        found: found as u64,
    })
}
