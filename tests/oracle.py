"""A model evaluated one draw, one period and one variable at a time.

Written from the equations in the docstrings of `sanctions_model.scm.equations`, with dictionaries
and plain loops. It reads the description of a model and nothing else of the package: no linear
forms, no solving order, no arrays.
"""

import itertools
import math
import re
import statistics

import numpy as np
from scipy import stats

from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.interventions import ScaleBy, SetTo, ShiftBy
from sanctions_model.scm.variables import Affine, Constant, Decay, Grow, Hold, Path


def close(actual, expected, *, rtol=1e-10, atol=1e-10):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


def only(result):
    """The path of a single outcome, scenario and draw."""
    return result.to_numpy().reshape(-1)


def parse(text):
    """``"x[2]"`` is x, two periods ago."""
    name, lag = re.fullmatch(r"(\w+?)(?:\[(\d+)\])?", text.partition(" * ")[0]).groups()
    return name, int(lag or 0)


def factor_of(text):
    """``"x[2] * f"`` is x times f of the child's own period."""
    return text.partition(" * ")[2]


def as_dicts(draws):
    """One dict of address to number for each draw, chain after chain."""
    found = []
    pairs = itertools.product(range(draws.sizes["chain"]), range(draws.sizes["draw"]))
    for chain, draw in pairs:
        values = {}
        for name, array in draws.isel(chain=chain, draw=draw).data_vars.items():
            if array.ndim == 0:
                values[name] = float(array)
                continue
            for label, value in zip(array[array.dims[0]].to_numpy(), array.to_numpy(), strict=True):
                address = str(label) if name == "coefficient" else f"{name}[{label}]"
                values[address] = float(value)
        found.append(values)
    return found


def expectation(equation, values, centres, get, closed=()):
    """What an equation gives without its shock; `get(parent, lag)` looks a parent up."""
    name = equation.variable.name
    now = systematic(equation, values, centres, get, closed)
    if not getattr(equation, "persistent_errors", False) or f"{name}[1] -> {name}" in closed:
        return now
    before = systematic(equation, values, centres, lambda p, lag: get(p, lag + 1), closed)
    return now + values[f"error_persistence[{name}]"] * (get(name, 1) - before)


def systematic(equation, values, centres, get, closed=()):
    """What an equation gives, its error apart."""
    name = equation.variable.name
    if isinstance(equation, Identity | Accumulator):
        flow = identity(equation, values, get, closed)
        if isinstance(equation, Identity):
            return flow
        return flow + (0.0 if f"{name}[1] -> {name}" in closed else get(name, 1))

    def weighed(texts):
        labels = {text: f"{text} -> {name}" for text in texts}
        return sum(
            values[label] * (read(text) - centres.get(label, 0.0))
            for text, label in labels.items()
            if label not in closed
        )

    def read(text):
        factor = factor_of(text)
        return get(*parse(text)) * (get(factor, 0) if factor else 1.0)

    total = weighed(equation.parents)
    if not isinstance(equation, LatentAdjustment):
        total += values[f"intercept[{name}]"]
    if isinstance(equation, Linear):
        return total
    persistence = values[f"persistence[{name}]"]
    own = 0.0 if f"{name}[1] -> {name}" in closed else get(name, 1)
    total = persistence * own + (1.0 - persistence) * total
    if isinstance(equation, PartialAdjustment):
        total += weighed(equation.impact)
        if equation.anchor:
            total += around(equation, persistence, get, closed)
    return total


def identity(equation, values, get, closed):
    """A linear combination."""
    total = 0.0
    for text, coefficient in equation.terms.items():
        if isinstance(coefficient, Affine):
            weight = coefficient.constant + coefficient.slope * values[coefficient.parameter]
        else:
            weight = coefficient
        if f"{text} -> {equation.variable.name}" not in closed:
            total += weight * get(*parse(text))
    return total


