"""Figures for papers and notebooks, one plot a file; each function returns a matplotlib Figure.

A figure is not shown: write it with its `savefig`, or all at once with `save_figures`.
"""

from sanctions_model.doors import guarded
from sanctions_model.plots.chain import plot_chain
from sanctions_model.plots.channels import plot_channels, plot_waterfall
from sanctions_model.plots.claims import plot_exceedance, plot_scorecard
from sanctions_model.plots.decompositions import (
    plot_decomposition,
    plot_sectors,
    plot_variance_decomposition,
)
from sanctions_model.plots.effects import plot_impulse_response, plot_responses
from sanctions_model.plots.forecast import plot_forecast
from sanctions_model.plots.graph import plot_graph
from sanctions_model.plots.history import plot_counterfactual, plot_nowcast
from sanctions_model.plots.parts.style import save_figures
from sanctions_model.plots.scenarios import (
    plot_filtered_odds,
    plot_future_effects,
    plot_odds,
    plot_scenario_effect,
    plot_spread,
)
from sanctions_model.plots.standard import main_figures, sweep_figures
from sanctions_model.plots.sweeps import (
    plot_along_axis,
    plot_by_name,
    plot_response_surface,
    plot_sweep_tornado,
)
from sanctions_model.plots.trust.checks import (
    plot_independences,
    plot_sanity,
    plot_steps,
    plot_two_fits,
)
from sanctions_model.plots.trust.elsewhere import plot_liftings
from sanctions_model.plots.trust.forest import plot_forest
from sanctions_model.plots.trust.priors import plot_prior_posterior
from sanctions_model.plots.trust.robustness import plot_required_relief, plot_tipping, plot_tornado
from sanctions_model.plots.trust.vintages import plot_coverage, plot_revisions
from sanctions_model.plots.yearly import plot_annual, plot_yearly_forces

__all__ = [
    "main_figures",
    "plot_along_axis",
    "plot_annual",
    "plot_by_name",
    "plot_chain",
    "plot_channels",
    "plot_counterfactual",
    "plot_coverage",
    "plot_decomposition",
    "plot_exceedance",
    "plot_filtered_odds",
    "plot_forecast",
    "plot_forest",
    "plot_future_effects",
    "plot_graph",
    "plot_impulse_response",
    "plot_independences",
    "plot_liftings",
    "plot_nowcast",
    "plot_odds",
    "plot_prior_posterior",
    "plot_required_relief",
    "plot_response_surface",
    "plot_responses",
    "plot_revisions",
    "plot_sanity",
    "plot_scenario_effect",
    "plot_scorecard",
    "plot_sectors",
    "plot_spread",
    "plot_steps",
    "plot_sweep_tornado",
    "plot_tipping",
    "plot_tornado",
    "plot_two_fits",
    "plot_variance_decomposition",
    "plot_waterfall",
    "plot_yearly_forces",
    "save_figures",
    "sweep_figures",
]

globals().update({name: guarded(globals()[name]) for name in __all__})
