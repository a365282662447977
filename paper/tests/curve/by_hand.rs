//! Estimates checked by hand.

use crate::built::Folder;
use crate::{SIX, curve, near, numbers};

#[test]
fn survival_by_hand() {
    let folder = Folder::new();
    folder.write("six.csv", "time,event\n1,1\n2,1\n3,0\n3,1\n5,1\n6,0\n");
    curve(&folder, "km six.csv --time time --event event --conf plain --out km.csv").good();
    let text = folder.read("km.csv");
    assert_eq!(
        text.lines().next(),
        Some("time,n_risk,n_event,n_censor,estimate,std_error,conf_low,conf_high")
    );
    let rows = numbers(&text);
    // Of 6, 5, 4, 2, 1 at risk one leaves at 1, 2, 3 and 5; at 3 the event comes before the censoring.
    let survival = [5.0 / 6.0, 4.0 / 6.0, 3.0 / 6.0, 0.25, 0.25];
    for (row, wanted) in rows.iter().zip(survival) {
        near(row[4], wanted);
    }
    assert_eq!(rows[2][..4], [3.0, 4.0, 1.0, 1.0]);
    // Greenwood at time 2: without censoring it is binomial, 4/6 * 2/6 / 6.
    near(rows[1][5], (4.0_f64 / 6.0 * 2.0 / 6.0 / 6.0).sqrt());
    near(rows[1][6], 4.0 / 6.0 - 1.959_963_984_540_054 * rows[1][5]);
}

/// More times than are made and written at once: of n who leave one by one, n - k are left after the kth.
#[test]
fn a_curve_of_many_times_is_whole() {
    const N: usize = 40_000;
    let folder = Folder::new();
    let of_time = |k| format!("{k}.5,1,a\n{k}.25,1,b\n");
    let rows = (1..=N).rev().map(of_time).collect::<Vec<_>>().concat();
    folder.write("many.csv", &format!("time,event,group\n{rows}"));
    curve(&folder, "km many.csv --time time --event event --by group --out km.csv").good();
    let text = folder.read("km.csv");
    assert_eq!(text.lines().filter(|line| line.starts_with("group,")).count(), 1);
    let rows = numbers(&text);
    assert_eq!(rows.len(), 2 * N);
    for (place, row) in rows.iter().enumerate() {
        let (k, part) = (place % N + 1, if place < N { 0.5 } else { 0.25 });
        assert_eq!(row[1..5], [k as f64 + part, (N + 1 - k) as f64, 1.0, 0.0]);
        assert!((row[5] - (N - k) as f64 / N as f64).abs() < 1e-10);
    }
    // The same rows in the other formats, and read at some times on either side of the seams.
    curve(&folder, "km many.csv --time time --event event --by group --out km.parquet").good();
    curve(&folder, "km many.csv --time time --event event --by group --out km.json").good();
    let json: serde_json::Value = serde_json::from_str(&folder.read("km.json")).unwrap();
    let json = json["rows"].as_array().unwrap();
    let wholes = "km km.parquet --time time --event n_event --by group --out again.csv";
    curve(&folder, wholes).good();
    assert_eq!(folder.read("again.csv"), text);
    assert_eq!(json.len(), 2 * N);
    assert!(json.iter().zip(&rows).all(|(cell, row)| cell["estimate"] == row[5]));
    let at =
        "km many.csv --time time --event event --by group --at 16384.5,16385,40001 --out at.csv";
    curve(&folder, at).good();
    let read = numbers(&folder.read("at.csv"));
    let n = N as f64;
    for (row, wanted) in read.iter().zip([
        [16_384.5, n - 16_383.0, 16_384.0],
        [16_385.0, n - 16_384.0, 0.0],
        [40_001.0, 0.0, n - 16_384.0],
    ]) {
        assert_eq!(row[1..4], wanted);
    }
    near(read[0][5], rows[16_383][5]);
    near(read[1][5], rows[16_383][5]);
    near(read[2][5], 0.0);
}