def around(equation, persistence, get, closed):
    """What the anchor adds: its own value less the persistent part of the one before."""
    anchor, lag = parse(equation.anchor)
    child = equation.variable.name
    now = 0.0 if f"{equation.anchor} -> {child}" in closed else get(anchor, lag)
    before = 0.0 if f"{anchor}[{lag + 1}] -> {child}" in closed else get(anchor, lag + 1)
    return now - persistence * before


def effective(before, measure_before, measure_now, peak, share, speed):
    """One step of the asymmetric adjustment; `peak` is the highest measure up to now."""
    if measure_now > measure_before:
        return min(before + measure_now - measure_before, peak)
    goal = measure_now + (1.0 - share) * (peak - measure_now)
    moved = before + speed * (goal - before)
    return max(moved, measure_now)


def edited(value, edits, name, period):
    """Apply interventions in order; period counts from 1."""
    for edit in edits:
        if edit.variable != name or period < edit.start:
            continue
        if edit.stop is not None and period > edit.stop:
            continue
        given = edit.value
        if isinstance(given, tuple):
            position = period - edit.start
            given = given[position] if position < len(given) else given[-1]
        if isinstance(edit, SetTo):
            value = given
        elif isinstance(edit, ShiftBy):
            value = value + given
        elif isinstance(edit, ScaleBy):
            value = value * given
        else:
            raise AssertionError(edit)
    return value


class Future:
    """One draw of a model from a past on; period 0 is the last one of the past.

    `past` holds a list a variable, latest last; `exogenous` a list a variable, one value a period;
    `shocks` the same for the equations that have some.
    """

    def __init__(
        self, scm, values, *, past, exogenous, peaks=None, shocks=None, edits=(), closed=()
    ):
        self.scm, self.values, self.closed, self.edits = scm, values, closed, edits
        self.equations = {equation.variable.name: equation for equation in scm.equations}
        self.exogenous, self.shocks = exogenous, shocks or {}
        self.peaks = peaks or {}
        self.known = {
            (name, -back): float(value)
            for name, path in past.items()
            for back, value in enumerate(reversed(list(path)))
        }

    def value(self, name, period):
        if (name, period) not in self.known:
            value = self._solve(name, period)
            if name in self.shocks:
                value += self.shocks[name][period - 1]
            self.known[name, period] = edited(value, self.edits, name, period)
        return self.known[name, period]

    def _solve(self, name, period):
        equation = self.equations[name]
        if isinstance(equation, Exogenous):
            return float(self.exogenous[name][period - 1])
        if isinstance(equation, AsymmetricAdjustment):
            measure = equation.measure
            seen = [self.value(measure, earlier) for earlier in range(period + 1)]
            return effective(
                self.value(name, period - 1),
                seen[-2],
                seen[-1],
                max(self.peaks.get(measure, seen[0]), *seen[1:]),
                self.values[f"recoverable_share[{equation.recovery or measure}]"],
                self.values[f"recovery_speed[{equation.recovery or measure}]"],
            )
        return expectation(
            equation,
            self.values,
            self.scm.centres,
            lambda parent, lag: self.value(parent, period - lag),
            self.closed,
        )

    def paths(self, horizon):
        """Every variable and level over the horizon."""
        found = {
            name: [self.value(name, period) for period in range(1, horizon + 1)]
            for name in self.equations
        }
        for level in self.scm.levels:
            steps = [level.sign * value for value in found[level.flow]]
            found[level.variable.name] = list(itertools.accumulate(steps))
        return found


def continued(equation, horizon, last=None):
    """The declared continuation of an exogenous variable; `last` is its last observed value."""
    rule = equation.continuation
    if isinstance(rule, Path):
        return [rule.values[min(step, len(rule.values) - 1)] for step in range(horizon)]
    if isinstance(rule, Hold) and rule.value is not None:
        return [rule.value] * horizon
    if last is None:
        last = equation.default.value if isinstance(equation.default, Constant) else 0.0
    found = []
    for _ in range(horizon):
        if isinstance(rule, Decay):
            last = rule.level + (last - rule.level) * math.exp(-math.log(2) / rule.half_life)
        if isinstance(rule, Grow):
            last += rule.step
        found.append(last)
    return found


