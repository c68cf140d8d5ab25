"""Write docs/claims_old_and_new.md: every claim as it was first answered and as it is now.

``python scripts/claims_old_and_new.py [RESULTS]`` writes the page from the claims of a run.
``--record COMMIT`` reads the table of claims that the quickstart of that commit shows and keeps it
in scripts/claims_before.csv; the words are those of the rule of that time.
"""

import argparse
import json
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from sanctions_model.wording import chance, share_words, true_minus, upper_first

__all__ = ["page", "recorded", "then_basis", "then_word"]

ROOT = Path(__file__).parents[1]
BEFORE = Path(__file__).parent / "claims_before.csv"
PAGE = ROOT / "docs" / "claims_old_and_new.md"
# The last commit that answered by the old statistics and the growth economy.
COMMIT = "de76ddf"
NOTEBOOK = "notebooks/quickstart.ipynb"
COLUMNS = ("prob_prior", "prob", "prob_material", "median", "lower", "upper", "width_share")
_ASSUMED = "Sign assumed by the prior"
_SURE = "As sure before the data"
_STEPS = ((0.95, "Well supported"), (0.8, "Likely"), (0.6, "Weakly supported"), (0.4, "Open"))
_MOVED = 0.02
# What of the economy changed, by outcome; what of the question changed, by claim.
_ECONOMY = {
    "import_level": "imports follow income and the real exchange rate to a level, and most of what "
    "was lost has been routed around",
    "import_premium": "the lasting premium is smaller",
    "price_level": "the lasting premium is smaller, and expectations hold to the target",
    "inflation_yoy": "expectations hold to the target",
    "key_rate": "the risk premium passes through at once instead of being smoothed",
    "lending_rate": "loans follow the key rate at unit weight",
    "real_lending_rate": "expectations move less than the key rate, and the premium falls at once",
    "credit_level": "credit grows with the trend and with the real rate over neutral",
    "gdp_level": "a disruption gives back little, and the data leave less of the technology gap",
    "rouble": "freed imports need foreign exchange until the balance closes, and exports that were "
    "banned bring it later",
    "real_wage_level": "wages grow with what lasts of output, and dearer imports cost real income",
}
_QUESTION = {
    "inflation_at_target": "it counted paths that touched 4 % in one of eight quarters, and asks "
    "now whether inflation is at or below 4 % in every quarter from the fifth to the eighth",
}


def recorded(notebook: str) -> pd.DataFrame:
    """Read the table of claims that a quickstart shows.

    Parameters
    ----------
    notebook : str
        Its content, as JSON.

    Returns
    -------
    pandas.DataFrame
        Index ``claim``, columns `COLUMNS`; the last is 1 - (width after / width before)^2.

    Raises
    ------
    ValueError
        If no output has such a table.
    """
    for cell in json.loads(notebook)["cells"]:
        for output in cell.get("outputs", []):
            shown = "".join(output.get("data", {}).get("text/html", []))
            if "inflation_at_target" not in shown or "prob_material" not in shown:
                continue
            rows = re.findall(r"<tr>\s*<th>([a-z_]+)</th>\s*((?:<td>[^<]*</td>\s*)+)</tr>", shown)
            cells = {n: [float(x) for x in re.findall(r"<td>([^<]*)</td>", r)] for n, r in rows}
            found = pd.DataFrame.from_dict(cells, orient="index", columns=list(COLUMNS))
            return found.rename_axis("claim")
    raise ValueError(f"No table of claims in {NOTEBOOK}; expected one with 'inflation_at_target'.")


def then_word(row: "pd.Series[float]", *, is_target: bool) -> str:
    """Say in the words of that time how a claim stood."""
    if is_target:
        return "asked of paths"
    if row["prob_prior"] == 1:
        return _ASSUMED
    return next((word for least, word in _STEPS if row["prob"] >= least), "Not supported")


def then_basis(width_share: float) -> str:
    """Say in the words of now what the old rule said of the size, by the width of intervals."""
    return "assumed" if width_share < 0.25 else "mixed" if width_share < 0.75 else "identified"


def _now_word(row: "pd.Series[float]", *, is_target: bool) -> str:
    return "asked of paths" if is_target else str(row["verdict"]).partition(" (P ")[0]


