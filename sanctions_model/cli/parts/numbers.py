"""All numbers of an effect with what it rests on: made where a file or JSON is asked for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sanctions_model.cli.parts.options import write_csv

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sanctions_model.inference.fit import Fit
    from sanctions_model.queries.basis import Basis
    from sanctions_model.queries.claims import Claim

_EFFECTS = ("effect", "difference")


def basis_of(fitted: "Fit") -> "Basis":
    """Return what says of answers under the draws of a fit what they rest on."""
    from sanctions_model.queries.basis import Basis

    return Basis.of_fit(fitted)


def with_basis(
    table: "pd.DataFrame", fitted: "Fit", claims: "Mapping[str, Claim]", *, asked: object
) -> "pd.DataFrame":
    """Put beside the rows of each claim what its effect rests on, as columns of ``claims.csv``.

    What the table says already of something else under such a name stays; that of the claim is
    called ``claim_`` before. `asked`: whether somebody reads more than the screen; else the table
    is returned as it is.
    """
    import pandas as pd

    from sanctions_model.queries.claims import claim_effect

    if not asked:
        return table
    basis, rows = basis_of(fitted), {}
    for name in dict.fromkeys(table["claim"]):
        before = claim_effect(fitted.scm, basis.prior_draws, claims[name])
        after = None if basis.draws is None else claim_effect(fitted.scm, basis.draws, claims[name])
        rows[name] = basis.of(before, after)
    found = pd.DataFrame.from_dict(rows, orient="index")
    taken = {name: f"claim_{name}" for name in found if name in table}
    return table.join(found.rename(columns=taken), on="claim")


def resting(
    fitted: "Fit", answer: "Callable[[xr.Dataset], xr.DataArray]", after: "xr.DataArray"
) -> "xr.DataArray":
    """Put beside an effect what it rests on; `answer` asks the same of other draws."""
    before = after if fitted.posterior_draws is None else answer(fitted.prior_draws)
    return basis_of(fitted).beside(before, after)


def marked(result: "xr.Dataset", rested: "xr.DataArray") -> "xr.Dataset":
    """Put the word of what an effect rests on beside all of it, empty where nobody asked."""
    word = rested["basis"].reset_coords(drop=True)
    places = {str(dim): result[dim] for dim in word.dims}
    return result.assign_coords(basis=word.reindex(places, fill_value=""))


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
