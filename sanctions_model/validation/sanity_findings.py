"""Numbers of a sanity check, each with the range that it must lie in. Knows no mechanism."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import UnknownVariableError
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import IntervalRule, interval

__all__ = ["Finding", "all_but", "at", "ends", "median", "require_links", "share"]

# The bounds were stated for these intervals, whatever the reader's setting is.
_RULE = IntervalRule(0.9, "eti")
_DECIMALS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One number and the range in which it must lie; `note` says why it may lie outside."""

    check: str
    what: str
    value: float
    lower_bound: float = -np.inf
    upper_bound: float = np.inf
    note: str = ""

    @property
    def inside(self) -> bool:
        """Whether the value lies in its range; a value that is no number does not."""
        return bool(self.lower_bound <= self.value <= self.upper_bound)


def median(
    check: str, what: str, values: xr.DataArray, lower: float, upper: float, note: str = ""
) -> Finding:
    """Median over the draws."""
    return Finding(
        check=check,
        what=f"{what}, median",
        value=float(interval(values, _RULE).sel(summary="median")),
        lower_bound=lower,
        upper_bound=upper,
        note=note,
    )


def ends(
    check: str, what: str, values: xr.DataArray, lower: float, upper: float, note: str = ""
) -> list[Finding]:
    """Both ends of the interval, at the decimals in which their bounds are stated."""
    summary = interval(values, _RULE)
    return [
        Finding(
            check=check,
            what=f"{what}, {percent} % quantile",
            value=round(float(summary.sel(summary=end)), _DECIMALS),
            lower_bound=lower,
            upper_bound=upper,
            note=note,
        )
        for percent, end in ((5, "lower"), (95, "upper"))
    ]


def share(check: str, what: str, claim: xr.DataArray, *, at_least: float) -> Finding:
    """Share of the draws for which a claim holds; for a draw that is no number it does not."""
    return Finding(
        check=check,
        what=f"{what}, share of draws",
        value=float(claim.mean()),
        lower_bound=at_least,
        upper_bound=1.0,
    )


def require_links(scm: StructuralCausalModel, links: Sequence[str]) -> frozenset[str]:
    """Return the links as a set; one that the model does not have would close or open nothing."""
    labels = sorted(scm.closable)
    for link in links:
        if link not in labels:
            raise UnknownVariableError.from_name(link, labels, "a sanity check")
    return frozenset(links)


def all_but(scm: StructuralCausalModel, links: Sequence[str]) -> frozenset[str]:
    """Return what to close so that these links alone are open, own lags included."""
    return scm.closable - require_links(scm, links)


def at(response: xr.DataArray, outcome: str, horizon: int) -> xr.DataArray:
    """Return one outcome of a response in one period, of its first scenario."""
    found = response.sel({dims.OUTCOME: outcome, dims.HORIZON: horizon}, drop=True)
    return found.isel({dims.SCENARIO: 0}, drop=True) if dims.SCENARIO in found.dims else found
