"""Back-tests as a file states them: window, prediction, judgements and variants."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sanctions_model.data.bundled import data_path
from sanctions_model.errors import QuestionError, first_fault
from sanctions_model.files import read_tables
from sanctions_model.inference.priors.families import Prior
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.periods import read_period

type _Quarter = Annotated[str, BeforeValidator(lambda given: str(read_period(given, 4)))]
type _LastQuarter = Annotated[
    str, BeforeValidator(lambda given: str(read_period(given, 4, end=True)))
]


class Variant(BaseModel):
    """A back-test with one thing changed.

    `priors`: by address, in place of the stated ones. `starts`: first quarter whose figures of a
    variable count, by variable. `factors_until`: last quarter from which seasonal patterns are
    learnt, as in `seasonally_adjust`. `otherwise`: priors and starts in place of these for models
    that lack what they speak of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1)
    rationale: str = Field(min_length=1)
    priors: Mapping[str, Prior] = {}
    starts: Mapping[str, _Quarter] = {}
    factors_until: _LastQuarter | None = None
    otherwise: tuple["Variant", ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _words_of_the_first(cls, table: Any) -> Any:
        """Give further forms the words of the first."""
        if not isinstance(table, Mapping) or not isinstance(table.get("otherwise"), list):
            return table
        words = {key: table[key] for key in ("title", "rationale") if key in table}
        forms = [
            {**words, **form} if isinstance(form, Mapping) else form for form in table["otherwise"]
        ]
        return {**table, "otherwise": forms}

    def form_for(self, scm: StructuralCausalModel) -> "Variant":
        """Return the first form that speaks of nothing that a model lacks, or else the variant."""
        known = {*addresses(scm), *scm.stochastic}
        forms = (self, *self.otherwise)
        return next((f for f in forms if known.issuperset({*f.priors, *f.starts})), self)


class BackTest(BaseModel):
    """A training window, what is predicted after it, and judgements for silent equations.

    `train_end`, `test_end`: last quarters of the window and of the prediction. `judgement`: by
    address, for beliefs relative to data that the window has not. `export_price`: column of
    ``raw_quarterly.csv`` with the price that exporters got, in USD a barrel. It is then fed in as
    well, in place of what the model makes of Brent and the measures on energy. `published`:
    evidence ids of forecasts of the same years. `comment`: what is known of why the test went as it
    did. `variant`: by name: what is asked again with one thing changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    train_end: _LastQuarter
    test_end: _LastQuarter
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
            fault = first_fault(error, BackTest)
            raise QuestionError(f"{file.name}: [backtest.{name}]: {fault}.") from None
    return found