def resting_past(scm, values, first, closed=()):
    """Observed variables at 0, the rest as they stay when exogenous variables do not move."""
    equations = {equation.variable.name: equation for equation in scm.equations}
    known = dict(first)

    def level(name):
        if name not in known:
            equation = equations[name]
            match equation:
                case Linear() | PartialAdjustment() | Accumulator():
                    known[name] = 0.0
                case AsymmetricAdjustment():
                    known[name] = level(equation.measure)
                case LatentAdjustment():
                    known[name] = sum(
                        values[f"{text} -> {name}"] * level(parse(text)[0])
                        for text in equation.parents
                        if f"{text} -> {name}" not in closed
                    )
                case Identity():
                    known[name] = expectation(
                        equation, values, {}, lambda parent, lag: level(parent), closed
                    )
        return known[name]

    longest = max([1, *(lag for e in scm.equations for _, lag in own_edges(e))])
    return {name: [level(name)] * longest for name in equations}


def propagated(
    scm,
    draws,
    *,
    horizon,
    start=None,
    exogenous=None,
    shocks=None,
    interventions=(),
    outcomes=None,
    closed=(),
    first=None,
):
    """What `propagate` should return, as an array (outcome, scenario, horizon, chain, draw).

    Without a start, latent states are at rest with the exogenous variables at `first`.
    """
    given = {name: np.atleast_2d(path) for name, path in (exogenous or {}).items()}
    scenarios = max([1, *(len(path) for path in given.values())])
    dicts = as_dicts(draws)
    result = np.empty((len(outcomes), scenarios, horizon, len(dicts)))
    kinds = {e.variable.name: e for e in scm.equations if isinstance(e, Exogenous)}
    for column, values in enumerate(dicts):
        if start is None:
            at = {name: continued(equation, 1)[0] for name, equation in kinds.items()}
            past, peaks = resting_past(scm, values, at | (first or {}), closed), {}
        else:
            peaks = start.peaks
            past = {
                name: path[:, column if path.shape[1] > 1 else 0]
                for name, path in start.values.items()
            }
        for row in range(scenarios):
            paths = {}
            for name, equation in kinds.items():
                path = continued(equation, horizon, None if start is None else past[name][-1])
                if name in given:
                    path = given[name][row if len(given[name]) > 1 else 0]
                paths[name] = path
            future = Future(
                scm,
                values,
                past=past,
                peaks=peaks,
                exogenous=paths,
                shocks={name: path[:, column] for name, path in (shocks or {}).items()},
                edits=interventions,
                closed=closed,
            )
            found = future.paths(horizon)
            for position, name in enumerate(outcomes):
                result[position, row, :, column] = found[name]
    return result.reshape(*result.shape[:3], draws.sizes["chain"], draws.sizes["draw"])


class Past:
    """One draw of a model on its observed past; period 0 is the first one.

    `series` holds the observed and exogenous series. Before the first period everything is as in
    the first, where effective measures equal measures and latent states are at rest.
    """

    def __init__(self, scm, values, series):
        self.scm, self.values = scm, values
        self.equations = {equation.variable.name: equation for equation in scm.equations}
        self.length = len(next(iter(series.values())))
        self.known = {
            (name, period): float(value)
            for name, path in series.items()
            for period, value in enumerate(path)
        }

    def value(self, name, period):
        period = max(period, 0)
        if (name, period) not in self.known:
            self.known[name, period] = self._solve(name, period)
        return self.known[name, period]

    def _solve(self, name, period):
        equation = self.equations[name]
        if isinstance(equation, AsymmetricAdjustment):
            measure = equation.measure
            if period == 0:
                return self.value(measure, 0)
            return effective(
                self.value(name, period - 1),
                self.value(measure, period - 1),
                self.value(measure, period),
                max(self.value(measure, earlier) for earlier in range(period + 1)),
                self.values[f"recoverable_share[{equation.recovery or measure}]"],
                self.values[f"recovery_speed[{equation.recovery or measure}]"],
            )
        if isinstance(equation, Accumulator) and period == 0:
            return identity(equation, self.values, lambda parent, lag: self.value(parent, 0), ())
        if isinstance(equation, LatentAdjustment) and period == 0:
            return sum(
                self.values[f"{text} -> {name}"] * self.value(parse(text)[0], 0)
                for text in equation.parents
            )
        return self.mean(name, period)

    def mean(self, name, period):
        """What the equation of a variable gives, its parents being what they were."""
        return expectation(
            self.equations[name],
            self.values,
            self.scm.centres,
            lambda parent, lag: self.value(parent, period - lag),
        )

    def paths(self):
        return {
            name: [self.value(name, period) for period in range(self.length)]
            for name in self.equations
        }


