//! Restricted means and time lost with weights and clusters, and of groups, against R.

use afgang_models::{
    Contrast, Contrasts, Estimate, EventTable, JointEstimates, KaplanMeier, QuantileRule,
    RestrictedMean, Spells, Weights,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::answers::{CLOSED_FORM, LIMITS, assert_near, assert_values, read, read_with};

/// P-values: tails of a distribution, where R and we use other series.
const TAIL: f64 = 1e-9;

#[derive(Deserialize)]
struct Data {
    entry: Option<Vec<f64>>,
    exit: Vec<f64>,
    cause: Vec<usize>,
    weight: Vec<f64>,
    cluster: Vec<f64>,
}

#[derive(Deserialize)]
struct Answer {
    horizon: f64,
    time_in: TimeIn,
    lost: Option<Lost>,
}

#[derive(Deserialize)]
struct TimeIn {
    estimate: f64,
    se: StdErrors,
}

#[derive(Deserialize)]
struct Lost {
    estimate: Vec<f64>,
    se: StdErrors,
}

#[derive(Deserialize)]
struct StdErrors {
    rows: Vec<f64>,
    sampling: Vec<f64>,
    cluster: Vec<f64>,
}

impl Data {
    fn spells(&self, weights: impl Fn(Vec<f64>) -> Weights) -> Spells {
        let cause = self.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let n_causes = *self.cause.iter().max().unwrap();
        let mut spells = Spells::new(n_causes, self.exit.clone(), cause).unwrap();
        if let Some(entry) = &self.entry {
            spells = spells.with_entry(entry.clone()).unwrap();
        }
        spells.with_weights(weights(self.weight.clone())).unwrap()
    }
}

/// Identifiers as they are numbered in R.
fn ids(cluster: &[f64]) -> Vec<u64> {
    cluster.iter().map(|&id| id as u64).collect()
}

#[test]
fn standard_errors_of_rows_weights_and_clusters() {
    for (name, data, answers) in read_with::<Data, Vec<Answer>>("mean_times") {
        for want in answers {
            let of =
                |spells: &Spells| RestrictedMean::new(want.horizon).fit_spells(spells).unwrap();
            let persons = ids(&data.cluster);
            let clusters = data.spells(Weights::Sampling).with_clusters(&persons).unwrap();
            let all = [
                (of(&data.spells(Weights::Case)), 0),
                (of(&data.spells(Weights::Sampling)), 1),
                (of(&clusters), 2),
            ];
            let pick =
                |se: &StdErrors, kind: usize| [&se.rows, &se.sampling, &se.cluster][kind].clone();
            for (means, kind) in all {
                let (found, se) = (means.time_in, pick(&want.time_in.se, kind));
                assert_near(&name, found.estimate, want.time_in.estimate, CLOSED_FORM);
                assert_values(&name, &[found.std_error], &se, LIMITS);
                let Some(lost) = &want.lost else { continue };
                let column =
                    |of: fn(&Estimate) -> f64| means.lost.iter().map(of).collect::<Vec<_>>();
                assert_values(&name, &column(|l| l.estimate), &lost.estimate, CLOSED_FORM);
                assert_values(&name, &column(|l| l.std_error), &pick(&lost.se, kind), LIMITS);
            }
        }
    }
}

#[derive(Deserialize)]
struct Grouped {
    exit: Vec<f64>,
    cause: Vec<usize>,
    group: Vec<usize>,
    cluster: Option<Vec<f64>>,
}

impl Grouped {
    fn table(&self, group: usize) -> EventTable {
        let rows = self.exit.iter().zip(&self.cause).zip(&self.group);
        let rows: Vec<_> = rows
            .filter(|(_, of)| **of == group)
            .map(|((&exit, cause), _)| (exit, cause.checked_sub(1)))
            .collect();
        EventTable::from_times(1, &rows).unwrap()
    }
}

#[derive(Deserialize)]
struct GroupedAnswer {
    horizon: f64,
    mean: Vec<f64>,
    se: Vec<f64>,
    contrasts: Scales,
    by_person: Option<ByPerson>,
    time: f64,
    survival: Vec<f64>,
    survival_se: Vec<f64>,
    survival_contrasts: Scales,
}

#[derive(Deserialize)]
struct ByPerson {
    covariance: Vec<Vec<f64>>,
    contrasts: Scales,
}

#[derive(Deserialize)]
struct Scales {
    difference: Scale,
    ratio: Scale,
    cumulative_hazard_ratio: Option<Scale>,
}

/// Differences on a scale, of every group from those before it.
#[derive(Deserialize)]
struct Scale {
    statistic: f64,
    p_value: f64,
    difference: Vec<f64>,
    se: Vec<f64>,
    pairs_p: Vec<f64>,
    holm: Vec<f64>,
    bh: Vec<f64>,
}

/// Differences of large numbers lose digits, so these are compared as parts of their standard errors.
fn assert_contrasts(name: &str, contrast: Contrast, groups: &JointEstimates, want: &Scale) {
    let name = format!("{name}, {contrast:?}");
    let test = contrast.equal(groups).unwrap();
    assert_near(&name, test.statistic, want.statistic, LIMITS);
    assert_near(&name, test.p_value, want.p_value, TAIL);
    let Contrasts { pairs, p_holm, p_benjamini_hochberg, .. } =
        contrast.pairwise(groups, 0.95).unwrap();
    let column =
        |of: fn(&Estimate) -> f64| pairs.iter().map(|p| of(&p.estimate)).collect::<Vec<_>>();
    assert_values(&name, &column(|e| e.std_error), &want.se, LIMITS);
    let ratio = contrast != Contrast::Difference;
    for (pair, (want, se)) in pairs.iter().zip(want.difference.iter().zip(&want.se)) {
        let scaled = |x: f64| if ratio { x.ln() } else { x };
        let z = 1.959_963_984_540_054;
        let Estimate { estimate, conf_low, conf_high, .. } = pair.estimate;
        for (got, want) in
            [(estimate, *want), (conf_low, want - z * se), (conf_high, want + z * se)]
        {
            assert!(
                (scaled(got) - want).abs() < 1e-11 * se,
                "{name}: {} is not {want}",
                scaled(got)
            );
        }
    }
    let p_values: Vec<f64> = pairs.iter().map(|pair| pair.p_value).collect();
    assert_values(&name, &p_values, &want.pairs_p, TAIL);
    assert_values(&name, &p_holm, &want.holm, TAIL);
    assert_values(&name, &p_benjamini_hochberg, &want.bh, TAIL);
}

#[test]
fn contrasts_of_groups() {
    let mut by_person = 0;
    for (name, data, want) in read_with::<Grouped, GroupedAnswer>("grouped_means") {
        let cause = data.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let spells = Spells::new(1, data.exit.clone(), cause).unwrap();
        let spec = RestrictedMean::new(want.horizon);
        let means = spec.fit_groups(&spells, &data.group).unwrap();
        let column = |of: fn(&Estimate) -> f64| {
            means.groups.iter().map(|group| of(&group.time_in)).collect::<Vec<_>>()
        };
        assert_values(&name, &column(|mean| mean.estimate), &want.mean, CLOSED_FORM);
        assert_values(&name, &column(|mean| mean.std_error), &want.se, LIMITS);
        assert_contrasts(&name, Contrast::Difference, &means.time_in, &want.contrasts.difference);
        assert_contrasts(&name, Contrast::Ratio, &means.time_in, &want.contrasts.ratio);
        // What is lost is the rest of the time, with the same errors.
        let lost = Contrast::Difference.equal(&means.lost[0]).unwrap();
        assert_near(&name, lost.statistic, want.contrasts.difference.statistic, LIMITS);

        if let Some(want) = &want.by_person {
            by_person += 1;
            let persons = ids(data.cluster.as_ref().unwrap());
            let spells = spells.clone().with_clusters(&persons).unwrap();
            let joint = spec.fit_groups(&spells, &data.group).unwrap().time_in;
            for (g, row) in want.covariance.iter().enumerate() {
                for (h, want) in row.iter().enumerate() {
                    assert_near(&name, joint.covariance(g, h).unwrap(), *want, LIMITS);
                }
            }
            assert_contrasts(&name, Contrast::Difference, &joint, &want.contrasts.difference);
            assert_contrasts(&name, Contrast::Ratio, &joint, &want.contrasts.ratio);
        }

        let curve = |group| KaplanMeier::new().fit(&data.table(group)).unwrap();
        let points: Vec<_> =
            (0..want.survival.len()).map(|group| curve(group).point(want.time)).collect();
        let survival: Vec<f64> = points.iter().map(|point| point.estimate).collect();
        assert_values(&name, &survival, &want.survival, CLOSED_FORM);
        let std_error: Vec<f64> = points.iter().map(|point| point.std_error).collect();
        assert_values(&name, &std_error, &want.survival_se, CLOSED_FORM);
        let joint = points.into_iter().collect();
        let scales = &want.survival_contrasts;
        assert_contrasts(&name, Contrast::Difference, &joint, &scales.difference);
        assert_contrasts(&name, Contrast::Ratio, &joint, &scales.ratio);
        let of_hazards = scales.cumulative_hazard_ratio.as_ref().unwrap();
        assert_contrasts(&name, Contrast::CumulativeHazardRatio, &joint, of_hazards);
    }
    assert!(by_person > 0);
}

/// The data of a case by its name.
fn published(name: &str) -> Grouped {
    let cases = read_with::<Grouped, IgnoredAny>("grouped_means");
    cases.into_iter().find(|case| case.0 == name).unwrap().1
}

/// Agreement to half a unit of the last of `decimals`.
#[track_caller]
fn assert_decimals(got: &[f64], want: &[f64], decimals: i32) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        let same = (got - want).abs() <= 0.500_001 * 10_f64.powi(-decimals);
        assert!(same, "got {got}, printed {want}");
    }
}

