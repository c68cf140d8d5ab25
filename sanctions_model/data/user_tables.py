"""What a user's own table calls things: columns, country, currency, target, events.

Read from a TOML file. Knows names; the table itself is read by `tables` and checked by
`observations`.
"""

import csv
import dataclasses
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sanctions_model.data.fields import Number, Version
from sanctions_model.data.tables import PERIOD_COLUMNS
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError, did_you_mean, first_fault
from sanctions_model.files import toml_content, whole_file
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Constant, Indicator

HOME = "Russia"
_HOME_CURRENCY = "RUB"


class TableMapping(BaseModel):
    """How a user's table maps onto the model.

    Parameters
    ----------
    format_version : int
        1.
    country : str
        Russia by default. For another country the bundled sanctions events and the war indicator
        do not apply.
    currency : str
        Three letters, as in ``"KZT"``; in labels it takes the rouble's place.
    inflation_target : float, optional
        % a year, where the table has no such column.
    events, rule : pathlib.Path, optional
        Tables from which the five measures are computed where the table has none of its own:
        columns as ``sanctions_events.csv``, rule as ``measures_rule.toml``.
    columns : mapping of str to str
        The table's column: the model's variable or column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Version = 1
    country: str = HOME
    currency: str = Field(default=_HOME_CURRENCY, pattern="^[A-Z]{3}$")
    inflation_target: Number | None = Field(default=None, ge=0, le=20)
    events: Path | None = None
    rule: Path | None = None
    columns: Mapping[str, str] = Field(default_factory=dict)

    @property
    def is_home(self) -> bool:
        """Whether the bundled events, the war indicator and the labels apply."""
        return self.country == HOME

    def beside(self, folder: Path) -> Self:
        """Return the mapping with its files looked for beside the file that names them."""
        paths = {
            name: folder / path
            for name in ("events", "rule")
            if (path := getattr(self, name)) is not None
        }
        return self.model_copy(update=paths)

    def rename(
        self, columns: Mapping[str, pd.Series], scm: StructuralCausalModel, where: str
    ) -> dict[str, pd.Series]:
        """Return the table's columns under the model's names.

        Parameters
        ----------
        columns : mapping of str to pandas.Series
            As `tables.parse_table` returns them.
        scm : StructuralCausalModel
            Whose variables the columns are to serve.
        where : str
            Name of the table for messages.

        Raises
        ------
        ObservationError
            If a column named here is not in the table, a variable is not in the model, or two
            columns would have one name.
        """
        known = {
            name
            for variable in (*scm.observed, *scm.exogenous)
            for name in (variable, scm.variables[variable].column)
        }
        for theirs, ours in self.columns.items():
            if ours.lower() in PERIOD_COLUMNS:
                raise ObservationError(
                    f"The mapping gives {theirs!r} as {ours!r}; the column of periods needs no "
                    "mapping: take this line out. It is the first one, or the one called "
                    f"{', '.join(PERIOD_COLUMNS[:-1])} or {PERIOD_COLUMNS[-1]}."
                )
            if theirs not in columns:
                raise ObservationError(
                    f"The mapping names the column {theirs!r}, but {where} has "
                    f"{', '.join(columns)}.{did_you_mean(theirs, columns)}"
                )
            if ours not in known:
                raise ObservationError(
                    f"The mapping gives {theirs!r} as {ours!r}, which the model does not read; "
                    f"expected one of {', '.join(sorted(known))}.{did_you_mean(ours, known)}"
                )
        renamed: dict[str, pd.Series] = {}
        for name, values in columns.items():
            ours = self.columns.get(name, name)
            if ours in renamed:
                raise ObservationError(
                    f"{where} gives {ours!r} twice, once by the mapping; keep one."
                )
            renamed[ours] = values
        return renamed

    def relabel(self, scm: StructuralCausalModel) -> StructuralCausalModel:
        """Return the model with labels and sources that fit the country and its currency.

        Nothing that is computed changes.
        """
        if self.is_home and self.currency == _HOME_CURRENCY:
            return scm

        def words(text: str) -> str:
            return text.replace("USD/RUB", f"USD/{self.currency}").replace("rouble", self.currency)

        observed = {*scm.observed, "inflation_target"}

        def changed[T](item: T) -> T:
            variable = item.variable  # type: ignore[attr-defined]
            source = variable.source
            if variable.name in observed and not self.is_home:
                source = f"table of the user, {self.country}"
            relabelled = dataclasses.replace(variable, label=words(variable.label), source=source)
            return dataclasses.replace(item, variable=relabelled)  # type: ignore[type-var]

        return dataclasses.replace(
            scm,
            equations=tuple(changed(equation) for equation in scm.equations),
            levels=tuple(changed(level) for level in scm.levels),
        )


def load_mapping(path: Path | str) -> TableMapping:
    """Read and check a mapping.

    Parameters
    ----------
    path : pathlib.Path or str
        A TOML file with the fields of `TableMapping`; its events and rule are looked for beside it.

    Returns
    -------
    TableMapping
        Names of columns, country, currency and inflation target.

    Raises
    ------
    ObservationError
        If the file is missing, is no TOML or has a wrong field; the message names the place.
    """
    file = Path(path)
    try:
        content = toml_content(file, "the path of a mapping", ObservationError)
        return TableMapping.model_validate(content).beside(file.parent)
    except ValidationError as error:
        raise ObservationError(
            f"The mapping {file} cannot be used: {first_fault(error, TableMapping)}; expected the "
            f"fields {', '.join(TableMapping.model_fields)}."
        ) from None


_MAPPING = """# What your table calls things; every line may be left out.
format_version = 1
country = "Russia"        # another country: the bundled events and the war indicator do not apply
currency = "RUB"          # three letters; depreciation is growth of its price of one US dollar
# inflation_target = 4.0  # % a year, where the table has no such column
# events = "events.csv"   # your own sanctions events and their rule: columns and fields as in the
# rule = "rule.toml"      # bundled sanctions_events.csv and measures_rule.toml