def read_by(texts):
    """(parent, lag) of what texts name, factors included."""
    factors = [(factor_of(text), 0) for text in texts if factor_of(text)]
    return [*(parse(text) for text in texts), *factors]


def held_before(path):
    """A series whose first value holds before it."""
    known = [t for t in range(len(path)) if np.isfinite(path[t])]
    first = known[0] if known else 0
    return np.array([path[first]] * first + list(path[first:]))


def behind_a_state(scm, name):
    """Whether a latent state reads an observed variable, through identities or not."""
    kinds = {e.variable.name: e for e in scm.equations}
    if not isinstance(kinds[name], Linear | PartialAdjustment):
        return False
    waiting, seen = (
        [e.variable.name for e in scm.equations if isinstance(e, LatentAdjustment)],
        set(),
    )
    while waiting:
        reader = waiting.pop()
        if reader in seen or isinstance(kinds[reader], Linear | PartialAdjustment):
            continue
        seen.add(reader)
        parents = [parent for parent, _ in own_edges(kinds[reader])]
        if name in parents:
            return True
        waiting += parents
    return False


def own_edges(equation):
    """(parent, lag) of everything that an equation reads, its own last value included."""
    found = stated_edges(equation)
    if not getattr(equation, "persistent_errors", False):
        return found
    return [*found, *((p, lag + 1) for p, lag in [*found, (equation.variable.name, 0)])]


def stated_edges(equation):
    """(parent, lag) of what an equation reads, its error apart."""
    match equation:
        case Exogenous():
            return []
        case AsymmetricAdjustment():
            return [(equation.measure, 0)]
        case Identity():
            return [parse(text) for text in equation.terms]
        case Accumulator():  # begins at 0
            return [parse(text) for text in equation.terms]
        case Linear():
            return read_by(equation.parents)
        case PartialAdjustment():
            read = read_by((*equation.parents, *equation.impact))
            if equation.anchor:
                anchor, lag = parse(equation.anchor)
                read += [(anchor, lag), (anchor, lag + 1)]
            return [*read, (equation.variable.name, 1)]
        case LatentAdjustment():  # its own past begins at rest, so it needs its parents alone
            return [parse(text) for text in equation.parents]
    raise AssertionError(equation)


def is_known(scm, series, name, period):
    """Whether data give a variable in a period: never before the first one."""
    if period < 0:
        return False
    equation = {item.variable.name: item for item in scm.equations}[name]
    if isinstance(equation, Linear | PartialAdjustment | Exogenous):
        return bool(np.isfinite(series[name][period]))

    def read_at(when):
        return all(is_known(scm, series, parent, when - lag) for parent, lag in own_edges(equation))

    if isinstance(equation, LatentAdjustment | Accumulator):  # from its begin to its first gap
        begin = min((t for t in range(period + 1) if read_at(t)), default=None)
        return begin is not None and all(read_at(t) for t in range(begin, period + 1))
    return read_at(period)


def stochastic(scm):
    return [e for e in scm.equations if isinstance(e, Linear | PartialAdjustment)]


def used_periods(scm, series, time):
    """The periods that each stochastic equation can use."""
    found = {}
    for equation in stochastic(scm):
        name = equation.variable.name
        found[name] = [
            period
            for period in range(len(time))
            if is_known(scm, series, name, period)
            and all(is_known(scm, series, p, period - lag) for p, lag in own_edges(equation))
            and (equation.start is None or time[period] >= np.datetime64(equation.start))
        ]
    return found


