"""Statements that are true or false of a simulated future, and how likely they are.

``key_rate <= 10 by 2028Q4`` is met by a path that is there in at least one period up to then;
``in`` asks for that period alone; ``against status quo`` asks it of the effect, not of the level.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError

__all__ = ["Statement", "statement_probabilities"]

_STATEMENT = re.compile(
    r"(?P<outcome>\w+)\s*(?P<sign><=|>=)\s*(?P<value>[-+]?\d+(?:\.\d+)?)\s*"
    r"(?P<against>against\s+status\s+quo)?\s*(?P<when>by|in)\s+(?P<period>\d{4}[QM]\d{1,2}|\d+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something that is true or false of each simulated path.

    Parameters
    ----------
    outcome : str
        Variable or level.
    value : float
        In the unit of the outcome.
    below : bool
        At or below the value, else at or above.
    horizon : int
        Period.
    ever : bool
        In at least one period up to the horizon, else in that period.
    against_status_quo : bool
        Of the effect, else of the simulated path.
    negated : bool
        That this is not so.
    """

    outcome: str
    value: float
    below: bool
    horizon: int
    ever: bool = False
    against_status_quo: bool = False
    negated: bool = False

    @classmethod
    def parse(cls, text: str, *, start: str, periods_per_year: int = 4) -> Self:
        """Read ``key_rate <= 10 by 2028Q4`` or ``gdp_level >= 2 against status quo in 12``.

        Parameters
        ----------
        text : str
            ``by`` means in at least one period up to then, ``in`` means in that period.
        start : str
            First day of the last known period, as in ``attrs["start"]``.
        periods_per_year : int
            4 for quarters, 12 for months.

        Raises
        ------
        QuestionError
            If the text is of another form, or the period is not in the future.
        """
        match = _STATEMENT.fullmatch(text.strip())
        if match is None:
            raise QuestionError(
                f"Cannot read the statement {text!r}; write it as in 'key_rate <= 10 by 2028Q4' or "
                "'gdp_level >= 2 against status quo in 2030Q4'."
            )
        period = match["period"]
        if period.isdigit():
            horizon = int(period)
        else:
            step = "Q" if periods_per_year == 4 else "M"
            try:
                horizon = (pd.Period(period, step) - pd.Period(start[:10], step)).n
            except ValueError:
                raise QuestionError(f"{text!r}: {period!r} is no period of the model.") from None
        if horizon < 1:
            raise QuestionError(f"{text!r} is about the past: the future starts after {start}.")
        return cls(
            outcome=match["outcome"],
            value=float(match["value"]),
            below=match["sign"] == "<=",
            horizon=horizon,
            ever=match["when"] == "by",
            against_status_quo=match["against"] is not None,
        )

    @property
    def complement(self) -> "Statement":
        """The opposite statement: true exactly where this one is false."""
        return replace(self, negated=not self.negated)

    def __str__(self) -> str:
        """Say it in words."""
        sign = "<=" if self.below else ">="
        against = " against the status quo" if self.against_status_quo else ""
        when = "within" if self.ever else "in period"
        said = f"{self.outcome} {sign} {self.value:g}{against} {when} {self.horizon}"
        if self.ever:
            said += " periods"
        return f"not ({said})" if self.negated else said

    def holds(self, result: xr.Dataset) -> xr.DataArray:
        """Whether each path meets it; dims of the result without outcome and horizon.

        Raises
        ------
        QuestionError
            If the result lacks the outcome or the horizon.
        """
        array = result["effect" if self.against_status_quo else "path"]
        names = [str(name) for name in array[dims.OUTCOME].to_numpy()]
        if self.outcome not in names:
            raise QuestionError(f"{self} is about {self.outcome!r}; simulated: {', '.join(names)}.")
        if self.horizon > array.sizes[dims.HORIZON]:
            raise QuestionError(
                f"{self} lies beyond the {array.sizes[dims.HORIZON]} periods simulated."
            )
        path = array.sel({dims.OUTCOME: self.outcome}, drop=True)
        first = 0 if self.ever else self.horizon - 1
        path = path.isel({dims.HORIZON: slice(first, self.horizon)})
        met = (path <= self.value if self.below else path >= self.value).any(dims.HORIZON)
        return ~met if self.negated else met


def statement_probabilities(result: xr.Dataset, statements: Sequence[Statement]) -> pd.DataFrame:
    """Probability of each statement in each future and over all of them.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures`.
    statements : sequence of Statement
        Each true or false of a simulated path, as `Statement.parse` reads them.

    Returns
    -------
    pandas.DataFrame
        ``statement``, one column a future, ``mixture`` and its Monte-Carlo ``standard_error``.
    """
    weights = result["probability"].to_numpy()
    names = [str(name) for name in result[dims.SCENARIO].to_numpy()]
    size = result.sizes[dims.CHAIN] * result.sizes[dims.DRAW]
    rows = []
    for statement in statements:
        met = statement.holds(result).mean([dims.CHAIN, dims.DRAW]).to_numpy()
        error = np.sqrt((weights**2 * met * (1 - met)).sum() / size)
        rows.append(
            {
                "statement": str(statement),
                **dict(zip(names, map(float, met), strict=True)),
                "mixture": float(weights @ met),
                "standard_error": float(error),
            }
        )
    return pd.DataFrame(rows)
