"""What the futures come to, in sentences computed from the numbers. Computes nothing new."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.queries.effects import measures_words
from sanctions_model.queries.reading.headlines import in_words_of
from sanctions_model.report.answers import effect_words, mean_words
from sanctions_model.report.views import View, in_percent_by_outcome, interval_words
from sanctions_model.scenarios.issuers import issuer_words
from sanctions_model.scenarios.library import ScenarioLibrary
from sanctions_model.scenarios.odds.mixture import expected_by_odds
from sanctions_model.scenarios.odds.regimes import FuturePaths
from sanctions_model.scenarios.odds.variance import ORDERS, SOURCES
from sanctions_model.scenarios.quantities import Moment
from sanctions_model.scenarios.relief import Phase, ReliefDesign, SnapBack
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import ERRORS, interval, interval_rule, mean_error
from sanctions_model.wording import (
    difference_unit,
    figure,
    number,
    percent,
    share_words,
    true_minus,
    upper_first,
    with_article,
)

_COUNTED = "Quarter 1 is the first after the data."


def _called(scm: StructuralCausalModel, name: str) -> str:
    return scm.variables[name].label.partition(" (")[0]


def _drawn(values: np.ndarray, digits: str) -> str:
    """Say the median and the interval of numbers of a design."""
    draws = xr.DataArray(np.reshape(values, (1, -1)), dims=(dims.CHAIN, dims.DRAW))
    middle, low, high = (true_minus(f"{float(v):{digits}}") for v in interval(draws))
    return f"{middle} ({low}; {high})"


def _plain(quantity: Moment) -> str:
    """Say a quantity: a number, a period, or its median and interval."""
    if isinstance(quantity, str):
        return quantity
    if isinstance(quantity, int | float):
        return f"{quantity:g}"
    return _drawn(quantity.sample(np.random.default_rng(0), 4000), ".2g")


def _quarters(quantity: Moment) -> str:
    """Say how many quarters a quantity is; a date stays one."""
    said = _plain(quantity)
    return said if isinstance(quantity, str) else f"{said} quarter{'s' * (said != '1')}"


def _from(start: Moment, ramp: Moment) -> str:
    """Say when something begins and how long it takes to be whole."""
    first = start if isinstance(start, str) else f"quarter {_plain(start)}"
    return f"from {first}, over {_quarters(ramp)}"


def library_view(library: ScenarioLibrary) -> View:
    """Names, labels and first probabilities of a library's scenarios."""
    process = library.futures
    chance = dict(zip(process.order, process.initial, strict=True)) if process else {}
    rows = [
        {
            "name": name,
            "label": scenario.label,
            "kind": "future" if name in chance else "package" if scenario.is_designed else "edits",
            "probability": share_words(chance[name]) if name in chance else "",
            "what": scenario.description,
        }
        for name, scenario in library.scenarios.items()
    ]
    return View(table=pd.DataFrame(rows), title=f"Scenarios of {library.origin}")


def scenario_view(name: str, scenario: Scenario, scm: StructuralCausalModel) -> View:
    """Say what a scenario states, a design a row; ranges are medians with their interval.

    `scm`: says what measures and variables are called.
    """
    rows = [_relief_row(design, scm) for design in scenario.relief]
    rows += [
        {
            "what": f"tightening of {measures_words(scm, entry.measures)}",
            "by": f"+{_plain(entry.rise)}",
            "when": _from(entry.start, entry.ramp),
            "risks": "",
        }
        for entry in scenario.tightening
    ]
    rows += [
        {
            "what": f"shift of {in_words_of(scm, entry.variable)}",
            "by": f"{_plain(entry.size)} in all",
            "when": f"quarters {entry.start} to {entry.stop}",
            "risks": "",
        }
        for entry in scenario.level
    ]
    rows += [
        {
            "what": f"release of {_plain(entry.share)} of frozen reserves",
            "by": f"{_plain(entry.sold)} of it sold",
            "when": _from(entry.start, entry.over),
            "risks": f"{_plain(entry.transferred)} of the stock transferred to others before"
            if np.any(entry.transferred != 0)
            else "",
        }
        for entry in scenario.release_assets
    ]
    rows += [
        {
            "what": f"{entry.kind} {in_words_of(scm, entry.variable)}",
            "by": str(entry.value),
            "when": f"quarters {entry.start} to {entry.stop or 'the end'}",
            "risks": "",
        }
        for entry in scenario.intervention
    ]
    if not rows:
        rows = [{"what": "nothing changes", "by": "", "when": "", "risks": ""}]
    risks = "Risks: --all." if any(row["risks"] for row in rows) else ""
    said = f"{scenario.description}." if scenario.description else ""
    return View(
        table=pd.DataFrame(rows),
        title=f"{name}: {scenario.label}",
        caption=" ".join(filter(None, (said, _COUNTED, interval_words(interval_rule()), risks))),
        aside=("risks",),
    )