def missing_cells(scm, series, time):
    """Holes and ragged-edge cells that their own equation can price, as a set.

    Gaps count from the first period that the equation can use, up to the last value, or to the end
    where that is no more than a year away. Cells drop out until each of them is priced.
    """
    used = used_periods(scm, series, time)
    cells = set()
    for name, periods in used.items():
        if not periods:
            continue
        last = max(t for t in range(len(time)) if np.isfinite(series[name][t]))
        end = len(time) if len(time) - 1 - last <= scm.periods_per_year else last
        cells |= {(name, t) for t in range(periods[0], end) if not np.isfinite(series[name][t])}
    while True:
        priced = used_periods(scm, completed(series, dict.fromkeys(cells, 0.0)), time)
        kept = {(name, t) for name, t in cells if t in priced[name]}
        if kept == cells:
            return cells
        cells = kept


def completed(series, cells):
    """The series with some cells, (name, period) to value, filled in."""
    filled = {name: np.array(path, dtype=float) for name, path in series.items()}
    for (name, period), value in cells.items():
        filled[name][period] = value
    return filled


def data_part(scm, series, name, period):
    """What data alone give of a variable: latent states and parametric terms count as nothing."""
    equation = {item.variable.name: item for item in scm.equations}[name]
    match equation:
        case AsymmetricAdjustment() | LatentAdjustment():
            return 0.0
        case Accumulator():
            return sum(
                weight * data_part(scm, series, parse(text)[0], max(t - parse(text)[1], 0))
                for t in range(period + 1)
                for text, weight in equation.terms.items()
            )
        case Identity():
            return sum(
                weight * data_part(scm, series, parse(text)[0], max(period - parse(text)[1], 0))
                for text, weight in equation.terms.items()
                if not isinstance(weight, Affine)
            )
    return float(np.nan_to_num(series[name][period]))


def centres(scm, series, used):
    """Mean of every observed parent and identity over the periods of the equation that reads it."""
    kinds = {item.variable.name: item for item in scm.equations}
    found = {}
    for equation in stochastic(scm):
        name = equation.variable.name
        if not equation.centred:
            continue
        for text in (*equation.parents, *getattr(equation, "impact", ())):
            parent, lag = parse(text)
            inside = Linear | PartialAdjustment | Identity | Accumulator
            if used[name] and isinstance(kinds[parent], inside):
                parts = [
                    data_part(scm, series, parent, period - lag)
                    * (series[factor_of(text)][period] if factor_of(text) else 1.0)
                    for period in used[name]
                ]
                found[f"{text} -> {name}"] = statistics.fmean(parts)
    return found


def cell_densities(scm, values, series, used, time):
    """Log density of each cell that an equation can use, by equation and period."""
    past = Past(scm, values, series)
    found = {}
    for equation in stochastic(scm):
        name = equation.variable.name
        for period in used[name]:
            mean, scale = past.mean(name, period), values[f"scale[{name}]"]
            for crisis in scm.crises:
                if crisis.start <= str(time[period])[:10] <= crisis.end:
                    scale *= values[f"crisis_multiplier[{crisis.name}]"]
            freedom = values.get(f"degrees_of_freedom[{name}]")
            noise = stats.norm if freedom is None else stats.t(freedom)
            density = noise.logpdf((series[name][period] - mean) / scale) - np.log(scale)
            found[name, period] = float(density)
    return found


