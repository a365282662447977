//! Numbers printed in manuals and test suites of other programs, to the digits printed there.

use afgang_models::{AalenJohansen, Curve, EventTable, Interval, KaplanMeier, Variance};
use serde::de::IgnoredAny;

use crate::answers::read;

/// The table of a case; its answers are not read.
fn table(file: &str, name: &str) -> EventTable {
    let cases = read::<IgnoredAny>(file);
    cases.iter().find(|case| case.name == name).unwrap().table()
}

/// Agreement to half a unit of the last of `digits` printed significant digits.
#[track_caller]
pub(crate) fn assert_printed(what: &str, got: f64, want: f64, digits: i32) {
    let magnitude = want.abs().log10().floor() as i32;
    let half_a_unit = 0.5 * 10_f64.powi(magnitude + 1 - digits);
    assert!((got - want).abs() <= half_a_unit * 1.000_001, "{what}: got {got}, printed {want}");
}

/// Incidence and variance at given times against rows of `(time, incidence, variance)`.
#[track_caller]
fn assert_incidence(curve: &Curve, want: &[(f64, f64, f64)]) {
    for &(t, incidence, variance) in want {
        let point = curve.point(t);
        assert_printed(&format!("incidence at {t}"), point.estimate, incidence, 7);
        assert_printed(&format!("variance at {t}"), point.std_error.powi(2), variance, 7);
    }
}

/// Acute myelogenous leukaemia, maintained group: the curve in the tests of the crate `survival` 1.3,
/// from R survival 3.8-11.
#[test]
fn aml_maintained() {
    let curve = KaplanMeier::new().fit(&table("kaplan_meier", "aml_maintained")).unwrap();
    let times = [9.0, 13.0, 18.0, 23.0, 31.0, 34.0, 48.0];
    let survival = [
        0.909_090_909_09,
        0.818_181_818_18,
        0.715_909_090_91,
        0.613_636_363_64,
        0.490_909_090_91,
        0.368_181_818_18,
        0.184_090_909_09,
    ];
    let std_error = [
        0.086_678_417_204,
        0.116_291_299_83,
        0.139_664_970_56,
        0.152_632_331_03,
        0.164_193_267_22,
        0.162_668_885_83,
        0.153_492_745_79,
    ];
    for (i, t) in times.into_iter().enumerate() {
        let point = curve.point(t);
        assert_printed("survival", point.estimate, survival[i], 11);
        assert_printed("standard error", point.std_error, std_error[i], 11);
    }
    assert_printed("first lower limit", curve.conf_low[0], 0.754_133_845_08, 11);
    assert_printed("last lower limit", curve.point(48.0).conf_low, 0.035_917_898_489, 11);
    let high = times.map(|t| curve.point(t).conf_high);
    assert_eq!(high[..3], [1.0; 3]);
    for (got, want) in high[3..].iter().zip([
        0.999_157_600_23,
        0.945_584_955_2,
        0.875_260_678_14,
        0.943_525_769_47,
    ]) {
        assert_printed("upper limit", *got, want, 10);
    }
}

/// Lung cancer: recomputed outside R, with the limits of two programs' defaults.
#[test]
fn lung_at_half_a_year_one_and_two() {
    let table = table("kaplan_meier", "lung");
    let curve = KaplanMeier::new().fit(&table).unwrap();
    for (t, survival, std_error) in [
        (180.0, 0.721_670_653_4, 0.029_812_419_5),
        (365.0, 0.409_241_624_5, 0.035_823_638_2),
        (730.0, 0.115_693_098_3, 0.028_298_197_3),
    ] {
        assert_printed("survival", curve.at(t), survival, 10);
        assert_printed("standard error", curve.point(t).std_error, std_error, 9);
    }
    let year = curve.point(365.0);
    assert_printed("log", year.conf_low, 0.344_721_581_8, 10);
    assert_printed("log", year.conf_high, 0.485_837_603_5, 10);
    let year = KaplanMeier::new().interval(Interval::LogLog).fit(&table).unwrap().point(365.0);
    assert_printed("log-log", year.conf_low, 0.338_714_269_1, 10);
    assert_printed("log-log", year.conf_high, 0.478_380_767_6, 10);
}

/// Malignant melanoma by ulceration: `cmprsk::cuminc` as printed in a public tutorial.
#[test]
fn melanoma_by_ulceration() {
    let fit = |name| {
        let table = table("cumulative_incidence", name);
        AalenJohansen::new().variance(Variance::Aalen).fit(&table).unwrap().swap_remove(0)
    };
    assert_incidence(
        &fit("melanoma_ulcer_0"),
        &[
            (1000.0, 0.035_090_42, 0.000_299_744_9),
            (2000.0, 0.103_222_76, 0.000_895_256_2),
            (3000.0, 0.181_654_09, 0.001_918_037_6),
        ],
    );
    assert_incidence(
        &fit("melanoma_ulcer_1"),
        &[
            (1000.0, 0.244_444_44, 0.002_079_639_9),
            (2000.0, 0.389_727_46, 0.002_692_946_2),
            (3000.0, 0.469_723_40, 0.003_530_846_3),
            (4000.0, 0.533_069_66, 0.004_632_013_5),
        ],
    );
}

/// Gammopathy in months, both variances at 5, 10, 20 and 30 years: recomputed outside R.
#[test]
fn mgus2_at_five_to_thirty_years() {
    let table = table("cumulative_incidence", "mgus2");
    let aalen = AalenJohansen::new().variance(Variance::Aalen).fit(&table).unwrap();
    let delta = AalenJohansen::new().variance(Variance::DELTA).fit(&table).unwrap();
    for (t, malignancy, by_aalen, by_delta, death) in [
        (60.0, 0.034_103_713_0, 0.004_890_829_5, 0.004_889_257_9, 0.320_367_010_3),
        (120.0, 0.063_722_168_0, 0.006_799_448_8, 0.006_796_848_4, 0.531_817_704_1),
        (240.0, 0.099_813_715_9, 0.009_806_114_7, 0.009_784_846_8, 0.724_027_976_1),
        (360.0, 0.134_041_644_3, 0.021_336_571_2, 0.020_127_562_5, 0.784_208_246_8),
    ] {
        assert_printed("malignancy", aalen[0].at(t), malignancy, 9);
        assert_printed("Aalen", aalen[0].point(t).std_error, by_aalen, 8);
        assert_printed("delta", delta[0].point(t).std_error, by_delta, 8);
        assert_printed("death", aalen[1].at(t), death, 10);
    }
}

/// Pregnancies that come under observation late, controls: `etm`'s own saved test output.
#[test]
fn abortion_with_late_entry() {
    let curves =
        AalenJohansen::new().fit(&table("cumulative_incidence", "abortion_control")).unwrap();
    let first = curves[0].estimate.iter().copied().find(|&f| f > 0.0).unwrap();
    assert_printed("first induced abortion", first, 0.007_400_858, 7);
    assert_printed("induced abortion", curves[0].at(43.0), 0.040_159_308, 8);
    let variance = curves[0].point(43.0).std_error.powi(2);
    assert_printed("its variance", variance, 8.570_657e-5, 7);
    assert_printed("birth", curves[1].at(43.0), 0.799_059_306, 9);
}
