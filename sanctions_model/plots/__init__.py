"""Figures for papers and notebooks, one plot a file; each function returns a matplotlib Figure."""

from sanctions_model.plots.channels import plot_channels
from sanctions_model.plots.graph import plot_graph
from sanctions_model.plots.main import main_figures
from sanctions_model.plots.prior_posterior import plot_prior_posterior
from sanctions_model.plots.responses import plot_responses
from sanctions_model.plots.scorecard import plot_scorecard
from sanctions_model.plots.style import save_figures

__all__ = [
    "main_figures",
    "plot_channels",
    "plot_graph",
    "plot_prior_posterior",
    "plot_responses",
    "plot_scorecard",
    "save_figures",
]
