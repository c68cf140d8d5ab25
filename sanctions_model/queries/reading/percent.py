"""Effects as readers read them: levels in percent, alone and in parts that add up."""

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.units import effect_in_percent

__all__ = ["effects_in_percent", "parts_in_percent"]


def effects_in_percent(scm: StructuralCausalModel, effect: xr.DataArray) -> xr.DataArray:
    """Turn effects on levels from log points into percent, as readers take them.

    Parameters
    ----------
    scm : StructuralCausalModel
        Says in which units the outcomes are.
    effect : xr.DataArray
        Dim ``outcome`` plus any others; what adds up in log points does so in percent only nearly.

    Returns
    -------
    xr.DataArray
        Of the same dims; effects on rates as they are.
    """
    names = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    found = [
        effect_in_percent(effect.sel({dims.OUTCOME: [name]}), scm.variables[name].unit)
        for name in names
    ]
    return xr.concat(found, dims.OUTCOME).transpose(*effect.dims).assign_attrs(effect.attrs)


def parts_in_percent(scm: StructuralCausalModel, effect: xr.DataArray) -> xr.DataArray:
    """Turn effects on levels and their parts into percent that adds up, draw by draw.

    Each part has the share of the total's percent that it has of the total in log points (the
    logarithmic mean, Ang 2005, Energy Policy 33).

    Parameters
    ----------
    scm : StructuralCausalModel
        Says in which units the outcomes are.
    effect : xr.DataArray
        From `channel_effects`.

    Returns
    -------
    xr.DataArray
        Of the same dims.

    Examples
    --------
    >>> from sanctions_model.scm.equations import Linear
    >>> from sanctions_model.scm.variables import Variable
    >>> level = Variable(name="level", unit="% (100 log points)")
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
    moves = np.abs(total) > 1e-9
    ratio = (percent / total.where(moves, 1.0)).where(moves, 1.0)
    found: xr.DataArray = (effect * ratio).transpose(*effect.dims)
    return found.assign_attrs(effect.attrs)
