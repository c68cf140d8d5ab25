"""One scenario's answer in words: what it changes, how likely that is, and what it is against.

A design that may be undone or blocked does nothing in part of its draws, so that a median can stand
at zero: the mean and the probability of a size that matters stand beside it. Computes nothing new.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.elsewhere.base_rates import lifting_rate
from sanctions_model.queries.claims import load_claims
from sanctions_model.queries.reading.headlines import headline, label_with_unit, main_outcomes
from sanctions_model.queries.reading.information import assumed_words
from sanctions_model.report.views import View, interval_words
from sanctions_model.scenarios.library import ScenarioLibrary
from sanctions_model.scenarios.odds.mixture import reweighted
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import ERRORS, interval, interval_rule, mean_error
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import (
    chance,
    chance_is,
    decimals,
    error_words,
    number,
    percent,
    share_words,
)


def _effect(effect: xr.DataArray, scm: StructuralCausalModel, name: str, at: int) -> np.ndarray:
    own = effect.sel({dims.OUTCOME: name}).isel({dims.HORIZON: at})
    return np.asarray(effect_in_percent(own, scm.variables[name])).reshape(-1)


def _material(name: str) -> float | None:
    """Return the smallest size that some claim on the whole effect counts as one that matters.

    A claim on one channel counts what that channel alone may be too small for.
    """
    whole = [c for c in load_claims().values() if c.outcome == name and c.channel == "total"]
    return min((c.material for c in whole if c.material), default=None)


def _unit(scm: StructuralCausalModel, name: str) -> str:
    unit = scm.effect_unit(name)
    return "%" if unit.startswith("%") else "pp" if unit.startswith("pp") else unit


def _middle(draws: np.ndarray) -> str:
    """Say median and interval, and the mean."""
    array = xr.DataArray(draws[None, :], dims=(dims.CHAIN, dims.DRAW))
    middle, low, high = (number(float(v)) for v in interval(array))
    return f"{middle} ({low}; {high})"


def chances(draws: np.ndarray, name: str) -> dict[str, str]:
    """Say how likely an effect of either sign is, and one of a size that matters.

    `draws`: in percent or points.
    """
    material = _material(name)
    found = {"P(higher)": chance(float((draws > 0).mean()))}
    found["P(lower)"] = chance(float((draws < 0).mean()))
    matters = "" if material is None else chance(float((abs(draws) >= material).mean()))
    found["P(matters)"] = matters and f"{matters} (at least {material:g})"
    return found


def effect_words(draws: xr.DataArray, scm: StructuralCausalModel, name: str) -> str:
    """Say an effect in percent or points: median, interval, mean with its error, and chances.

    `draws`: in the unit of the outcome, of a level in log points; dims ``(chain, draw)``.
    """
    own = effect_in_percent(draws, scm.variables[name])
    flat = own.transpose(dims.CHAIN, dims.DRAW).to_numpy().reshape(-1)
    likely = {n: said for n, said in chances(flat, name).items() if said}
    likely.pop("P(lower)")
    told = ", ".join(f"{n} {said}" for n, said in likely.items())
    return (
        f"{scm.variables[name].short_label} {_middle(flat)} {_unit(scm, name)}, on average "
        f"{mean_words(own)}, {told}"
    )


def mean_words(draws: xr.DataArray) -> str:
    """Say a mean with two Monte-Carlo standard errors."""
    error = ERRORS * mean_error(draws)
    return f"{number(float(draws.mean()))} ± {error_words(error)}"


def scenario_answer(
    effect: xr.DataArray, scm: StructuralCausalModel, *, label: str, end: int | None = None
) -> View:
    """Show effects with their probabilities: outcomes by rows, periods by columns.

    `effect`: of the scenario called `label`, in the periods that are shown, with what it rests on
    beside it (`Basis.beside`); the mean, the probabilities and that are of the last one. `end`:
    the period of the title, one of those; the last one by default.
    """
    last, rows = effect.sizes[dims.HORIZON] - 1, []
    labels = [str(name) for name in effect["period"].to_numpy()]
    outcomes = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    main = main_outcomes(scm, outcomes)
    for name in (*main, *(n for n in outcomes if n not in main)):
        draws = _effect(effect, scm, name, last)
        cells = {when: _middle(_effect(effect, scm, name, h)) for h, when in enumerate(labels)}
        row = {"outcome": label_with_unit(scm, name)} | cells
        row |= {"mean": number(float(draws.mean()))} | chances(draws, name)
        row["rests on"] = str(effect["basis"].sel({dims.OUTCOME: name})[last].item())
        rows.append(row)
    caption = (
        f"{interval_words(interval_rule())} Mean and probabilities are of {labels[last]}; "
        "P(matters): a size that the article's claims count as one. Rests on: identified by data, "
        "mixed or assumed; numbers: --csv."
    )
    about = outcomes[0] if len(outcomes) == 1 else None
    return View(
        table=pd.DataFrame(rows),
        title=headline(effect, scm, outcome=about, horizon=end or int(effect[dims.HORIZON][last])),
        question=f"Question: what does {label} change, against {effect.attrs[dims.Said.AGAINST]}?",
        caption=caption,
        most=len(main),
    )


def scenario_finding(
    result: xr.Dataset, scm: StructuralCausalModel, outcome: str, *, horizon: int | None = None
) -> str:
    """Say what was found for one outcome: the title of a figure.

    `outcome`: one of the result. `horizon`: period counted from 1; the last one by default.
    """
    at = (horizon or result.sizes[dims.HORIZON]) - 1
    draws = _effect(result["effect"], scm, outcome, at)
    mean, called = float(draws.mean()), scm.variables[outcome].short_label
    sign = np.sign(mean) if mean else 1.0
    if not np.any(draws):
        return f"{called} in {result['period'].to_numpy()[at]}: no effect"
    way = "higher" if sign > 0 else "lower"
    sure = chance(float((sign * draws > 0).mean()))
    size = number(abs(mean), signed=False)
    return (
        f"{called} in {result['period'].to_numpy()[at]}: {size} {_unit(scm, outcome)} {way} on "
        f"average, P({way}) {sure}"
    )


def scenario_sentences(
    result: xr.Dataset, scm: StructuralCausalModel, outcomes: Sequence[str]
) -> list[str]:
    """Say what a scenario changes by the last period, an outcome a sentence.

    `result`: where the word of what its effect rests on stands beside it, a sentence on an assumed
    one says so. `outcomes`: which of those in the result. Returns: every number in them is
    computed.
    """
    said = [f"{result.attrs['label']}, against {result.attrs[dims.Said.AGAINST]}:"]
    for name in outcomes:
        draws = _effect(result["effect"], scm, name, -1)
        still = float((draws == 0).mean())
        nothing = f"; nothing at all with {chance_is(still)}" if still >= 0.005 else ""
        found = scenario_finding(result, scm, name)
        own = result["effect"].sel({dims.OUTCOME: name}).isel({dims.HORIZON: -1})
        said.append(f"{found}; median {_middle(draws)}{nothing}{assumed_words(own)}.")
    return said


def odds_view(library: ScenarioLibrary, filtered: pd.DataFrame) -> View:
    """Show the first odds of the futures beside those that have seen the measures since.

    `filtered`: from `odds_by_spread`.
    """
    last, order = filtered["quarter"].iloc[-1], library.process().order
    ends = filtered[filtered["quarter"] == last].set_index("spread")[list(order)]
    before = filtered[list(order)].to_numpy(dtype=float)[0]
    now = ends.to_numpy(dtype=float)[0]
    likely, stated = int(now.argmax()), ends.index[0]
    other = {0.5: "half the spread", 2.0: "twice the spread"}
    judged = _judged([ends.loc[size, order[likely]] for size in ends.index])
    rows = [
        {
            "future": library.named(name).label,
            "first odds": share_words(before[at]),
            f"filtered to {last}": chance(now[at]),
            **{other[size / stated]: chance(ends.loc[size, name]) for size in ends.index[1:]},
        }
        for at, name in enumerate(order)
    ]
    return View(
        table=pd.DataFrame(rows),
        title=f"{library.named(order[likely]).label} has odds of {chance(now[likely])} by {last}"
        f"{judged}; they were {share_words(before[likely])} at the start",
        question="Question: what do the measures since the end of 2024 do to the futures' odds?",
        caption="First odds: the article's at the end of 2024, as the file states them. Filtered: "
        "by how the measures changed each quarter, with the file's yearly chances of moving from "
        "one future to another as prior. How far a quarter may lie from what a future says, a "
        f"spread of {stated:g}, is judgement: beside it half and twice as much.",
    )


def _judged(probs: Sequence[float]) -> str:
    """Say how far a probability hangs on what was judged.

    >>> _judged([0.75, 0.84, 0.58]), _judged([0.75])
    (' (0.58 to 0.84 with another spread)', '')
    """
    if len(probs) < 2:
        return ""
    return f" ({chance(min(probs))} to {chance(max(probs))} with another spread)"


def odds_sentences(library: ScenarioLibrary) -> list[str]:
    """Say how often sanctions were lifted elsewhere beside what the file expects."""
    process = library.process()
    at = process.order.index(process.status_quo)
    lifts = [k for k, name in enumerate(process.order) if library.named(name).relief]
    matrix = sum(process.transition[at][k] for k in lifts)
    rates = lifting_rate().set_index("group")
    rates[["lower", "upper"]] *= 100
    every, both = (rates.loc[group].to_dict() for group in ("all", "trade and finance"))
    return [
        f"From the status quo the file gives relief a chance of {percent(matrix)} at each "
        "turn, once a year in the bundled one. Elsewhere "
        f"{decimals(every['liftings'])} sanctions that were lifted one day had been so at "
        f"{percent(every['rate'])} a year ({interval_rule().percent}: "
        f"{decimals(every['lower'])} to {decimals(every['upper'])}), "
        f"{decimals(both['liftings'])} on trade and finance together at {percent(both['rate'])} "
        f"({decimals(both['lower'])} to {decimals(both['upper'])}); "
        "those that were never lifted are not among them, so that these rates are upper bounds."
    ]


def expected_view(
    result: xr.Dataset, scm: StructuralCausalModel, odds: Mapping[str, Sequence[float]]
) -> View:
    """Show the expected effect over all futures under several sets of first odds.

    `odds`: probabilities in the order of the futures, by what the set is called.
    """
    rows = []
    for outcome in result[dims.OUTCOME].to_numpy():
        name = str(outcome)
        own = effect_in_percent(
            result["effect"].sel({dims.OUTCOME: name}).isel({dims.HORIZON: -1}),
            scm.variables[name],
        )
        cells = {
            words: mean_words((own * reweighted(result, weights)["probability"]).sum(dims.SCENARIO))
            for words, weights in odds.items()
        }
        rows.append({"outcome": f"{scm.variables[name].short_label}, {_unit(scm, name)}"} | cells)
    return View(
        table=pd.DataFrame(rows),
        title=f"Expected effect by {result['period'].to_numpy()[-1]}, by the odds one starts from",
        caption="Mean over all futures, ± two Monte-Carlo errors, against "
        f"{result.attrs[dims.Said.AGAINST]}; later one can turn into another, with the chances "
        "that the file states.",
    )
