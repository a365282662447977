//! `afgang study`.

use std::io::Write;
use std::path::Path;

use super::curve::show;
use crate::Error;
use crate::study::Study;
use crate::whole_file;

/// Shows a study, or writes it with its data tables so that it can be changed.
pub(super) fn run(name: &str, out: Option<&Path>) -> Result<(), Error> {
    let study = Study::load(name)?;
    let Some(folder) = out else {
        return show(|out| out.write_all(study.text.as_bytes()));
    };
    let mut text = study.text.clone();
    for (name, table) in &study.tables {
        let file = format!("{name}.csv");
        whole_file::write(&folder.join(&file), |out| out.write_all(table.text.as_bytes()))?;
        // The copy of the study reads the copy of the table.
        text = text.replace(
            &format!("built_in = \"{}\"\n", table.source),
            &format!("file = \"{file}\"\n"),
        );
    }
    let path = folder.join(format!("{}.toml", study.name));
    whole_file::write(&path, |out| out.write_all(text.as_bytes()))?;
    show(|out| writeln!(out, "{}", path.display()))
}