#[test]
fn hazard_with_late_entry_and_weights_by_hand() {
    let folder = Folder::new();
    folder.write("six.csv", &SIX.replace(",2,", ",1,"));
    curve(&folder, "na six.csv --time time --event event --entry late --weight n --out na.csv")
        .good();
    let rows = numbers(&folder.read("na.csv"));
    // At 1 are in: all but the entries at 1 and 4, so 1 + 1 + 2 + 1 = 5; at 3: 1 + 2 + 1 = 4.
    assert_eq!(rows[0][..3], [1.0, 5.0, 1.0]);
    assert_eq!(rows[2][..4], [3.0, 4.0, 2.0, 1.0]);
    near(rows[2][4], 1.0 / 5.0 + 1.0 / 5.0 + 2.0 / 4.0);
    // Aalen's variance: d / Y².
    near(rows[2][5], (1.0_f64 / 25.0 + 1.0 / 25.0 + 2.0 / 16.0).sqrt());
}

#[test]
fn incidence_by_cause_and_group() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    curve(&folder, "cif six.csv --time time --event event --out cif.csv").good();
    let text = folder.read("cif.csv");
    assert!(text.starts_with("cause,time,n_risk,n_event,n_censor,estimate,"));
    let rows = numbers(&text);
    // Cause 1: 1/6, then at 3 (survival 4/6, one of 4): 1/6 + 4/6/4 = 1/3.
    near(rows[2][5], 1.0 / 3.0);
    // Cause 2 at 5: 1/6 + 3/6 * 1/2 = 5/12.
    near(rows[5 + 3][5], 5.0 / 12.0);
    curve(&folder, "cif six.csv --time time --event event --by group --out by.csv").good();
    let text = folder.read("by.csv");
    assert!(text.starts_with("group,cause,time,"));
    assert!(text.contains("\na,1,1,2,1,0,0.5,"));
}

#[test]
fn times_that_are_asked_for() {
    let folder = Folder::new();
    folder.write("six.csv", "time,event\n1,1\n2,1\n3,0\n3,1\n5,1\n6,0\n");
    curve(&folder, "km six.csv --time time --event event --at 2.5,4,9 --out km.csv").good();
    let rows = numbers(&folder.read("km.csv"));
    assert_eq!(rows[0][..4], [2.5, 4.0, 2.0, 0.0]);
    near(rows[0][4], 4.0 / 6.0);
    assert_eq!(rows[1][..4], [4.0, 2.0, 1.0, 1.0]);
    assert!(rows[2][4].is_nan(), "after the last time nothing is known");
    // Unless all have left: survival stays 0 and incidence where it was; a sum of hazards is not known.
    folder.write("all.csv", "time,event\n1,1\n2,2\n2,0\n3,1\n");
    let estimate = |line: &str| {
        curve(&folder, &format!("{line} --time time --event event --at 5 --out o.csv")).good();
        let rows = numbers(&folder.read("o.csv")).into_iter();
        rows.map(|row| row[row.len() - 4]).collect::<Vec<f64>>()
    };
    near(estimate("km all.csv --cause 1,2")[0], 0.0);
    // Cause 2 takes a third of 3/4 at 2; the rest goes to cause 1.
    let both = estimate("cif all.csv");
    near(both[0], 0.75);
    near(both[1], 0.25);
    assert!(estimate("na all.csv --cause 1,2")[0].is_nan());
    assert!(estimate("km all.csv --cause 2")[0].is_nan());
}

