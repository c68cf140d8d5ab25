"""The figures that a sweep's axes allow."""

import xarray as xr
from matplotlib.figure import Figure

from sanctions_model.plots.along_axis import plot_along_axis
from sanctions_model.plots.sweeps import plot_by_name
from sanctions_model.plots.response_surface import plot_response_surface
from sanctions_model.plots.parts.sweep_panels import POINT, axes_left, numeric_axes
from sanctions_model.plots.sweep_tornado import plot_sweep_tornado

__all__ = ["sweep_figures"]


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
