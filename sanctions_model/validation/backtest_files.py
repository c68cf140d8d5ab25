"""The stated back-tests: windows, judgements for silent equations, and variants of each.

Read from ``data/backtests.toml``, which says of every judgement that it is one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model.data.bundled import data_path
from sanctions_model.errors import QuestionError, first_fault
from sanctions_model.files import read_tables
from sanctions_model.inference.priors.families import Prior

__all__ = ["BackTest", "Variant", "load_back_tests"]

type _Quarter = Annotated[str, Field(pattern=r"^\d{4}Q[1-4]$")]


class Variant(BaseModel):
    """A back-test with one thing changed.

    Parameters
    ----------
    title, rationale : str
    priors : mapping of str to Prior
        By address, in place of the stated ones; of the same families, as the model is not
        compiled again.
    starts : mapping of str to str
        First quarter whose figures of a variable count, by variable.
    factors_until : str, optional
        Last quarter from which seasonal patterns are learnt, as in `seasonally_adjust`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1)
    rationale: str = Field(min_length=1)
    priors: Mapping[str, Prior] = {}
    starts: Mapping[str, _Quarter] = {}
    factors_until: _Quarter | None = None


class BackTest(BaseModel):
    """A training window, what is predicted after it, and judgements for silent equations.

    Parameters
    ----------
    title : str
    train_end, test_end : str
        Last quarters of the window and of the prediction.
    judgement : mapping of str to Prior
        By address, for equations without data in the window.
    export_price : str, optional
        Column of ``raw_quarterly.csv`` with the price that exporters got, in USD a barrel. It is
        then fed in as well, in place of what the model makes of Brent and the measures on energy.
    published : tuple of str
        Evidence ids of forecasts of the same years.
    comment : str
        What is known of why the test went as it did.
    variant : mapping of str to Variant
        By name: what is asked again with one thing changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    train_end: _Quarter
    test_end: _Quarter
    judgement: Mapping[str, Prior] = {}
    export_price: str | None = None
    published: tuple[str, ...] = ()
    comment: str = ""
    variant: Mapping[str, Variant] = {}


def load_back_tests(path: Path | str | None = None) -> dict[str, BackTest]:
    """Read back-tests from a TOML file.

    Parameters
    ----------
    path : path, optional
        The bundled file by default.

    Returns
    -------
    dict of str to BackTest
        By name.

    Raises
    ------
    QuestionError
        If the file cannot be read or a table is not a back-test; the message names the place.

    Examples
    --------
    >>> load_back_tests()["war_of_2022"].train_end
    '2021Q4'
    """
    file = data_path("backtests.toml") if path is None else Path(path)
    found = {}
    for name, table in read_tables(file, "backtest").items():
        try:
            found[name] = BackTest.model_validate(table)
        except ValidationError as error:
            raise QuestionError(f"{file.name}: [backtest.{name}]: {first_fault(error)}.") from None
    return found
