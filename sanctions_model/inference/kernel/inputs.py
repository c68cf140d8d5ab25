"""A problem as the arrays that the kernel of the log density reads, and where its chains start.

Milliseconds for any graph; nothing is compiled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaln, gammaln

from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.kernel.arrays import (
    ABOVE,
    BELOW,
    BETA,
    BETWEEN,
    GAMMA,
    MIXTURE,
    NORMAL,
    STUDENT_T,
    Inputs,
)
from sanctions_model.inference.kernel.design_matrix import Design
from sanctions_model.inference.priors.families import (
    Beta,
    BetaMixture,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    Prior,
    StudentT,
)
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.variables import Noise


@dataclass(frozen=True, slots=True)
class _Row:
    """A prior as the kernel reads it: see `kernel.Inputs.arguments`."""

    kind: int
    # Two of the family, lower and upper bound; of two components all four.
    arguments: tuple[float, float, float, float]
    constant: float  # what normalises the density
    centre: float  # of x, near the prior's middle
    sign: float = 0.0
    ahead: float = 0.0  # log weight of the second of two components over that of the first


def free_parameters(problem: Problem) -> list[str]:
    """Return the addresses of what is sampled, in the order of all addresses.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    list of str
    """
    absolute = problem.absolute
    return [a for a in addresses(problem.scm) if not isinstance(absolute[a], Fixed)]


def central_point(problem: Problem) -> np.ndarray:
    """Return a point in the middle of the priors, completed cells at their series' mean.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    numpy.ndarray
        In the kernel's free numbers, shape ``(free + completed,)``.
    """
    centres = [_row(problem.absolute[a]).centre for a in free_parameters(problem)]
    return np.array([*centres, *np.zeros(len(problem.cases.missing))])


def kernel_inputs(problem: Problem) -> Inputs:
    """Return what the kernel reads of a problem.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Inputs
    """
    scm, cases, design = problem.scm, problem.cases, Design(problem=problem)
    names, free = list(scm.stochastic), free_parameters(problem)
    rows = [_row(problem.absolute[address]) for address in free]
    column, equation = np.divmod(design.places, len(names))
    # By equation: the kernel adds several columns to a mean at once.
    both, entry = np.unique(np.stack([equation, column]), axis=1, return_inverse=True)
    where = both[::-1].T
    moments = np.array([cases.moments[name] for name, _ in cases.missing]).reshape(-1, 2)
    moments[:, 1] = np.where(moments[:, 1] > 0, moments[:, 1], 1.0)
    arguments = [(*row.arguments, row.sign, row.ahead) for row in rows]
    reads, shares = _reads(design, where)
    behind = design.source_cells()
    return Inputs(
        kind=_whole([row.kind for row in rows]),
        place=_whole([design.factors[address] for address in free]),
        products=_whole(design.products),
        entry=_whole(entry),
        where=_whole(where),
        filters=_filters(design),
        falling=_falling(design),
        lags=_whole(design.lags),
        noise=_whole([_noise(problem, design.factors, name) for name in names]),
        cells=_whole([(names.index(name), at) for name, at in cases.missing]).reshape(-1, 2),
        reads=reads,
        arguments=_real(arguments).reshape(-1, 6),
        factors=_factors(problem, design.factors),
        numbers=_real(design.numbers),
        known=_real(design.known_values().T),
        source=_real(design.sources().T),
        outcomes=_real([cases.values[name] for name in names]),
        weight=_real(cases.weight.T),
        moments=moments,
        constant=_real([sum(row.constant for row in rows)]),
        unscaled=_whole(design.unscaled),
        times=_real(design.factor_values().T),
        shares=shares,
        crisis=_crisis(problem, design.factors),
        behind=_whole(np.stack([behind.cell, behind.period, behind.column], axis=1)),
        parts=_real(behind.share),
    )


def pack(given: Inputs) -> np.ndarray:
    """Return the inputs as one block of 8-byte words, as the compiled callbacks read it.

    Parameters
    ----------
    given : Inputs

    Returns
    -------
    numpy.ndarray
        Shape ``(word,)``: its length, start, rows and columns of each array, then the arrays.
    """
    head, start, parts = [], 3 * len(given), []
    for array in given:
        rows, columns = array.shape if array.ndim == 2 else (array.size, 1)
        head += [start, rows, columns]
        start += array.size
        parts.append(np.ascontiguousarray(array).reshape(-1).view(np.int64))
    block = np.concatenate([_whole([start + 1, *head]), *parts])
    block.flags.writeable = False
    return block


def _whole(values: object) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.int64)


def _real(values: object) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float64)


def _factors(problem: Problem, places: Mapping[str, int]) -> np.ndarray:
    """Return the values of known parameters and centres; free ones have none yet."""
    values = np.zeros(len(places))
    values[-1] = 1.0
    for address, prior in problem.absolute.items():
        if isinstance(prior, Fixed):
            values[places[address]] = prior.value
    links = [link.label for link in problem.scm.links]
    centres = [problem.cases.centres.get(label, 0.0) for label in links]
    values[len(places) - 1 - len(links) : -1] = centres
    return values


def _noise(problem: Problem, places: Mapping[str, int], name: str) -> tuple[int, int]:
    tails = problem.scm.noise is Noise.STUDENT_T
    return places[f"scale[{name}]"], places[f"degrees_of_freedom[{name}]"] if tails else -1


def _crisis(problem: Problem, places: Mapping[str, int]) -> np.ndarray:
    own = [places[f"crisis_multiplier[{crisis.name}]"] for crisis in problem.scm.crises]
    return _whole(np.array([*own, -1])[problem.scm.crisis_at(problem.cases.time)])


def _filters(design: Design) -> np.ndarray:
    depth = max((len(column.filters) for column in design.filtered), default=0)
    found = np.full((len(design.filtered), depth), -1)
    for row, column in enumerate(design.filtered):
        for level, name in enumerate(column.filters):
            found[row, level] = design.factors[f"persistence[{name}]"]
    return _whole(found)


def _falling(design: Design) -> np.ndarray:
    found = np.full((len(design.filtered), 2), -1)
    for row, column in enumerate(design.filtered):
        if column.series in design.moving:
            recovery = design.problem.scm.effective[column.series].recovers_as
            found[row] = [
                design.factors[f"{name}[{recovery}]"]
                for name in ("recoverable_share", "recovery_speed")
            ]
    return _whole(found)


def _reads(design: Design, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each reading of a completed cell as a parent: cell, period and weight; its share."""
    places = design.cells()
    found = [
        (place, weight)
        for place, row in enumerate(places.column)
        for weight in np.flatnonzero(where[:, 0] == row)
    ]
    reads = [(places.cell[place], places.period[place], weight) for place, weight in found]
    return _whole(reads).reshape(-1, 3), _real([places.share[place] for place, _ in found])


