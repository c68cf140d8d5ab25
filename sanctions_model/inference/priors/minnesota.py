"""Beliefs about autoregressions that shrink towards random walks: the Minnesota prior.

Each variable is thought to be its own last value; longer lags and other variables matter less, in
units of how much either moves. This module knows links, lags and series, and no country.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from sanctions_model.coercion import as_number
from sanctions_model.errors import ObservationError, PriorError, UnknownVariableError
from sanctions_model.inference.priors.families import Gamma, LogNormal, Normal, Prior
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.equations import Linear
from sanctions_model.scm.graph import Edge
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses

_ABOUT_ITS_SIZE = 0.5  # log deviation of a shock's size: within a factor of 2.2 with 89 %
_FEWEST = 4  # residuals more than coefficients, below which a size says nothing


def minnesota(
    scm: StructuralCausalModel,
    observations: xr.Dataset,
    *,
    tightness: float = 0.2,
    cross: float = 0.5,
    decay: float = 1.0,
    own_lag: float | Mapping[str, float] = 1.0,
    loose: float = 100.0,
    stated: Mapping[str, Prior] | None = None,
) -> Priors:
    r"""Return Minnesota priors of a model of `Linear` equations with lags.

    The coefficient of lag l of variable j in the equation of i is normal with mean 0, of the own
    first lag `own_lag`, and standard deviation

    .. math:: \frac{\lambda}{l^d} \text{ if } i = j, \qquad
              \frac{\lambda \theta}{l^d} \frac{\sigma_i}{\sigma_j} \text{ else,}

    with the standard error :math:`\sigma_i` of an autoregression of i alone, as long as the longest
    lag of the model.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations `Linear`, as `policy_rule` leaves them or your own.
    observations : xr.Dataset
        Dim ``time``; what the sizes are taken from.
    tightness : float
        :math:`\lambda`, standard deviation of the own first lag.
    cross : float
        :math:`\theta`, how much less other variables count than own lags.
    decay : float
        d, how fast lags count for less.
    own_lag : float or mapping of str to float
        Mean of the own first lag, by variable if it differs: 1 for levels, 0 for growth rates.
    loose : float
        Standard deviation of intercepts around the mean of their series, in :math:`\sigma_i`, and
        of coefficients of exogenous variables, in :math:`\sigma_i` per deviation of theirs.
    stated : mapping of str to Prior, optional
        Beliefs that go before, by address: of links without a lag, for instance, about which this
        prior says nothing.

    Returns
    -------
    Priors
        Of every parameter, with rationale; shocks are about as large as :math:`\sigma_i`.

    Raises
    ------
    PriorError
        If an equation is not `Linear`, a link within the period or from a variable without data
        has no belief in `stated`, or a setting is not positive.
    QuestionError
        If a setting is no number.
    UnknownVariableError
        If `own_lag` names no variable with an equation.
    ObservationError
        If a series is missing, does not move, or is too short for its autoregression.

    Notes
    -----
    Litterman (1986), "Forecasting with Bayesian vector autoregressions: five years of experience",
    Journal of Business and Economic Statistics 4, 25-38; Doan, Litterman and Sims (1984),
    "Forecasting and conditional projection using realistic prior distributions", Econometric
    Reviews 3, 1-100. There the covariance of the shocks is known; here its scales are estimated.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from sanctions_model.scm.variables import Variable
    >>> walk = np.random.default_rng(1).normal(size=80).cumsum()
    >>> data = xr.Dataset({"y": ("time", walk)})
    >>> scm = StructuralCausalModel(
    ...     equations=(Linear(variable=Variable(name="y"), parents=("y[1]", "y[2]")),)
    ... )
    >>> minnesota(scm, data)["y[2] -> y"].arguments
    {'mu': 0.0, 'sigma': 0.1}
    """
    kept = dict(stated or {})
    links = [link for link in scm.links if link.label not in kept]
    for link in links:
        _require_lag(scm, link)
    sizes = _Sizes(
        tightness=_positive(tightness, "tightness"),
        cross=_positive(cross, "cross"),
        decay=_positive(decay, "decay") if decay else 0.0,
        loose=_positive(loose, "loose"),
        own_lag=_own_lags(scm, own_lag),
        series={n: _series(observations, n) for n in (*scm.stochastic, *scm.exogenous)},
        lags=max([link.lag for link in scm.links], default=1) or 1,
        stochastic=tuple(scm.stochastic),
    )
    found: dict[str, Prior] = {link.label: sizes.belief(link) for link in links}
    for name, error in sizes.errors.items():
        found[f"intercept[{name}]"] = Normal(
            mu=float(np.nanmean(sizes.series[name])), sigma=sizes.loose * error
        )
        found[f"scale[{name}]"] = LogNormal(median=error, sigma=_ABOUT_ITS_SIZE)
        found[f"degrees_of_freedom[{name}]"] = Gamma(alpha=2, beta=0.1, shift=2)
    used = {address: prior for address, prior in found.items() if address in addresses(scm)}
    priors = Priors.from_addresses({**used, **kept}, periods_per_year=scm.periods_per_year)
    return priors.model_copy(update={"origin": "Minnesota priors"})


_RATIONALE = "A variable is its own last value; longer lags and others count less (Litterman 1986)."


@dataclass(frozen=True, kw_only=True)
class _Sizes:
    """Settings with the series, and what they say of a link."""

    tightness: float
    cross: float
    decay: float
    loose: float
    own_lag: Mapping[str, float]
    series: Mapping[str, np.ndarray]
    lags: int
    stochastic: tuple[str, ...]

    @cached_property
    def errors(self) -> dict[str, float]:
        """Standard error of each variable's own autoregression."""
        return {n: _standard_error(n, self.series[n], self.lags) for n in self.stochastic}

    def belief(self, link: Edge) -> Prior:
        """Return the belief about a coefficient."""
        parent, child = link.parent, link.child
        if parent not in self.errors:
            moves = float(np.nanstd(self.series[parent]))
            if not moves > 0:
                raise ObservationError(f"The series of {parent!r} does not move; state its link.")
            wide = self.loose * self.errors[child] / moves
            return Normal(mu=0.0, sigma=wide, rationale="Hardly restricted.")
        deviation = self.tightness / link.lag**self.decay
        if parent != child:
            deviation *= self.cross * self.errors[child] / self.errors[parent]
        mean = self.own_lag[child] if parent == child and link.lag == 1 else 0.0
        return Normal(mu=mean, sigma=deviation, rationale=_RATIONALE)