#[test]
fn quantiles_and_mean_times_by_hand() {
    let folder = Folder::new();
    folder.write("four.csv", "time,event\n1,1\n3,2\n4,0\n4,0\n");
    curve(&folder, "cif four.csv --time time --event event --rmst 4 --out mean.csv").good();
    let text = folder.read("mean.csv");
    assert!(text.starts_with("cause,quantity,estimate,std_error,conf_low,conf_high\n,rmst_4,"));
    let rows = numbers(&text);
    // Survival 1, 3/4 from 1, 1/2 from 3: 1 + 2 * 3/4 + 1/2. Incidences 1/4 from 1 and from 3.
    near(rows[0][2], 3.0);
    near(rows[1][2], 0.75);
    near(rows[2][2], 0.25);
    // Areas after the exits are 2 and 1/2: 4 / 12 + 1/4 / 6.
    near(rows[0][3], (1.0_f64 / 3.0 + 1.0 / 24.0).sqrt());
    folder.write("flat.csv", "time,event\n2,1\n3,1\n5,1\n9,0\n");
    curve(&folder, "km flat.csv --time time --event event --quantile 0.25,0.5 --out q.csv").good();
    let rows = numbers(&folder.read("q.csv"));
    near(rows[0][1], 2.5);
    near(rows[1][1], 4.0);
    let first =
        "km flat.csv --time time --event event --quantile 0.5 --quantile-rule first --out q.csv";
    curve(&folder, first).good();
    near(numbers(&folder.read("q.csv"))[0][1], 3.0);
}

/// Of those still in at 1, of whom one of three leaves at 3: one month for all, and half a month for the third that leaves. The
/// variance is that of the mean of 2, 3 and 3 months: 2/9 / 3, whether by counts or by rows.
#[test]
fn mean_times_of_those_still_in() {
    let folder = Folder::new();
    folder.write("four.csv", "time,event,who\n1,1,a\n3,1,b\n4,0,c\n4,0,d\n");
    for more in ["", " --se ij", " --cluster who"] {
        let line = format!(
            "cif four.csv --time time --event event --given 1 --rmst 4{more} --out mean.csv"
        );
        curve(&folder, &line).good();
        let rows = numbers(&folder.read("mean.csv"));
        near(rows[0][2], 3.0 - 1.0 / 3.0);
        near(rows[1][2], 1.0 / 3.0);
        near(rows[0][3], (2.0_f64 / 27.0).sqrt());
        near(rows[1][3], (2.0_f64 / 27.0).sqrt());
    }
    let printed = curve(&folder, "km four.csv --time time --event event --given 1 --rmst 4");
    printed.good();
    assert!(
        printed.sentences().contains("Mean time from 1 until exit, up to 4"),
        "{}",
        printed.out
    );
}

#[test]
fn clusters_and_sampling_weights_by_hand() {
    let folder = Folder::new();
    folder.write("two.csv", "time,event,person,w\n1,1,a,1\n1,1,a,2\n1,0,b,1.5\n1,0,b,1.5\n");
    let fit = |more: &str| {
        curve(&folder, &format!("km two.csv --time time --event event {more} --out km.csv")).good();
        numbers(&folder.read("km.csv"))[0].clone()
    };
    // Two persons, one of whom leaves with both spells: a half with error sqrt(1/2 * 1/2 / 2).
    near(fit("--cluster person")[5], (1.0_f64 / 8.0).sqrt());
    near(fit("--se ij")[5], (1.0_f64 / 16.0).sqrt());
    let sampled = fit("--weight w --weight-kind sampling");
    near(sampled[4], 0.5);
    // Influences of -1/2 and 1/2 of a weight over the whole weight, 6.
    near(sampled[5], (1.0_f64 + 4.0 + 2.25 + 2.25).sqrt() / 12.0);
}

#[test]
fn survival_by_way_of_the_hazard_by_hand() {
    let folder = Folder::new();
    folder.write("tied.csv", "time,event,who\n1,1,a\n1,1,a\n2,0,b\n2,0,b\n");
    let fit = |arguments: &str| {
        let line = format!("{arguments} tied.csv --time time --event event --out o.csv");
        curve(&folder, &line).good();
        numbers(&folder.read("o.csv"))[0].clone()
    };
    near(fit("fh")[4], (-0.5_f64).exp());
    near(fit("fh --ties one-by-one")[4], (-0.25_f64 - 1.0 / 3.0).exp());
    near(fit("na --ties one-by-one")[5], (1.0_f64 / 16.0 + 1.0 / 9.0).sqrt());
    // Two persons: each moves the hazard by a quarter of its own, 2 * 1/4 - 2 * 2/16.
    near(fit("na --cluster who")[5], (2.0 * 0.25_f64 * 0.25).sqrt());
    near(fit("fh --cluster who")[5], (-0.5_f64).exp() * (2.0 * 0.25_f64 * 0.25).sqrt());
}

