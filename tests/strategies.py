"""Random small models, draws, pasts and interventions for property tests."""

import contextlib
from dataclasses import dataclass

import numpy as np
import xarray as xr
from hypothesis import strategies as st

from sanctions_model.errors import QuestionError
from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.interventions import ScaleBy, SetTo, ShiftBy, require_each_counts
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.simulation.propagate import Start
from sanctions_model.scm.variables import Affine, Decay, Grow, Hold, Path, Variable

MAX_LAG = 4


def variable(name):
    return Variable(name=name)


def texts(names, lags):
    return [f"{name}[{lag}]" if lag else name for name in names for lag in lags]


def some(candidates, least=0, most=3):
    most = min(most, len(candidates))
    return st.lists(
        st.sampled_from(candidates), unique=True, min_size=min(least, most), max_size=most
    )


numbers = st.floats(-0.9, 0.9, allow_nan=False).map(lambda number: round(number, 3))
coefficients = st.one_of(
    numbers, st.builds(Affine, st.sampled_from(["anchor", "share"]), numbers, numbers)
)
continuations = st.one_of(
    st.just(Hold()),
    st.builds(Hold, numbers),
    st.lists(numbers, min_size=1, max_size=3).map(lambda values: Path(tuple(values))),
    st.builds(Decay, st.floats(0.5, 9.0), numbers),
    st.builds(Grow, numbers),
)


stated = st.one_of(
    st.builds(Hold, numbers),
    st.lists(numbers, min_size=1, max_size=3).map(lambda values: Path(tuple(values))),
)


def following(text):
    """The same variable a period earlier: ``"x"`` gives ``"x[1]"``."""
    name, _, lag = text.rstrip("]").partition("[")
    return f"{name}[{int(lag or 0) + 1}]"


def around(name, candidates):
    """Options of partial adjustment: no anchor, or one that is not the variable itself."""
    candidates = [text for text in candidates if not text.startswith(f"{name}[")]
    anchored = st.sampled_from(candidates).map(lambda text: {"anchor": text})
    return st.one_of(st.just({}), anchored)


@st.composite
def models(draw, *, most_exogenous=3):
    """A model of every kind of equation, lags up to four, in any order of its equations."""
    exogenous = [f"x{i}" for i in range(draw(st.integers(1, most_exogenous)))]
    measures = draw(some(exogenous, most=len(exogenous)))
    # Felt in a second way, with one recovery for all.
    again = draw(some(measures, most=2)) if measures else []
    adjusted = [f"effective_{name}" for name in measures] + [f"felt_{name}" for name in again]
    latent = [f"l{i}" for i in range(draw(st.integers(0, 2)))]
    identities = [f"i{i}" for i in range(draw(st.integers(0, 3)))]
    observed = [f"y{i}" for i in range(draw(st.integers(1, 3)))]
    levels = [f"c{i}" for i in range(draw(st.integers(0, 1)))]
    order = draw(st.permutations(latent + identities + observed + levels))
    latent = [name for name in order if name in latent]
    identities = [name for name in order if name in identities]
    outside = exogenous + adjusted
    # Last in the list, so that a factor has a declared level and some model has none.
    factors = [name for name in exogenous[1:] if name not in measures][:1]
    now, lagged = range(MAX_LAG + 1), range(1, MAX_LAG + 1)
    equations = [
        *(
            Exogenous(
                variable=variable(n), continuation=draw(stated if n in factors else continuations)
            )
            for n in exogenous
        ),
        *(
            AsymmetricAdjustment(variable=variable(f"effective_{name}"), measure=name)
            for name in measures
        ),
        *(
            AsymmetricAdjustment(variable=variable(f"felt_{name}"), measure=name, recovery="felt")
            for name in again
        ),
    ]
    for position, name in enumerate(order):
        earlier = order[:position]
        if name in levels:
            flows = texts(exogenous + [y for y in observed if y in earlier], [0])
            flows += texts(exogenous + observed, lagged)
            terms = {text: draw(numbers) for text in draw(some(flows, least=1))}
            equations.append(Accumulator(variable=variable(name), terms=terms))
            continue
        if name in latent:
            known = outside + latent[: latent.index(name)]
            candidates = texts(known, now) + texts([y for y in observed if y in earlier], [0])
            candidates += texts([*observed, *levels], lagged)
            parents = draw(some(candidates, least=1))
            equations.append(LatentAdjustment(variable=variable(name), parents=tuple(parents)))
            continue
        if name in identities:
            others = observed + latent + levels + identities[: identities.index(name)]
        else:
            others = observed + latent + levels + identities
        # The same period only from variables that are solved before; lags from any.
        candidates = texts(outside + earlier, [0]) + texts(outside + others, lagged)
        if name in identities:
            terms = {text: draw(coefficients) for text in draw(some(candidates, least=1))}
            equations.append(Identity(variable=variable(name), terms=terms))
            continue
        kind = draw(st.sampled_from([Linear, PartialAdjustment]))
        options = {"centred": draw(st.booleans())}
        if kind is PartialAdjustment:
            candidates = [text for text in candidates if not text.startswith(f"{name}[")]
            options |= draw(around(name, texts(outside + earlier, [0]) + texts(others, [1, 2])))
        used = {options.get("anchor", ""), following(options.get("anchor", ""))}
        candidates = [text for text in candidates if text not in used]
        # Some links are multiplied by an exogenous variable.
        candidates += [f"{text} * {f}" for text in candidates[::3] for f in factors]
        parents = tuple(draw(some(candidates)))
        if kind is PartialAdjustment:
            rest = [text for text in candidates if text not in parents]
            options["impact"] = tuple(draw(some(rest, most=2)))
        if not any(" * " in text for text in (*parents, *options.get("impact", ()))):
            options["persistent_errors"] = draw(st.booleans())
        equations.append(kind(variable=variable(name), parents=parents, **options))
    # Every exogenous variable must lead somewhere.
    equations.append(Linear(variable=variable("sink"), parents=(*outside, order[-1])))
    flows = draw(some([*observed, *identities], most=2))
    return StructuralCausalModel(
        equations=tuple(draw(st.permutations(equations))),
        levels=tuple(
            Level(variable=variable(f"level_{name}"), flow=name, sign=sign)
            for name, sign in zip(flows, (1.0, -1.0), strict=False)
        ),
    )


