"""What the futures come to, in sentences computed from the numbers. Computes nothing new."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.economies.growth import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.report.views import View
from sanctions_model.scenarios.issuers import issuer_words
from sanctions_model.scenarios.library import ScenarioLibrary
from sanctions_model.scenarios.odds.mixture import expected_by_odds
from sanctions_model.scenarios.odds.regimes import FuturePaths
from sanctions_model.scenarios.odds.variance import ORDERS, SOURCES
from sanctions_model.scenarios.quantities import Moment
from sanctions_model.scenarios.relief import Phase, ReliefDesign, SnapBack
from sanctions_model.scenarios.scenario import Scenario
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval

__all__ = [
    "compare_sentences",
    "library_view",
    "mix_sentences",
    "paths_view",
    "scenario_view",
    "spread_sentences",
    "spread_view",
]


def _signed(value: float, digits: int = 2) -> str:
    return f"{value:+.{digits}f}"


def _estimate(summary: xr.DataArray, digits: int = 2) -> str:
    middle, low, high = (float(summary.sel(summary=n)) for n in ("median", "lower", "upper"))
    return f"{_signed(middle, digits)} ({_signed(low, digits)}; {_signed(high, digits)})"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unit(scm: StructuralCausalModel, name: str) -> str:
    if name in {level.variable.name for level in scm.levels}:
        return "%"
    unit = scm.variables[name].unit
    return "pp" if unit.startswith("%") else unit or "units"


def _count(scm: StructuralCausalModel, count: int) -> str:
    name = {1: "year", 4: "quarter", 12: "month"}.get(scm.periods_per_year, "period")
    return f"{count} {name}{'' if count == 1 else 's'}"


def _called(scm: StructuralCausalModel, name: str) -> str:
    return scm.variables[name].label.partition(" (")[0]


def _plain(quantity: Moment) -> str:
    """Say a quantity: a number, a period, or its median and 5-95 % range."""
    if isinstance(quantity, str):
        return quantity
    if isinstance(quantity, int | float):
        return f"{quantity:g}"
    drawn = quantity.sample(np.random.default_rng(0), 4000)
    low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95])
    return f"{middle:.2g} ({low:.2g}; {high:.2g})"


def library_view(library: ScenarioLibrary) -> View:
    """Names, labels and first probabilities of a library's scenarios."""
    process = library.futures
    chance = dict(zip(process.order, process.initial, strict=True)) if process else {}
    rows = [
        {
            "name": name,
            "label": scenario.label,
            "kind": "future" if name in chance else "package" if scenario.is_designed else "edits",
            "probability": f"{chance[name]:.2f}" if name in chance else "",
            "what": scenario.description,
        }
        for name, scenario in library.scenarios.items()
    ]
    return View(table=pd.DataFrame(rows), title=f"Scenarios of {library.origin}")


def scenario_view(name: str, scenario: Scenario) -> View:
    """Say what a scenario states, a design a row; ranges are medians with 5 and 95 %."""
    rows = [_relief_row(design) for design in scenario.relief]
    rows += [
        {
            "what": f"tightening of {', '.join(entry.measures)}",
            "by": f"+{_plain(entry.rise)}",
            "when": f"from period {_plain(entry.start)} over {_plain(entry.ramp)}",
            "risks": "",
        }
        for entry in scenario.tightening
    ]
    rows += [
        {
            "what": f"shift of {entry.variable}",
            "by": f"{_plain(entry.size)} in all",
            "when": f"periods {entry.start} to {entry.stop}",
            "risks": "",
        }
        for entry in scenario.level
    ]
    rows += [
        {
            "what": f"release of {_plain(entry.share)} of frozen reserves",
            "by": f"{_plain(entry.sold)} of it sold",
            "when": f"from period {_plain(entry.start)} over {entry.over}",
            "risks": "",
        }
        for entry in scenario.release_assets
    ]
    rows += [
        {
            "what": f"{entry.kind} {entry.variable}",
            "by": str(entry.value),
            "when": f"periods {entry.start} to {entry.stop or 'the end'}",
            "risks": "",
        }
        for entry in scenario.intervention
    ]
    if not rows:
        rows = [{"what": "nothing changes", "by": "", "when": "", "risks": ""}]
    return View(
        table=pd.DataFrame(rows),
        title=f"{name}: {scenario.label}",
        caption=f"{scenario.description}. Quantities: median (5 %; 95 %).".lstrip(". "),
    )


