"""What a table is good for: which equations it informs, and which keep their priors."""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model.inference.sample import available_cases
from sanctions_model.data.observations import coverage
from sanctions_model.scm.model import StructuralCausalModel

__all__ = ["table_use"]


def table_use(observations: xr.Dataset, scm: StructuralCausalModel) -> pd.DataFrame:
    """Tabulate what each observed series covers and what its equation makes of it.

    Parameters
    ----------
    observations : xarray.Dataset
        As `load_observations` returns it.
    scm : StructuralCausalModel

    Returns
    -------
    pandas.DataFrame
        One row an observed variable: ``series``, ``column``, ``first``, ``last``, ``n``,
        ``n_missing_inside``, ``n_completed`` (cells that become parameters), ``n_used`` (periods in
        the equation's likelihood) and ``use``: "estimated", or "prior only" with the reason.

    Raises
    ------
    ObservationError
        If there are fewer periods than the model looks back.
    """
    cases = available_cases(scm, observations)
    used = dict(zip(cases.columns, np.asarray(cases.observed.sum(axis=0), int), strict=True))
    completed = [name for name, _ in cases.missing]
    table = coverage(observations, scm)
    empty = {name for name in scm.observed if not table.loc[name, "n"]}
    rows = [
        {"series": name, "column": scm.variables[name].column}
        | table.loc[name].to_dict()
        | {
            "n_completed": completed.count(name),
            "n_used": used[name],
            "use": _use(scm, name, used[name], empty),
        }
        for name in scm.observed
    ]
    return pd.DataFrame(rows)


def _use(scm: StructuralCausalModel, name: str, used: int, empty: set[str]) -> str:
    if used:
        return "estimated"
    if name in empty:
        return "prior only: no figures"
    needed = [parent for parent in _observed_behind(scm, name) if parent in empty]
    if needed:
        return f"prior only: needs {', '.join(needed)}"
    return "prior only: no period with its own value, lags and parents after its equation's start"


def _observed_behind(scm: StructuralCausalModel, name: str) -> list[str]:
    """Return the observed variables that an equation's parents are made of."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    waiting = [edge.parent for edge in scm.by_name[name].edges]
    while waiting:
        parent = waiting.pop(0)
        if parent in seen:
            continue  # latent states have themselves among their parents
        seen.add(parent)
        if parent in scm.observed:
            found[parent] = None
        elif parent in scm.unobserved:
            waiting += [edge.parent for edge in scm.by_name[parent].edges]
    found.pop(name, None)
    return list(found)
