"""Write the README's two tables of results anew from the tables of a run.

`python scripts/readme_tables.py` reads `effects.csv` and `claims.csv` of `results/russia` and
replaces what stands between the markers in `README.md`; with `--check` it changes nothing and
exits with 1 where the README says something else. It knows the tables, not the model.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

__all__ = ["claims_lines", "effects_lines", "main", "with_tables"]

ROOT = Path(__file__).parent.parent
HORIZONS = (4, 8, 12)
OUTCOMES = {
    "price_level": "consumer prices, %",
    "inflation_yoy": "inflation y/y, pp",
    "key_rate": "key rate, pp",
    "lending_rate": "lending rate, pp",
    "real_lending_rate": "real lending rate, pp",
    "credit_level": "real credit to firms, %",
    "gdp_level": "GDP, %",
    "rouble": "rouble (+ = stronger), %",
    "import_level": "goods imports, USD value, %",
    "real_wage_level": "real wage, %",
}
_NUMBERS = ["median", "lower", "upper"]
_TWO_DIGIT_SIZE = 10.0


def effects_lines(effects: pd.DataFrame) -> list[str]:
    """Return the table of full relief: median and interval at each horizon, P(higher) at the last.

    Numbers have two decimals, or one where a row reaches 10.
    """
    full = effects[(effects["relief"] == 1.0) & (effects["channel"] == "total")]
    header = [
        f"{horizon} quarters" if horizon == HORIZONS[0] else str(horizon) for horizon in HORIZONS
    ]
    cells = ["full relief over a year, after", *header, f"P(higher) at {HORIZONS[-1]}"]
    lines = [_row(cells), _row(["---"] * len(cells), padding="")]
    for outcome, label in OUTCOMES.items():
        rows = full[full["outcome"] == outcome].set_index("horizon").loc[list(HORIZONS)]
        digits = 1 if rows[_NUMBERS].abs().to_numpy().max() >= _TWO_DIGIT_SIZE else 2
        shown = [
            "{} ({}; {})".format(*(f"{number:+.{digits}f}" for number in row))
            for row in rows[_NUMBERS].to_numpy()
        ]
        higher = 1.0 - float(rows["prob_below_zero"].iloc[-1])
        lines.append(_row([label, *shown, f"{higher:.2f}"]))
    return lines


def claims_lines(claims: pd.DataFrame) -> list[str]:
    """Return the scorecard: probabilities, material, what it rests on; † the sign is assumed."""
    cells = ["claim", "P before", "P after", "material", "information", "rests on"]
    lines = [_row(cells), _row(["---"] * len(cells), padding="")]
    for row in claims.itertuples():
        numbers = (row.prob_prior, row.prob, row.prob_material, row.information)
        mark = " †" if row.sign_assumed else ""
        shown = [f"{number:.2f}" for number in numbers]
        lines.append(_row([f"{row.statement}{mark}", *shown, str(row.basis)]))
    return lines


def _row(cells: list[str], padding: str = " ") -> str:
    return "|" + "|".join(f"{padding}{cell}{padding}" for cell in cells) + "|"


TABLES: dict[str, Callable[[pd.DataFrame], list[str]]] = {
    "effects.csv": effects_lines,
    "claims.csv": claims_lines,
}


def with_tables(text: str, folder: Path) -> str:
    """Return a text with the tables between its markers replaced.

    A table stands between `<!-- table: effects.csv -->` and `<!-- end of effects.csv -->`.
    """
    for name, lines in TABLES.items():
        before, begin, rest = text.partition(f"<!-- table: {name} -->\n")
        _, end, after = rest.partition(f"\n<!-- end of {name} -->")
        if not begin or not end:
            raise ValueError(f"No markers for {name}; put them around its table in the text.")
        table = "\n".join(lines(pd.read_csv(folder / name)))
        text = f"{before}{begin}{table}{end}{after}"
    return text


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, compare only")
    parser.add_argument("--results", type=Path, default=ROOT / "results" / "russia")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    given = parser.parse_args(arguments)
    old = given.readme.read_text(encoding="utf-8")
    new = with_tables(old, given.results)
    if given.check:
        same = new == old
        print("the README says what the tables say" if same else "the README is out of date")
        return 0 if same else 1
    given.readme.write_text(new, encoding="utf-8")
    print(f"wrote the tables of {given.results} into {given.readme.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
