"""Tables on relief observed elsewhere, as people read them at 80 columns."""

from dataclasses import replace

import pandas as pd

from sanctions_model.elsewhere.prediction import fit_summary, reliability
from sanctions_model.report.views import View, interval_words
from sanctions_model.summaries import interval_rule
from sanctions_model.wording import chance, figure, mass_words, number

_YEAR = 3
_SHORT = {
    "gdp": "GDP, %",
    "imports": "imports, %",
    "inflation": "inflation, pp",
    "real_exchange_rate": "currency, real, %",
    "gdp_level": "GDP, %",
    "price_level": "prices, %",
    "import_level": "imports, %",
    "rouble": "rouble, %",
}


# Powers to which the other countries' likelihood is raised.
_COUNTED = {0.0: "not counted", 0.5: "counted half", 1.0: "counted in full"}


def _size(row: pd.Series) -> str:
    if row["median"] != row["median"]:
        return "refused"
    bounds = f"({number(row['lower'])}; {number(row['upper'])})"
    return f"{number(row['median'])} {bounds}"


def predictive_views(table: pd.DataFrame) -> list[View]:
    """Show the predictive, a table a lifting, years side by side.

    `table`: as `elsewhere.predictive_table` returns it. Returns: the last one says what the numbers
    are and whether the fit behind them converged.
    """
    views = []
    for lifting, group in table.groupby("lifting", sort=False):
        rows = []
        for outcome, of in group.groupby("outcome", sort=False):
            sizes = {f"year {int(row['year'])}": _size(row) for _, row in of.iterrows()}
            rows.append({"outcome": _SHORT[str(outcome)], **sizes})
        after = group[(group["outcome"] == "gdp") & (group["year"] == _YEAR)]
        moved = _size(after.iloc[0]) if len(after) else ""
        views.append(
            View(
                table=pd.DataFrame(rows),
                title=f"In three years a lifting like those elsewhere moves GDP by {moved} %",
                question=f"Question: what did lifting sanctions do elsewhere ({lifting})?",
            )
        )
    caption = (
        "A country like Russia, not seen before: lifted against kept sanctions, median, and "
        f"where {mass_words(interval_rule().prob)} draws lie; currency: + = stronger. "
        f"{reliability(fit_summary())}"
    )
    return [*views[:-1], replace(views[-1], caption=caption)]


def with_view(table: pd.DataFrame, lifting: str) -> View:
    """Show an answer without and with the liftings elsewhere.

    `table`: as `with_liftings_elsewhere` returns it. `lifting`: name of the lifting.
    """
    rows = []
    for outcome, group in table.groupby("outcome", sort=False):
        named = {
            _COUNTED.get(row["power"], f"counted {row['power']:g}"): _size(row)
            for _, row in group.iterrows()
        }
        rows.append({"outcome": _SHORT.get(str(outcome), str(outcome)), **named})
    held = table[table["used"]]
    largest = held[held["power"] == held["power"].max()]
    shifts = ", ".join(
        f"{_SHORT.get(row['outcome'], row['outcome']).partition(',')[0]} {number(row['shift'])}"
        for _, row in largest.iterrows()
    )
    held_words = (
        f"What that shifts, in standard deviations of the answer: {shifts}; the draws of the fit, "
        f"weighted: k-hat {number(largest['k_hat'].max())}, "
        f"{largest['effective_size'].min():.0f} effective draws. "
        if len(held)
        else "The draws do not reach that far. "
    )
    caption = (
        f"Full relief after 12 quarters, liftings: {lifting}; rouble: + = stronger. "
        f"{interval_words(interval_rule())} "
        f"{held_words}Off unless asked for: no prior rests on it."
    )
    return View(
        table=pd.DataFrame(rows),
        title=f"With the liftings elsewhere full relief moves GDP by {_with_most(table)} %",
        question="Question: what would the answer be if the liftings elsewhere counted?",
        caption=caption,
    )


def _with_most(table: pd.DataFrame) -> str:
    """Return the answer on GDP with the largest weight that holds."""
    own = table[(table["outcome"] == "gdp_level") & table["used"]]
    return _size(own.iloc[int(own["power"].argmax())]) if len(own) else "a refused number of"


def hazard_view(table: pd.DataFrame) -> View:
    """Show how often lifted measures came back. `table`: as `reimposition_hazard` returns it."""
    rows = [
        {
            "liftings": row["group"],
            "n": int(row["episodes"]),
            "back": int(row["reimposed"]),
            "% a year": f"{figure(100 * row['hazard'])} "
            f"({figure(100 * row['lower'])}; {figure(100 * row['upper'])})",
            "P, 5 years": chance(row["within_5"]),
        }
        for _, row in table.iterrows()
    ]
    level = interval_rule().percent
    caption = f"Reimposed within five years: how many, hazard with {level} interval, probability."
    first = table.iloc[0]
    return View(
        table=pd.DataFrame(rows),
        title=f"{int(first['reimposed'])} of {int(first['episodes'])} liftings were taken back "
        "within five years",
        question="Question: how often did measures come back?",
        caption=caption,
    )
