"""What a sweep's answers are called: axes, outcomes, question, routes and finding, in words."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.queries.reading.headlines import spoken
from sanctions_model.scm.interventions import ALL_MEASURES
from sanctions_model.summaries import IntervalRule
from sanctions_model.sweeps.errors import from_first
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import date_words, difference_unit, number, with_article

POINT = "point"
# How the points of a sweep are answered, in words.
_ROUTES = {
    "propagate": "from the draws as they are",
    "reweight": "from draws weighted anew",
    "refit": "from a new fit",
}


def axes_left(found: xr.Dataset) -> list[str]:
    """Return the axes of which more than one value is left."""
    return [str(entry["name"]) for entry in design_of(found)["axis"] if _left(found, entry["name"])]


def _left(found: xr.Dataset, name: str) -> bool:
    """Whether an axis has more than one value, none having been chosen."""
    return name in found.dims or (POINT in found.dims and found[name].dims == (POINT,))


def numeric_axes(found: xr.Dataset) -> list[str]:
    """Return those of them that have numbers."""
    return [name for name in axes_left(found) if found[name].dtype.kind in "if"]


def require_axes(found: xr.Dataset, wanted: Sequence[str]) -> None:
    """Raise `QuestionError` unless exactly these axes are left, with numbers."""
    there = axes_left(found)
    for name in wanted:
        if name not in there or found[name].dtype.kind not in "if":
            raise QuestionError(
                f"{name!r} is no numeric axis of this sweep; there is {', '.join(there)}."
            )
    left = [name for name in there if name not in wanted]
    if left:
        raise QuestionError(
            f"The axis {left[0]!r} is left; choose a value first, as in found.sel({left[0]}=...)."
        )
    if len(wanted) > 1 and POINT in found.dims:
        raise QuestionError("A surface needs a grid; this sweep has single points.")


def chosen_outcomes(found: xr.Dataset, outcomes: Sequence[str] | None) -> list[str]:
    """Return the outcomes asked for, all by default; raise `QuestionError` on an unknown one."""
    there = [str(name) for name in found[dims.OUTCOME].to_numpy()]
    for name in outcomes or ():
        if name not in there:
            raise QuestionError(f"The sweep has no outcome {name!r}; there is {', '.join(there)}.")
    return list(outcomes or there)


def design_of(found: xr.Dataset) -> dict[str, Any]:
    """Return the design of a sweep as plain content."""
    content: dict[str, Any] = json.loads(found.attrs["design"])
    return content


def rule_of(found: xr.Dataset) -> IntervalRule:
    """Return the interval rule that the sweep was summarised by."""
    return IntervalRule(float(found.attrs["ci_prob"]), str(found.attrs["ci_kind"]))


def summary_of(found: xr.Dataset, name: str) -> xr.DataArray:
    """Return an outcome's summary as a reader reads it: an effect on a level in percent."""
    own = found["effect_summary"].sel(outcome=name)
    percent = effect_in_percent(own, str(found["unit"].sel(outcome=name).item()))
    return percent.where(own["summary"] != "prob_below_zero", own)


def question_words(found: xr.Dataset) -> str:
    """Say contrast, horizon and chosen values, as far as no axis varies them."""
    design = design_of(found)
    varied = {(a["kind"], a.get("argument")) for a in design["axis"]}
    relief = design["relief"]
    depth = "" if ("relief", "depth") in varied else f" by {100 * relief['depth']:g} %"
    every = tuple(relief["measures"]) == ALL_MEASURES
    measures = "all measures" if every else ", ".join(relief["measures"])
    contrast = f"relief of {measures}{depth} in {relief['ramp']} steps"
    if design.get("future"):
        contrast = "the futures of the design, each with its probability"
    when = _when(found) or " at the horizon shown"
    chosen = [
        f"{a['name'].replace('_', ' ')} at {found[a['name']].item():g}"
        for a in design["axis"]
        if a["name"] in found.coords
        and found[a["name"]].ndim == 0
        and found[a["name"]].dtype.kind in "if"
    ]
    at = f" Chosen: {', '.join(chosen)}." if chosen else ""
    axes = "; ".join(_axis_words(entry) for entry in design["axis"])
    return f"Effect of {contrast}, against sanctions unchanged,{when}. Axes: {axes}.{at}"


