//! Instrumental variables, Poisson regression, and tests of residuals.

use afgang_models::{
    FixedEffects, Instruments, PanelConvention, SerialCorrelation, cross_section_dependence,
};

use super::error::PanelFitError;
use super::estimate::{Data, Estimated, in_file};
use super::words::{f_words, number, p_words};
use super::{Request, Test};
use crate::regression::Source;

/// Two-stage least squares.
pub(super) fn instrumental(
    request: &Request,
    data: &Data<'_>,
    spec: &FixedEffects,
    endogenous: usize,
    instruments: usize,
) -> Result<Estimated, PanelFitError> {
    let names = |terms: &[(String, Vec<String>)]| -> Vec<String> {
        terms.iter().flat_map(|(_, columns)| columns.clone()).collect()
    };
    let outside = names(&data.terms[data.terms.len() - instruments..]);
    let endogenous = names(&data.terms[..endogenous]);
    let columns = Instruments::new(endogenous.clone(), outside.clone());
    let fit = spec
        .fit_instrumental(&data.panel, &columns)
        .map_err(|error| in_file(request, data.sample, error))?;
    let (coefficients, test) = ((fit.coefficients, Some(fit.constant)), fit.slopes_test);
    let mut estimated = Estimated::of_rows(
        coefficients,
        fit.variance,
        fit.counts,
        test,
        fit.collinear,
        fit.residuals,
        fit.rss,
    );
    estimated.say(format!(
        "Two-stage least squares: endogenous {}; instruments {}.",
        endogenous.join(", "),
        outside.join(", ")
    ));
    estimated.count("sigma", fit.sigma);
    estimated.count("r2_within", fit.r_squared_within);
    for stage in &fit.first_stages {
        let column = &stage.column;
        if let Some(test) = &stage.instruments {
            estimated
                .say(f_words(&format!("First stage of {column}, no effect of instruments"), test));
            estimated.count(&format!("first_stage_f[{column}]"), test.statistic);
        }
        estimated.count(&format!("partial_r2[{column}]"), stage.partial_r_squared);
    }
    estimated.count("cragg_donald", fit.cragg_donald);
    let rank = fit.kleibergen_paap.map(|f| format!(", Kleibergen–Paap F {}", number(f)));
    estimated.say(format!(
        "Weak instruments: Cragg–Donald F {}{}.",
        number(fit.cragg_donald),
        rank.unwrap_or_default()
    ));
    if let Some(f) = fit.kleibergen_paap {
        estimated.count("kleibergen_paap", f);
    }
    if let Some(test) = &fit.overidentification {
        let (chi2, p) = (number(test.statistic), p_words(test.p_value));
        estimated.say(format!("{}: χ² {chi2} on {} df, {p}.", test.test, test.df));
        estimated.count("overidentification", test.statistic);
        estimated.count("overidentification_df", test.df as f64);
        estimated.count("overidentification_p_value", test.p_value);
    }
    if let Some(test) = &fit.endogeneity {
        estimated.say(f_words("Endogenous columns are exogenous (Wu and Hausman)", test));
        estimated.count("endogeneity_f", test.statistic);
        estimated.count("endogeneity_p_value", test.p_value);
    }
    Ok(estimated)
}

/// Poisson regression.
pub(super) fn poisson(
    request: &Request,
    data: &Data<'_>,
    spec: &FixedEffects,
) -> Result<Estimated, PanelFitError> {
    let offset = request.offset.as_deref().map(|column| data.sample.numbers(column)).transpose()?;
    let fit = spec
        .fit_poisson(&data.panel, offset.as_deref())
        .map_err(|error| in_file(request, data.sample, error))?;
    let counted = (fit.counts.rows, fit.counts.units);
    let mut estimated = Estimated::new(fit.coefficients, None, fit.variance, counted);
    estimated.counts = Some(fit.counts);
    estimated.slopes_test = fit.slopes_test;
    estimated.collinear = fit.collinear;
    estimated.say(format!(
        "Pseudo R² {}, log likelihood {}, deviance {}; {} steps.",
        number(fit.pseudo_r_squared),
        number(fit.log_likelihood),
        number(fit.deviance),
        fit.iterations
    ));
    if fit.separated > 0 {
        estimated.say(format!(
            "Left out, as the outcome is 0 and the model would make its mean 0: rows {}.",
            fit.separated
        ));
    }
    for (name, value) in [
        ("separated", fit.separated as f64),
        ("pseudo_r2", fit.pseudo_r_squared),
        ("log_likelihood", fit.log_likelihood),
        ("deviance", fit.deviance),
        ("iterations", fit.iterations as f64),
    ] {
        estimated.count(name, value);
    }
    Ok(estimated)
}

/// Tests of serial correlation and of dependence between units.
pub(super) fn test(
    request: &Request,
    data: &Data<'_>,
    estimated: &mut Estimated,
    test: Test,
    is_first: bool,
) -> Result<(), PanelFitError> {
    match test {
        Test::Wooldridge if is_first => {
            let (kind, name) = match request.convention {
                PanelConvention::Plm => (SerialCorrelation::PlmWithin, "pwartest"),
                _ => (SerialCorrelation::StataXtserial, "xtserial"),
            };
            let test =
                kind.test(&data.panel).map_err(|error| in_file(request, data.sample, error))?;
            let what = format!("Wooldridge, no serial correlation (as `{name}`)");
            estimated.say(f_words(&what, &test.f));
            estimated.count("wooldridge_f", test.f.statistic);
            estimated.count("wooldridge_df", test.f.residual_df);
            estimated.count("wooldridge_p_value", test.f.p_value);
        }
        Test::Pesaran if !estimated.residuals.is_empty() => {
            let test = cross_section_dependence(&data.panel, &estimated.residuals)
                .map_err(|error| in_file(request, data.sample, error))?;
            let unit = &request.unit;
            let pairs = if test.pairs_left_out > 0 {
                format!(
                    "; {} of {} pairs left out",
                    test.pairs_left_out,
                    test.pairs + test.pairs_left_out
                )
            } else {
                String::new()
            };
            estimated.say(format!(
                "Pesaran, no dependence between {unit}: CD {}, {}; mean correlation of residuals {}, of their sizes {}{pairs}.",
                number(test.statistic),
                p_words(test.p_value),
                number(test.mean_correlation),
                number(test.mean_absolute_correlation)
            ));
            estimated.count("pesaran_cd", test.statistic);
            estimated.count("pesaran_cd_p_value", test.p_value);
        }
        _ => {}
    }
    Ok(())
}
