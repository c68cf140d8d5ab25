"""A fit as ArviZ's functions expect it: a variable a series, with units and sources."""

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.density import predictive
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.scm.parameters import addresses, parameter_dims

_SAMPLES = ("posterior", "prior", "log_prior")


def for_arviz(fit: Fit, *, link_coords: bool = False, random_seed: int = 0) -> xr.DataTree:
    """Return the groups of a fit for ArviZ, known values left out.

    Parameters
    ----------
    fit : Fit
        Of posterior draws, or of the prior alone.
    link_coords : bool
        Add the coords ``parent``, ``child`` and ``lag`` to links, to select by; functions that
        stack all variables, as `arviz.summary` of everything, cannot take them.
    random_seed : int
        Of the predictions, which are drawn anew: one for each draw.

    Returns
    -------
    xr.DataTree
        As `Fit.idata`, but: parameters with `Fixed` beliefs are left out, which have no R-hat;
        predictions, likelihood and observed data are a variable a series, along ``time_NAME``, its
        observed periods, with a prediction for each draw; every variable has the attributes
        ``label``, ``unit`` and ``source``.

    Notes
    -----
    `arviz.plot_loo_pit` and its kin compare variables of one name in ``observed_data``,
    ``posterior_predictive`` and ``log_likelihood``, which must have the same dims and draws. Those
    of `Fit.idata` cannot: figures and predictions are tables of periods and series, with gaps, and
    predictions are kept for 1,000 draws; `arviz.loo` takes no gaps, so the likelihood is a list of
    the cells that were seen, for every draw.

    Raises
    ------
    QuestionError
        If the draws do not complete the cells that the data lack.

    Examples
    --------
    ``az.plot_loo_pit(for_arviz(fit))``, ``az.summary(for_arviz(fit))``.
    """
    groups = {
        name: _with_links(fit, _free(fit, fit.idata[name].to_dataset()), asked=link_coords)
        for name in _SAMPLES
        if name in fit.idata.children
    }
    groups["observed_data"] = _by_series(fit, _observed(fit))
    for name in ("posterior", "prior"):
        if name in groups:
            drawn = predictive(fit.problem, fit.idata[name].to_dataset(), random_seed)
            groups[f"{name}_predictive"] = _by_series(fit, drawn)
    if "log_likelihood" in fit.idata.children:
        groups["log_likelihood"] = _by_series(fit, _cells(fit))
    if "sample_stats" in fit.idata.children:
        stats = fit.idata["sample_stats"].to_dataset()
        groups["sample_stats"] = stats.assign(
            {
                name: array.assign_attrs(
                    label=str(name).replace("_", " "), unit="", source="sampler"
                )
                for name, array in stats.data_vars.items()
            }
        )
    return xr.DataTree.from_dict(groups)


def _free(fit: Fit, drawn: xr.Dataset) -> xr.Dataset:
    """Return the parameters that are not known, with units and sources."""
    known = addresses(fit.scm)
    found = drawn.copy()
    for name, along in parameter_dims(fit.scm).items():
        if name not in drawn:
            continue
        own = {label: address for address, (parameter, label) in known.items() if parameter == name}
        free = {a: p for a, p in fit.problem.absolute.items() if a in own.values()}
        free = {a: prior for a, prior in free.items() if not isinstance(prior, Fixed)}
        if not free:
            found = found.drop_vars(name)
            continue
        labels = [label for label, address in own.items() if address in free]
        array = drawn[name]
        if along is not None and len(labels) < array.sizes[along]:
            # A dim of its own: another parameter may have other labels that are free.
            array = array.sel({along: labels}).rename({along: f"{name}_{along}"})
        found[name] = array.assign_attrs(
            label=name.replace("_", " "),
            unit=_one({prior.unit for prior in free.values()}),
            source=_one({_sources(prior.sources) for prior in free.values()}),
        )
    if "missing_cell" in found:
        found["missing_cell"] = found["missing_cell"].assign_attrs(
            label="missing figures, estimated", unit="of its series", source="the model"
        )
    used = {dim for array in found.data_vars.values() for dim in array.dims}
    return found.drop_dims([dim for dim in found.dims if dim not in used])


def _one(texts: set[str]) -> str:
    """Say what a variable's parameters share, or that each has its own."""
    return next(iter(texts)) if len(texts) == 1 else "by parameter, see the priors"


def _sources(sources: str | tuple[str, ...]) -> str:
    return sources if isinstance(sources, str) else ", ".join(sources)


def _with_links(fit: Fit, found: xr.Dataset, *, asked: bool) -> xr.Dataset:
    """Add what a link leads from, to, and how long it takes, beside its label."""
    links = {link.label: link for link in fit.scm.links}
    for dim in (dims.LINK, f"coefficient_{dims.LINK}"):
        if asked and dim in found.dims:
            own = [links[str(label)] for label in found[dim].to_numpy()]
            found = found.assign_coords(
                parent=(dim, [link.parent for link in own]),
                child=(dim, [link.child for link in own]),
                lag=(dim, [link.lag for link in own]),
            )
    return found


def _observed(fit: Fit) -> xr.DataArray:
    return fit.idata["observed_data"].to_dataset()["observed"]


def _cells(fit: Fit) -> xr.DataArray:
    """Return the likelihood of cells by period and series, not a number where nothing was seen."""
    cells = fit.idata["log_likelihood"]["observed"].transpose(dims.CHAIN, dims.DRAW, dims.CELL)
    seen = _observed(fit).transpose(dims.TIME, dims.EQUATION)
    period, column = np.nonzero(np.isfinite(seen.to_numpy()))
    values = np.full((*cells.shape[:2], *seen.shape), np.nan)
    values[:, :, period, column] = cells.to_numpy()
    return xr.DataArray(
        values,
        dims=(dims.CHAIN, dims.DRAW, dims.TIME, dims.EQUATION),
        coords={dims.CHAIN: cells[dims.CHAIN], dims.DRAW: cells[dims.DRAW], **seen.coords},
    )


def _by_series(fit: Fit, array: xr.DataArray) -> xr.Dataset:
    """Return one variable a series, in the periods in which it was observed."""
    seen, found = _observed(fit), {}
    source = str(fit.problem.observations.attrs.get("title", ""))
    for name in map(str, seen[dims.EQUATION].to_numpy()):
        there = np.isfinite(seen.sel({dims.EQUATION: name}).to_numpy())
        if there.any():
            variable = fit.scm.variables[name]
            own = array.sel({dims.EQUATION: name}, drop=True).isel({dims.TIME: there})
            found[name] = own.rename({dims.TIME: f"time_{name}"}).assign_attrs(
                label=variable.label, unit=str(variable.unit), source=source
            )
    return xr.Dataset(found)