#[test]
fn from_a_landmark_on() {
    let folder = Folder::new();
    folder.write("six.csv", "time,event\n1,1\n2,1\n3,0\n3,1\n5,1\n6,0\n");
    let fit = |more: &str| {
        let line = format!("km six.csv --time time --event event --given 2 {more} --out o.csv");
        curve(&folder, &line).good();
        numbers(&folder.read("o.csv"))
    };
    // Four are left after 2, one of whom leaves at 3 and one of two at 5.
    let rows = fit("");
    assert_eq!(rows[0][..4], [3.0, 4.0, 1.0, 1.0]);
    near(rows[0][4], 0.75);
    near(rows[1][4], 0.375);
    near(rows[0][5], (0.75 * 0.25 / 4.0_f64).sqrt());
    near(fit("--se ij")[0][5], (0.75 * 0.25 / 4.0_f64).sqrt());
}

#[test]
fn bands_hold_more_than_intervals() {
    let folder = Folder::new();
    let line = |t: i32| format!("{t},{},p{}", u8::from(t % 5 > 0), t / 2);
    let rows = (1..=40).map(line).collect::<Vec<_>>().join("\n");
    folder.write("many.csv", &format!("time,event,who\n{rows}"));
    let te = "many.csv --time time --event event --conf log-log --out o.csv";
    for arguments in [
        "km --band hw",
        "km --band ep",
        "km --band influence",
        "km --band influence --cluster who",
        "cif --band influence",
        "cif --band influence --cluster who --seed 5",
    ] {
        curve(&folder, &format!("{arguments} {te}")).good();
        let text = folder.read("o.csv");
        assert!(text.lines().next().unwrap().ends_with("conf_high,band_low,band_high"));
        let limits: Vec<Vec<f64>> =
            numbers(&text).into_iter().map(|row| row[row.len() - 4..].to_vec()).collect();
        let known: Vec<&Vec<f64>> = limits.iter().filter(|row| !row[2].is_nan()).collect();
        assert!(known.len() >= 30, "{arguments}: {}", known.len());
        // A band of Hall and Wellner is narrower than others in the middle, and may be as narrow as the interval there.
        let wider = known.iter().filter(|row| row[2] < row[0] && row[3] > row[1]).count();
        assert!(wider + 2 >= known.len(), "{arguments}: {wider} of {}", known.len());
    }
    // At times of the range at which nobody leaves the band is that in force, the last event of the range being at 19.
    let at = "--at 7.5,8,8.5,19.5,20.5,21 --band ep --band-range 8,20.5";
    curve(&folder, &format!("km {at} {te}")).good();
    let rows = numbers(&folder.read("o.csv"));
    let known: Vec<bool> = rows.iter().map(|row| !row[8].is_nan()).collect();
    assert_eq!(known, [false, true, true, true, true, false]);
    assert_eq!(rows[1][8..], rows[2][8..]);
    assert!((rows[3][8]..=rows[3][9]).contains(&rows[3][4]), "{:?}", rows[3]);
    // The stretch of time is what is asked for.
    curve(&folder, &format!("km --band ep --band-range 10,20 {te}")).good();
    let rows = numbers(&folder.read("o.csv"));
    assert!(rows[8][8].is_nan() && !rows[9][8].is_nan() && !rows[18][8].is_nan());
    assert!(rows[20][8].is_nan());
}

#[test]
fn bands_of_few_clusters_are_named() {
    let folder = Folder::new();
    // Four clusters in group a, ten in b.
    let row = |t: i32, g: char, of: i32| format!("{t},{},{g},{g}{}\n", t % 2, t % of);
    let rows = (1..=20).map(|t| row(t, 'a', 4) + &row(t, 'b', 10)).collect::<String>();
    folder.write("d.csv", &format!("t,e,g,who\n{rows}"));
    let line = "km d.csv --time t --event e --by g --cluster who --band influence";
    let said = curve(&folder, line).sentences();
    let words = "The band of group a is simulated from 4 independent clusters or rows: with fewer than 10 it is too narrow";
    assert!(said.contains(words) && !said.contains("group b"), "{said}");
    curve(&folder, &format!("{line} --out o.json")).good();
    let read: serde_json::Value = serde_json::from_str(&folder.read("o.json")).unwrap();
    let few = &read["conventions"]["band_of_few_clusters"];
    assert_eq!(*few, serde_json::json!([{ "group": "a", "clusters": 4 }]));
    // From counts nothing is simulated by clusters.
    let line = line.replace(" --cluster who", "");
    assert!(!curve(&folder, &line).sentences().contains("too narrow"));
}

