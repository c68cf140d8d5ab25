"""Write the results in README and docs anew: sentences, tables and pictures, from a run's folder.

`python scripts/readme_tables.py` reads `effects.csv` and `claims.csv` of `results/russia`, replaces
what stands between the markers of the documents, and draws their pictures from the fit beside the
tables; with `--check` it changes nothing and exits with 1 where a document says something else.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from sanctions_model.wording import chance, error_words, page_minus

__all__ = [
    "DOCUMENTS",
    "alternatives_lines",
    "claims_lines",
    "draw_pictures",
    "effects_lines",
    "elsewhere_lines",
    "example_lines",
    "finding_lines",
    "liftings_lines",
    "main",
    "priors_lines",
    "signs_lines",
    "totals_lines",
    "with_tables",
]

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "figures"
_NAMES = (
    *("README.md", "docs/index.md", "docs/howto/scorecard.md", "docs/what_it_rests_on.md"),
    *("docs/elsewhere.md", "docs/evidence.md"),
)
DOCUMENTS = tuple(ROOT / name for name in _NAMES)
HORIZONS = (4, 8, 12)
LIFTING = "settlement, all senders"
FINDING = ("price_level", "key_rate", "gdp_level")  # of the first sentence and the first picture
EXAMPLE = "gdp_growth"  # the claim that the page on the scorecard explains
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
        shown = [_signed(row, digits) for row in rows[_NUMBERS].to_numpy()]
        higher = 1.0 - float(rows["prob_below_zero"].iloc[-1])
        lines.append(_row([label, *shown, chance(higher)]))
    return lines


def claims_lines(claims: pd.DataFrame) -> list[str]:
    """Return the scorecard: probabilities, material, what it rests on; † the sign is assumed."""
    cells = ["claim", "P before", "P after", "material", "information", "rests on"]
    lines = [_row(cells), _row(["---"] * len(cells), padding="")]
    for row in claims.itertuples():
        mark = " †" if row.sign_assumed else ""
        shown = [chance(prob) for prob in (row.prob_prior, row.prob, row.prob_material)]
        shown.append(f"{row.information:.2f}")
        lines.append(_row([f"{row.statement}{mark}", *shown, str(row.basis)]))
    return lines


def _signed(numbers: Iterable[float], digits: int, error: str = "") -> str:
    """Write a median, its error if there is one, and its interval, a nought without a minus."""
    median, lower, upper = (f"{number:+z.{digits}f}" for number in numbers)
    return f"{median}{error and f' ± {error}'} ({lower}; {upper})"


def _row(cells: list[str], padding: str = " ") -> str:
    return "|" + "|".join(f"{padding}{cell}{padding}" for cell in cells) + "|"


def finding_lines(folder: Path) -> list[str]:
    """Return the finding in two paragraphs: sizes after three years, then what they rest on."""
    effects, claims = (pd.read_csv(folder / f"{name}.csv") for name in ("effects", "claims"))
    at_end = (effects["relief"] == 1.0) & (effects["channel"] == "total")
    rows = effects[at_end & (effects["horizon"] == HORIZONS[-1])].set_index("outcome")
    sizes = []
    for outcome in FINDING:
        label, _, unit = OUTCOMES[outcome].rpartition(", ")
        median, lower, upper = (float(rows.loc[outcome, number]) for number in _NUMBERS)
        sizes.append(f"{label} **{median:+z.1f} {unit}** ({lower:+z.1f}; {upper:+z.1f})")
    gdp = claims.set_index("claim").loc[EXAMPLE]
    before, after = (round(float(gdp[name]), 2) for name in ("prob_prior", "prob"))
    # Two errors of a probability near these from 4,000 draws: less is rounding of the sampler.
    alike = abs(after - before) < 0.015
    turned = "made it less likely" if after < before else "made it likelier"
    turned = "hardly moved it" if alike else turned
    rests_on = claims["basis"].value_counts()
    told, both, believed = (int(rests_on.get(b, 0)) for b in ("identified", "mixed", "assumed"))
    return [
        f"Three years after a full relief began, against sanctions unchanged: {'; '.join(sizes)}. "
        "Medians, and in brackets 89 % intervals.",
        "",
        f"That GDP is then higher has probability {chance(after)}. Before the data, published "
        f"estimates and judgement gave {chance(before)}: the data {turned}. Of the sizes "
        f"of {len(claims)} claims {told or 'none'} are settled by the data, {both} by data and "
        f"beliefs "
        f"together, and {believed} by published estimates and judgement alone.",
    ]


def example_lines(claims: pd.DataFrame) -> list[str]:
    """Return the row of the scorecard that its page explains, under the scorecard's header."""
    header, rule, *rows = claims_lines(claims)
    return [header, rule, rows[list(claims["claim"]).index(EXAMPLE)]]


