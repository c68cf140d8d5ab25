"""Attempts to refute: placebos, a random common cause, and the independences a graph implies.

A *placebo* is a driver that cannot have done anything: the path of the measures at other dates, or
steps at random dates. It enters an equation with a belief that is neutral about its sign, so that
P(it lowers the outcome) is one half before the data and, over many data sets, one half after them.
Those of one data set share its shocks: `placebo_reference` says how far out they may be by that. A
*random common cause* is noise added to the same equation; claims must not move. Both are
alternatives to fit.

*Implied independences*: given its parents, a variable is independent of every variable of the past
and of this period that it does not cause. Each is tested by a rank correlation of what the parents
do not explain; Holm's correction bounds the chance of one false alarm, Benjamini and Hochberg's
the share of false ones among those reported. Shocks that share a cause violate them as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.families import Fixed, Normal
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.queries.claims import Claim
from sanctions_model.robustness.confounding import measures_path, outcome_equation
from sanctions_model.robustness.graphs.alternatives import Alternative
from sanctions_model.robustness.sensitivity import claim_effects
from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters
from sanctions_model.scm.simulation.history import evaluate_states
from sanctions_model.scm.simulation.propagate import falling_shares
from sanctions_model.scm.variables import Hold, Variable
from sanctions_model.summaries import interval, interval_rule, median_error

DRIVER = "added_driver"
_STEPS = 4  # quarters from one placebo date to the next
_LAGS = 4


def with_driver(
    scm: StructuralCausalModel,
    priors: Priors,
    observations: xr.Dataset,
    equation: str,
    path: np.ndarray,
    *,
    strength: float | None = None,
    spread: float = 1.0,
) -> tuple[StructuralCausalModel, Priors, xr.Dataset]:
    """Add an exogenous driver to one equation.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations without the driver.
    priors : Priors
        Beliefs, to which that of the new coefficient is added.
    observations : xr.Dataset
        Dim ``time``.
    equation : str
        Stochastic variable that the driver becomes a parent of.
    path : numpy.ndarray
        Shape ``(time,)``.
    strength : float, optional
        Its coefficient where it is known; otherwise it has the prior ``Normal(0, spread)``.
    spread : float
        In the unit of the equation.

    Returns
    -------
    scm, priors, observations
        For `fit`.

    Raises
    ------
    QuestionError
        If the equation is no stochastic one, or the path does not fit the sample.
    """
    own = scm.by_name.get(equation)
    if not isinstance(own, PartialAdjustment | Linear):
        raise QuestionError(
            f"{equation!r} has no equation that a driver could be added to; "
            f"use one of {', '.join(scm.stochastic)}."
        )
    if np.shape(path) != (observations.sizes[dims.TIME],) or not np.isfinite(path).all():
        raise QuestionError(
            f"The driver has shape {np.shape(path)}; expected {observations.sizes[dims.TIME]} "
            "finite values, one a period."
        )
    driver = Exogenous(
        variable=Variable(name=DRIVER, label="added driver", unit="full strength = 1"),
        continuation=Hold(0.0),
    )
    changed = replace(own, parents=(*own.parents, DRIVER))
    equations = tuple(changed if e.variable.name == equation else e for e in scm.equations)
    belief = (
        Normal(mu=0.0, sigma=spread, rationale="neutral about the sign of a placebo")
        if strength is None
        else Fixed(value=strength, rationale="a strength that is tried")
    )
    return (
        replace(scm, equations=(driver, *equations), centres={}),
        priors.replace({f"{DRIVER} -> {equation}": belief}),
        observations.assign({DRIVER: (dims.TIME, np.asarray(path, dtype=float))}),
    )


def placebos(
    problem: Problem, claim: Claim, *, dates: int = 8, measures: int = 8, random_seed: int = 1
) -> list[Alternative]:
    """Make placebos for a claim's own equation: the measures at other dates, and random steps.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs without a placebo.
    claim : Claim
        Whose outcome's own equation is altered.
    dates : int
        Placebo dates: the path of the measures 4, 8, 12 and so on periods early.
    measures : int
        Placebo measures: as many steps of the same sizes at random dates.
    random_seed : int
        Of the random dates.

    Returns
    -------
    list of Alternative
        Each takes a fit; all share one structure.

    Raises
    ------
    QuestionError, SpecError
        If the question has no answer as put, or an altered model cannot be built.
    """
    path = measures_path(problem)
    size = path.size
    generator = generator_of(random_seed)
    steps = np.diff(path)
    paths: list[tuple[str, str, np.ndarray]] = []
    for shift in range(1, dates + 1):
        early = min(_STEPS * shift, size - 1)
        moved = np.concatenate([path[early:], np.full(early, path[-1])])
        paths.append((f"{early} periods early", "placebo date", moved))
    for number in range(1, measures + 1):
        shuffled = np.concatenate([[path[0]], path[0] + np.cumsum(generator.permutation(steps))])
        paths.append((f"random steps {number}", "placebo measure", shuffled))
    return _added(problem, claim, paths)


def random_causes(
    problem: Problem, claim: Claim, *, number: int = 3, random_seed: int = 1
) -> list[Alternative]:
    """Make random common causes for a claim's own equation: standard normal noise.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs without a cause added.
    claim : Claim
        Whose outcome's own equation is altered.
    number : int
        How many.
    random_seed : int
        Of the noise.

    Returns
    -------
    list of Alternative
        Each takes a fit; they share one structure with the placebos of the claim.

    Raises
    ------
    QuestionError, SpecError
        If the question has no answer as put, or an altered model cannot be built.
    """
    generator = generator_of(random_seed)
    size = problem.cases.time.size
    paths = [
        (f"noise {position}", "random common cause", generator.standard_normal(size))
        for position in range(1, number + 1)
    ]
    return _added(problem, claim, paths)


def _added(
    problem: Problem, claim: Claim, paths: Sequence[tuple[str, str, np.ndarray]]
) -> list[Alternative]:
    equation = outcome_equation(problem.scm, claim.outcome)
    spread = problem.cases.moments[equation][1]
    found = []
    for name, kind, path in paths:
        scm, priors, observations = with_driver(
            problem.scm, problem.priors, problem.observations, equation, path, spread=spread
        )
        found.append(
            Alternative(
                name=name,
                kind=kind,
                rationale=f"It cannot have moved {equation}.",
                scm=scm,
                observations=observations,
                priors=priors,
            )
        )
    return found


def placebo_table(
    fits: Sequence[tuple[Alternative, Fit]], claims: Mapping[str, Claim], base: xr.Dataset
) -> pd.DataFrame:
    """Tabulate what each placebo is found to do, and what the claims say beside it.

    Parameters
    ----------
    fits : sequence of (Alternative, Fit)
        Of `placebos` or `random_causes`, as `fit_alternatives` yields them.
    claims : mapping of str to Claim
        By name, as `load_claims` returns them.
    base : xr.Dataset
        Effects of the claims without placebo, as `claim_effects` returns them.

    Returns
    -------
    pandas.DataFrame
        One row a placebo and claim: its coefficient (``placebo_median`` and interval),
        ``prob_lowers``, the claim's ``median`` and ``prob``, and how far the median moved in
        posterior deviations (``moved``) with its Monte-Carlo error (``moved_error``).

    Raises
    ------
    UnknownVariableError, NoCausalPathError, QuestionError
        If a name is unknown, an outcome is out of reach of the measures, or the question has no
        answer as put.
    """
    rule = interval_rule()
    rows = []
    for alternative, found in fits:
        strength = strength_of(found.scm, found.draws)
        equation = next(x.child for x in found.scm.links if x.parent == DRIVER)
        effects = claim_effects(found.scm, found.draws, claims)
        for name, claim in claims.items():
            row: dict[str, object] = {"placebo": alternative.name, "kind": alternative.kind}
            row |= {"equation": equation, **strength}
            row |= {"claim": name, "median": float(effects[name].median())}
            row["prob"] = float((claim.sign * effects[name] > 0).mean())
            shift = float(effects[name].median()) - float(base[name].median())
            apart = np.hypot(median_error(effects[name]), median_error(base[name]))
            row["moved"] = shift / float(base[name].std())
            row["moved_error"] = float(apart) / float(base[name].std())
            row |= {"ci_prob": rule.prob, "ci_kind": rule.kind}
            rows.append(row)
    return pd.DataFrame(rows)


def strength_of(scm: StructuralCausalModel, draws: xr.Dataset) -> dict[str, float]:
    """Summarise the coefficient of an added driver.

    `scm`, `draws`: of a fit that has one. Returns: ``placebo_median``, ``placebo_lower``,
    ``placebo_upper`` in the unit of the equation, and ``prob_lowers``.
    """
    label = next(x.label for x in scm.links if x.parent == DRIVER)
    coefficient = draws["coefficient"].sel({dims.LINK: label})
    summary = interval(coefficient, interval_rule())
    found = {f"placebo_{n}": float(summary.sel(summary=n)) for n in ("median", "lower", "upper")}
    return found | {"prob_lowers": float((coefficient < 0).mean())}


def placebo_verdict(
    probabilities: Sequence[float], reference: Sequence[float] | None = None
) -> dict[str, float]:
    """Compare the mean probability of placebos with what placebos that do nothing show.

    Parameters
    ----------
    probabilities : sequence of float
        P(it lowers the outcome) of each placebo.
    reference : sequence of float, optional
        The same of placebos in data that the model made without one, a data set each, as
        `placebo_reference` returns them. Placebos of one data set share its shocks, so that their
        mean spreads more than that of independent ones; this says by how much.

    Returns
    -------
    dict of str to float
        ``mean``, ``error`` (that of a mean of independent uniform numbers: the least it can be) and
        ``errors_apart``; with a reference also its ``reference_mean`` and ``reference_p``, twice
        the smaller share of data sets as far or farther out, each counted with one more that is.

    Raises
    ------
    QuestionError
        If there are fewer than two.
    """
    found = np.asarray(probabilities, dtype=float)
    if found.size < 2:
        raise QuestionError(f"Got {found.size} placebos; expected two or more.")
    error = float(np.sqrt(1.0 / 12.0 / found.size))
    mean = float(found.mean())
    verdict = {"mean": mean, "error": error, "errors_apart": abs(mean - 0.5) / error}
    if reference is None:
        return verdict
    there = np.asarray(reference, dtype=float)
    tail = 1 + min(int(np.sum(there <= mean)), int(np.sum(there >= mean)))
    verdict["reference_mean"] = float(there.mean())
    verdict["reference_p"] = min(1.0, 2.0 * tail / (1 + there.size))
    return verdict


def implied_independences(
    problem: Problem, draws: xr.Dataset, *, lags: int = _LAGS, level: float = 0.05
) -> pd.DataFrame:
    """Test the independences that the graph implies, with multiplicity in mind.

    Parameters
    ----------
    problem : Problem
        Model, data and beliefs that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``; their means give the latent states.
    lags : int
        Longest lag of the other variable.
    level : float
        Of the family of tests, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row a statement ``variable`` independent of ``other`` at ``lag`` given the variable's
        parents: ``correlation`` (of ranks), ``periods``, ``p_value``, ``p_holm``, ``p_fdr``,
        ``rejected`` (Holm) and ``suspect`` (false-discovery rate); smallest p-value first.

    Raises
    ------
    QuestionError
        If the level is outside (0, 1), or the graph implies nothing that the data can test.
    """
    if not 0 < level < 1:
        raise QuestionError(f"A level of {level}; expected a share between 0 and 1.")
    histories = _mean_histories(problem, draws)
    rows = [_tested(problem, histories, *statement) for statement in _statements(problem, lags)]
    table = pd.DataFrame([row for row in rows if row is not None])
    if table.empty:
        raise QuestionError("The graph implies no independence that these data can test.")
    table = table.sort_values("p_value", ignore_index=True)
    p, count = table["p_value"].to_numpy(), len(table)
    table["p_holm"] = np.minimum(1.0, np.maximum.accumulate(p * (count - np.arange(count))))
    ranked = p * count / (1.0 + np.arange(count))
    table["p_fdr"] = np.minimum(1.0, np.minimum.accumulate(ranked[::-1])[::-1])
    table["rejected"] = table["p_holm"] < level
    table["suspect"] = table["p_fdr"] < level
    return table


def _mean_histories(problem: Problem, draws: xr.Dataset) -> dict[str, np.ndarray]:
    """Every variable over the sample at the means of the draws, gaps not a number."""
    scm = problem.scm
    mean = draws.mean((dims.CHAIN, dims.DRAW)).expand_dims({dims.CHAIN: [0], dims.DRAW: [0]})
    parameters = DrawParameters(scm, mean)
    shares = falling_shares(scm, parameters, problem.cases.values)
    histories = evaluate_states(scm, parameters, problem.history(mean), shares=shares)
    return {
        name: np.where(problem.cases.available[name], np.atleast_2d(np.asarray(path))[0], np.nan)
        for name, path in histories.items()
    }


def _statements(problem: Problem, lags: int) -> Iterator[tuple[str, str, int]]:
    """Yield each variable with what it must not depend on given its parents."""
    scm = problem.scm
    others = [*scm.observed, *scm.exogenous]
    for name, equation in scm.stochastic.items():
        own = {(edge.parent, edge.lag) for edge in equation.edges}
        later = _descendants_within_a_period(scm, name)
        for other in others:
            for lag in range(lags + 1):
                if (other, lag) in own or (lag == 0 and (other == name or other in later)):
                    continue
                yield name, other, lag


def _descendants_within_a_period(scm: StructuralCausalModel, name: str) -> set[str]:
    found: set[str] = set()
    frontier = {name}
    while frontier:
        frontier = {
            edge.child
            for edge in scm.graph.edges
            if edge.lag == 0 and edge.parent in frontier and edge.child not in found
        }
        found |= frontier
    return found


def _lagged(path: np.ndarray, lag: int) -> np.ndarray:
    return path if lag == 0 else np.concatenate([np.full(lag, np.nan), path[:-lag]])


def _tested(
    problem: Problem, histories: Mapping[str, np.ndarray], name: str, other: str, lag: int
) -> dict[str, object] | None:
    from scipy.stats import rankdata
    from scipy.stats import t as student

    column = problem.cases.columns.index(name)
    edges = problem.scm.stochastic[name].edges
    design = [np.ones(problem.cases.time.size)]
    design += [_lagged(histories[edge.parent], edge.lag) for edge in edges]
    everything = np.column_stack([*design, histories[name], _lagged(histories[other], lag)])
    used = (problem.cases.weight[:, column] > 0) & np.isfinite(everything).all(axis=1)
    rows = everything[used]
    parents, outcome, tested = rows[:, :-2], rows[:, -2], rows[:, -1]
    rank = int(np.linalg.matrix_rank(parents))
    freedom = len(rows) - rank - 1
    if freedom < 10:
        return None
    left = [y - parents @ np.linalg.lstsq(parents, y, rcond=None)[0] for y in (outcome, tested)]
    if left[1].std() < 1e-6 * max(tested.std(), 1e-12) or tested.std() == 0:
        return None  # the parents fix it: nothing to test
    correlation = float(np.corrcoef(rankdata(left[0]), rankdata(left[1]))[0, 1])
    statistic = abs(correlation) * np.sqrt(freedom / max(1e-12, 1 - correlation**2))
    return {
        "variable": name,
        "other": other,
        "lag": lag,
        "correlation": correlation,
        "periods": len(rows),
        "p_value": float(2 * student.sf(statistic, freedom)),
    }