#[test]
fn mean_times_of_persons() {
    let folder = Folder::new();
    folder.write("pairs.csv", "time,event,who\n1,1,a\n1,1,a\n2,0,b\n2,0,b\n");
    let fit = |more: &str| {
        let line = format!("km pairs.csv --time time --event event --rmst 2 {more} --out o.csv");
        curve(&folder, &line).good();
        numbers(&folder.read("o.csv"))[0].clone()
    };
    // 1 or 2 with a half each, of four or of two.
    near(fit("")[1], 1.5);
    near(fit("")[2], (1.0_f64 / 16.0).sqrt());
    near(fit("--cluster who")[1], 1.5);
    near(fit("--cluster who")[2], (1.0_f64 / 8.0).sqrt());
}

/// Who has no event, or none of a cause, has no band; the others have theirs.
#[test]
fn bands_of_groups_with_and_without_events() {
    let folder = Folder::new();
    let of_time = |time| format!("{time},{},a\n{time},{},b\n{time},0,c\n", 1 + time % 2, time % 2);
    let rows = (1..=9).map(of_time).collect::<Vec<_>>().concat();
    folder.write("d.csv", &format!("time,event,g\n{rows}"));
    let cif = "cif d.csv --time time --event event --by g --band influence";
    let answer = curve(&folder, &format!("{cif} --out c.csv"));
    answer.good();
    let without = "for a band (–) to hold: group b, cause 2; group c, cause 1; group c, cause 2.";
    assert!(curve(&folder, cif).sentences().contains(without), "{}", curve(&folder, cif).out);
    let rows = folder.read("c.csv");
    let banded = |start: &str| {
        let of_curve = rows.lines().filter(|line| line.starts_with(start));
        of_curve.filter(|line| !line.ends_with(',')).count()
    };
    assert!(banded("a,1,") > 0 && banded("a,2,") > 0 && banded("b,1,") > 0);
    assert_eq!(banded("b,2,") + banded("c,"), 0);
    let km = "km d.csv --time time --event event --censored 0,2 --by g --band ep";
    let answer = curve(&folder, km);
    answer.good();
    assert!(answer.sentences().contains("to hold: group c."), "{}", answer.out);
    // Whom all leave at once has no standard error anywhere.
    folder.write("once.csv", "time,event\n1,1\n1,1\n");
    let none = curve(&folder, "km once.csv --time time --event event --band ep");
    none.bad(2, "no event with a standard error lies in the data");
    curve(&folder, &format!("{km} --band-range 40,50")).bad(2, "between 40 and 50");
}

/// Spells that are all alike: by influence nothing but rounding is left.
#[test]
fn spells_that_are_alike_have_no_standard_error() {
    let folder = Folder::new();
    let weights = (0..11).map(|row| 0.3 + f64::from(row) / 7.0);
    let rows = weights.map(|w| format!("4.3,1,0.7,{w}\n")).collect::<Vec<_>>().concat();
    folder.write("d.csv", &format!("time,event,from,w\n{rows}"));
    for estimator in ["na", "cif", "km", "cif --at 5"] {
        let asked = format!(
            "{estimator} d.csv --time time --event event --entry from --weight w --weight-kind sampling --out c.csv"
        );
        curve(&folder, &asked).good();
        let text = folder.read("c.csv");
        let place = text.lines().next().unwrap().split(',').position(|c| c == "std_error").unwrap();
        let line: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
        assert_eq!(&line[place..place + 3], ["", "", ""], "{estimator}: {text}");
    }
}
