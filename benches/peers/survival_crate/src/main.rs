//! Seconds of processor time of the crate `survival`, data in memory: `survival-crate-peer FOLDER DATA TASK >> times.csv`.
//!
//! One task a call, so that one that takes too long can be stopped (`run.sh` notes it with its limit).

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use cpu_time::ProcessTime;
use ndarray::Array2;
use survival::regression::{CoxPHFit, CoxphData, CoxphOptions};
use survival::surv_analysis::{
    SurvdiffData, SurvfitAJData, SurvfitAJOptions, SurvfitKMData, SurvfitKMOptions, survdiff,
    survfitaj, survfitkm,
};

type Answer<T> = Result<T, Box<dyn Error>>;

fn doubles(path: &Path) -> Answer<Vec<f64>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect())
}

fn integers(path: &Path) -> Answer<Vec<i32>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

fn main() -> Answer<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, data, task] = &arguments[..] else {
        return Err("arguments: FOLDER DATA TASK".into());
    };
    let folder = Path::new(folder);
    let column = |name: &str| folder.join(format!("{data}.{name}"));
    let seconds = match task.as_str() {
        "cox" => {
            // regression, or regression_ROWS: its first rows.
            let of = |name: &str| doubles(&folder.join(format!("regression.{name}")));
            let time = of("time")?;
            let rows = match data.rsplit_once('_') {
                Some((_, rows)) => rows.parse()?,
                None => time.len(),
            };
            let names = ["age", "sex", "origin", "children", "region"];
            let columns = names.iter().map(|name| of(name)).collect::<Answer<Vec<_>>>()?;
            let x = Array2::from_shape_fn((rows, names.len()), |(row, k)| columns[k][row]);
            let status = of("event")?[..rows].iter().map(|&event| i32::from(event == 1.0)).collect();
            let data = CoxphData::try_new(time[..rows].to_vec(), None, status, x, None, None, None)?;
            timed(|| CoxPHFit::fit(data, CoxphOptions::default()))?
        }
        _ => {
            let (time, event, group) =
                (doubles(&column("time"))?, integers(&column("event"))?, integers(&column("group"))?);
            let dead: Vec<i32> = event.iter().map(|&event| i32::from(event > 0)).collect();
            match task.as_str() {
                "km" => {
                    let data = SurvfitKMData::try_new(None, time, dead, None, Some(group), None, None)?;
                    timed(|| survfitkm(&data, &SurvfitKMOptions::default()))?
                }
                "logrank" => {
                    let data = SurvdiffData::try_new(None, time, dead, group, None)?;
                    timed(|| survdiff(&data, 0.0, true))?
                }
                "cif" => {
                    let causes = event.iter().copied().max().unwrap_or(1);
                    let states = (1..=causes).map(|cause| format!("cause {cause}")).collect();
                    let data = SurvfitAJData::try_new(
                        None, time, event, states, None, Some(group), None, None, None, None,
                    )?;
                    timed(|| survfitaj(&data, &SurvfitAJOptions::default()))?
                }
                _ => return Err(format!("no task {task}").into()),
            }
        }
    };
    println!("{data},{task},crate survival 2.0.0,{seconds:.3}");
    Ok(())
}

fn timed<T, E: Error + 'static>(run: impl FnOnce() -> Result<T, E>) -> Answer<f64> {
    let start = ProcessTime::now();
    black_box(run()?);
    Ok(start.elapsed().as_secs_f64())
}