def _row(prior: Prior) -> _Row:
    match prior:
        case LogNormal(median=median, sigma=sigma):
            upper = None if prior.upper is None else float(np.log(prior.upper))
            log = _normal(Normal(mu=float(np.log(median)), sigma=sigma, upper=upper))
            return replace(log, sign=-1.0 if prior.negative else 1.0)
        case HalfNormal(sigma=sigma):
            return _normal(Normal(mu=0.0, sigma=sigma, lower=0.0))
        case Normal():
            return _normal(prior)
        case StudentT(nu=nu, mu=mu, sigma=sigma):
            constant = float(prior.log_density(np.array(mu)))
            return _Row(STUDENT_T, (mu, sigma, nu, 0.0), constant, mu)
        case Beta(alpha=alpha, beta=beta):
            centre = float(np.log(alpha / beta))
            return _Row(BETA, (alpha, beta, 0.0, 1.0), -float(betaln(alpha, beta)), centre)
        case BetaMixture(weight=weight):
            first, other = prior.components
            numbers = (first.alpha, first.beta, other.alpha, other.beta)
            mean = sum(
                share * one.alpha / (one.alpha + one.beta)
                for share, one in ((weight, first), (1.0 - weight, other))
            )
            start = float(np.log(weight) - betaln(first.alpha, first.beta))
            ahead = float(np.log1p(-weight) - betaln(other.alpha, other.beta)) - start
            return _Row(MIXTURE, numbers, start, float(np.log(mean / (1.0 - mean))), ahead=ahead)
        case Gamma(alpha=alpha, beta=beta, shift=shift):
            constant = float(alpha * np.log(beta) - gammaln(alpha))
            return _Row(GAMMA, (alpha, beta, shift, 0.0), constant, float(np.log(alpha / beta)))
    raise AssertionError(prior)


def _normal(prior: Normal) -> _Row:
    mu, sigma = prior.mu, prior.sigma
    lower, upper = prior.support
    inside = float(np.clip(mu, lower, upper))
    constant = float(prior.log_density(np.array(inside))) + 0.5 * ((inside - mu) / sigma) ** 2
    above, below = np.isfinite([lower, upper])
    kind = [[NORMAL, BELOW], [ABOVE, BETWEEN]][int(above)][int(below)]
    centre = {
        NORMAL: mu,
        ABOVE: np.log(max(mu - lower, sigma)),
        BELOW: np.log(max(upper - mu, sigma)),
        BETWEEN: 0.0,
    }[kind]
    return _Row(kind, (mu, sigma, lower, upper), constant, float(centre))