def _sentence(name: str, old: "pd.Series[float]", new: "pd.Series[float]") -> str:
    """Say why a verdict is another one, or nothing where it is the same."""
    is_target = str(new["verdict"]).startswith("P(")
    before, now = (f(r, is_target=is_target) for f, r in ((then_word, old), (_now_word, new)))
    said = []
    moved = abs(new["prob"] - old["prob"]) >= _MOVED
    if name in _QUESTION:
        said.append(_QUESTION[name])
    if before != now or (is_target and moved):
        if now == _SURE:
            said.append(
                f"the prior alone gave it {chance(new['prob_prior'])}, so that the data are "
                "not credited with it"
            )
        if moved and now != _ASSUMED:
            said.append(_ECONOMY[str(new["outcome"])])
    basis = then_basis(old["width_share"])
    if basis != new["basis"]:
        said.append(
            f"the size was called {basis} by the width of its interval (share "
            f"{old['width_share']:.2f}) and is {new['basis']} by what was learned: the median went "
            f"from {new['prior_median']:+.2g} to {new['median']:+.2g}, information gained "
            f"{share_words(new['information'])}"
        )
    if not said:
        return ""
    first, last = chance(old["prob"]), chance(new["prob"])
    change = f"*{before}* (P {first}) became *{now}* (P {last})"
    if before == now:
        change = f"*{upper_first(now)}*, P {first} and now {last}"
    return true_minus(f"{change}: {'; '.join(said)}.")


def _lines(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[str]:
    yield "| claim | first answer: P, size | word, basis | now: P, size | word, basis |"
    yield "|---|---|---|---|---|"
    for name, row in new.iterrows():
        is_target = str(row["verdict"]).startswith("P(")
        cells = [str(row["statement"])]
        for which, word, basis in (
            (old.loc[name], then_word, then_basis(old.loc[name, "width_share"])),
            (row, _now_word, row["basis"]),
        ):
            size = f"{which['median']:.2f} ({which['lower']:.2f}; {which['upper']:.2f})"
            cells.append(f"{chance(which['prob'])}, {true_minus(size)}")
            cells.append(f"{word(which, is_target=is_target)}, {basis}")
        yield "| " + " | ".join(cells) + " |"


def page(old: pd.DataFrame, claims: pd.DataFrame) -> str:
    """Return the page.

    Parameters
    ----------
    old : pandas.DataFrame
        From `recorded`.
    claims : pandas.DataFrame
        ``claims.csv`` of a run.

    Raises
    ------
    ValueError
        If the two do not have the same claims.
    """
    new = claims.set_index("claim")
    if set(new.index) != set(old.index):
        odd = ", ".join(sorted(set(new.index) ^ set(old.index)))
        raise ValueError(f"Only one of the two tables has {odd}; expected the same claims.")
    said = {str(n): _sentence(str(n), old.loc[n], row) for n, row in new.iterrows()}
    changed = [
        textwrap.fill(f"- **{new.loc[n, 'statement']}** {text}", 100, subsequent_indent="  ")
        for n, text in said.items()
        if text
    ]
    intro = (
        "What the article's claims were first answered with, and what they are answered with now. "
        "Two things changed: the statistics (a claim that inflation stops asks whether it stays; "
        "levels are in percent, not in log points; what a size rests on is said by what was "
        "learned, not by the width of an interval) and the economy (the first answers are of the "
        "growth economy, those of now of the [economy with an anchor](economy_anchored.md)). Sizes "
        "are medians with the project's interval; first sizes of levels are log points."
    )
    made = (
        "Made by `python scripts/claims_old_and_new.py` from the claims of a run; the first "
        f"answers are those that the quickstart of commit `{COMMIT}` shows."
    )
    return "\n".join(
        [
            "# Claims, first and now",
            "",
            textwrap.fill(intro, 100),
            "",
            *_lines(old, new),
            "",
            f"## Verdicts that changed: {len(changed)} of {len(new)}",
            "",
            *changed,
            "",
            textwrap.fill(made, 100),
            "",
        ]
    )


def main() -> None:
    """Record the first answers, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, nargs="?", default=ROOT / "results" / "russia")
    parser.add_argument("--record", metavar="COMMIT", help="keep the claims of a commit")
    asked = parser.parse_args()
    if asked.record is not None:
        shown = ["git", "show", f"{asked.record}:{NOTEBOOK}"]
        content = subprocess.run(shown, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        recorded(content).to_csv(BEFORE)
        return
    old = pd.read_csv(BEFORE, index_col="claim")
    claims = pd.read_csv(asked.results / "claims.csv")
    PAGE.write_text(page(old, claims), encoding="utf-8")


if __name__ == "__main__":
    main()