def alternatives_lines(alternatives: pd.DataFrame) -> list[str]:
    """Return each set of beliefs and each graph with the effects under it; refused fits say so.

    Behind ± stands the Monte-Carlo error of the median, where the table knows it.
    """
    asked = alternatives.drop_duplicates("claim")
    titles = [
        f"{OUTCOMES.get(row.outcome, row.outcome)}, quarter {row.horizon}"
        for row in asked.itertuples()
    ]
    header = ["refitted with other", "name", *titles]
    lines = [_row(header), _row(["---"] * len(header), padding="")]
    for (kind, name), rows in alternatives.groupby(["kind", "alternative"], sort=False):
        by_claim = rows.set_index("claim").loc[list(asked["claim"])]
        errors = by_claim.get("median_error", pd.Series(np.nan, by_claim.index))
        shown = [
            _signed(row, 2, error_words(error))
            for row, error in zip(by_claim[_NUMBERS].to_numpy(), errors, strict=True)
        ]
        refused = "" if bool(by_claim["converged"].all()) else " (did not converge)"
        lines.append(_row([str(kind), f"{name}{refused}", *shown]))
    return lines


def mixture_lines(mixture: pd.DataFrame) -> list[str]:
    """Return both intervals of each claim and whose choice the variance is."""
    header = [
        "claim",
        "graphs weighed",
        "stated model",
        "all models",
        "graph",
        "priors",
        "parameters",
    ]
    lines = [_row(header), _row(["---"] * len(header), padding="")]
    for row in mixture.to_dict("records"):
        sizes = [_signed((row[f"{kind}{n}"] for n in _NUMBERS), 1) for kind in ("alone_", "")]
        shares = [f"{100 * row[f'share_{n}']:.0f} %" for n in ("graph", "priors", "parameters")]
        how = "equally" if row["weights"] == "equal" else "by scores"
        lines.append(_row([str(row["claim"]).replace("_", " "), how, *sizes, *shares]))
    return lines


def totals_lines(folder: Path) -> list[str]:
    """Return how many published effects of sanctions the model finds again, from the fit."""
    import sanctions_model as sm
    from sanctions_model.validation.published_effects import totals_table

    fit = sm.load(folder / "posterior.nc")
    verdicts = totals_table(fit.scm, fit.prior_draws, fit.draws)["verdict"].value_counts()
    inside, outside, silent = (
        int(verdicts.get(name, 0)) for name in ("inside", "outside", "not answered")
    )
    return [
        f"**Of {inside + outside} published effects of sanctions that the model can be asked for, "
        f"{inside} agree with it and {outside} do not**; {silent} more it cannot answer. "
        "[Which ones, and why](validation.md#published-totals)."
    ]


def liftings_tables(folder: Path) -> tuple[pd.DataFrame, ...]:
    """Return the answer with the liftings elsewhere, and what stands beside it.

    As believed, under wide beliefs, the error that few shipped draws leave at full weight, and as
    believed with what moved before a lifting counted in.
    """
    import sanctions_model as sm

    fit = sm.load(folder / "posterior.nc")
    lifting = sm.elsewhere.liftings_like_russia()[LIFTING]
    predicted = sm.elsewhere.predict(lifting)
    wide = sm.robustness.wide_recovery(fit.draws)
    asked = sm.robustness.with_liftings_elsewhere
    return (
        asked(fit.scm, fit.draws, predicted),
        asked(fit.scm, wide, predicted, powers=(0.0, 0.5)),
        sm.robustness.liftings_error(fit.scm, fit.draws, lifting),
        asked(fit.scm, fit.draws, sm.elsewhere.predict(lifting, anticipated=True)),
    )