/// Biliary cirrhosis, ten years: the vignette of `survRM2`, with the digits that were recomputed outside R.
#[test]
fn biliary_cirrhosis_as_survrm2() {
    let data = published("pbc");
    let fit = |group| RestrictedMean::new(10.0).fit(&data.table(group)).unwrap();
    let (placebo, treated) = (fit(0), fit(1));
    let both = |mean: &Estimate| [mean.estimate, mean.std_error];
    assert_decimals(&both(&treated.time_in), &[7.146_493, 0.282_775], 6);
    assert_decimals(&both(&placebo.time_in), &[7.283_416, 0.295_478], 6);
    let compare = |contrast: Contrast, means: [Estimate; 2]| {
        let groups: JointEstimates = means.into_iter().collect();
        let found = contrast.between(&groups, 1, 0, 0.95).unwrap();
        let Estimate { estimate, conf_low, conf_high, .. } = found.estimate;
        ([estimate, conf_low, conf_high], found.p_value)
    };
    let (found, p_value) = compare(Contrast::Difference, [placebo.time_in, treated.time_in]);
    assert_decimals(&found, &[-0.136_923, -0.938_519, 0.664_674], 6);
    assert_decimals(&[p_value], &[0.737_786], 6);
    let (found, _) = compare(Contrast::Ratio, [placebo.time_in, treated.time_in]);
    assert_decimals(&found, &[0.981_201, 0.878_052, 1.096_466], 6);
    let (found, _) = compare(Contrast::Ratio, [placebo.lost[0], treated.lost[0]]);
    assert_decimals(&found, &[1.050_403, 0.787_242, 1.401_533], 6);
}

