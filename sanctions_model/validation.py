"""Sanity checks of the default transmission: what any draws of it must say to be believable.

Knows ranges that published estimates, or an economist's judgement, give for single mechanisms and
for whole answers, and identities that hold whatever the parameters are. Does not know whether the
sampler converged (`diagnostics`) or how well the model forecasts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.datasets import data_path
from sanctions_model.effects import (
    channel_effects,
    impulse_response,
    measure_effects,
    relief_paths,
    total_effect,
)
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.graph import Edge
from sanctions_model.interventions import Relief
from sanctions_model.problem import Problem
from sanctions_model.propagate import Start, continuation_paths, propagate, respond
from sanctions_model.scm import StructuralCausalModel
from sanctions_model.stability import spectral_radius
from sanctions_model.summaries import IntervalRule, interval
from sanctions_model.tables import parse_table, read_content
from sanctions_model.transmission import MEASURES

__all__ = ["COLUMNS", "sanity_checks"]

COLUMNS = (
    "check",
    "what",
    "source",
    "value",
    "lower_bound",
    "upper_bound",
    "inside",
    "note",
)

# The bounds were stated for these intervals, whatever the reader's setting is.
_RULE = IntervalRule(0.9, "eti")
_DECIMALS = 2
_QUARTERS = 4
_EXPLOSIVE_SHARE = {"prior": 1e-4, "posterior": 0.0}
# The size of the measures of 2014 that the ranges of their effects were stated for.
_SIZE_OF_2014 = {"trade": 0.3, "finance": 0.3, "energy": 0.1, "transport": 0.0, "assets": 0.05}
_AFTER_2014 = "2015Q1"
_FULL = Relief()
_EXACT = 1e-8
_MONTE_CARLO_ERRORS = 4.0
_EXACT_OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble")

_PREMIUM_TO_PRICES = (
    "import_premium[1] -> import_premium",
    "import_premium -> import_premium_change",
    "import_premium[1] -> import_premium_change",
    "import_premium_change -> inflation",
    "inflation[1] -> inflation",
)
_ROUBLE_TO_PRICES = (
    "depreciation -> inflation",
    "depreciation[1] -> inflation",
    "inflation[1] -> inflation",
)
_KEY_TO_LENDING = ("key_rate -> lending_rate", "lending_rate[1] -> lending_rate")
_KEY_TO_OUTPUT = (
    *_KEY_TO_LENDING,
    "lending_rate -> real_lending_rate",
    "real_lending_rate -> real_rate_change",
    "real_lending_rate[4] -> real_rate_change",
    "real_rate_change[1] -> gdp_growth",
    "gdp_growth[1] -> gdp_growth",
)
_NOT_THROUGH_RATES = (
    "technology_gap_change -> gdp_growth",
    "export_oil_growth -> gdp_growth",
    "technology_gap_change -> excess_growth",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """One number and the range in which it must lie; `note` says why it may lie outside."""

    check: str
    what: str
    value: float
    lower_bound: float = -np.inf
    upper_bound: float = np.inf
    note: str = ""

    @property
    def inside(self) -> bool:
        """Whether the value lies in its range; a value that is no number does not."""
        return bool(self.lower_bound <= self.value <= self.upper_bound)


def sanity_checks(
    problem: Problem, prior_draws: xr.Dataset, draws: xr.Dataset | None = None
) -> pd.DataFrame:
    """Check what the default transmission says against ranges stated beforehand.

    Intervals are 5 to 95 % equal-tailed here always, whatever the setting of ArviZ is: the ranges
    were stated for them. Ends of intervals are shown and compared at the two decimals of their
    ranges. The priors were tuned with these ranges in sight, so that meeting them under the prior
    validates the mapping from evidence to parameters, not the model.

    Parameters
    ----------
    problem : Problem
        Of the default transmission with quarterly data.
    prior_draws : xr.Dataset
        Independent prior draws, dims ``(chain, draw)``.
    draws : xr.Dataset, optional
        Posterior draws; without them the prior alone is checked.

    Returns
    -------
    pandas.DataFrame
        One row a number: ``check`` and ``what`` (with the statistic and its unit), ``source``
        (``prior`` or ``posterior``), ``value``, ``lower_bound``, ``upper_bound`` (infinite where
        there is none), ``inside``, and a ``note`` where a value outside is known and explained.

    Raises
    ------
    QuestionError
        If the model is not quarterly.
    UnknownVariableError
        If the model lacks a variable or link of the default transmission.

    Examples
    --------
    >>> from sanctions_model.observations import load_observations
    >>> from sanctions_model.priors import load_priors, sample_prior
    >>> from sanctions_model.transmission import default_transmission
    >>> problem = Problem.of(default_transmission(), load_observations(), load_priors())
    >>> prior = sample_prior(problem.scm, problem.absolute, draws=100)
    >>> table = sanity_checks(problem, prior).set_index("check")
    >>> bool(table.loc["measures add up", "inside"])
    True
    """
    scm = problem.scm
    if scm.periods_per_year != _QUARTERS:
        raise QuestionError(
            f"The model has {scm.periods_per_year} periods a year; the ranges of the sanity checks "
            "are stated for quarters."
        )
    sources: dict[str, xr.Dataset] = {"prior": prior_draws}
    if draws is not None:
        sources["posterior"] = draws
    rows = []
    for source, sample in sources.items():
        found = _stability(scm, sample, allowed=_EXPLOSIVE_SHARE[source])
        for check in _CHECKS:
            found += check(scm, sample)
        if source == "posterior":
            found += _recovery_is_prior(problem, prior_draws, sample)
        rows += [
            asdict(finding)
            | {"source": source, "inside": finding.inside}
            | ({"note": ""} if finding.inside else {})
            for finding in found
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _median(
    check: str, what: str, values: xr.DataArray, lower: float, upper: float, note: str = ""
) -> _Finding:
    """Median over the draws."""
    return _Finding(
        check=check,
        what=f"{what}, median",
        value=float(interval(values, _RULE).sel(summary="median")),
        lower_bound=lower,
        upper_bound=upper,
        note=note,
    )


def _ends(
    check: str, what: str, values: xr.DataArray, lower: float, upper: float, note: str = ""
) -> list[_Finding]:
    """Both ends of the interval, at the decimals in which their bounds are stated."""
    summary = interval(values, _RULE)
    return [
        _Finding(
            check=check,
            what=f"{what}, {percent} % quantile",
            value=round(float(summary.sel(summary=end)), _DECIMALS),
            lower_bound=lower,
            upper_bound=upper,
            note=note,
        )
        for percent, end in ((5, "lower"), (95, "upper"))
    ]


def _share(check: str, what: str, claim: xr.DataArray, *, at_least: float) -> _Finding:
    """Share of the draws for which a claim holds; for a draw that is no number it does not."""
    return _Finding(
        check=check,
        what=f"{what}, share of draws",
        value=float(claim.mean()),
        lower_bound=at_least,
        upper_bound=1.0,
    )


def _require_links(scm: StructuralCausalModel, links: Sequence[str]) -> frozenset[str]:
    """Return the links as a set; one that the model does not have would close or open nothing."""
    labels = sorted(scm.closable)
    for link in links:
        if link not in labels:
            raise UnknownVariableError.from_name(link, labels, "a sanity check")
    return frozenset(links)


def _all_but(scm: StructuralCausalModel, links: Sequence[str]) -> frozenset[str]:
    """Return what to close so that these links alone are open, own lags included."""
    return scm.closable - _require_links(scm, links)


def _at(response: xr.DataArray, outcome: str, horizon: int) -> xr.DataArray:
    found = response.sel({dims.OUTCOME: outcome, dims.HORIZON: horizon}, drop=True)
    return found.isel({dims.SCENARIO: 0}, drop=True) if dims.SCENARIO in found.dims else found


def _stability(scm: StructuralCausalModel, draws: xr.Dataset, *, allowed: float) -> list[_Finding]:
    check = "stability"
    radius = spectral_radius(scm, draws)
    return [
        _Finding(
            check=check,
            what="explosive draws, share of draws",
            value=float((radius >= 1.0).mean()),
            lower_bound=0.0,
            upper_bound=allowed,
        ),
        _Finding(
            check=check,
            what="largest modulus of any draw",
            value=float(radius.max()),
            lower_bound=0.0,
            upper_bound=1.0,
        ),
    ]


def _exchange_rate_pass_through(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Weaken the rouble lastingly by 1 %: a pulse in its growth, whose own dynamics are cut."""
    check = "exchange-rate pass-through"
    prices = respond(
        scm,
        draws,
        horizon=8,
        shocks={"depreciation": np.eye(8)[0]},
        closed=[_all_but(scm, _ROUBLE_TO_PRICES)],
        outcomes=["price_level"],
    )
    after = {quarters: _at(prices, "price_level", quarters) for quarters in (1, 4, 8)}
    return [
        *_ends(check, "CPI after 1 quarter, % per %", after[1], 0.01, 0.12),
        *_ends(check, "CPI after 4 quarters, % per %", after[4], 0.05, 0.28),
        _median(
            check, "CPI after 8 quarters over that after 4", after[8] / after[4], -np.inf, 1.15
        ),
    ]