def liftings_lines(
    stated: pd.DataFrame, wide: pd.DataFrame, few: pd.DataFrame, anticipated: pd.DataFrame
) -> list[str]:
    """Return the answer without the liftings elsewhere, with half their weight and in full."""
    columns = ["without", "power 0.5", "power 1", "shift at 0.5", "narrower at 1"]
    header = ["outcome", *columns, "wide beliefs, without", "wide, power 0.5"]
    lines = [_row(header), _row(["---"] * len(header), padding="")]
    for outcome in dict.fromkeys(stated["outcome"]):
        own = stated[stated["outcome"] == outcome].set_index("power")
        other = wide[wide["outcome"] == outcome].set_index("power")
        sizes = [_size(own.loc[power]) for power in (0.0, 0.5, 1.0)]
        error = error_words(own.loc[0.5].get("shift_error", np.nan))
        shift = f"{own.loc[0.5, 'shift']:+z.2f}{error and f' ± {error}'}"
        sizes += [shift, f"{own.loc[1.0, 'narrower']:.2f}"]
        sizes += [_size(other.loc[power]) for power in (0.0, 0.5)]
        lines.append(_row([OUTCOMES[outcome], *sizes]))
    held = stated[stated["power"] > 0]
    least = held.groupby("power")["effective_size"].min()
    return [
        *lines,
        "",
        f"k-hat is at most {held['k_hat'].max():.2f}, with {least[0.5]:,.0f} effective draws at a "
        f"power of 0.5 and {least[1.0]:,.0f} at 1.",
        "",
        f"The table rests on 500 of the 8,000 draws of the panel's fit. {_moved(stated, few)} "
        "The errors are those that so few draws leave, from drawing them anew with replacement "
        "(30 times, `robustness.liftings_error`).",
        "",
        "The predictive counts what moved before a lifting as no part of its effect. Counted in "
        f"(`predict(..., anticipated=True)`), {_counted_in(anticipated)}.",
    ]


def _moved(stated: pd.DataFrame, few: pd.DataFrame) -> str:
    """Say how far the medians move at full weight, and how sure that is."""
    errors = few.set_index("outcome")["median"]
    said = []
    for outcome, own in stated.set_index("power").groupby("outcome", sort=False):
        if bool(own.loc[1.0, "used"]):
            moved = own.loc[1.0, "median"] - own.loc[0.0, "median"]
            name, unit = OUTCOMES[outcome].rsplit(", ", 1)
            said.append(f"{name} {moved:+z.2f} ± {error_words(errors[outcome])} {unit}")
    if not said:
        return "At full weight the weights do not hold, so that no move is said."
    return f"At full weight the liftings move the medians so: {'; '.join(said)}."


def _counted_in(anticipated: pd.DataFrame) -> str:
    """Say what imports are when what moved before a lifting is counted in."""
    own = anticipated[anticipated["outcome"] == "import_level"].set_index("power")
    sizes = [_size(own.loc[power]) for power in (0.0, 0.5, 1.0)]
    at = f"{sizes[1]} % at 0.5 and {sizes[2]} % at 1"
    return f"imports are {at}, where they are {sizes[0]} % without"


def elsewhere_lines() -> list[str]:
    """Return what the liftings elsewhere predict, as the verb prints it; rests on no fit."""
    import sanctions_model as sm
    from sanctions_model.report.elsewhere import predictive_views

    table = sm.elsewhere.predictive_table()
    lines = []
    for view, lifting in zip(
        predictive_views(table), table["lifting"].drop_duplicates(), strict=True
    ):
        if not lines:
            header = ["lifting", *view.table.columns]
            lines = [_row(header), _row(["---"] * len(header), padding="")]
        lines += [_row([str(lifting), *row]) for row in view.table.itertuples(index=False)]
    return lines


def priors_lines() -> list[str]:
    """Return the beliefs of the default economy that rest on a study or a figure; on no fit."""
    stated = _stated_priors()
    free = ~stated["prior"].str.startswith("Fixed")
    rests = free & (stated["sources"] != "judgement")
    lines = [_row(["belief about", "median (89 %)", "unit", "rests on"]), _row(["---"] * 4, "")]
    # What is believed alike for the same reason, as of four measures, is one row.
    same = ["size", "unit", "sources"]
    for (size, unit, sources), own in stated[rests].groupby(same, sort=False):
        lines.append(_row(["; ".join(own["belief about"]), size, unit, sources]))
    judged, fixed = int((free & ~rests).sum()), int((~free).sum())
    return [
        *lines,
        "",
        f"The other {judged} beliefs are judgement alone, and {fixed} parameters are fixed by "
        "definition.",
    ]


