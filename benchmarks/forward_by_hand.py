"""The default transmission run forward as a PyMC model: what one propagated path is timed against.

Parameters are arrays over the draws of a posterior, so that one forward sample gives the path of
every draw (`pm.sample_posterior_predictive` would run the graph once a draw). The periods are
written in two ways:

- `unrolled`: each variable of each period a random variable of its own, so that `pm.do` may set any
  of them in any period, as an intervention of the library may;
- `scanned`: one `pytensor.scan` with the shocks as one random variable. `pm.do` then reaches the
  measures alone, but it compiles much faster: the fastest way found.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr

MEASURES = ("trade", "finance", "energy", "transport", "assets")
RELIEVED = ("trade", "finance", "energy", "transport")
STATES = ("import_premium", "technology_gap", "risk_premium", "oil_discount")
OBSERVED = (
    "oil_growth",
    "depreciation",
    "import_growth",
    "inflation",
    "key_rate",
    "lending_rate",
    "gdp_growth",
    "credit_growth",
    "real_wage_growth",
)
OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble", "real_lending_rate")
TARGET, WAR = 4.0, 1.0  # held, as the transmission declares them


class Draws:
    """Parameter draws by name, shape ``(draw,)``, and the means that centre the parents."""

    def __init__(self, draws: xr.Dataset, centres: Mapping[str, float]) -> None:
        self._draws = draws.stack(sample=("chain", "draw"), create_index=False)
        self._centres = centres
        self.size = self._draws.sizes["sample"]

    def effect(self, link: str) -> np.ndarray:
        return self._draws["coefficient"].sel(link=link).to_numpy()

    def centre(self, link: str) -> float:
        return self._centres.get(link, 0.0)

    def of(self, kind: str, name: str) -> np.ndarray:
        array = self._draws[kind]
        (dim,) = (dim for dim in array.dims if dim != "sample")
        return array.sel({dim: name}).to_numpy()

    def scalar(self, name: str) -> np.ndarray:
        return self._draws[name].to_numpy()

    def rows(self, kind: str, names: tuple[str, ...]) -> np.ndarray:
        return np.stack([self.of(kind, name) for name in names])


class Step:
    """One period of the transmission, written out."""

    def __init__(self, draws: Draws) -> None:
        self.draws = draws

    def mean(self, name: str, own: Any, parents: Mapping[str, Any]) -> Any:
        """Return the mean of an observed variable: partial adjustment."""
        d = self.draws
        rho, target = d.of("persistence", name), d.of("intercept", name)
        for parent, value in parents.items():
            link = f"{parent} -> {name}"
            target = target + d.effect(link) * (value - d.centre(link))
        return rho * own + (1.0 - rho) * target

    def targets(self, effective: Any, measures: Any) -> Any:
        """Return what the latent states move towards, one row each."""
        trade, finance, energy, transport = (effective[i] for i in range(len(RELIEVED)))
        three = {
            "effective_trade": trade,
            "effective_finance": finance,
            "effective_transport": transport,
        }
        parents = {
            "import_premium": three,
            "technology_gap": three,
            "risk_premium": {
                "finance": measures[MEASURES.index("finance")],
                "assets": measures[MEASURES.index("assets")],
            },
            "oil_discount": {"effective_energy": energy},
        }
        return pt.stack(
            [
                sum(self.draws.effect(f"{parent} -> {name}") * v for parent, v in links.items())
                for name, links in parents.items()
            ]
        )

    def __call__(
        self,
        observe: Callable[[str, Any], Any],
        now: Any,
        before: Any,
        effective_1: Any,
        peak_1: Any,
        state_1: Any,
        y_4: Any,
        y_3: Any,
        y_2: Any,
        y_1: Any,
        excess_1: Any,
        real_5: Any,
        real_1: Any,
    ) -> tuple[Any, Any, Any, list[Any], Any, Any]:
        """Return effective measures, peaks, latent states, observed variables and two identities.

        Arguments ending in a number are values so many periods ago; `observe` turns the mean of an
        observed variable into its value.
        """
        d = self.draws
        measure, measure_1 = now[:4, None], before[:4, None]
        peak = pt.maximum(peak_1, measure)
        kept, speed = d.rows("recoverable_share", RELIEVED), d.rows("recovery_speed", RELIEVED)
        goal = measure + (1.0 - kept) * (peak - measure)
        imposed = pt.minimum(effective_1 + measure - measure_1, peak)
        relieved = pt.maximum(effective_1 + speed * (goal - effective_1), measure)
        effective = pt.switch(measure > measure_1, imposed, relieved)
        trade_change = effective[0] - effective_1[0]

        rho = d.rows("persistence", STATES)
        state = rho * state_1 + (1.0 - rho) * self.targets(effective, now)
        premium_change, gap_change, risk_change, discount_change = (
            state[i] - state_1[i] for i in range(len(STATES))
        )
        risk = state[STATES.index("risk_premium")]
        last = {name: y_1[i] for i, name in enumerate(OBSERVED)}
        inflation_row, key_rate_row = OBSERVED.index("inflation"), OBSERVED.index("key_rate")
        real_rate_change_1 = (real_1 - real_5) / 4

        def adjust(name: str, parents: Mapping[str, Any]) -> Any:
            return observe(name, self.mean(name, last[name], parents))

        oil = adjust("oil_growth", {})
        export_oil = oil - discount_change
        depreciation = adjust(
            "depreciation",
            {
                "export_oil_growth": export_oil,
                "risk_premium_change": risk_change,
                "effective_trade_change": trade_change,
                "key_rate_change[1]": last["key_rate"] - y_2[key_rate_row],
            },
        )
        inflation = adjust(
            "inflation",
            {
                "import_premium_change": premium_change,
                "depreciation": depreciation,
                "depreciation[1]": last["depreciation"],
                "excess_growth[1]": excess_1,
                "war": WAR,
            },
        )
        year = inflation + last["inflation"] + y_2[inflation_row] + y_3[inflation_row]
        surprise = inflation - y_4[inflation_row]
        gdp = adjust(
            "gdp_growth",
            {
                "real_rate_change[1]": real_rate_change_1,
                "technology_gap_change": gap_change,
                "export_oil_growth": export_oil,
                "war": WAR,
            },
        )
        excess = gdp + gap_change
        imports = adjust(
            "import_growth",
            {
                "import_premium_change": premium_change,
                "effective_trade_change": trade_change,
                "depreciation": depreciation,
                "gdp_growth": gdp,
            },
        )
        key_rate = adjust(
            "key_rate",
            {
                "inflation_yoy": year,
                "excess_growth": excess,
                "depreciation": depreciation,
                "risk_premium": risk,
                "war": WAR,
            },
        )
        lending = adjust("lending_rate", {"key_rate": key_rate})
        anchoring = d.scalar("anchoring")
        real = lending - (anchoring * TARGET + (1.0 - anchoring) * year)
        credit = adjust(
            "credit_growth",
            {
                "real_rate_change[1]": real_rate_change_1,
                "gdp_growth[1]": last["gdp_growth"],
                "inflation_surprise": surprise,
                "war": WAR,
            },
        )
        wage = adjust(
            "real_wage_growth",
            {"gdp_growth": gdp, "inflation_surprise": surprise, "war": WAR},
        )
        y = [oil, depreciation, imports, inflation, key_rate, lending, gdp, credit, wage]
        return effective, peak, state, y, excess, real


def _start(step: Step) -> tuple[Any, Any, Any, Any]:
    """Return the state before the first period: measures, latent states, a zero, the real rate."""
    d = step.draws
    at_one = pt.ones((len(RELIEVED), d.size))
    at_rest = step.targets(at_one, pt.ones((len(MEASURES), d.size)))
    return at_one, at_rest, pt.zeros(d.size), pt.as_tensor(-d.scalar("anchoring") * TARGET)


def unrolled(step: Step, measures: Any, horizon: int, *, noise: bool) -> tuple[list[Any], Any]:
    """Return observed variables, by period, and the real lending rate; graph unrolled."""
    d = step.draws
    effective, state, zero, real_at_rest = _start(step)
    peak, excess = effective, zero
    past, real = [[zero] * len(OBSERVED)] * 4, [real_at_rest] * 5
    for period in range(horizon):

        def observe(name: str, mean: Any, period: int = period) -> Any:
            if not noise:
                return mean
            freedom, scale = d.of("degrees_of_freedom", name), d.of("scale", name)
            return pm.StudentT(f"{name} {period}", nu=freedom, mu=mean, sigma=scale, shape=d.size)

        effective, peak, state, y, excess, new_real = step(
            observe,
            measures[period + 1],
            measures[period],
            effective,
            peak,
            state,
            *past[-4:],
            excess,
            real[-5],
            real[-1],
        )
        past.append(y)
        real.append(new_real)
    columns = [pt.stack([y[i] for y in past[4:]]) for i in range(len(OBSERVED))]
    return columns, pt.stack(real[5:])


def scanned(step: Step, measures: Any, horizon: int, *, noise: bool) -> tuple[list[Any], Any]:
    """Return observed variables, by period, and the real lending rate; graph scanned."""
    d = step.draws
    at_one, at_rest, zero, real_at_rest = _start(step)
    shape = (horizon, len(OBSERVED), d.size)
    if noise:
        freedom, scale = d.rows("degrees_of_freedom", OBSERVED), d.rows("scale", OBSERVED)
        shocks = pm.StudentT("shocks", nu=freedom, mu=0.0, sigma=scale, shape=shape)
    else:
        shocks = pt.zeros(shape)

    def one(now: Any, before: Any, shock: Any, *state: Any) -> list[Any]:
        def observe(name: str, mean: Any) -> Any:
            return mean + shock[OBSERVED.index(name)]

        *latent, y, excess, real = step(observe, now, before, *state)
        return [*latent, pt.stack(y), excess, real]

    _, _, _, y, _, real = pytensor.scan(
        one,
        sequences=[{"input": measures, "taps": [0, -1]}, shocks],
        outputs_info=[
            at_one,
            at_one,
            at_rest,
            {"initial": pt.zeros((4, len(OBSERVED), d.size)), "taps": [-4, -3, -2, -1]},
            zero,
            {"initial": pt.stack([real_at_rest] * 5), "taps": [-5, -1]},
        ],
        return_updates=False,
    )
    return [y[:, i] for i in range(len(OBSERVED))], real


WAYS = {"unrolled": unrolled, "scanned": scanned}


def forward_model(
    draws: xr.Dataset,
    centres: Mapping[str, float],
    horizon: int,
    *,
    way: str = "scanned",
    noise: bool = True,
) -> pm.Model:
    """Write the transmission over future periods.

    It starts with observed variables at 0, measures at 1 and latent states at rest.

    Parameters
    ----------
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    centres : mapping of str to float
        Mean of each centred parent, by link label.
    horizon : int
    way : str
        A key of `WAYS`.
    noise : bool
        False leaves the shocks out, for comparing paths.

    Returns
    -------
    pm.Model
        Data ``trade`` and so on for `pm.do`; deterministic variables `OUTCOMES`, shape
        ``(horizon, draw)``.
    """
    step = Step(Draws(draws, centres))
    with pm.Model() as model:
        paths = [pm.Data(name, np.ones(horizon)) for name in MEASURES]
        measures = pt.concatenate([pt.ones((1, len(MEASURES))), pt.stack(paths, axis=1)])
        columns, real = WAYS[way](step, measures, horizon, noise=noise)
        y = dict(zip(OBSERVED, columns, strict=True))
        pm.Deterministic("price_level", pt.cumsum(y["inflation"], axis=0))
        pm.Deterministic("key_rate", y["key_rate"])
        pm.Deterministic("gdp_level", pt.cumsum(y["gdp_growth"], axis=0))
        pm.Deterministic("rouble", -pt.cumsum(y["depreciation"], axis=0))
        pm.Deterministic("real_lending_rate", real)
    return model


def sample_forward(
    draws: xr.Dataset,
    centres: Mapping[str, float],
    measures: Mapping[str, np.ndarray],
    *,
    way: str = "scanned",
    noise: bool = True,
) -> dict[str, np.ndarray]:
    """Build the model, set the measures by `pm.do` and sample forward once.

    Parameters
    ----------
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    centres : mapping of str to float
    measures : mapping of str to numpy.ndarray
        One path each, shape ``(horizon,)``.
    way : str
        A key of `WAYS`.
    noise : bool

    Returns
    -------
    dict of str to numpy.ndarray
        `OUTCOMES`, shape ``(horizon, draw)``.
    """
    horizon = len(next(iter(measures.values())))
    model = forward_model(draws, centres, horizon, way=way, noise=noise)
    intervened = pm.do(model, dict(measures))
    found = pm.draw([intervened[name] for name in OUTCOMES], random_seed=1)
    return dict(zip(OUTCOMES, found, strict=True))
