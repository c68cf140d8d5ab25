"""A start for a user's own table: the columns that the model reads, and what each must hold."""

import csv
import io
from pathlib import Path

import pandas as pd

from sanctions_model.scm.equations import Constant, Indicator
from sanctions_model.errors import ObservationError
from sanctions_model.files import whole_file
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.transmission import MEASURES

__all__ = ["describe_columns", "write_template"]

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

    Parameters
    ----------
    scm : StructuralCausalModel

    Returns
    -------
    pandas.DataFrame
        ``column``, ``label``, ``unit``, ``lowest``, ``highest`` (plausible values) and
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
                "unit": variable.unit,
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

    Parameters
    ----------
    folder : path
        Made if need be; none of the three files may be there.
    scm : StructuralCausalModel
    start, end : pandas.Period
        First and last row, at the model's frequency.

    Returns
    -------
    list of pathlib.Path
        ``table.csv``, ``columns.csv``, ``mapping.toml``.

    Raises
    ------
    ObservationError
        If a file is there, the periods run backwards or the folder cannot be written.
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
