"""What figures say: numbers, units, labels, the contrast. This module draws nothing."""

import re
from collections.abc import Mapping
from enum import Enum

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.scm.equations import Variable
from sanctions_model.scm.interventions import Relief
from sanctions_model.inference.priors.families import Fixed, Prior
from sanctions_model.scm.model import StructuralCausalModel

__all__ = [
    "ASSUMED",
    "Sign",
    "count_periods",
    "default_relief",
    "difference_unit",
    "effect_unit",
    "link_signs",
    "number",
    "periods_name",
    "reached_outcomes",
    "relief_words",
    "short_label",
    "short_unit",
]

ASSUMED = "†"
# The prior leaves no other sign when not one draw in a thousand has it.
_SIGN_ASSUMED = 0.999
_ENOUGH_DRAWS = 100


def number(value: float, *, signed: bool = True) -> str:
    """Say a number with two significant digits and a true minus sign.

    Examples
    --------
    >>> number(-0.1689), number(28.47), number(0.0), number(3.2, signed=False)
    ('−0.17', '+28', '0', '3.2')
    """
    if value == 0:
        return "0"
    rounded = float(f"{value:.2g}")
    size = abs(rounded)
    digits = 0 if size >= 10 else 1 if size >= 1 else 2
    if size < 0.005:
        return "0.00"
    text = f"{rounded:+.{digits}f}" if signed else f"{rounded:.{digits}f}"
    return text.replace("-", "−")


def periods_name(scm: StructuralCausalModel) -> str:
    """Return what the model's periods are called, in the plural."""
    return {1: "years", 4: "quarters", 12: "months"}.get(scm.periods_per_year, "periods")


def count_periods(scm: StructuralCausalModel, count: int) -> str:
    """Return a number of periods in words, as in ``1 quarter``."""
    name = periods_name(scm)
    return f"{count} {name[:-1] if count == 1 else name}"


def effect_unit(scm: StructuralCausalModel, name: str) -> str:
    """Return the unit of a difference of a variable, or of a level."""
    unit = scm.variables[name].unit
    if name in {level.variable.name for level in scm.levels}:
        return unit
    return difference_unit(unit) or "unit of the variable"


def difference_unit(unit: str, *, short: bool = False) -> str:
    """Return the unit of a difference: what is measured in % differs by percentage points (pp).

    Log points stay: a level's difference in them is read as %.

    Examples
    --------
    >>> difference_unit("% a year"), difference_unit("% a year", short=True)
    ('pp (% a year)', 'pp')
    """
    body = re.sub(r"\s*\(.*\)", "", unit)
    if "log points" in unit or not unit.startswith("%"):
        return body if short else unit
    if body == "%" or short:
        return "pp"
    return f"pp {body[2:]}" if body.startswith("% of ") else f"pp ({body})"


def short_label(variable: Variable) -> str:
    """Return a variable's label up to its first comma or bracket."""
    return re.split(r" \(|, ", variable.label)[0]


def short_unit(variable: Variable) -> str:
    """Return a variable's unit up to its first comma or bracket."""
    return re.split(r" \(|, ", variable.unit)[0]


def relief_words(scm: StructuralCausalModel, relief: Relief) -> str:
    """Say a contrast: what is lifted, by how much, how fast, against what."""
    every = set(relief.measures) == set(scm.measures) and len(relief.measures) > 1
    which = "all measures" if every else ", ".join(relief.measures)
    depth = "full relief" if relief.depth == 1 else f"relief of {100 * relief.depth:g} %"
    steps = "at once" if relief.ramp == 1 else f"in {relief.ramp} equal steps"
    late = "" if relief.start == 1 else f" from {periods_name(scm)[:-1]} {relief.start}"
    return f"{depth} of {which} {steps}{late}, against measures that stay"


class Sign(Enum):
    """What the prior leaves open about a link."""

    FREE = "free"
    ASSUMED = "assumed"
    FIXED = "fixed"


def link_signs(
    scm: StructuralCausalModel, priors: Mapping[str, Prior] | None, prior_draws: xr.Dataset | None
) -> dict[str, Sign]:
    """Return for each link whether the prior leaves its sign free, assumes it, or fixes the value.

    Priors decide where they are given, else the prior draws, of which it takes a hundred.
    """
    labels = [link.label for link in scm.links]
    if priors is not None:
        return {label: _prior_sign(priors[label]) for label in labels}
    if prior_draws is None or prior_draws.sizes[dims.CHAIN] * prior_draws.sizes[dims.DRAW] < (
        _ENOUGH_DRAWS
    ):
        return dict.fromkeys(labels, Sign.FREE)
    found = {}
    for label in labels:
        values = prior_draws["coefficient"].sel({dims.LINK: label}).to_numpy()
        positive = float(np.mean(values > 0))
        one_sign = max(positive, 1.0 - positive) >= _SIGN_ASSUMED
        found[label] = Sign.ASSUMED if one_sign else Sign.FREE
        if np.ptp(values) == 0:
            found[label] = Sign.FIXED
    return found


def _prior_sign(prior: Prior) -> Sign:
    if isinstance(prior, Fixed):
        return Sign.FIXED
    return Sign.ASSUMED if prior.sign else Sign.FREE


def default_relief(scm: StructuralCausalModel) -> Relief:
    """Return the full relief of the model's own measures."""
    return Relief(measures=scm.measures)


def reached_outcomes(
    scm: StructuralCausalModel, relief: Relief, preferred: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the preferred outcomes that a relief can reach, else the model's own."""
    flows = {level.variable.name: level.flow for level in scm.levels}
    reach = set().union(*(scm.graph.descendants(name) for name in relief.measures))
    own = scm.headline or tuple(scm.stochastic)
    for names in (preferred, own):
        found = tuple(n for n in names if n in scm.variables and flows.get(n, n) in reach)
        if found:
            return found
    return ()
