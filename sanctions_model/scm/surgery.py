"""Another structure: dropped links, fixed coefficients, replaced equations, another policy rule.

An edit returns a new model and new draws; nothing writes into a fit. Questions asked of the edited
pair are answered as of any other.
"""

from collections.abc import Mapping
from dataclasses import replace

import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_number
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.scm.equations import Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import (
    CENTRES,
    addresses,
    note_centres,
    parameter_coords,
    parameter_dims,
    require_draws_of,
    require_possible,
)


def with_parameters(
    scm: StructuralCausalModel, draws: xr.Dataset, values: Mapping[str, float]
) -> xr.Dataset:
    """Return draws with some parameters fixed.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    values : mapping of str to float
        By address: ``"inflation_yoy -> key_rate"``, ``"persistence[key_rate]"``, ``"anchoring"``.
        A coefficient of 0 drops its link.

    Returns
    -------
    xr.Dataset
        Dims as `draws`; the other parameters stay.

    Raises
    ------
    UnknownVariableError
        If an address is not a parameter of the model.
    QuestionError
        If a value is not finite or one that the parameter cannot have, as a persistence of 1, or
        the draws are of another model.
    """
    require_draws_of(scm, draws)
    known = addresses(scm)
    edited = draws.copy(deep=True)
    for address, value in values.items():
        if address not in known:
            raise UnknownVariableError.from_name(address, known, "the parameters to fix")
        name, label = known[address]
        number = require_possible(name, value, repr(address))
        dim = parameter_dims(scm)[name]
        if dim is None:
            edited[name][...] = number
        else:
            edited[name].loc[{dim: label}] = number
    return edited


def replace_equation(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    equation: PartialAdjustment | Linear,
    values: Mapping[str, float],
) -> tuple[StructuralCausalModel, xr.Dataset]:
    """Replace the equation of a stochastic variable, everything downstream following the new one.

    Parameters
    ----------
    scm : StructuralCausalModel
        The model whose equation is replaced.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    equation : PartialAdjustment or Linear
        For a variable that has a stochastic equation now.
    values : mapping of str to float
        Coefficients and persistence of the new equation by address; its parents enter as they
        are, without centring. Intercept, scale and tails stay as drawn unless given.

    Returns
    -------
    scm, draws
        The edited pair.

    Raises
    ------
    CyclicGraphError, SpecError, UnknownVariableError
        If the new equation does not fit, for one because it closes a cycle within a period.
    QuestionError
        If a parameter of the new equation is missing.
    """
    name = equation.variable.name
    if name not in scm.stochastic:
        raise UnknownVariableError.from_name(name, scm.stochastic, "the equation to replace")
    labels = {edge.label for edge in equation.edges}
    edited = replace(
        scm,
        equations=tuple(equation if own.variable.name == name else own for own in scm.equations),
        centres={
            label: centre
            for label, centre in scm.centres.items()
            if not label.endswith(f"-> {name}")
        },
        chain=tuple(x for x in scm.chain if not x.endswith(f"-> {name}") or x in labels),
        chain_offset=tuple(
            x for x in scm.chain_offset if not x.endswith(f"-> {name}") or x in labels
        ),
        entries={
            entry: tuple(x for x in own if not x.endswith(f"-> {name}") or x in labels)
            for entry, own in scm.entries.items()
        },
    )
    before, after = addresses(scm), addresses(edited)
    own_links = {link.label for link in equation.links}
    needed = [a for a in after if (a not in before or a in own_links) and a not in values]
    if needed:
        raise QuestionError(
            f"The new equation of {name!r} lacks {', '.join(map(repr, needed))}; give each a value."
        )
    return edited, with_parameters(edited, _reshaped(edited, draws), values)


def _reshaped(scm: StructuralCausalModel, draws: xr.Dataset) -> xr.Dataset:
    """Return the same draws along the new model's labels, 0 where a parameter is new."""
    coords = parameter_coords(scm)
    arrays = {}
    for name, dim in parameter_dims(scm).items():
        if dim is None:
            arrays[name] = draws[name]
        else:
            arrays[name] = draws[name].reindex({dim: coords[dim]}, fill_value=0.0)
    kept = xr.Dataset(arrays, attrs=draws.attrs)
    if dims.MISSING in draws.dims:
        kept["missing_cell"] = draws["missing_cell"]
    return note_centres(scm, kept) if CENTRES in draws.attrs else kept


def policy_rule(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    *,
    smoothing: float | None = None,
    reaction: float | None = None,
    target_shift: float = 0.0,
    rate: str = "key_rate",
    inflation: str = "inflation_yoy",
) -> xr.Dataset:
    """Return draws in which the central bank follows another rule.

    Parameters
    ----------
    scm, draws
        As for `with_parameters`.
    smoothing : float, optional
        Persistence of the rate, in [0, 1).
    reaction : float, optional
        Long-run reaction to inflation, pp per pp.
    target_shift : float
        A target higher by this many pp: the rate is lower by reaction times as much at the same
        inflation.
    rate, inflation : str
        The variables of the rule.

    Returns
    -------
    xr.Dataset
        Dims as `draws`; the other parameters stay.

    Raises
    ------
    QuestionError
        If smoothing is outside [0, 1), or nothing of the rule is to change.
    UnknownVariableError
        If the model has no such rule.
    """
    link = f"{inflation} -> {rate}"
    values = {}
    target_shift = as_number(target_shift, "The shift of the target")
    if smoothing is not None:
        smoothing = as_number(smoothing, "Smoothing", expected="a share in [0, 1)")
        if not 0 <= smoothing < 1:
            raise QuestionError(f"Smoothing of {smoothing}; expected a share in [0, 1).")
        values[f"persistence[{rate}]"] = smoothing
    if reaction is not None:
        values[link] = reaction
    if link not in addresses(scm):
        raise UnknownVariableError.from_name(link, addresses(scm), "the policy rule")
    if not values and not target_shift:
        raise QuestionError(
            "Nothing of the policy rule changes; give smoothing, reaction or target_shift."
        )
    edited = with_parameters(scm, draws, values)
    if target_shift:
        strength = edited["coefficient"].sel({dims.LINK: link}, drop=True)
        at = {dims.EQUATION: rate}
        edited["intercept"].loc[at] = edited["intercept"].sel(at) - strength * target_shift
    return edited
