"""Numbers, tables and names of series as the validation report writes them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sanctions_model.inference.fit import data_checksum
from sanctions_model.queries.reading.headlines import in_words_of
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import read_period

if TYPE_CHECKING:
    from sanctions_model.inference.fit import Fit

SERIES = {
    "gdp_growth": "GDP growth, % a quarter",
    "inflation": "inflation, % a quarter",
    "depreciation": "USD/RUB, % a quarter",
    "key_rate": "key rate, % a year",
    "lending_rate": "lending rate, % a year",
    "import_growth": "imports, % a quarter",
    "credit_growth": "real credit to firms, % a quarter",
    "real_wage_growth": "real wages, % a quarter",
    "oil_growth": "Brent, % a quarter",
}


def series_words(name: str, scm: StructuralCausalModel) -> str:
    """Name a series without its unit; one that the page has no words for by its own label."""
    return SERIES[name].split(",")[0] if name in SERIES else scm.variables[name].label


def fit_words(fit: "Fit") -> str:
    """Say which fit a report was made from; one made of it later is known by this and its date."""
    manifest = fit.manifest
    settings = manifest["settings"]
    last = read_period(manifest["data"]["last_period"], fit.scm.periods_per_year)
    return (
        f"the fit of {manifest['created'][:10]} ({settings.get('chains', 1)} chains of "
        f"{settings['draws']} draws, data to {last}, data checksum {data_checksum(manifest)})"
    )


def names_fit(text: str, fit: "Fit") -> bool:
    """Say whether a validation report is of this fit.

    One written by an earlier version names the data by the hash of what was read.
    """
    known_by = data_checksum(fit.manifest)
    read = str(fit.manifest["data"]["sha256"])[:12]
    now = fit_words(fit)
    return now in text or now.replace(f"data checksum {known_by}", f"sha256 {read}") in text


def is_older(file: Path, fit: "Fit") -> bool:
    """Say whether a file was written before the fit, and so of another."""
    return file.stat().st_mtime < pd.Timestamp(str(fit.manifest["created"])).timestamp()


def effect_words(outcome: str, horizon: int | str, scm: StructuralCausalModel) -> str:
    """Name the effect on an outcome after so many periods."""
    return f"{scm.variables[outcome].short_label}, {scm.period_name} {horizon}"


def quantity_words(name: str, scm: StructuralCausalModel) -> str:
    """Name a quantity of the calibration: an effect, a parameter or a missing figure."""
    outcome, is_effect, horizon = name.removeprefix("effect on ").partition(" after ")
    return effect_words(outcome, horizon, scm) if is_effect else in_words_of(scm, name)


def number(value: object, *, sign: bool = False) -> str:
    """Return a number in three digits, nothing for none."""
    real = float(value)  # type: ignore[arg-type]
    if np.isnan(real):
        return ""
    if np.isinf(real):
        return "∞" if real > 0 else "-∞"
    digits = 0 if abs(real) >= 100 else 1 if abs(real) >= 10 else 2
    text = f"{real:{'+' if sign else ''}.{digits}f}"
    return text.replace("-", "−")


def span(median: object, lower: object, upper: object) -> str:
    """Return a median with its interval."""
    return f"{number(median)} ({number(lower)}; {number(upper)})"


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Return the rows with their columns as attributes."""
    return list(frame.itertuples())


def markdown_table(frame: pd.DataFrame) -> str:
    """Return a table in Markdown, cells as they print."""
    head = "| " + " | ".join(str(name) for name in frame.columns) + " |"
    rule = "|" + "---|" * len(frame.columns)
    rows = [
        "| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |"
        for row in frame.to_numpy(dtype=object)
    ]
    return "\n".join([head, rule, *rows])


def truth_of(values: pd.Series) -> np.ndarray:
    """Booleans, also where a file made words of them."""
    return np.array([is_true(value) for value in values], dtype=bool)


def converged_words(table: pd.DataFrame, by: str) -> str:
    """Say whether the refits behind a table passed the convergence gate, and which did not.

    `table`: with a column ``converged``. `by`: the column that tells one refit from another.
    """
    failed = list(dict.fromkeys(table.loc[~truth_of(table["converged"]), by].astype(str)))
    if not failed:
        return "All refits passed the convergence gate."
    count = table[by].nunique()
    return (
        f"**{len(failed)} of {count} refits failed the convergence gate** "
        f"({', '.join(failed)}): their rows are shown, and not to be relied on."
    )


def is_true(value: object) -> bool:
    """Say whether a value is true, also where a file made a word of it."""
    return str(value) == "True"
