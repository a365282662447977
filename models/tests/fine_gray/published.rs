//! Numbers that other programs printed, or that the project's specification has from them.

use afgang_models::{Convention, FineGray, FineGrayFit, Stopped};

use crate::data::read;

/// Fits a case's own covariates, or one of them.
fn fit(name: &str, spec: FineGray) -> FineGrayFit {
    let case = read().into_iter().find(|case| case.name == name).unwrap();
    spec.fit(&case.data.spells(), &case.data.design(false)).unwrap()
}

#[track_caller]
fn has(fit: &FineGrayFit, estimates: &[f64], errors: &[f64], half_a_digit: f64) {
    assert_eq!(fit.coefficients.len(), estimates.len());
    for (got, (estimate, error)) in fit.coefficients.iter().zip(estimates.iter().zip(errors)) {
        let got = got.estimate;
        let near = |a: f64, b: f64| (a - b).abs() <= half_a_digit;
        assert!(near(got.estimate, *estimate), "{} is not {estimate}", got.estimate);
        assert!(near(got.std_error, *error), "{} is not {error}", got.std_error);
    }
}

const CRR: Convention = Convention::Cmprsk;
const PAPER: Convention = Convention::FineGray;

/// `tests/test.Rout.save` of cmprsk: four digits.
#[test]
fn tests_of_cmprsk() {
    let fit = fit("cmprsk_test", FineGray::new(0).convention(CRR));
    has(&fit, &[-0.291_30, -0.063_46, -0.475_10], &[0.3698, 0.3566, 0.3544], 6e-5);
}

/// With groups of censoring by the third covariate, and the influences of all groups' events.
#[test]
fn groups_of_censoring() {
    let case = read().into_iter().find(|case| case.name == "cmprsk_test").unwrap();
    let spec = FineGray::new(0).convention(PAPER).censoring_groups(case.data.groups());
    let fit = spec.fit(&case.data.spells(), &case.data.design(false)).unwrap();
    let estimates = [-0.299_341_147_4, -0.071_576_503_0, -0.415_743_892_9];
    has(&fit, &estimates, &[0.370_369_774_5, 0.356_936_946_2, 0.359_224_139_9], 6e-11);
}

/// `crr_basic` of autonomics' golden answers (R 4.5.3), and the same until it no longer moves.
#[test]
fn example_of_crr() {
    let as_is = fit("crr_rd_200", FineGray::new(0).convention(CRR));
    let estimates = [0.266_756_308_091_685, -0.055_684_384_821_552_4, 0.280_490_172_750_079];
    let errors = [0.421_146_854_249_661, 0.381_237_105_226_096, 0.380_984_644_331_182];
    has(&as_is, &estimates, &errors, 1e-12);
    assert!((as_is.log_likelihood + 320.046_034_029_413).abs() < 1e-9);
    assert!((as_is.log_likelihood_null + 320.558_338_638_604).abs() < 1e-9);
    let converged = fit("crr_rd_200", FineGray::new(0).convention(PAPER));
    let estimates = [0.266_756_003_581_604, -0.055_683_806_651_617, 0.280_489_493_338_947];
    let errors = [0.421_146_856_765_41, 0.381_237_100_880_561, 0.380_984_636_237_22];
    has(&converged, &estimates, &errors, 1e-12);
    assert_eq!(as_is.convergence.stopped, Stopped::SmallScore);
    assert_eq!(converged.convergence.stopped, Stopped::SmallStep);
}

/// `crr_ties_heavy` there: times 1 to 8.
#[test]
fn heavy_ties() {
    let fit = fit("ties_heavy", FineGray::new(0).convention(CRR));
    let errors = [0.165_098_579_276_362, 0.144_718_491_981_317];
    has(&fit, &[0.138_811_230_548_542, 0.086_621_927_445_748_1], &errors, 1e-12);
}

/// `crr_events_at_zero` there; and with $G(0-) = 1$.
#[test]
fn events_at_zero() {
    let as_is = fit("events_at_zero", FineGray::new(0).convention(CRR));
    let errors = [0.167_938_672_162_087, 0.143_645_602_452_331];
    has(&as_is, &[-0.055_848_569_840_614_1, -0.366_322_774_530_839], &errors, 1e-12);
    assert!((as_is.log_likelihood + 146.352_138_008_768).abs() < 1e-9);
    let right = fit("events_at_zero", FineGray::new(0).convention(PAPER));
    let errors = [0.167_869_909_6, 0.143_685_965_7];
    has(&right, &[-0.055_584_275_0, -0.366_081_599_7], &errors, 1e-10);
    assert!((right.log_likelihood + 146.331_275_532_7).abs() < 1e-9);
}

/// The hypoxia data as Stata-Tools has them from cmprsk.
#[test]
fn hypoxia() {
    let fit = fit("hypoxia", FineGray::new(0).convention(PAPER));
    let estimates = [0.260_309_555_167_442, 0.032_666_401_162_445_2, -0.779_114_025_654_173];
    let errors = [0.097_534_567_132_774, 0.017_239_128_782_432_8, 0.427_843_703_197_367];
    has(&fit, &estimates, &errors, 1e-9);
    let information = [0.093_681_789_879_146, 0.019_222_912_703_747_6, 0.408_160_438_718_793];
    for (of, want) in fit.coefficients.iter().zip(information) {
        assert!((of.model_std_error - want).abs() < 1e-9);
    }
    assert!((fit.log_likelihood + 138.530_800_547_894).abs() < 1e-9);
    assert!((fit.log_likelihood_null + 148.652_701_848_846).abs() < 1e-9);
}

/// Monthly spells: a cause by age and sex.
#[test]
fn gammopathy() {
    let pcm = fit("mgus2", FineGray::new(0).convention(PAPER));
    has(&pcm, &[-0.017_338_153_2, -0.260_038_237_8], &[0.005_737_103_2, 0.185_681_034_8], 6e-11);
    assert!((pcm.log_likelihood + 790.121_315_169_5).abs() < 6e-11 * 790.0);
    let death = fit("mgus2", FineGray::new(1).convention(PAPER));
    has(&death, &[0.058_584_400_4, 0.370_796_845_9], &[0.003_679_419_2, 0.066_789_463_8], 6e-11);
    assert!((death.log_likelihood + 5_539.296_855_824_2).abs() < 1e-9 * 5539.0);
}

/// `MASS::Melanoma`, as printed in a tutorial.
#[test]
fn melanoma() {
    let fit = fit("melanoma", FineGray::new(0).convention(CRR));
    has(&fit, &[0.588_40, 0.012_59], &[0.271_800, 0.009_301], 6e-5);
}