def _relief_row(design: ReliefDesign, scm: StructuralCausalModel) -> dict[str, str]:
    who = issuer_words(design.issuer)
    what = f"components {', '.join(design.components)}"
    if design.measures:
        what = measures_words(scm, design.measures)
    risks = []
    if design.announcement:
        said = design.announcement
        risks.append(
            f"announced {_quarters(said.lead)} ahead, {_plain(said.share)} of the risk premium's "
            f"fall brought forward, rouble {_plain(said.rouble)} % in that quarter at full relief"
        )
    if np.any(design.over_compliance != 0):
        risks.append(f"firms act {_quarters(design.over_compliance)} later")
    if design.opposition:
        against = design.opposition
        risks.append(
            f"blocked with P = {_plain(against.probability)} for {_quarters(against.delay)}, for "
            f"good with P = {_plain(against.defeat)} of that"
        )
    if design.snap_back:
        risks.append(_undone(design.snap_back))
    if np.any(design.deterred != 0):
        risks.append(f"{_plain(design.deterred)} of it deterred by those who keep theirs")
    if design.unpredictability:
        loose = design.unpredictability
        risks.append(
            f"depth uncertain by {loose.depth:g} logits, {_quarters(loose.timing)} late on average"
        )
    return {
        "what": f"relief of {what} by {who}",
        "by": "; then ".join(_depth(phase) for phase in design.phase),
        "when": "; then ".join(_from(phase.start, phase.ramp) for phase in design.phase),
        "risks": "; ".join(risks),
    }


def _undone(snap_back: SnapBack) -> str:
    if snap_back.hazard is not None:
        return f"undone with P = {_plain(snap_back.hazard)} a quarter"
    assert snap_back.probability is not None
    within, until = snap_back.within, snap_back.until
    ends = f"within {_quarters(within)}" if within is not None else f"by {until}"
    return f"undone with P = {_plain(snap_back.probability)} {ends}"


def _depth(phase: Phase) -> str:
    return f"{_plain(phase.depth)} of what is left"


def paths_view(paths: FuturePaths, horizons: Sequence[int], scm: StructuralCausalModel) -> View:
    """Say where a scenario's measures stand by law, median and interval."""
    rows = []
    for position, name in enumerate(MEASURES):
        law = paths.law[position]
        row = {"by law": measures_words(scm, [name])}
        for horizon in horizons:
            row[f"quarter {horizon}"] = _drawn(law[horizon - 1], ".2f")
        rows.append(row)
    return View(
        table=pd.DataFrame(rows),
        title="Measures by law, 1 = the regime of the end of 2025",
        caption=f"Over the paths of the scenario. {_COUNTED} {interval_words(interval_rule())}",
    )