def _positive(value: object, name: str) -> float:
    found = as_number(value, name)
    if found <= 0:
        raise PriorError(f"{name} is {found:g}; expected a positive number.")
    return found


def _require_lag(scm: StructuralCausalModel, link: Edge) -> None:
    if not isinstance(scm.by_name[link.child], Linear):
        raise PriorError(
            f"{link.child!r} is no Linear equation; Minnesota priors are about "
            "autoregressions: write it as Linear, or give its beliefs in `stated`."
        )
    lagged = link.lag > 0 and link.parent in scm.stochastic
    if link.factor or not (lagged or link.parent in scm.exogenous):
        raise PriorError(
            f"{link.label!r}: Minnesota priors are about lags of variables with data; "
            "give a belief about this link in `stated`."
        )


def _own_lags(scm: StructuralCausalModel, own_lag: float | Mapping[str, float]) -> dict[str, float]:
    if not isinstance(own_lag, Mapping):
        return dict.fromkeys(scm.stochastic, as_number(own_lag, "own_lag"))
    for name in own_lag:
        if name not in scm.stochastic:
            raise UnknownVariableError.from_name(name, scm.stochastic, "own_lag")
    return {n: as_number(own_lag.get(n, 1.0), f"own_lag of {n}") for n in scm.stochastic}


def _series(observations: xr.Dataset, name: str) -> np.ndarray:
    if name not in observations:
        raise ObservationError(
            f"There is no series of {name!r} to take its size from; give one, or all beliefs by "
            "hand with Priors.from_addresses."
        )
    values = np.asarray(observations[name].to_numpy(), dtype=float)
    if np.isnan(values).all():
        raise ObservationError(f"The series of {name!r} is empty; its size is unknown.")
    return values


def _standard_error(name: str, values: np.ndarray, lags: int) -> float:
    """Return the standard error of an autoregression with a constant, by least squares."""
    columns = [values[lags - k : values.size - k] for k in range(lags + 1)]
    rows = np.stack([*columns, np.ones(columns[0].size)], axis=1)
    rows = rows[np.isfinite(rows).all(axis=1)]
    left = rows.shape[0] - (lags + 1)
    if left < _FEWEST:
        raise ObservationError(
            f"{name!r} has {rows.shape[0]} periods with {lags} lags before them; an autoregression "
            f"needs at least {lags + 1 + _FEWEST}. Give more data or fewer lags."
        )
    solved = np.linalg.lstsq(rows[:, 1:], rows[:, 0], rcond=None)[0]
    residuals = rows[:, 0] - rows[:, 1:] @ solved
    error = float(np.sqrt(residuals @ residuals / left))
    if not error > 1e-9 * float(np.nanmax(np.abs(values))):
        raise ObservationError(
            f"The series of {name!r} does not move on its own; its shocks have no size."
        )
    return error