def signs_lines() -> list[str]:
    """Return the links whose sign the default economy's priors set; fixed ones left out."""
    stated = _stated_priors()
    one_sided = (stated["sign"] != "") & ~stated["prior"].str.startswith("Fixed")
    said = stated.loc[one_sided, "belief about"].str.removeprefix("Effect of ")
    return [f"- {link.replace(' on ', ' → ')}" for link in said]


def _stated_priors() -> pd.DataFrame:
    import sanctions_model as sm
    from sanctions_model.report.ledgers import priors_view

    return priors_view(sm.load_priors(), sm.default_transmission()).table


def _size(row: "pd.Series[float]") -> str:
    if not bool(row["used"]):
        return "refused"
    return _signed(row[_NUMBERS], 2)


def _from(name: str, lines: Callable[[pd.DataFrame], list[str]]) -> Callable[[Path], list[str]]:
    return lambda folder: lines(pd.read_csv(folder / name))


_REFITS = ("alternatives.csv", "mixture.csv")
BLOCKS: dict[str, Callable[[Path], list[str]]] = {
    "finding": finding_lines,
    "effects.csv": _from("effects.csv", effects_lines),
    "claims.csv": _from("claims.csv", claims_lines),
    "alternatives.csv": _from("alternatives.csv", alternatives_lines),
    "mixture.csv": _from("mixture.csv", mixture_lines),
    "totals": totals_lines,
    "example of claims.csv": _from("claims.csv", example_lines),
    "liftings elsewhere": lambda _: elsewhere_lines(),
    "priors with a source": lambda _: priors_lines(),
    "signs of priors": lambda _: signs_lines(),
    "liftings": lambda folder: liftings_lines(*liftings_tables(folder)),
}

# Blocks that are left as they are where a folder lacks what they are made from.
NEEDED = {name: name for name in _REFITS} | dict.fromkeys(("totals", "liftings"), "posterior.nc")


def with_tables(text: str, folder: Path) -> str:
    """Return a text with what stands between its markers replaced.

    A block stands between `<!-- from results: NAME -->` and `<!-- end of NAME -->`.
    """
    if not any(f"<!-- from results: {name} -->" in text for name in BLOCKS):
        raise ValueError(f"No markers; put them around one of {', '.join(BLOCKS)} in the text.")
    for name, lines in BLOCKS.items():
        before, begin, rest = text.partition(f"<!-- from results: {name} -->\n")
        _, end, after = rest.partition(f"\n<!-- end of {name} -->")
        if begin and not end:
            raise ValueError(f"{name} has no end; put <!-- end of {name} --> behind it.")
        needed = NEEDED.get(name)
        if begin and (needed is None or (folder / needed).is_file()):
            text = before + begin + page_minus("\n".join(lines(folder))) + end + after
    return text


def draw_pictures(results: Path, folder: Path = PICTURES) -> None:
    """Draw the finding, and copy the pictures of the run that the documents show."""
    import sanctions_model as sm

    fit = sm.load(results / "posterior.nc")
    effects = (sm.total_effect(fit.scm, draws) for draws in (fit.draws, fit.prior_draws))
    finding = sm.plots.plot_responses(*effects, scm=fit.scm, outcomes=list(FINDING))
    sm.plots.save_figures({"finding": finding}, folder)
    for name in ("chain", "graph", "responses"):
        shutil.copyfile(results / "figures" / f"{name}.png", folder / f"{name}.png")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, compare only")
    parser.add_argument("--results", type=Path, default=ROOT / "results" / "russia")
    parser.add_argument("--documents", type=Path, nargs="+", default=DOCUMENTS)
    parser.add_argument("--no-pictures", action="store_true", help="words and tables only")
    given = parser.parse_args(arguments)
    old = {path: path.read_text(encoding="utf-8") for path in given.documents}
    new = {path: with_tables(text, given.results) for path, text in old.items()}
    if given.check:
        late = [path.name for path in old if new[path] != old[path]]
        print(f"out of date: {', '.join(late)}" if late else "documents say what the tables say")
        return 1 if late else 0
    for path, text in new.items():
        path.write_text(text, encoding="utf-8")
    if not given.no_pictures:
        draw_pictures(given.results)
    print(f"wrote the results of {given.results} into {', '.join(path.name for path in new)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