def compare_sentences(
    result: xr.Dataset, scm: StructuralCausalModel, *, horizon: int | None = None
) -> list[str]:
    """Say what each future does, and which one matters most for what.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures`.
    scm : StructuralCausalModel
        Equations that the draws belong to.
    horizon : int, optional
        The last one by default.

    Returns
    -------
    list[str]
        Sentences; every number in them is computed.

    Raises
    ------
    QuestionError, ObservationError
        If an interval in force is none, or dates cannot be counted.
    """
    at = horizon or int(result[dims.HORIZON][-1])
    effect = result["effect"].sel(horizon=at)
    when = scm.count_periods(at)
    labels = {
        str(n): str(result["scenario_label"].sel(scenario=n).item())
        for n in result[dims.SCENARIO].to_numpy()
        if n != result.attrs["status_quo"]
    }
    outcomes = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    sentences, against = [], result.attrs[dims.Said.AGAINST]
    for name, label in labels.items():
        own = effect.sel(scenario=name)
        parts = [effect_words(own.sel(outcome=o), scm, o) for o in outcomes]
        sentences.append(f"{label}, after {when}, against {against}: {'; '.join(parts)}.")
    most: dict[str, list[str]] = {}
    for outcome in outcomes:
        said = _largest(effect.sel(outcome=outcome), labels)
        most.setdefault(said, []).append(_called(scm, outcome))
    sentences += [f"Of the futures, {said}: {'; '.join(found)}." for said, found in most.items()]
    return sentences


def _largest(effect: xr.DataArray, labels: Mapping[str, str]) -> str:
    """Say which future moves an outcome most on average, and whether the draws tell it apart."""
    means = {name: effect.sel(scenario=name).mean() for name in labels}
    first, *others = sorted(labels, key=lambda name: -abs(float(means[name])))
    if not others:
        return f"{labels[first]} moves most on average"
    own, second = (effect.sel(scenario=n) * np.sign(means[n]) for n in (first, others[0]))
    # The futures share their draws of the parameters: the error is that of the difference.
    apart = float((own - second).mean()) >= ERRORS * mean_error(own - second)
    beside = "" if apart else f", within the Monte-Carlo error of {labels[others[0]]}"
    return f"{labels[first]} moves most on average{beside}"


def mix_sentences(
    result: xr.Dataset,
    scm: StructuralCausalModel,
    *,
    future: str,
    horizon: int | None = None,
) -> list[str]:
    """Say what is expected over all futures, and what a reader's own odds change.

    Parameters
    ----------
    result : xr.Dataset
        From `compare_futures` with transitions.
    scm : StructuralCausalModel
        Equations that the draws belong to.
    future : str
        Whose odds vary.
    horizon : int, optional
        The last one by default.

    Returns
    -------
    list[str]
        Sentences; every number in them is computed.

    Raises
    ------
    QuestionError
        If there is no such future.
    """
    at = horizon or int(result[dims.HORIZON][-1])
    when = scm.count_periods(at)
    if future not in result[dims.SCENARIO]:
        known = ", ".join(str(name) for name in result[dims.SCENARIO].to_numpy())
        raise QuestionError(f"No future {future!r}; there is: {known}.")
    weights = result["probability"]
    effect = in_percent_by_outcome(result["effect"].sel(horizon=at), scm, is_effect=True)
    chance = ", ".join(
        f"{result['scenario_label'].sel(scenario=n).item()} "
        f"{share_words(weights.sel(scenario=n).item())}"
        for n in result[dims.SCENARIO].to_numpy()
    )
    sentences = [f"It begins with these probabilities: {chance}; later one can become another."]
    label = str(result["scenario_label"].sel(scenario=future).item())
    against = result.attrs[dims.Said.AGAINST]
    there = result.sel(horizon=[at]).assign(effect=effect.expand_dims(horizon=[at]))
    line = expected_by_odds(there, future=future, odds=[0.0, 1.0]).isel(horizon=0)
    for outcome in (str(name) for name in effect[dims.OUTCOME].to_numpy()):
        own = effect.sel(outcome=outcome)
        # Draw by draw, because the futures share their draws of the parameters.
        expected = (own * weights).sum(dims.SCENARIO)
        others = weights.where(weights[dims.SCENARIO] != future, 0.0)
        elsewhere = (own * others / others.sum()).sum(dims.SCENARIO)
        worth = (own.sel(scenario=future) - elsewhere) / 10
        ends = [number(float(value)) for value in line.sel(outcome=outcome)]
        unit = difference_unit(scm.variables[outcome].unit, short=True)
        sentences.append(
            f"Over all futures, {with_article(_called(scm, outcome))} is expected to move by "
            f"{mean_words(expected)} {unit} in {when}, against {against}: {ends[0]} if {label} "
            f"were out of the question, {ends[1]} if it were certain at first, so ten points of "
            f"odds are worth {mean_words(worth)}."
        )
    return sentences


