"""The figures that the main job writes. Knows which, not how."""

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from sanctions_model.inference.fit import Fit
from sanctions_model.plots.chain import plot_chain
from sanctions_model.plots.channels import plot_channels, plot_waterfall
from sanctions_model.plots.claims import plot_scorecard
from sanctions_model.plots.effects import plot_responses
from sanctions_model.plots.graph import plot_graph
from sanctions_model.plots.sweeps import (
    plot_along_axis,
    plot_by_name,
    plot_response_surface,
    plot_sweep_tornado,
)
from sanctions_model.plots.trust.priors import plot_prior_posterior
from sanctions_model.queries.effects import channel_effects, total_effect
from sanctions_model.sweeps.words import POINT, axes_left, numeric_axes


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
    effect = total_effect(scm, draws)
    before = None if fit.is_prior_only else total_effect(scm, prior_draws)
    split = channel_effects(scm, draws, horizon=12)
    return {
        "graph": plot_graph(scm, draws, priors=priors, drawn_from=drawn_from),
        "prior_posterior": plot_prior_posterior(scm, prior_draws, fit.posterior_draws, priors),
        "responses": plot_responses(effect, before, scm=scm, drawn_from=drawn_from),
        "channels": plot_channels(split, scm=scm, drawn_from=drawn_from),
        "waterfall": plot_waterfall(split, scm=scm, drawn_from=drawn_from),
        "chain": plot_chain(effect, scm=scm),
        "scorecard": plot_scorecard(claims, periods=scm.periods_name),
    }


def sweep_figures(found: xr.Dataset) -> dict[str, Figure]:
    """Return the figures that a sweep's axes allow, by name.

    Parameters
    ----------
    found : xr.Dataset
        As `load_sweep` returns it.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        ``along_axis`` for one numeric axis, ``by_name`` for one axis of names, ``surface`` for two
        numeric axes, ``tornado`` for two or more; empty where none of them fits.
    """
    names, left = numeric_axes(found), axes_left(found)
    figures = {}
    if len(left) == 1:
        if names:
            figures["along_axis"] = plot_along_axis(found, names[0])
        else:
            figures["by_name"] = plot_by_name(found, left[0])
    if len(names) == len(left) == 2 and POINT not in found.dims:
        figures["surface"] = plot_response_surface(found, names[0], names[1])
    if len(names) > 1:
        figures["tornado"] = plot_sweep_tornado(found)
    return figures
