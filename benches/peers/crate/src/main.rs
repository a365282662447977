//! Seconds of the crate `survival` on one thread, data in memory. `RAYON_NUM_THREADS=1 peer FOLDER >> times.csv`

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use ndarray::Array2;
use survival::regression::{CoxphData, CoxphOptions, coxph};
use survival::surv_analysis::{
    SurvdiffData, SurvfitAJData, SurvfitAJOptions, SurvfitKMData, SurvfitKMOptions, survdiff, survfitaj, survfitkm,
};

fn doubles(folder: &Path, name: &str) -> std::io::Result<Vec<f64>> {
    let bytes = std::fs::read(folder.join(name))?;
    Ok(bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect())
}

fn whole(folder: &Path, name: &str) -> std::io::Result<Vec<i32>> {
    let bytes = std::fs::read(folder.join(name))?;
    Ok(bytes.as_chunks().0.iter().map(|&bytes| i32::from_le_bytes(bytes)).collect())
}

fn took<Answer>(data: &str, task: &str, run: impl FnOnce() -> Answer) -> Answer {
    let start = Instant::now();
    let answer = run();
    println!("{data},{task},crate survival 2.0.0,{:.3}", start.elapsed().as_secs_f64());
    answer
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("a folder with the data")?;
    let folder = Path::new(&folder);
    for data in ["months", "continuous"] {
        let time = doubles(folder, &format!("{data}.time"))?;
        let event = whole(folder, &format!("{data}.event"))?;
        let group = whole(folder, &format!("{data}.group"))?;
        let dead: Vec<i32> = event.iter().map(|&cause| i32::from(cause > 0)).collect();
        let of = SurvfitKMData::try_new(None, time.clone(), dead.clone(), None, Some(group.clone()), None, None)?;
        took(data, "km", || survfitkm(&of, &SurvfitKMOptions::default()))?;
        let of = SurvdiffData::try_new(None, time.clone(), dead, group.clone(), None)?;
        took(data, "logrank", || survdiff(&of, 0.0, true))?;
        let states = (1..=event.iter().max().copied().unwrap_or(0)).map(|cause| cause.to_string()).collect();
        let of = SurvfitAJData::try_new(None, time, event, states, None, Some(group), None, None, None, None)?;
        // With a million different times it does not end in ten minutes.
        if data == "months" {
            took(data, "cif", || survfitaj(&of, &SurvfitAJOptions::default()))?;
        }
    }
    let time = doubles(folder, "regression.time")?;
    let event = doubles(folder, "regression.event")?;
    let columns = ["age", "sex", "origin", "children", "region"];
    let columns: Vec<Vec<f64>> =
        columns.iter().map(|name| doubles(folder, &format!("regression.{name}"))).collect::<Result<_, _>>()?;
    let x = Array2::from_shape_fn((time.len(), columns.len()), |(row, column)| columns[column][row]);
    let status = event.iter().map(|&cause| i32::from(cause == 1.0)).collect();
    let of = CoxphData::try_new(time, None, status, x, None, None, None)?;
    took("regression", "cox", || coxph(&of, &CoxphOptions::default()))?;
    Ok(())
}
