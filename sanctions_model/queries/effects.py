"""What causes what, by how much: effects under interventions (rung 2), draw by draw.

Estimands. *Link effect*: change of a child after a change of one parent, the others held; short
run ``(1 - rho) theta`` in the same period, long run ``theta`` after a permanent change.
*Impulse response*: ``E[y_h | a shock in period 1] - E[y_h | none]``. *Step response*: the same for
a change that stays. *Total effect of relief*: ``E[y_h | do(measures follow the relief)] -
E[y_h | do(measures stay)]``. *By channel*: the part that enters through the named entry links, all
other entries closed; everything after the effective measures is linear, so the parts add up to the
total exactly. *Along the article's chain*: all links closed but those of the chain; the line
through expected inflation works against it and is shown apart; the remainder is everything else.

Units are those of the outcome: growth rates in % a period, rates in percentage points, levels in
log points (read as %). Horizons count periods from 1, the first period of the relief.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_names
from sanctions_model.errors import NoCausalPathError, QuestionError, UnknownVariableError
from sanctions_model.scm.interventions import Relief, require_horizon, require_lifting
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after, with_periods
from sanctions_model.scm.simulation.propagate import continuation_paths, respond
from sanctions_model.scm.variables import Decay, Grow, Hold
from sanctions_model.wording import in_words

CHAIN_PARTS = ("article_chain", "chain_offset", "chain_remainder")
_KIND = "kind"


def reachable(
    scm: StructuralCausalModel, causes: Sequence[str], outcomes: Sequence[str] | None
) -> list[str]:
    """Return the outcomes asked for, refusing any that none of the causes can reach."""
    flows = {level.variable.name: level.flow for level in scm.levels}
    for cause in causes:
        if cause not in scm.by_name:
            raise UnknownVariableError.from_name(cause, scm.exogenous, "the causes")
    reach = set(causes).union(*(scm.graph.descendants(cause) for cause in causes))
    if outcomes is None:
        default = scm.wanted(None)
        reached = [name for name in default if flows.get(name, name) in reach]
        if not reached:
            raise NoCausalPathError(
                f"{', '.join(causes)} reaches none of the headline outcomes "
                f"{', '.join(default)}; name outcomes that it reaches."
            )
        return reached
    wanted = scm.wanted(outcomes)
    for name in wanted:
        scm.require(name, "the outcomes")
        if flows.get(name, name) not in reach:
            others = ", ".join(sorted(reach - set(causes)))
            raise NoCausalPathError(
                f"No directed path leads from {', '.join(causes)} to {name!r}; "
                + (f"what can be reached: {others}." if others else "nothing follows from there.")
            )
    return wanted


def finished(effect: xr.DataArray, draws: xr.Dataset, contrast: str, subject: str) -> xr.DataArray:
    """Let an effect say what made it, against what, and which fit it is of."""
    effect.name = "effect"
    effect.attrs = {
        dims.Said.QUESTION: contrast,
        dims.Said.SUBJECT: subject,
        **dims.carried(draws.attrs),
    }
    return effect


def relief_paths(
    scm: StructuralCausalModel,
    relief: Relief,
    horizon: int,
    last: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """Return the measures' paths under a relief, from where they continue without it.

    Parameters
    ----------
    scm : StructuralCausalModel
        Whose measures move.
    relief : Relief
        What is lifted; without names every measure of the model.
    horizon : int
        Periods.
    last : mapping of str to float, optional
        Last observed values, for measures whose continuation holds them.

    Returns
    -------
    dict of str to numpy.ndarray
        By measure, shape ``(horizon,)``.

    Raises
    ------
    UnknownVariableError, QuestionError
        If a name is no measure, or a measure is held at a last value that nothing gives.
    """
    relief = scm.relief(relief)
    if relief.start > horizon:
        raise QuestionError(
            f"The relief starts in period {relief.start}, after the horizon of {horizon}; start "
            "earlier or ask for a longer horizon."
        )
    for name in relief.measures:
        if name not in scm.exogenous:
            scm.require(name, "the relief")
            raise QuestionError(f"{name!r} is not a measure; relief lowers exogenous measures.")
        onward = scm.exogenous[name].continuation
        if last is None and (onward == Hold() or isinstance(onward, Decay | Grow)):
            raise QuestionError(
                f"{name!r} goes on from its last observed value, which no data give here; "
                "declare its level, as in continuation=Hold(1.0)."
            )
    base = continuation_paths(scm, horizon, last or {})
    return {name: relief.path(base[name], horizon) for name in relief.measures}


def total_effect(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    relief: Relief | None = None,
    *,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
    held: Sequence[str] = (),
) -> xr.DataArray:
    """Effect of a relief against sanctions unchanged.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    relief : Relief, optional
        Full relief in four steps by default.
    horizon : int
        Periods from the start.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.
    held : sequence of str
        Endogenous variables kept where they would be without relief: ``("key_rate",)`` asks what
        relief does while the central bank holds its path.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``, in the units of the outcomes.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown or given twice, an outcome is out of reach, the horizon is below 1, or
        the depth of the relief 0.

    Examples
    --------
    >>> from sanctions_model.scm.variables import Hold, Variable
    >>> from sanctions_model.scm.equations import Exogenous, Linear
    >>> from sanctions_model.scm.parameters import pin
    >>> scm = StructuralCausalModel(
    ...     equations=(
    ...         Exogenous(variable=Variable(name="tariff"), continuation=Hold(1.0)),
    ...         Linear(variable=Variable(name="price"), parents=("tariff",)),
    ...     )
    ... )
    >>> effect = total_effect(
    ...     scm, pin(scm, {"tariff -> price": 2.0}), Relief(measures=("tariff",)), horizon=4
    ... )
    >>> effect.sel(outcome="price").squeeze().to_numpy().tolist()
    [-0.5, -1.0, -1.5, -2.0]
    """
    relief = _asked(scm, relief)
    horizon = require_horizon(horizon)
    wanted = reachable(scm, relief.measures, outcomes)
    paths = relief_paths(scm, relief, horizon)
    found = respond(
        scm,
        draws,
        horizon=horizon,
        paths=paths,
        outcomes=wanted,
        held=as_names(held, "A variable that is held"),
    )
    return _of_relief(found.isel({dims.SCENARIO: 0}), scm, draws, relief)


def _asked(scm: StructuralCausalModel, relief: Relief | None) -> Relief:
    """Return a relief that lifts something, its measures by name."""
    found = scm.relief(relief)
    require_lifting(found)
    return found


def _of_relief(
    effect: xr.DataArray, scm: StructuralCausalModel, draws: xr.Dataset, relief: Relief
) -> xr.DataArray:
    words = relief_words(scm, relief, start=draws.attrs.get(dims.Said.START))
    found = finished(effect, draws, words, relief_subject(scm, relief))
    return with_periods(found, scm.periods_per_year)


def measure_effects(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    relief: Relief | None = None,
    *,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Effect of each measure's relief alone, and of all together.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    relief : Relief, optional
        Full relief in four steps by default.
    horizon : int
        Periods from the start.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, lifted, horizon, chain, draw)``; ``lifted`` holds each measure and
        ``all``. With a common start and ramp the parts add up to ``all`` exactly.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown or given twice, an outcome is out of reach, the horizon is below 1, or
        the depth of the relief 0.
    """
    relief = _asked(scm, relief)
    horizon = require_horizon(horizon)
    wanted = reachable(scm, relief.measures, outcomes)
    stay = continuation_paths(scm, horizon, {})
    lifted = [*relief.measures, "all"]
    paths = {
        name: np.stack([path if which in (name, "all") else stay[name] for which in lifted])
        for name, path in relief_paths(scm, relief, horizon).items()
    }
    found = respond(scm, draws, horizon=horizon, paths=paths, outcomes=wanted)
    found = found.rename({dims.SCENARIO: "lifted"}).assign_coords(lifted=lifted)
    return _of_relief(found, scm, draws, relief)