def prior_distribution(table):
    """A scipy distribution, a sign and a shift for the numbers of a prior, its support apart.

    The prior is that of ``sign * X + shift`` with X from the distribution.
    """
    get = table.get
    match table["family"]:
        case "Normal":
            low, high = (get(key) for key in ("lower", "upper"))
            mu, sigma = table["mu"], table["sigma"]
            low = -np.inf if low is None else (low - mu) / sigma
            high = np.inf if high is None else (high - mu) / sigma
            if np.isinf(low) and np.isinf(high):
                return stats.norm(mu, sigma), 1.0, 0.0
            return stats.truncnorm(low, high, mu, sigma), 1.0, 0.0
        case "StudentT":
            return stats.t(table["nu"], table["mu"], table["sigma"]), 1.0, 0.0
        case "LogNormal":
            sign = -1.0 if get("negative") else 1.0
            return stats.lognorm(table["sigma"], scale=table["median"]), sign, 0.0
        case "Beta":
            return stats.beta(table["alpha"], table["beta"]), 1.0, 0.0
        case "Gamma":
            return stats.gamma(table["alpha"], scale=1 / table["beta"]), 1.0, get("shift") or 0.0
        case "HalfNormal":
            return stats.halfnorm(scale=table["sigma"]), 1.0, 0.0
    raise AssertionError(table)


def prior_density(table, value):
    """Log density of a prior at a value, in the space it is stated in."""
    if table["family"] == "Fixed":
        return 0.0
    distribution, sign, shift = prior_distribution(table)
    inner = sign * (value - shift)
    density = distribution.logpdf(inner)
    if table["family"] == "LogNormal" and table.get("upper") is not None:
        density = (
            density - distribution.logcdf(table["upper"]) if inner < table["upper"] else -np.inf
        )
    return float(density)


def sampled_density(table, value):
    """The same in the space that is sampled: log-normal parameters by their logarithm."""
    jacobian = np.log(abs(value)) if table["family"] == "LogNormal" else 0.0
    return prior_density(table, value) + jacobian


def absolute_table(tables, address, moments):
    """The belief on a parameter: its own table or its kind's, in units of the data."""
    table = tables.get(address)
    name, _, label = address.partition("[")
    label = label.rstrip("]")
    if table is None:
        table = tables[name]
    if not table.get("relative_to_series"):
        return table
    if label not in moments:
        return table | table["without_data"]
    mean, deviation = moments[label]
    scaled = {"sigma": table["sigma"] * deviation}
    if "mu" in table:
        scaled["mu"] = mean + table["mu"] * deviation
    return table | scaled


class Judge:
    """Densities of a problem by plain loops, from its model, data and tables of beliefs."""

    def __init__(self, scm, series, time, tables):
        self.series = {name: np.asarray(path, dtype=float) for name, path in series.items()}
        self.time = time
        self.tables = tables
        seen = used_periods(scm, self.series, time)
        held = {
            name: held_before(path) if behind_a_state(scm, name) else path
            for name, path in self.series.items()
        }
        self.scm = scm.with_centres(centres(scm, held, seen))
        self.moments = {
            name: (
                statistics.fmean(self.series[name][t] for t in periods),
                statistics.pstdev([self.series[name][t] for t in periods]),
            )
            for name, periods in seen.items()
            if periods
        }
        self.missing = {
            f"missing_cell[{name}[{str(time[period])[:10]}]]": (name, period)
            for name, period in missing_cells(scm, self.series, time)
        }
        filled = completed(self.series, dict.fromkeys(self.missing.values(), 0.0))
        self.used = used_periods(scm, filled, time)

    def table(self, address):
        return absolute_table(self.tables, address, self.moments)

    def history(self, values):
        """The series with the missing cells of a draw; gaps that nothing prices are 0."""
        cells = {cell: values[address] for address, cell in self.missing.items()}
        filled = completed(self.series, cells)
        return {
            name: np.nan_to_num(held_before(path) if behind_a_state(self.scm, name) else path)
            for name, path in filled.items()
        }

    def cells(self, values):
        """Log density of each cell, observed or completed, by equation and period."""
        return cell_densities(self.scm, values, self.history(values), self.used, self.time)

    def observed_cells(self, values):
        missing = set(self.missing.values())
        return {cell: d for cell, d in self.cells(values).items() if cell not in missing}

    def prior(self, values):
        return {
            address: prior_density(self.table(address), value)
            for address, value in values.items()
            if address not in self.missing
        }

    def joint(self, values):
        """Likelihood and prior in the space that is sampled."""
        prior = sum(
            sampled_density(self.table(address), value)
            for address, value in values.items()
            if address not in self.missing
        )
        return prior + sum(self.cells(values).values())
