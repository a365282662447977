//! The models of a request.

use afgang_models::{Cox, CoxFit, CoxFits, Error, FineGrayFit, LogisticFit, TransitionFits};

use super::{Data, Model, RegressionError, Request, cox, discrete, fine_gray, logistic};

/// Models by cause, or transition.
pub(super) enum Fits {
    /// Of those shown.
    Cox(Vec<(usize, CoxFit)>),
    /// Of several causes, all of them: together they predict.
    AllCox(CoxFits),
    /// Of all transitions.
    Transitions(TransitionFits),
    FineGray(Vec<(usize, FineGrayFit)>),
    Discrete(discrete::Fits),
    Logistic(Vec<(usize, LogisticFit)>),
}

/// Causes, or transitions, without a model, and why.
pub(super) type Refused = Vec<(usize, Error)>;

/// The models of some causes. A cause without a model does not keep the others from theirs, unless none of those shown has one.
pub(super) fn each<F>(
    data: &Data<'_>,
    causes: &[usize],
    fit: impl Fn(usize) -> Result<F, Error>,
) -> Result<(Vec<(usize, F)>, Refused), RegressionError> {
    let (mut fits, mut refused) = (Vec::new(), Vec::new());
    for &cause in causes {
        match fit(cause) {
            Ok(fit) => fits.push((cause, fit)),
            Err(error) => refused.push((cause, error)),
        }
    }
    if fits.iter().any(|(cause, _)| data.rows.shown.contains(cause)) {
        return Ok((fits, refused));
    }
    let own = refused.iter().position(|(cause, _)| data.rows.shown.contains(cause)).unwrap_or(0);
    match refused.into_iter().nth(own) {
        Some((cause, error)) => Err(data.of_cause(cause, error)),
        None => Ok((fits, Vec::new())),
    }
}

impl Fits {
    pub(super) fn new(
        request: &Request,
        data: &Data<'_>,
    ) -> Result<(Self, Refused), RegressionError> {
        let Data { spells, design, rows, .. } = data;
        let shown = &rows.shown;
        Ok(match &request.model {
            Model::Cox { ties, robust, .. } => {
                let spec = cox::spec(request, *ties, *robust);
                let together = request.predict.is_some() && rows.causes.len() > 1;
                let fit = |cause| spec.cause(cause).fit(spells, design);
                let (mut fits, refused) = each(data, &data.asked(together), fit)?;
                if together && refused.is_empty() {
                    let all = fits.into_iter().map(|(_, fit)| fit).collect();
                    return Ok((Self::AllCox(CoxFits::new(all)), refused));
                }
                fits.retain(|(cause, _)| shown.contains(cause));
                (Self::Cox(fits), refused)
            }
            Model::Transitions(of) => {
                let spec = cox::spec(request, of.ties, of.robust);
                let together = request.predict.is_some();
                let fit = |transition| Self::transition(spec, data, transition);
                let (mut fits, refused) = each(data, &data.asked(together), fit)?;
                if let (true, true, Some(histories)) =
                    (together, refused.is_empty(), data.histories)
                {
                    let all = fits.into_iter().map(|(_, fit)| fit).collect();
                    let all = TransitionFits::new(histories.graph().clone(), all)?;
                    return Ok((Self::Transitions(all), refused));
                }
                fits.retain(|(transition, _)| shown.contains(transition));
                (Self::Cox(fits), refused)
            }
            Model::FineGray { convention, censoring_ties, variance, censoring_groups } => {
                let how = (*convention, *censoring_ties, *variance);
                let fit = |cause| fine_gray::fit(request, data, cause, how, censoring_groups);
                let (fits, refused) = each(data, shown, fit)?;
                (Self::FineGray(fits), refused)
            }
            Model::Discrete(model) => {
                let (fits, refused) = discrete::fit(request, data, model)?;
                (Self::Discrete(fits), refused)
            }
            Model::Logistic { firth, wald, robust } => {
                let fit = |cause| logistic::fit(request, data, cause, (*firth, *wald), *robust);
                let (fits, refused) = each(data, shown, fit)?;
                (Self::Logistic(fits), refused)
            }
        })
    }

    fn transition(spec: Cox, data: &Data<'_>, transition: usize) -> Result<CoxFit, Error> {
        match data.histories {
            Some(histories) => spec.fit_transition(histories, data.design, transition),
            None => Err(Error::NoInformation),
        }
    }

    /// Cox models of some causes, or transitions.
    pub(super) fn cox(&self, shown: &[usize]) -> Vec<(usize, &CoxFit)> {
        match self {
            Self::Cox(fits) => fits.iter().map(|(cause, fit)| (*cause, fit)).collect(),
            Self::AllCox(fits) => these(shown, &fits.causes),
            Self::Transitions(fits) => these(shown, &fits.fits),
            Self::FineGray(_) | Self::Discrete(_) | Self::Logistic(_) => Vec::new(),
        }
    }

    pub(super) fn fine_gray(&self) -> &[(usize, FineGrayFit)] {
        match self {
            Self::FineGray(fits) => fits,
            _ => &[],
        }
    }
}

/// Some of all models.
fn these<'fits>(shown: &[usize], fits: &'fits [CoxFit]) -> Vec<(usize, &'fits CoxFit)> {
    shown.iter().filter_map(|&k| Some((k, fits.get(k)?))).collect()
}
