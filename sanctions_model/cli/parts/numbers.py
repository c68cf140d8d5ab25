"""All numbers of an effect with what it rests on: made where a file or JSON is asked for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sanctions_model.cli.parts.options import write_csv

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sanctions_model.inference.fit import Fit

_EFFECTS = ("effect", "difference")


def resting(
    fitted: "Fit", answer: "Callable[[xr.Dataset], xr.DataArray]", after: "xr.DataArray"
) -> "xr.DataArray":
    """Put beside an effect what it rests on; `answer` asks the same of other draws."""
    from sanctions_model.queries.basis import Basis

    basis = Basis(fitted.problem, fitted.prior_draws, fitted.posterior_draws)
    before = after if fitted.posterior_draws is None else answer(fitted.prior_draws)
    return basis.beside(before, after)


def numbers(
    fitted: "Fit",
    arrays: "Mapping[str, xr.DataArray]",
    answer: "Callable[[xr.Dataset], xr.DataArray] | None" = None,
    *,
    csv: Path | None,
    asked: bool,
    finish: "Callable[[pd.DataFrame], pd.DataFrame] | None" = None,
) -> "pd.DataFrame":
    """Make the table of an effect and what goes with it, and write it.

    `arrays`: by name, ``effect`` or ``difference`` among them. `answer`: gives the effect under
    other draws; None where what it rests on stands beside it already. `asked`: whether somebody
    reads the table besides the file. `finish`: adds rows and columns. Returns: empty where nobody
    reads it, for it takes longer than the answer.
    """
    import pandas as pd

    from sanctions_model.report.views import summary_table

    if csv is None and not asked:
        return pd.DataFrame()
    if answer is not None:
        effects = [name for name in arrays if name in _EFFECTS]
        arrays = {**arrays, **{name: resting(fitted, answer, arrays[name]) for name in effects}}
    table = summary_table(arrays, fitted.scm)
    table = table if finish is None else finish(table)
    write_csv(table, csv)
    return table
