"""Statements that are true or false of a simulated future, and how likely they are.

``key_rate <= 10 by 2028Q4`` is met by a path that is there at some point up to then; ``in`` asks
for that period alone, ``through 2028Q1-2028Q4`` for every period of a window and ``on average over
2028Q1-2028Q4`` for its mean; ``against status quo`` asks it of the effect, not of the level. Values
are in percent where the series is in log points.
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
from sanctions_model.queries.reading.windows import Edge, Window
from sanctions_model.scm.periods import period_after, periods_ahead, read_span
from sanctions_model.units import difference_in_percent, in_percent, percent_unit
from sanctions_model.wording import difference_unit

_STATEMENT = re.compile(
    r"(?P<outcome>\w+)\s*(?P<sign><=|>=)\s*(?P<value>[-+]?\d+(?:\.\d+)?)\s*"
    r"(?P<against>against\s+status\s+quo)?\s*(?P<when>(?:by|in|through|on\s+average\s+over)\s.+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something that is true or false of each simulated path.

    Parameters
    ----------
    outcome : str
        Variable or level.
    value : float
        In the unit of the outcome; in percent where the outcome is in log points.
    below : bool
        At or below the value, else at or above.
    when : Window
        In a period, by it, through a window or on average over one.
    against_status_quo : bool
        Of the effect, else of the simulated path.
    negated : bool
        That this is not so.
    text : str
        As it was written, with its dates; said instead of the words made from the fields.
    """

    outcome: str
    value: float
    below: bool
    when: Window
    against_status_quo: bool = False
    negated: bool = False
    text: str = ""

    @classmethod
    def parse(cls, text: str, *, start: str, periods_per_year: int = 4, example: str = "x") -> Self:
        """Read ``key_rate <= 10 by 2028Q4`` or ``gdp_level >= 2 against status quo in 12``.

        Parameters
        ----------
        text : str
            ``by`` means at some point up to then, ``in`` that period, ``through 5-8`` every period
            of the window, ``on average over 5-8`` its mean.
        start : str
            First day of the last known period, as in ``attrs["start"]``.
        periods_per_year : int
            4 for quarters, 12 for months.
        example : str
            An outcome of the model that is asked, for messages.

        Raises
        ------
        QuestionError
            If the text is of another form, or the period is not in the future.
        """
        match = _STATEMENT.fullmatch(text.strip())
        if match is None:
            raise QuestionError(
                f"Cannot read the statement {text!r}; write it as in '{example} <= 10 by 2028Q4', "
                f"'{example} <= 4 through 2028Q1-2028Q4' or "
                f"'{example} >= 2 against status quo in 2030Q4'."
            )

        def period(name: str, edge: Edge) -> int:
            return _period(text, name, edge, start, periods_per_year)

        return cls(
            outcome=match["outcome"],
            value=float(match["value"]),
            below=match["sign"] == "<=",
            when=Window.parse(match["when"], period=period),
            against_status_quo=match["against"] is not None,
            text=" ".join(text.split()),
        )

    @property
    def complement(self) -> "Statement":
        """The opposite statement: true exactly where this one is false."""
        return replace(self, negated=not self.negated)

    def __str__(self) -> str:
        """Say it in words."""
        sign = "<=" if self.below else ">="
        against = " against the status quo" if self.against_status_quo else ""
        said = self.text or f"{self.outcome} {sign} {self.value:g}{against} {self.when.words()}"
        return f"not ({said})" if self.negated else said

    def holds(self, result: xr.Dataset) -> xr.DataArray:
        """Whether each path meets it; dims of the result without outcome and horizon.

        Raises
        ------
        QuestionError
            If the result lacks the outcome or the horizon.
        """
        names = [str(name) for name in result[dims.OUTCOME].to_numpy()]
        if self.outcome not in names:
            raise QuestionError(f"{self} is about {self.outcome!r}; simulated: {', '.join(names)}.")
        if self.when.last > result.sizes[dims.HORIZON]:
            raise QuestionError(
                f"{self} lies beyond the {result.sizes[dims.HORIZON]} periods simulated."
            )
        if self.against_status_quo and "effect" not in result:
            raise QuestionError(
                f"{self} is about an effect, and this forecast has none; ask `scenario run`."
            )
        own = result.sel({dims.OUTCOME: self.outcome}).transpose(dims.HORIZON, ...)
        unit = str(own["unit"].item()) if "unit" in own.coords else ""
        if self.against_status_quo:
            values = difference_in_percent(own["path"], own["effect"], unit)
        else:
            values = in_percent(own["path"], unit)
        found = values.isel({dims.HORIZON: 0}, drop=True).drop_vars(
            [dims.OUTCOME, "unit"], errors="ignore"
        )
        met = found.copy(data=self.when.met(values.to_numpy(), self.value, below=self.below))
        return ~met if self.negated else met

    def unit(self, result: xr.Dataset) -> str:
        """Say what the value is in, as in ``% a quarter``; empty where the result has no units."""
        own = result.sel({dims.OUTCOME: self.outcome})
        if "unit" not in own.coords:
            return ""
        kept = str(own["unit"].item())
        return difference_unit(kept, short=True) if self.against_status_quo else percent_unit(kept)


def _period(text: str, period: str, edge: Edge, start: str, periods_per_year: int) -> int:
    """Return the number of a period named in a statement."""
    if period.isascii() and period.isdigit() and len(period) < 4:
        if int(period) < 1:
            raise QuestionError(f"{text!r} is in the past: the future starts after {start}.")
        return int(period)
    try:
        if edge == "only" and read_span(period).months > 12 // periods_per_year:
            last = period_after(
                start, periods_ahead(period, start, periods_per_year, end=True), periods_per_year
            )
            raise QuestionError(f"{period} has several periods; name one of them, as in {last}.")
        return periods_ahead(period, start, periods_per_year, end=edge == "last")
    except QuestionError as error:
        raise QuestionError(f"Cannot read the statement {text!r}: {error}") from None


def statement_probabilities(result: xr.Dataset, statements: Sequence[Statement]) -> pd.DataFrame:
    """Probability of each statement in each future and over all of them.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures`, or of one future from `scenario_forecast` or a forecast: ``path``
        and, for statements against the status quo, ``effect``.
    statements : sequence of Statement
        Each true or false of a simulated path, as `Statement.parse` reads them.

    Returns
    -------
    pandas.DataFrame
        ``statement``, the ``unit`` that its value is in, one column a future, ``mixture`` and its
        Monte-Carlo ``standard_error``; of one future ``statement``, ``unit``, ``probability`` and
        ``standard_error``.
    """
    if dims.SCENARIO not in result.dims:
        return _of_one_future(result, statements)
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
                "unit": statement.unit(result),
                **dict(zip(names, map(float, met), strict=True)),
                "mixture": float(weights @ met),
                "standard_error": float(error),
            }
        )
    return pd.DataFrame(rows)


def _of_one_future(result: xr.Dataset, statements: Sequence[Statement]) -> pd.DataFrame:
    rows = []
    for statement in statements:
        met = statement.holds(result)
        chance = float(met.mean())
        error = float(np.sqrt(chance * (1 - chance) / met.size))
        row = {"statement": str(statement), "unit": statement.unit(result)}
        rows.append(row | {"probability": chance, "standard_error": error})
    return pd.DataFrame(rows, columns=["statement", "unit", "probability", "standard_error"])
