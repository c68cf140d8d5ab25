"""What an answer rests on, as people read it: the finding first, words for columns, no ids."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.queries.reading.headlines import (
    in_words_of,
    label_with_unit,
    short_name,
    spoken_label,
)
from sanctions_model.report.views import View, size_cell
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import ERRORS
from sanctions_model.sweeps.errors import from_first
from sanctions_model.sweeps.words import (
    alike_words,
    design_of,
    outcome_label,
    outcome_unit,
    question_words,
    range_finding,
    routes_words,
    summary_of,
)
from sanctions_model.units import percent_unit
from sanctions_model.wording import chance, difference_unit, error_words, number, upper_first


def worded(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    scm: StructuralCausalModel,
    named: Sequence[str] = (),
) -> pd.DataFrame:
    """Return columns under their words, ids of the columns `named` in words, numbers short."""
    shown = table[[name for name in columns if name in table]].copy()
    for name in named:
        say = label_with_unit if columns[name] == "effect on" else in_words_of
        shown[name] = [say(scm, str(value)) for value in shown[name]]
    for name in shown.columns:
        if shown[name].dtype == float:
            if name.endswith("prob") or name.startswith("p_"):
                shown[name] = [chance(x) for x in shown[name]]
                continue
            words = error_words if name.endswith("error") else _size
            shown[name] = [words(x) for x in shown[name]]
    return shown.rename(columns=columns)


_ERRORS_WORDS = (
    "±: Monte-Carlo error of the difference; below two of them (grey) draws can tell none apart."
)


def _size(value: float) -> str:
    return "" if np.isnan(value) else number(value, signed=False)


def independence_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Show the independences that the data speak against most."""
    columns = {"variable": "does this", "other": "depend on", "lag": f"{scm.periods_name} earlier"}
    columns |= {"correlation": "correlation"}
    rejected, suspect = int(table["rejected"].sum()), int(table["suspect"].sum())
    kept = table[table["suspect"] | (np.arange(len(table)) < 5)]
    return View(
        table=worded(kept, columns | {"p_fdr": "p"}, scm, ["variable", "other"]),
        title=f"The data contradict {rejected} of the {len(table)} independences that the graph "
        "implies",
        question="Question: does a variable depend on another one that is not among its causes?",
        caption=f"Contradicted: by Holm's test at 5 %; {suspect} are in doubt at a rate of 5 % "
        "false alarms (p). Correlation of ranks, given the causes.",
        most=12,
    )