def _import_premium(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    check = "import premium"
    premium = _imposed(scm, draws, dict.fromkeys(MEASURES, 1.0), 40, ["import_premium"])
    settled = _at(premium, "import_premium", 40)
    what = "steady state with all measures at 1, points"
    return [
        _median(check, what, settled, 9.0, 11.0),
        *_ends(check, what, settled, 4.5, 21.0),
    ]


def _imposed(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    sizes: Mapping[str, float],
    horizon: int,
    outcomes: Sequence[str],
) -> xr.DataArray:
    """Effect of measures put in force at once, against none."""
    return respond(
        scm,
        draws,
        horizon=horizon,
        paths={name: np.full(horizon, size) for name, size in sizes.items()},
        baseline=dict.fromkeys(MEASURES, 0.0),
        outcomes=outcomes,
    )


def _premium_removed(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Compare the share of the premium that relief removes with what can be given back."""
    check = "premium removed by full relief"
    links = _premium_links(scm)
    measures = [scm.effective[link.parent].measure for link in links]
    parts = draws["coefficient"].sel({dims.LINK: [link.label for link in links]})
    parts = parts.drop_vars(dims.LINK)
    recoverable = draws["recoverable_share"].sel({dims.MEASURE: measures})
    recoverable = recoverable.drop_vars(dims.MEASURE).rename({dims.MEASURE: dims.LINK})
    premium = parts.sum(dims.LINK)
    possible = (parts * recoverable).sum(dims.LINK) / premium
    effect = total_effect(scm, draws, _FULL, horizon=40, outcomes=["import_premium"])
    removed = {quarters: -_at(effect, "import_premium", quarters) / premium for quarters in (8, 40)}
    return [
        _median(check, "share after 8 quarters", removed[8], 0.35, 0.55),
        _median(check, "recoverable share less that after 40", possible - removed[40], 0.0, 0.03),
    ]


def _premium_links(scm: StructuralCausalModel) -> list[Edge]:
    return [link for link in scm.links if link.child == "import_premium"]


def _premium_to_prices(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    links = (*(link.label for link in _premium_links(scm)), *_PREMIUM_TO_PRICES)
    found = respond(
        scm,
        draws,
        horizon=40,
        paths=relief_paths(scm, _FULL, 40),
        closed=[_all_but(scm, links)],
        outcomes=["price_level", "import_premium"],
    )
    per_point = _at(found, "price_level", 40) / _at(found, "import_premium", 40)
    what = "CPI after 40 quarters, other links cut, % per point"
    return [_median("premium to prices", what, per_point, 0.15, 0.20)]


def _policy_rate_to_output(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Lower the policy rate by 1 pp for a year, with effect through the real lending rate alone."""
    check = "policy rate 1 pp lower for a year"
    horizon = 12
    path = -(np.arange(horizon) < _QUARTERS).astype(float)
    output = respond(
        scm,
        draws,
        horizon=horizon,
        shocks={"key_rate": path},
        closed=[_all_but(scm, _KEY_TO_OUTPUT)],
        outcomes=["gdp_level"],
    ).isel({dims.SCENARIO: 0, dims.OUTCOME: 0})
    return [
        *_ends(check, "GDP at its peak, %", output.max(dims.HORIZON), 0.07, 0.85),
        _median(check, "quarter of the peak", output.argmax(dims.HORIZON) + 1, 5, 6),
        *_ends(check, "GDP in quarter 12, %", output.sel({dims.HORIZON: 12}), -0.05, 0.05),
    ]


def _monetary_shock(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    check = "monetary shock of 1 pp"
    outcomes = ["gdp_level", "price_level", "rouble"]
    found = impulse_response(scm, draws, cause="key_rate", size=1.0, horizon=8, outcomes=outcomes)
    return [
        _median(check, "GDP after 8 quarters, %", _at(found, "gdp_level", 8), -0.5, -0.05),
        _median(check, "CPI after 8 quarters, %", _at(found, "price_level", 8), -np.inf, 0.0),
        _median(check, "rouble after 8 quarters, %", _at(found, "rouble", 8), 0.0, np.inf),
    ]


def _imposition_of_2014(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    return _imposition(scm, draws, "imposition of 2014, size of the ranges", _SIZE_OF_2014)


def _bundled_imposition_of_2014(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    sizes = _bundled_size_of_2014()
    listed = ", ".join(f"{name} {size:.2f}" for name, size in sizes.items())
    stated = ", ".join(f"{name} {_SIZE_OF_2014[name]:g}" for name in sizes)
    note = (
        f"The bundled measures after the events of 2014 are {listed}; the ranges were stated for "
        f"{stated}. Smaller measures, smaller effects in proportion."
    )
    return _imposition(scm, draws, "imposition of 2014, bundled measures", sizes, note)


def _bundled_size_of_2014() -> dict[str, float]:
    file = data_path("measures.csv")
    _, columns = parse_table(read_content(file), file.name)
    return {name: float(columns[name].loc[_AFTER_2014]) for name in MEASURES}


def _imposition(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    check: str,
    sizes: Mapping[str, float],
    note: str = "",
) -> list[_Finding]:
    outcomes = ["gdp_level", "price_level", "key_rate"]
    found = _imposed(scm, draws, sizes, 12, outcomes)
    output = _at(found, "gdp_level", 12)
    return [
        _median(check, "GDP after 12 quarters, %", output, -1.0, -0.3, note),
        _ends(check, "GDP after 12 quarters, %", output, -3.0, np.inf, note)[0],
        _median(check, "CPI after 4 quarters, %", _at(found, "price_level", 4), 0.2, 0.7, note),
        _median(check, "key rate after 8 quarters, pp", _at(found, "key_rate", 8), 0.1, 0.5, note),
    ]


def _step_of_2022(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    found = respond(
        scm,
        draws,
        horizon=4,
        paths={name: np.ones(4) for name in MEASURES},
        baseline=_SIZE_OF_2014,
        outcomes=["gdp_level"],
    )
    what = "GDP after 4 quarters not below -6 %"
    return [_share("step of 2022", what, _at(found, "gdp_level", 4) >= -6.0, at_least=0.99)]


def _through_rates_alone(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Relieve in full, without what reaches output through potential and export revenue."""
    check = "full relief, output through rates alone"
    found = respond(
        scm,
        draws,
        horizon=40,
        paths=relief_paths(scm, _FULL, 40),
        closed=[_require_links(scm, _NOT_THROUGH_RATES)],
        outcomes=["gdp_level"],
    )
    later, latest = _at(found, "gdp_level", 20), _at(found, "gdp_level", 40)
    return [
        _share(check, "GDP after 20 quarters below 1.5 %", later < 1.5, at_least=0.98),
        _median(check, "GDP after 40 quarters less that after 20, %", latest - later, -np.inf, 0.0),
    ]


def _supply_leg_alone(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Relieve in full through the technology gap: potential growth must leave prices alone."""
    check = "full relief, supply alone"
    names = {"price_level": "CPI within 0.05 % of 0", "key_rate": "key rate within 0.05 pp of 0"}
    found = channel_effects(scm, draws, _FULL, horizon=20, outcomes=list(names))
    found = found.sel({dims.CHANNEL: "technology_gap"}, drop=True)
    return [
        _share(
            check,
            f"{what} after 20 quarters",
            abs(_at(found, outcome, 20)) <= 0.05,
            at_least=0.9,
        )
        for outcome, what in names.items()
    ]


def _real_lending_rate(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Relieve in full with both extremes of expectations, which decide on the first year."""
    found = []
    for anchoring, kind in ((1.0, "anchored"), (0.0, "backward-looking")):
        held = draws.assign(anchoring=xr.full_like(draws["anchoring"], anchoring))
        rate = total_effect(scm, held, _FULL, horizon=4, outcomes=["real_lending_rate"])
        what = f"after 4 quarters with {kind} expectations, pp"
        values = _at(rate, "real_lending_rate", 4)
        found.append(_median("full relief, real lending rate", what, values, -0.4, 0.25))
    return found


def _inflation_after_relief(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    found = total_effect(scm, draws, _FULL, horizon=40, outcomes=["inflation_yoy"])
    yearly = _at(found, "inflation_yoy", 40)
    what = "year on year after 40 quarters, pp"
    return _ends("full relief, inflation", what, yearly, -0.07, 0.07)


def _long_run_key_rate(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    outcomes = ["key_rate", "risk_premium"]
    found = total_effect(scm, draws, _FULL, horizon=60, outcomes=outcomes)
    distance = abs(_at(found, "key_rate", 60) - _at(found, "risk_premium", 60))
    what = "distance of its shift from that of the risk premium after 60 quarters, pp"
    return [_median("full relief, key rate", what, distance, 0.0, 0.1)]


def _lending_pass_through(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Raise the key rate by 1 pp for good."""
    check = "lending pass-through"
    found = respond(
        scm,
        draws,
        horizon=40,
        shocks={"key_rate": np.ones(40)},
        closed=[_all_but(scm, _KEY_TO_LENDING)],
        outcomes=["lending_rate"],
    )
    first, last = _at(found, "lending_rate", 1), _at(found, "lending_rate", 40)
    return [
        _median(check, "lending rate after 1 quarter, pp per pp", first, 0.35, 0.85),
        _median(check, "lending rate after 40 quarters, pp per pp", last, 0.6, 1.0),
    ]


def _measures_add_up(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    found = measure_effects(scm, draws, _FULL, horizon=20, outcomes=_EXACT_OUTCOMES)
    gap = found.sel(lifted=list(MEASURES)).sum("lifted") - found.sel(lifted="all")
    what = "largest gap between the sum of single measures and all, any draw"
    return [_exact("measures add up", what, gap)]


def _starting_state(scm: StructuralCausalModel, draws: xr.Dataset) -> list[_Finding]:
    """Compare effects from two pasts: how far latent states had built up cannot matter."""
    horizon = 20
    stay = continuation_paths(scm, horizon, {})
    relieved = relief_paths(scm, _FULL, horizon)
    paths = {name: np.stack([relieved.get(name, path), path]) for name, path in stay.items()}
    zeros = np.zeros((scm.longest_lag, 1))
    empty = dict.fromkeys(scm.structural, zeros)
    empty |= {name: zeros + path[0] for name, path in stay.items()}
    empty |= {name: empty[equation.measure] for name, equation in scm.effective.items()}
    contrasts = []
    for start in (None, Start(empty)):
        found = propagate(
            scm,
            draws,
            horizon=horizon,
            exogenous=paths,
            start=start,
            outcomes=_EXACT_OUTCOMES,
        )
        contrasts.append(found.isel({dims.SCENARIO: 0}) - found.isel({dims.SCENARIO: 1}))
    what = "largest gap between effects from full and from empty latent states, any draw"
    return [_exact("starting state", what, contrasts[0] - contrasts[1])]


def _exact(check: str, what: str, gap: xr.DataArray) -> _Finding:
    value = float(abs(gap).max(skipna=False))
    return _Finding(check=check, what=what, value=value, lower_bound=0.0, upper_bound=_EXACT)


def _recovery_is_prior(
    problem: Problem, prior_draws: xr.Dataset, draws: xr.Dataset
) -> list[_Finding]:
    """Compare recovery before and after data in which no measure falls: they say nothing on it."""
    silent = [name for name in problem.scm.relieved if name not in problem.falling]
    found = []
    for name in ("recoverable_share", "recovery_speed") if silent else ():
        before, after = (
            sample[name].sel({dims.MEASURE: silent}).transpose(dims.MEASURE, dims.CHAIN, dims.DRAW)
            for sample in (prior_draws, draws)
        )
        centre = before.mean((dims.CHAIN, dims.DRAW))
        for moment, power in (("mean", 1), ("variance", 2)):
            errors = _monte_carlo_errors((before - centre) ** power, (after - centre) ** power)
            found.append(
                _Finding(
                    check="recovery is prior while no measure falls",
                    what=f"{name}, gap of the {moment} to the prior in Monte-Carlo errors, largest",
                    value=float(errors.max()),
                    lower_bound=0.0,
                    upper_bound=_MONTE_CARLO_ERRORS,
                )
            )
    return found


def _monte_carlo_errors(before: xr.DataArray, after: xr.DataArray) -> np.ndarray:
    """Distance of two means in standard errors, dims ``(measure,)``."""
    from arviz_stats.base import array_stats

    means, errors = [], []
    for sample in (before.to_numpy(), after.to_numpy()):
        size = np.asarray(array_stats.ess(sample, chain_axis=1, draw_axis=2, method="mean"))
        means.append(sample.mean(axis=(1, 2)))
        errors.append(sample.var(axis=(1, 2)) / size)
    gap, error = np.abs(means[1] - means[0]), np.sqrt(errors[0] + errors[1])
    # A fixed parameter has no error but that of rounding: it is the same or it is not.
    distance = np.where(gap > _EXACT, np.inf, 0.0)
    return np.divide(gap, error, out=distance, where=error > _EXACT)


_CHECKS: tuple[Callable[[StructuralCausalModel, xr.Dataset], list[_Finding]], ...] = (
    _exchange_rate_pass_through,
    _import_premium,
    _premium_removed,
    _premium_to_prices,
    _policy_rate_to_output,
    _monetary_shock,
    _imposition_of_2014,
    _bundled_imposition_of_2014,
    _step_of_2022,
    _through_rates_alone,
    _supply_leg_alone,
    _real_lending_rate,
    _inflation_after_relief,
    _long_run_key_rate,
    _lending_pass_through,
    _measures_add_up,
    _starting_state,
)