/// Lung cancer by performance: `survival`'s own saved output. R takes curves on behind their last time.
#[test]
fn lung_cancer_as_printed_by_survfit() {
    let data = published("lung_ecog");
    for (group, mean, std_error, quartiles, limits) in [
        (0, 429.0, 32.2, [285.0, 394.0, 655.0], [348.0, 574.0]),
        (1, 366.0, 22.4, [181.0, 306.0, 550.0], [268.0, 429.0]),
        (2, 256.0, 30.0, [105.0, 199.0, 351.0], [156.0, 288.0]),
    ] {
        let table = data.table(group);
        let found = RestrictedMean::new(730.0).extend(true).fit(&table).unwrap().time_in;
        assert_decimals(&[found.estimate], &[mean], 0);
        assert_decimals(&[found.std_error], &[std_error], 1);
        let curve = KaplanMeier::new().fit(&table).unwrap();
        let quantiles = [0.25, 0.5, 0.75].map(|p| curve.quantile(p, QuantileRule::Midpoint));
        assert_values("quartiles", &quantiles.map(|q| q.estimate), &quartiles, 0.0);
        assert_values("median", &[quantiles[1].conf_low, quantiles[1].conf_high], &limits, 0.0);
    }
}

/// Leukaemia: the restricted means in the tests of the crate `survival` 1.3, from R survival 3.8-11.
#[test]
fn leukaemia_as_printed() {
    let cases = read::<IgnoredAny>("kaplan_meier");
    let table = cases.iter().find(|case| case.name == "aml_maintained").unwrap().table();
    for (horizon, mean) in [(30.0, 24.602_272_727_3), (48.0, 31.843_181_818_2)] {
        let found = RestrictedMean::new(horizon).fit(&table).unwrap().time_in;
        assert_decimals(&[found.estimate], &[mean], 10);
    }
}