def channel_effects(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    relief: Relief | None = None,
    *,
    horizon: int = 20,
    outcomes: Sequence[str] | None = None,
) -> xr.DataArray:
    """Effect of a relief, split by entry and along the article's chain.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    relief : Relief, optional
        Full relief in four steps by default.
    horizon : int
        Periods from the start.
    outcomes : sequence of str, optional
        Variables or levels; the headline ones by default.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, channel, horizon, chain, draw)``: ``total``; one channel an entry (these
        add up to the total); ``article_chain``, ``chain_offset`` and ``chain_remainder`` (so do
        these). A model without a chain has no such parts.

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach, the horizon is below 1, or the model
        names no entries or not all of them.
    """
    relief = _asked(scm, relief)
    horizon = require_horizon(horizon)
    wanted = reachable(scm, relief.measures, outcomes)
    if not scm.entries:
        raise QuestionError("The model names no entries; give it some to split effects by channel.")
    paths = relief_paths(scm, relief, horizon)
    labels = scm.closable
    entries = {label for entry in scm.entries.values() for label in entry}
    _require_complete(scm, relief, entries)
    own = {edge.label for edge in scm.graph.edges if edge.parent == edge.child}
    closed = [frozenset[str]()]
    closed += [frozenset(entries - set(entry)) for entry in scm.entries.values()]
    channels = ["total", *scm.entries]
    if scm.chain:
        closed.append(frozenset(labels - own - set(scm.chain)))
        closed.append(frozenset(labels - own - set(scm.chain) - set(scm.chain_offset)))
        closed.append(frozenset(labels))  # room for what remains
        channels += CHAIN_PARTS
    found = respond(scm, draws, horizon=horizon, paths=paths, closed=closed, outcomes=wanted)
    found = found.rename({dims.SCENARIO: dims.CHANNEL}).assign_coords({dims.CHANNEL: channels})
    if scm.chain:
        parts = found.transpose(dims.CHANNEL, ...).to_numpy()  # in place: copies would cost more
        np.subtract(parts[0], parts[-2], out=parts[-1])
        parts[-2] -= parts[-3]
    return _of_relief(found, scm, draws, relief)


