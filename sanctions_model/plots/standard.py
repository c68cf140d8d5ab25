"""The figures that the main job writes. Knows which, not how."""

import pandas as pd
from matplotlib.figure import Figure

from sanctions_model.plots.channels import plot_channels
from sanctions_model.plots.graph import plot_graph
from sanctions_model.plots.priors import plot_prior_posterior
from sanctions_model.plots.effects import plot_responses
from sanctions_model.plots.claims import plot_scorecard
from sanctions_model.plots.waterfall import plot_waterfall
from sanctions_model.plots.parts.words import periods_name
from sanctions_model.inference.fit import Fit

__all__ = ["main_figures"]


def main_figures(fit: Fit, claims: pd.DataFrame) -> dict[str, Figure]:
    """Draw the figures of a fit.

    Parameters
    ----------
    fit : Fit
        Of a model with measures and named entries; in prior-only mode the figures say so.
    claims : pandas.DataFrame
        Columns of ``claims.csv``.

    Returns
    -------
    dict of str to Figure
        By file name without ending.
    """
    scm, draws, prior_draws = fit.scm, fit.draws, fit.prior_draws
    priors = fit.problem.absolute
    drawn_from = fit.drawn_from
    both = None if fit.is_prior_only else prior_draws
    return {
        "graph": plot_graph(scm, draws, priors=priors, drawn_from=drawn_from),
        "prior_posterior": plot_prior_posterior(scm, prior_draws, fit.posterior_draws, priors),
        "responses": plot_responses(scm, draws, prior_draws=both, drawn_from=drawn_from),
        "channels": plot_channels(scm, draws, drawn_from=drawn_from),
        "waterfall": plot_waterfall(scm, draws, drawn_from=drawn_from),
        "scorecard": plot_scorecard(claims, periods=periods_name(scm)),
    }
