"""One scenario's answer in words: what it changes, how likely that is, and what it is against.

A design that may be undone or blocked does nothing in part of its draws, so that a median can stand
at zero: the mean and the probability of a size that matters stand beside it. Computes nothing new.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.queries.claims import load_claims
from sanctions_model.report.views import View
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import effect_in_percent, percent_unit
from sanctions_model.wording import number, share_words

__all__ = ["AGAINST", "scenario_answer", "scenario_finding", "scenario_sentences"]

# What every effect of a future is compared with.
AGAINST = "the measures staying as at the end of 2025"


def _effect(result: xr.Dataset, scm: StructuralCausalModel, name: str, at: int) -> np.ndarray:
    own = result["effect"].sel({dims.OUTCOME: name}).isel({dims.HORIZON: at})
    return np.asarray(effect_in_percent(own, scm.variables[name].unit)).reshape(-1)


def _material(name: str) -> float | None:
    """Return the smallest size of an outcome that some claim counts as one that matters."""
    sizes = [c.material for c in load_claims().values() if c.outcome == name and c.material]
    return min(sizes, default=None)


def _unit(scm: StructuralCausalModel, name: str) -> str:
    unit = percent_unit(scm.effect_unit(name))
    return "%" if unit.startswith("%") else "pp" if unit.startswith("pp") else unit


def _middle(draws: np.ndarray) -> str:
    """Say median and interval, and the mean."""
    array = xr.DataArray(draws[None, :], dims=(dims.CHAIN, dims.DRAW))
    middle, low, high = (number(float(v)) for v in interval(array))
    return f"{middle} ({low}; {high})"


def _chances(draws: np.ndarray, material: float | None) -> dict[str, str]:
    found = {"P(higher)": share_words(float((draws > 0).mean()))}
    found["P(lower)"] = share_words(float((draws < 0).mean()))
    matters = "" if material is None else share_words(float((abs(draws) >= material).mean()))
    found["P(matters)"] = matters and f"{matters} (at least {material:g})"
    return found


def scenario_answer(
    result: xr.Dataset,
    scm: StructuralCausalModel,
    outcomes: Sequence[str],
    horizons: Sequence[int],
) -> View:
    """Show effects with their probabilities: outcomes by rows, periods by columns.

    Parameters
    ----------
    result : xr.Dataset
        From `scenario_forecast`.
    scm : StructuralCausalModel
        Equations that the draws belong to.
    outcomes : sequence of str
        Which of those in the result.
    horizons : sequence of int
        Periods counted from 1; probabilities and the mean are those of the last one.
    """
    last, rows = max(horizons) - 1, []
    labels = [str(name) for name in result["period"].to_numpy()]
    for name in outcomes:
        draws = _effect(result, scm, name, last)
        cells = {labels[h - 1]: _middle(_effect(result, scm, name, h - 1)) for h in horizons}
        rows.append(
            {"outcome": f"{scm.variables[name].short_label}, {_unit(scm, name)}"}
            | cells
            | {"mean": number(float(draws.mean()))}
            | _chances(draws, _material(name))
        )
    caption = (
        f"Against {AGAINST}. Median and {interval_rule()}; mean and probabilities are of "
        f"{labels[last]}; P(matters): a size that the article's claims count as one."
    )
    title = f"Effect of {result.attrs['label']}"
    return View(table=pd.DataFrame(rows), title=title, caption=caption)


def scenario_finding(
    result: xr.Dataset, scm: StructuralCausalModel, outcome: str, *, horizon: int | None = None
) -> str:
    """Say what was found for one outcome: the title of a figure.

    Parameters
    ----------
    result : xr.Dataset
        From `scenario_forecast`.
    scm : StructuralCausalModel
        Equations that the draws belong to.
    outcome : str
        One of the result.
    horizon : int, optional
        Period counted from 1; the last one by default.
    """
    at = (horizon or result.sizes[dims.HORIZON]) - 1
    draws = _effect(result, scm, outcome, at)
    mean, called = float(draws.mean()), scm.variables[outcome].short_label
    sign = np.sign(mean) if mean else 1.0
    if not np.any(draws):
        return f"{called} in {result['period'].to_numpy()[at]}: no effect"
    way = "higher" if sign > 0 else "lower"
    chance = share_words(float((sign * draws > 0).mean()))
    size = number(abs(mean), signed=False)
    return (
        f"{called} in {result['period'].to_numpy()[at]}: {size} {_unit(scm, outcome)} {way} on "
        f"average, P({way}) {chance}"
    )


def scenario_sentences(
    result: xr.Dataset, scm: StructuralCausalModel, outcomes: Sequence[str]
) -> list[str]:
    """Say what a scenario changes by the last period, an outcome a sentence.

    Parameters
    ----------
    result : xr.Dataset
        From `scenario_forecast`.
    scm : StructuralCausalModel
        Equations that the draws belong to.
    outcomes : sequence of str
        Which of those in the result.

    Returns
    -------
    list of str
        Every number in them is computed.
    """
    said = [f"{result.attrs['label']}, against {AGAINST}:"]
    for name in outcomes:
        draws = _effect(result, scm, name, -1)
        still = float((draws == 0).mean())
        nothing = f"; nothing at all with P = {share_words(still)}" if still >= 0.005 else ""
        found = scenario_finding(result, scm, name)
        said.append(f"{found}; median {_middle(draws)}{nothing}.")
    return said