def _drivers(scm: StructuralCausalModel, measures: Sequence[str]) -> set[str]:
    """Measures, effective measures and identities that only these make: what moves by decree."""
    inside = {*measures}
    for name in scm.graph.order:
        parents = {edge.parent for edge in scm.by_name[name].edges}
        by_decree = name in scm.effective or (name in scm.unobserved and name not in scm.latent)
        if parents and parents <= inside and by_decree:
            inside.add(name)
    return inside


def _require_complete(scm: StructuralCausalModel, relief: Relief, entries: set[str]) -> None:
    """Refuse a split that would leave a part of the effect in no channel, or count it twice."""
    inside = _drivers(scm, relief.measures)
    for edge in scm.graph.edges:
        leaves = edge.parent in inside and edge.child not in inside and edge.label in scm.closable
        if leaves and edge.label not in entries:
            raise QuestionError(
                f"The link {edge.label!r} carries an effect of the relief but is in no entry; "
                "add it to the model's entries."
            )
    anywhere = _drivers(scm, list(scm.exogenous))
    for edge in scm.graph.edges:
        if edge.label in entries and edge.parent not in anywhere:
            raise QuestionError(
                f"The entry link {edge.label!r} lies behind another entry, so that its part would "
                "count twice; an entry is the first link after the measures."
            )


def relief_subject(scm: StructuralCausalModel, relief: Relief) -> str:
    """Name a relief as the subject of a sentence: as in "Half relief of financial measures"."""
    relief = scm.relief(relief)
    sizes = {1.0: "Full relief", 0.5: "Half relief"}
    depth = sizes.get(relief.depth, f"Relief of {100 * relief.depth:g} %")
    every = set(relief.measures) == set(scm.measures) and len(relief.measures) > 1
    return f"{depth} of {'all measures' if every else measures_words(scm, relief.measures)}"


def measures_words(scm: StructuralCausalModel, measures: Sequence[str]) -> str:
    """Join what measures are called, the word itself once."""
    labels = [scm.variables[n].short_label if n in scm.variables else n for n in measures]
    ending = " measures"
    if all(label.endswith(ending) for label in labels):
        return in_words([label.removesuffix(ending) for label in labels]) + ending
    return in_words(labels)


def relief_words(scm: StructuralCausalModel, relief: Relief, *, start: str | None = None) -> str:
    """Say a contrast: what is lifted, by how much, how fast, since when, against what.

    `start`: last known period; with it the first step has a date.
    """
    relief = scm.relief(relief)
    subject = relief_subject(scm, relief)
    steps = "at once" if relief.ramp == 1 else f"in {relief.ramp} equal steps"
    late = "" if relief.start == 1 else f" from {scm.period_name} {relief.start}"
    if start is not None:
        late = f" from {period_after(start, relief.start, scm.periods_per_year)}"
    words = f"{subject[:1].lower()}{subject[1:]} {steps}{late}"
    return f"{words}, against sanctions unchanged"