def _relief_row(design: ReliefDesign) -> dict[str, str]:
    who = issuer_words(design.issuer)
    what = ", ".join(design.measures) or f"components {', '.join(design.components)}"
    risks = []
    if design.announcement:
        said = design.announcement
        risks.append(
            f"announced {_plain(said.lead)} before, {_plain(said.share)} of the risk premium's "
            f"fall brought forward, rouble {_plain(said.rouble)} % in that quarter at full relief"
        )
    if np.any(design.over_compliance != 0):
        risks.append(f"firms act {_plain(design.over_compliance)} later")
    if design.opposition:
        against = design.opposition
        risks.append(
            f"blocked with P = {_plain(against.probability)} for {_plain(against.delay)}, for good "
            f"with P = {_plain(against.defeat)} of that"
        )
    if design.snap_back:
        risks.append(_undone(design.snap_back))
    if np.any(design.deterred != 0):
        risks.append(f"{_plain(design.deterred)} of it deterred by those who keep theirs")
    if design.unpredictability:
        loose = design.unpredictability
        risks.append(f"depth +/- {loose.depth:g} logits, {loose.timing:g} periods late on average")
    return {
        "what": f"relief of {what} by {who}",
        "by": "; then ".join(_depth(phase) for phase in design.phase),
        "when": "; then ".join(
            f"from period {_plain(phase.start)} over {_plain(phase.ramp)}" for phase in design.phase
        ),
        "risks": "; ".join(risks),
    }


def _undone(snap_back: SnapBack) -> str:
    if snap_back.hazard is not None:
        return f"undone with P = {_plain(snap_back.hazard)} a period"
    assert snap_back.probability is not None
    within, until = snap_back.within, snap_back.until
    ends = f"within {_plain(within)} periods" if within is not None else f"by {until}"
    return f"undone with P = {_plain(snap_back.probability)} {ends}"


def _depth(phase: Phase) -> str:
    return f"{_plain(phase.depth)} of what is left"