def random_draws(scm, generator, *, chains=1, draws=2):
    """Draws of all parameters of a model: stable or not, but of moderate size."""
    size, axes = (chains, draws), ("chain", "draw")
    equations, measures = list(scm.stochastic), list(scm.recoveries)
    grouped = {
        "coefficient": ("link", [link.label for link in scm.links], -0.8, 0.8),
        "intercept": ("equation", equations, -1.5, 1.5),
        "scale": ("equation", equations, 0.1, 2.0),
        "degrees_of_freedom": ("equation", equations, 2.1, 9.0),
        "persistence": ("adjusting", list(scm.adjusting), 0.0, 1.0),
        "error_persistence": ("persisting", list(scm.persisting), 0.0, 1.0),
        "recoverable_share": ("measure", measures, 0.0, 1.0),
        "recovery_speed": ("measure", measures, 0.0, 1.0),
        "crisis_multiplier": ("crisis", [crisis.name for crisis in scm.crises], 0.5, 4.0),
    }
    arrays, coords = {}, {"chain": np.arange(chains), "draw": np.arange(draws)}
    for name, (dim, labels, low, high) in grouped.items():
        if labels:
            arrays[name] = ((*axes, dim), generator.uniform(low, high, (*size, len(labels))))
            coords[dim] = labels
    for name in scm.scalars:
        arrays[name] = (axes, generator.uniform(size=size))
    return xr.Dataset(arrays, coords=coords)


def random_start(scm, generator, size):
    """A past of arbitrary values; effective measures at or above their measure, below its peak."""
    lags = scm.longest_lag
    values = {name: generator.uniform(0, 1, (lags, 1)) for name in scm.exogenous}
    peaks = {}
    for name, equation in scm.effective.items():
        values[name] = values[equation.measure] + generator.uniform(0, 0.5, (lags, size))
        if generator.uniform() < 0.7:
            peaks[equation.measure] = float(values[name].max() + generator.uniform())
    for name in scm.structural:
        values[name] = generator.normal(size=(lags, size if generator.uniform() < 0.7 else 1))
    return Start(values, peaks)


@st.composite
def edits(draw, names, horizon):
    """Interventions of all kinds, numbers and paths, in windows and to the end."""
    found = []
    for kind in draw(st.lists(st.sampled_from([SetTo, ShiftBy, ScaleBy]), max_size=4)):
        start = draw(st.integers(1, horizon))
        stop = draw(st.one_of(st.none(), st.integers(start, horizon + 2)))
        path = st.lists(numbers, min_size=1, max_size=4).map(tuple)
        value = draw(st.one_of(numbers, path))
        name = draw(st.sampled_from(sorted(names)))
        found.append(kind(variable=name, value=value, start=start, stop=stop))
    return found


def that_count(edits):
    """Leave out interventions that change nothing, which no question takes."""
    kept = []
    for edit in edits:
        with contextlib.suppress(QuestionError):
            require_each_counts([*kept, edit])
            kept.append(edit)
    return kept


@dataclass(frozen=True)
class Run:
    """A model with everything that a propagation may be given."""

    scm: StructuralCausalModel
    draws: xr.Dataset
    horizon: int
    start: Start | None
    exogenous: dict
    shocks: dict
    interventions: list
    scenarios: int

    @property
    def arguments(self):
        return {
            "horizon": self.horizon,
            "start": self.start,
            "exogenous": self.exogenous,
            "shocks": self.shocks,
            "outcomes": list(self.scm.variables),
        }


@st.composite
def runs(draw, *, interventions=True):
    """A random model with draws, a past or none, paths, shocks and interventions."""
    scm = draw(models())
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    horizon, scenarios = draw(st.integers(1, 7)), draw(st.integers(1, 3))
    draws = random_draws(scm, generator, chains=draw(st.integers(1, 2)), draws=2)
    size = draws.sizes["chain"] * draws.sizes["draw"]
    given_paths = {}
    for name in draw(some(list(scm.exogenous))):
        shape = (horizon,) if draw(st.booleans()) else (scenarios, horizon)
        given_paths[name] = generator.uniform(0, 1, shape)
    shocked = draw(some(list(scm.stochastic)))
    targets = [*scm.exogenous, *scm.structural]
    return Run(
        scm=scm,
        draws=draws,
        horizon=horizon,
        start=random_start(scm, generator, size) if draw(st.booleans()) else None,
        exogenous=given_paths,
        shocks={name: generator.normal(size=(horizon, size)) for name in shocked},
        interventions=draw(edits(targets, horizon)) if interventions else [],
        scenarios=max([1, *(len(np.atleast_2d(path)) for path in given_paths.values())]),
    )