def confounding_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Show how strong a hidden common cause must be to leave a claim open."""
    asked = table.dropna(subset=["times_known"])
    if asked.empty:
        title = f"None of {len(table)} claims could be asked: the model has no known driver"
    else:
        weakest = asked.iloc[int(asked["times_known"].abs().argmin())]
        title = (
            "Credited in full to the measures, a hidden cause "
            f"{number(weakest['times_known'], signed=False)} times as strong as the war would "
            f"leave the claim on {spoken_label(scm, weakest['outcome'])} open"
        )
    table = table.assign(
        outcome=[short_name(scm, str(name)) for name in table["outcome"]],
        unit=[percent_unit(str(unit)).partition(", ")[0] for unit in table["unit"]],
    )
    columns = {
        "outcome": "claim on",
        "prob": "P",
        "tipping": "overturned at",
        "tipping_error": "±",
        "unit": "unit",
        "times_known": "times the war's",
        "sample_prob": "P with the war's",
        "sample_prob_error": "± of the change",
    }
    return View(
        table=worded(table, columns, scm),
        title=title,
        question="Question: how strong must a hidden cause of measures and outcome be?",
        caption="Overturned at: strength that leaves P = 0.5 if all of it is credited to the "
        "measures. P with the war's: had a cause as strong as the war acted in the sample; grey "
        "where it differs from P by less than two Monte-Carlo errors (±).",
        grey=tuple(table["within_error"]),
    )


def evidence_views(
    table: pd.DataFrame, moved: pd.DataFrame, scm: StructuralCausalModel
) -> tuple[View, View]:
    """Show published figures beside the model's, and what each would move."""
    asked = table.dropna(subset=["median"])
    columns = {
        "quantity": "figure",
        "published_median": "published",
        "prior_median": "before",
        "median": "model",
        "z": "z",
        "with_median": "with it",
        "in_priors": "known to priors",
    }
    counted = table.assign(in_priors=np.where(table["in_priors"] == "", "", "yes"))
    first = View(
        table=worded(counted, columns, scm),
        title=_agreement(asked),
        question="Question: what did others measure of what the model implies?",
        caption="Medians: published, before the data, in the model, with the figure taken in. z: "
        "model less published, over both standard deviations; apart from 1.6 on. Known to priors: "
        "taking it in would count it twice.",
        most=8,
        aside=("with it",),
    )
    shift = moved["difference"].abs()
    single = shift.where(moved["evidence"] != "all")
    largest = moved.iloc[int(single.argmax())] if single.notna().any() else None
    title = "No published figure can be taken in"
    if largest is not None:
        change = number(float(largest["difference"]))
        unit = difference_unit(scm.variables[str(largest["outcome"])], short=True)
        title = "Taking in one published figure moves the effect on "
        title += f"{spoken_label(scm, largest['outcome'])} by at most {change} {unit}"
    effects = {
        "evidence": "figure",
        "outcome": "effect on",
        "median": "without",
        "with_median": "with it",
        "difference": "difference",
        "difference_error": "±",
        "prob": "P without",
        "with_prob": "P with it",
        "prob_difference_error": "± of P",
    }
    called = dict(zip(table["evidence"], table["quantity"], strict=True))
    moved = moved.assign(evidence=moved["evidence"].replace(called))
    moved = moved.loc[shift.sort_values(ascending=False, kind="stable").index]
    second = View(
        table=worded(moved, effects, scm, ["outcome"]),
        title=title,
        question="Question: what would the answer be with a published figure taken in?",
        caption=f"Figures are off unless asked for. {_ERRORS_WORDS}",
        most=6,
        aside=("with it", "P without", "± of P"),
        grey=tuple(moved["within_error"]),
    )
    return first, second


def _agreement(asked: pd.DataFrame) -> str:
    """Say how many published figures the model agrees with, how many it knew, and on which side."""
    near, known = asked["miss"] == "", asked["in_priors"] != ""
    shown = int((near & known).sum())
    smaller = int((asked["z"] * np.sign(asked["published_median"]) < 0).sum())
    return (
        f"{int(near.sum())} of {len(asked)} published figures agree within both uncertainties"
        f"{f', {shown} of them known to the priors' if shown else ''}; "
        f"the model is smaller in {smaller}"
    )