[columns]                 # your column = "the model's column"
# "CPI, % q/q" = "inflation_pct"
"""


def describe_columns(scm: StructuralCausalModel) -> pd.DataFrame:
    """Tabulate the columns that a table may have.

    Returns: ``column``, ``label``, ``unit``, ``lowest``, ``highest`` (plausible values) and
    ``if_missing``, what the model does without the column.
    """
    rows = []
    for name in (*scm.observed, *scm.exogenous):
        variable = scm.variables[name]
        low, high = variable.plausible or (float("nan"), float("nan"))
        rows.append(
            {
                "column": variable.column,
                "label": variable.label,
                "unit": variable.kept_unit,
                "lowest": low,
                "highest": high,
                "if_missing": _without(scm, name),
            }
        )
    return pd.DataFrame(rows)


def _without(scm: StructuralCausalModel, name: str) -> str:
    if name in scm.observed:
        return "its equation, and those that need it, keep their priors"
    if name in MEASURES:
        return "computed from dated events"
    match scm.exogenous[name].default:
        case Constant(value=value):
            return f"{value:g} throughout"
        case Indicator(start=start, end=None):
            return f"1 from {start} on, else 0"
        case Indicator(start=start, end=end):
            return f"1 from {start} to {end}, else 0"
        case _:
            return "refused"


def write_template(
    folder: Path | str, scm: StructuralCausalModel, *, start: pd.Period, end: pd.Period
) -> list[Path]:
    """Write an empty table, the description of its columns and a mapping.

    `folder`: made if need be; none of the three files may be there. `start`, `end`: first and last
    row, at the model's frequency. Returns: ``table.csv``, ``columns.csv``, ``mapping.toml``. Raises
    `ObservationError` if a file is there, the periods run backwards or the folder cannot be
    written.
    """
    place = Path(folder)
    if end < start:
        raise ObservationError(f"The table would run from {start} to {end}; give a later end.")
    described = describe_columns(scm)
    wanted = [*(scm.variables[name].column for name in scm.observed), *MEASURES]
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["period", *wanted])
    writer.writerows([str(period), *[""] * len(wanted)] for period in pd.period_range(start, end))
    texts = {
        "table.csv": rows.getvalue(),
        "columns.csv": described.to_csv(index=False, lineterminator="\n"),
        "mapping.toml": _MAPPING,
    }
    if there := [name for name in texts if (place / name).exists()]:
        raise ObservationError(
            f"{place / there[0]} is there already; give another folder, or move it away."
        )
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with whole_file(place / name) as part:
                part.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ObservationError(
            f"Cannot write to {place}: {error.strerror}; give another folder."
        ) from None
    return [place / name for name in texts]