def axis_label(found: xr.Dataset, name: str) -> str:
    """Say what an axis changes, on the axis."""
    return _changed(next(own for own in design_of(found)["axis"] if own["name"] == name))


def _changed(entry: dict[str, Any]) -> str:
    """Say what an axis changes."""
    address = str(entry.get("parameter", "")).replace("_", " ").replace("->", "→")
    match entry["kind"]:
        case "relief" if entry["argument"] == "depth":
            return "share of the measures that is lifted"
        case "relief":
            return f"{entry['argument']} of the relief, in periods"
        case "known":
            return f"value of {address}"
        case "prior":
            return f"{entry['argument']} of the prior of {address}"
        case "prior_shift":
            return f"shift of the prior of {address}, in its deviations"
        case "prior_width":
            return f"factor on the width of the prior of {address}"
        case "mix":
            return f"probability of {entry['future']}"
        case "rule_weight":
            return f"weight of {entry['component']} in the measures"
        case _:
            return str(entry["kind"]).replace("_", " ")


def _axis_words(entry: dict[str, Any]) -> str:
    """Say what an axis is called and what it changes."""
    name, changed = str(entry["name"]).replace("_", " "), _changed(entry)
    return changed if name == changed else f"{name}, {changed}"


def routes_words(found: xr.Dataset) -> str:
    """Say how many points were answered by which route."""
    routes = found["route"].to_numpy().ravel().tolist()
    counts = [f"{routes.count(r)} {_ROUTES.get(r, r)}" for r in dict.fromkeys(routes) if r]
    lost = routes.count("")
    counts += [f"{lost} without answer"] if lost else []
    return f"Points: {', '.join(counts)}."


def alike_words(found: xr.Dataset, outcomes: Sequence[str]) -> str:
    """Say how many answers on the first of the outcomes are within error of the first point's."""
    near = from_first(found.sel(outcome=[outcomes[0]]))["within_error"][1:]
    return (
        f"{int(near.sum())} of {near.size} answers on {outcome_label(found, outcomes[0])} differ "
        "from the first by at most two Monte-Carlo errors."
    )


def range_finding(found: xr.Dataset, outcome: str) -> str:
    """Say from where to where the median answer on an outcome goes over the sweep."""
    medians = summary_of(found, outcome).sel(summary="median").to_numpy()
    known = medians[np.isfinite(medians)]
    what = with_article(outcome_label(found, outcome))
    if not known.size:
        return f"0 points answer about {what}"
    ends = f"{number(float(known.min()))} to {number(float(known.max()))}"
    unit = outcome_unit(found, outcome).split(" (")[0]
    return f"The effect on {what}{_when(found)} goes from {ends} {unit}"


def _when(found: xr.Dataset) -> str:
    if "period" in found.coords:
        return "" if found["period"].ndim else f" by {date_words(str(found['period'].item()))}"
    design = design_of(found)
    varied = any(axis["kind"] == "horizon" for axis in design["axis"])
    return "" if varied else f" after {design['horizon']} periods"


def outcome_label(found: xr.Dataset, name: str) -> str:
    """Return an outcome's label up to its first comma or bracket."""
    text = str(found["label"].sel(outcome=name).item()) or name
    return spoken(text.partition(" (")[0].partition(",")[0])


def outcome_unit(found: xr.Dataset, name: str) -> str:
    """Return the unit of a difference of an outcome."""
    unit = str(found["unit"].sel(outcome=name).item())
    return difference_unit(unit, short=True) or unit
