"""Effects as readers read them: levels in percent, alone and in parts that add up."""

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.units import difference_in_percent, effect_in_percent, in_percent, logs_of

_BASE, _PART = "base", "part"
_STILL = 1e-9  # log points below which a sum of parts counts as nothing


def effects_in_percent(scm: StructuralCausalModel, effect: xr.DataArray) -> xr.DataArray:
    """Turn effects on levels from log points into percent, as readers take them.

    `effect`: dim ``outcome`` plus any others; what adds up in log points does so in percent only
    nearly. Returns: of the same dims; effects on rates as they are.
    """
    names = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    found = [
        effect_in_percent(effect.sel({dims.OUTCOME: [name]}), scm.variables[name]) for name in names
    ]
    return xr.concat(found, dims.OUTCOME).transpose(*effect.dims).assign_attrs(effect.attrs)


def parts_in_percent(scm: StructuralCausalModel, effect: xr.DataArray) -> xr.DataArray:
    """Turn effects on levels and their parts into percent that adds up, draw by draw.

    Each part has the share of the total's percent that it has of the total in log points (the
    logarithmic mean, Ang 2005, Energy Policy 33).

    `effect`: from `channel_effects`. Returns: of the same dims.

    >>> from sanctions_model.scm.equations import Linear
    >>> from sanctions_model.scm.variables import Variable
    >>> level = Variable(name="level", unit="%, log level")
    >>> scm = StructuralCausalModel(equations=(Linear(variable=level, parents=()),))
    >>> parts = xr.DataArray(
    ...     [[[[30.0, 10.0, 20.0]]]],
    ...     dims=("outcome", "chain", "draw", "channel"),
    ...     coords={"outcome": ["level"], "channel": ["total", "trade", "oil"]},
    ... )
    >>> parts_in_percent(scm, parts).round(2).to_numpy().ravel().tolist()
    [34.99, 11.66, 23.32]
    """
    total = effect.sel({dims.CHANNEL: "total"}, drop=True)
    percent = effects_in_percent(scm, total)
    moves = np.abs(total) > _STILL
    ratio = (percent / total.where(moves, 1.0)).where(moves, 1.0)
    found: xr.DataArray = (effect * ratio).transpose(*effect.dims)
    return found.assign_attrs(effect.attrs)


def contributions_in_percent(scm: StructuralCausalModel, parts: xr.DataArray) -> xr.DataArray:
    """Turn a decomposition of the past from log points into percent that adds up, draw by draw.

    What the parts do together is exact: of a level the percent by which the actual one differs
    from the base, of growth the difference of the two rates. Each part has the share of it that it
    has of the sum in log points (the logarithmic mean, Ang 2005, Energy Policy 33). The base is in
    percent by itself: growth is base plus parts, a level (1 + base / 100) (1 + parts / 100) - 1.

    Returns: of the same dims; the unit of an outcome that was in log points is in words.
    """
    names = [str(name) for name in parts[dims.OUTCOME].to_numpy()]
    found = [_split(parts.sel({dims.OUTCOME: [name]}), scm, name) for name in names]
    joined = xr.concat(found, dims.OUTCOME, coords="different", compat="equals")
    joined = joined.transpose(*parts.dims).assign_attrs(parts.attrs)
    units = [scm.variables[name].unit for name in names]
    return joined.assign_coords(unit=(dims.OUTCOME, units)) if "unit" in parts.coords else joined


def _split(parts: xr.DataArray, scm: StructuralCausalModel, name: str) -> xr.DataArray:
    kept = scm.variables[name]
    if not logs_of(kept):
        return parts
    is_base = xr.DataArray(parts[_PART].to_numpy() == _BASE, dims=_PART)
    base = parts.where(is_base, 0.0).sum(_PART)
    together = parts.where(~is_base, 0.0).sum(_PART)
    moves = np.abs(together) > _STILL
    apart = difference_in_percent(base + together, together, kept)
    at_rest = np.exp(base / 100.0) if logs_of(kept) == "growth" else xr.ones_like(base)
    ratio = (apart / together.where(moves, 1.0)).where(moves, at_rest)
    found: xr.DataArray = (parts * ratio).transpose(*parts.dims)
    return found.where(~is_base, in_percent(parts, kept))