def ranking_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Show what answers rest on, the largest movers first."""
    top = table.iloc[int(table["swing"].argmax())]
    unit = difference_unit(scm.variables[str(top["outcome"])], short=True)
    span = f"from {number(top['low'])} to {number(top['high'])} {unit}"
    factor = in_words_of(scm, str(top["factor"]))
    columns = {
        "outcome": "effect on",
        "factor": "rests on",
        "low": "lowest",
        "base": "as fitted",
        "high": "highest",
        "error": "±",
        "kind": "kind",
    }
    ordered = table.sort_values(["rank"], kind="stable")
    return View(
        table=worded(ordered, columns, scm, ["outcome", "factor"]),
        title=f"{upper_first(factor)} matters most: it takes the effect on "
        f"{spoken_label(scm, top['outcome'])} {span}",
        question="Question: what would the answer be if one thing were otherwise?",
        caption="Medians of the effect of full relief, at the date of the claim about it. What "
        f"moves it does not add up. {_ERRORS_WORDS}",
        most=12,
        aside=("kind", "±"),
        grey=tuple(ordered["swing"] < ERRORS * ordered["error"]),
    )


def comparison_views(
    effects: pd.DataFrame,
    links: pd.DataFrame,
    differs: pd.DataFrame,
    scm: StructuralCausalModel,
    names: tuple[str, str],
) -> tuple[View, View, View]:
    """Show where two fits differ: in effects, in links, in what they were made from."""
    far = effects["errors_apart"].abs() > 3
    largest = effects.iloc[int(effects["errors_apart"].abs().fillna(0).argmax())]
    sizes = {"median_first": "first", "median_second": "second", "difference": "difference"}
    rest = {"difference_error": "±", "errors_apart": "errors apart"}
    odds = {f"{which}_prob": f"P(lower), {which}" for which in ("first", "second")}
    effects = effects.assign(
        **{f"{which}_prob": effects[f"prob_below_zero_{which}"] for which in ("first", "second")}
    )
    question = f"Question: how does {names[1]} (second) differ from {names[0]} (first)?"
    after = {"outcome": "effect on", "horizon": f"after {scm.periods_name}"}
    ordered = effects.sort_values("errors_apart", key=abs, ascending=False, kind="stable")
    unit = difference_unit(scm.variables[largest["outcome"]], short=True)
    most = (
        f", most that on {spoken_label(scm, largest['outcome'])}, by "
        f"{number(largest['difference'])} {unit}".rstrip()
    )
    first = View(
        table=worded(ordered, after | sizes | odds | rest, scm, ["outcome"]),
        title=f"{int(far.sum())} of {len(effects)} effects differ by more than chance"
        f"{most if far.any() else ''}",
        question=question,
        caption=f"Medians. {_ERRORS_WORDS} Intervals and errors: --csv.",
        most=4,
        aside=("±", "errors apart"),
        grey=tuple(ordered["within_error"]),
    )
    apart = links[links["errors_apart"].fillna(float("inf")) > 3]
    second = View(
        table=worded(apart, {"link": "link"} | sizes, scm, ["link"]),
        title=f"{len(apart)} of {len(links)} links differ, or are in one model only",
        caption=f"More than three Monte-Carlo errors apart. Inputs that differ: {len(differs)}.",
        most=3,
    )
    third = View(table=differs, title=f"{len(differs)} inputs differ", most=3)
    return first, second, third


def sweep_view(found: xr.Dataset) -> View:
    """Show the answer at each point of a sweep: axes and outcomes in columns.

    `found`: from `run_sweep`.
    """
    points, design = found["status"].dims, design_of(found)
    outcomes = [str(name) for name in found[dims.OUTCOME].to_numpy()]
    shown: dict[str, list[str]] = {}
    for name in (axis["name"] for axis in design["axis"] if axis["name"] in found.coords):
        own = found[name].broadcast_like(found["status"]).transpose(*points).to_numpy().ravel()
        shown[name.replace("_", " ")] = [
            f"{value:g}" if isinstance(value, float) else str(value) for value in own.tolist()
        ]
    for name in outcomes:
        summary = summary_of(found, name).sel(summary=["median", "lower", "upper"])
        cells = summary.transpose(*points, "summary").to_numpy().reshape(-1, 3)
        label = f"{outcome_label(found, name)}, {outcome_unit(found, name)}"
        shown[label] = [size_cell(*cell, signed=True) for cell in cells]
        errors = found["summary_error"].sel(outcome=name, summary="median").transpose(*points)
        shown[f"±, {label}"] = [error_words(x) for x in errors.to_numpy().ravel()]
    near = from_first(found)["within_error"].all(axis=1)
    return View(
        table=pd.DataFrame(shown),
        title=range_finding(found, outcomes[0]),
        question=f"Question: {design['label']}: what is the effect at each point?",
        caption=f"{question_words(found)} {routes_words(found)} {alike_words(found, outcomes)} ±: "
        "Monte-Carlo error of the median. Differences from the first with errors: --csv.",
        aside=tuple(name for name in shown if name.startswith("±")),
        grey=(False, *near[1:].tolist()),
    )