def spread_view(split: xr.Dataset, scm: StructuralCausalModel, horizons: Sequence[int]) -> View:
    """Shares of each source in the variance, in both orders."""
    rows = []
    for kind, what in (("path", "forecast"), ("effect", "effect of the measures")):
        variance = split[kind]
        for outcome in split[dims.OUTCOME].to_numpy():
            for horizon in horizons:
                own = variance.sel(outcome=outcome, horizon=horizon)
                total = float(own.isel(order=0).sum())
                row: dict[str, object] = {
                    "spread of": what,
                    "outcome": _called(scm, str(outcome)),
                    "after": horizon,
                    "sd": share_words(np.sqrt(max(total, 0.0))),
                }
                for order in split["order"].to_numpy():
                    shares = own.sel(order=order) / total if total > 0 else own.sel(order=order)
                    row[str(order)] = " / ".join(figure(100 * float(x)) for x in shares.to_numpy())
                rows.append(row)
    return View(
        table=pd.DataFrame(rows),
        title="Where the spread is from, % of the variance: future / path / parameters / shocks",
        caption="Law of total variance in the order stated; what two sources do together goes to "
        "the later one, so the orders differ.",
    )


def spread_sentences(
    split: xr.Dataset, scm: StructuralCausalModel, *, horizon: int | None = None
) -> list[str]:
    """Say how much of the spread is politics and how much is economics.

    Parameters
    ----------
    split : xr.Dataset
        From `spread_split`.
    scm, horizon
        As for `compare_sentences`.

    Returns
    -------
    list[str]
        Sentences; every number in them is computed.

    Raises
    ------
    QuestionError, ObservationError
        If an interval in force is none, or dates cannot be counted.
    """
    at = horizon or int(split[dims.HORIZON][-1])
    when = scm.count_periods(at)
    sentences = []
    for outcome in split[dims.OUTCOME].to_numpy():
        level = _shares(split["path"].sel(outcome=outcome, horizon=at))
        effect = _shares(split["effect"].sel(outcome=outcome, horizon=at))
        politics = {o: effect[o]["future"] + effect[o]["path"] for o in ORDERS}
        in_level = level[ORDERS[0]]["future"] + level[ORDERS[0]]["path"]
        sentences.append(
            f"{upper_first(_called(scm, str(outcome)))} after {when}: of the variance of the "
            f"forecast {percent(in_level, 1)} is politics (which future, and how it goes), "
            f"{percent(level[ORDERS[0]]['parameters'])} parameters, "
            f"{percent(level[ORDERS[0]]['shocks'])} shocks that no sanction makes. Of the "
            f"variance of what the measures change {percent(politics[ORDERS[0]])} is politics "
            f"({percent(effect[ORDERS[0]]['future'])} which future begins) and "
            f"{percent(effect[ORDERS[0]]['parameters'])} economics; with parameters first "
            f"economics has {percent(effect[ORDERS[1]]['parameters'])}: what the two make "
            "together, how much a measure matters times how far it moves, goes to the later one."
        )
    return sentences


def _shares(variance: xr.DataArray) -> Mapping[str, Mapping[str, float]]:
    found = {}
    for order in variance["order"].to_numpy():
        own = variance.sel(order=order)
        total = float(own.sum()) or 1.0
        found[str(order)] = {str(s): float(own.sel(source=s)) / total for s in SOURCES}
    return found