def paths_view(paths: FuturePaths, horizons: Sequence[int]) -> View:
    """Say where a scenario's measures stand by law, median and 5-95 %."""
    rows = []
    for position, name in enumerate(MEASURES):
        law = paths.law[position]
        row = {"measure": name}
        for horizon in horizons:
            low, middle, high = np.quantile(law[horizon - 1], [0.05, 0.5, 0.95])
            row[f"after {horizon}"] = f"{middle:.2f} ({low:.2f}; {high:.2f})"
        rows.append(row)
    return View(
        table=pd.DataFrame(rows),
        title="Measures by law, 1 = the regime of the end of 2025",
        caption="Median (5 %; 95 %) over the paths of the scenario.",
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
    """
    at = horizon or int(result[dims.HORIZON][-1])
    effect = result["effect"].sel(horizon=at)
    when = _count(scm, at)
    names = [str(n) for n in result[dims.SCENARIO].to_numpy() if n != result.attrs["status_quo"]]
    sentences = []
    for name in names:
        own = effect.sel(scenario=name)
        parts = [
            f"{_called(scm, str(o))} {_estimate(interval(own.sel(outcome=o)))} "
            f"{_unit(scm, str(o))} (P(higher) {float((own.sel(outcome=o) > 0).mean()):.2f})"
            for o in own[dims.OUTCOME].to_numpy()
        ]
        label = str(result["scenario_label"].sel(scenario=name).item())
        sentences.append(f"{label}, after {when}: {'; '.join(parts)}.")
    most: dict[str, list[str]] = {}
    for outcome in effect[dims.OUTCOME].to_numpy():
        sizes = abs(effect.sel(outcome=outcome).median((dims.CHAIN, dims.DRAW)))
        largest = str(sizes.sel(scenario=names).idxmax(dims.SCENARIO).item())
        most.setdefault(largest, []).append(_called(scm, str(outcome)))
    for name, outcomes in most.items():
        label = str(result["scenario_label"].sel(scenario=name).item())
        sentences.append(f"Of the futures, {label} moves most: {'; '.join(outcomes)}.")
    return sentences


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
    when = _count(scm, at)
    if future not in result[dims.SCENARIO]:
        known = ", ".join(str(name) for name in result[dims.SCENARIO].to_numpy())
        raise QuestionError(f"No future {future!r}; there is: {known}.")
    weights = result["probability"]
    means = result["effect"].sel(horizon=at).mean((dims.CHAIN, dims.DRAW))
    expected = (means * weights).sum(dims.SCENARIO)
    line = expected_by_odds(result, future=future, odds=[0.0, 1.0]).sel(horizon=at)
    chance = ", ".join(
        f"{result['scenario_label'].sel(scenario=n).item()} {float(weights.sel(scenario=n)):.2f}"
        for n in result[dims.SCENARIO].to_numpy()
    )
    sentences = [f"It begins with these probabilities: {chance}; later one can become another."]
    label = str(result["scenario_label"].sel(scenario=future).item())
    for outcome in means[dims.OUTCOME].to_numpy():
        ends = line.sel(outcome=outcome).to_numpy()
        sentences.append(
            f"Over all futures, {_called(scm, str(outcome))} is expected to move by "
            f"{_signed(float(expected.sel(outcome=outcome)))} {_unit(scm, str(outcome))} "
            f"in {when}: {_signed(ends[0])} if {label} were out of the question, "
            f"{_signed(ends[1])} if it were certain at first, so ten points of odds are worth "
            f"{_signed((ends[1] - ends[0]) / 10, 3)}."
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
                    "sd": f"{np.sqrt(max(total, 0.0)):.2f}",
                }
                for order in split["order"].to_numpy():
                    shares = own.sel(order=order) / total if total > 0 else own.sel(order=order)
                    row[str(order)] = " / ".join(f"{100 * float(x):.1f}" for x in shares.to_numpy())
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
    scm : StructuralCausalModel
        Equations that the draws belong to.
    horizon : int, optional
        The last one by default.

    Returns
    -------
    list[str]
        Sentences; every number in them is computed.
    """
    at = horizon or int(split[dims.HORIZON][-1])
    when = _count(scm, at)
    sentences = []
    for outcome in split[dims.OUTCOME].to_numpy():
        level = _shares(split["path"].sel(outcome=outcome, horizon=at))
        effect = _shares(split["effect"].sel(outcome=outcome, horizon=at))
        politics = {o: effect[o]["future"] + effect[o]["path"] for o in ORDERS}
        in_level = level[ORDERS[0]]["future"] + level[ORDERS[0]]["path"]
        sentences.append(
            f"{_upper(_called(scm, str(outcome)))} after {when}: of the variance of the "
            f"forecast {100 * in_level:.1f} % is politics (which future, and how it goes), "
            f"{100 * level[ORDERS[0]]['parameters']:.0f} % parameters, "
            f"{100 * level[ORDERS[0]]['shocks']:.0f} % shocks that no sanction makes. Of the "
            f"variance of what the measures change {100 * politics[ORDERS[0]]:.0f} % is politics "
            f"({100 * effect[ORDERS[0]]['future']:.0f} % which future begins) and "
            f"{100 * effect[ORDERS[0]]['parameters']:.0f} % economics; with parameters first "
            f"economics has {100 * effect[ORDERS[1]]['parameters']:.0f} %: what the two make "
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
