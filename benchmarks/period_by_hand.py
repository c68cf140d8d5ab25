"""One period of the economy in growth rates written out in PyTensor, and ways to run it forward.

Parameters are arrays over the draws of a posterior, one column a draw.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
PANDEMIC = ("pandemic_2020q2", "pandemic_2020q3")
OUTSIDE = ("war", *PANDEMIC)
TARGET, WAR = 4.0, 1.0  # held, as the transmission declares them
AS_DECLARED: Mapping[str, Any] = {"war": WAR}  # in the future; the pandemic does not come back


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
        outside: Mapping[str, Any],
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
        observed variable into its value; `outside` holds the drivers that are no measures.
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
                "war": outside["war"],
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
                "war": outside["war"],
                **{name: outside[name] for name in PANDEMIC if name in outside},
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
                "war": outside["war"],
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
                "war": outside["war"],
            },
        )
        wage = adjust(
            "real_wage_growth",
            {"gdp_growth": gdp, "inflation_surprise": surprise, "war": outside["war"]},
        )
        y = [oil, depreciation, imports, inflation, key_rate, lending, gdp, credit, wage]
        return effective, peak, state, y, excess, real


@dataclass(frozen=True, kw_only=True)
class Before:
    """The state before the first period, one column a draw.

    Parameters
    ----------
    effective, peak : tensor or array
        Effective measures and the highest intensity so far, shape ``(4, draw)``.
    state : tensor or array
        Latent states, shape ``(4, draw)``.
    observed : tensor or array
        Observed variables of the last four periods, shape ``(4, 9, draw)``.
    excess : tensor or array
        Growth above potential, shape ``(draw,)``.
    real : tensor or array
        Real lending rate of the last five periods, shape ``(5, draw)``.
    """

    effective: Any
    peak: Any
    state: Any
    observed: Any
    excess: Any
    real: Any

    def outputs_info(self) -> list[Any]:
        """Return the state in the words of `pytensor.scan`."""
        return [
            self.effective,
            self.peak,
            self.state,
            {"initial": self.observed, "taps": [-4, -3, -2, -1]},
            self.excess,
            {"initial": self.real, "taps": [-5, -1]},
        ]


def at_rest(step: Step) -> Before:
    """Return observed variables at 0, measures at 1 and latent states at rest."""
    d = step.draws
    at_one = pt.ones((len(RELIEVED), d.size))
    real = pt.as_tensor(-d.scalar("anchoring") * TARGET)
    return Before(
        effective=at_one,
        peak=at_one,
        state=step.targets(at_one, pt.ones((len(MEASURES), d.size))),
        observed=pt.zeros((4, len(OBSERVED), d.size)),
        excess=pt.zeros(d.size),
        real=pt.stack([real] * 5),
    )


def unrolled(step: Step, measures: Any, horizon: int, *, noise: bool) -> tuple[list[Any], Any]:
    """Return observed variables, by period, and the real lending rate; graph unrolled."""
    d = step.draws
    start = at_rest(step)
    effective, peak, state, excess = start.effective, start.peak, start.state, start.excess
    past = [[start.excess] * len(OBSERVED)] * 4
    real = [start.real[0]] * 5
    for period in range(horizon):

        def observe(name: str, mean: Any, period: int = period) -> Any:
            if not noise:
                return mean
            freedom, scale = d.of("degrees_of_freedom", name), d.of("scale", name)
            return pm.StudentT(f"{name} {period}", nu=freedom, mu=mean, sigma=scale, shape=d.size)

        effective, peak, state, y, excess, new_real = step(
            observe,
            AS_DECLARED,
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
    shape = (horizon, len(OBSERVED), d.size)
    if noise:
        freedom, scale = d.rows("degrees_of_freedom", OBSERVED), d.rows("scale", OBSERVED)
        shocks = pm.StudentT("shocks", nu=freedom, mu=0.0, sigma=scale, shape=shape)
    else:
        shocks = pt.zeros(shape)
    return scan_forward(step, at_rest(step), measures, shocks)


def scan_forward(
    step: Step, start: Before, measures: Any, shocks: Any, outside: Any = None
) -> tuple[list[Any], Any]:
    """Run the periods by one `pytensor.scan`.

    Parameters
    ----------
    step : Step
    start : Before
    measures : tensor
        From the period before the first one on, shape ``(horizon + 1, 5)``.
    shocks : tensor
        Shape ``(horizon, 9, draw)``.
    outside : tensor, optional
        Paths of `OUTSIDE`, shape ``(horizon, 3)``; as declared by default.

    Returns
    -------
    list of tensor, tensor
        Observed variables and the real lending rate, each of shape ``(horizon, draw)``.
    """

    def one(now: Any, before: Any, shock: Any, *rest: Any) -> list[Any]:
        def observe(name: str, mean: Any) -> Any:
            return mean + shock[OBSERVED.index(name)]

        drivers, state = _drivers(outside, rest)
        *latent, y, excess, real = step(observe, drivers, now, before, *state)
        return [*latent, pt.stack(y), excess, real]

    _, _, _, y, _, real = pytensor.scan(
        one,
        sequences=_sequences(measures, shocks, outside),
        outputs_info=start.outputs_info(),
        return_updates=False,
    )
    return [y[:, i] for i in range(len(OBSERVED))], real


def scan_abduction(
    step: Step, start: Before, measures: Any, observed: Any, outside: Any = None
) -> Any:
    """Return the shocks that observed variables imply, by one `pytensor.scan`.

    Parameters and shapes as for `scan_forward`, with the values of the observed variables in place
    of their shocks.
    """

    def one(now: Any, before: Any, value: Any, *rest: Any) -> list[Any]:
        means = {}

        def observe(name: str, mean: Any) -> Any:
            means[name] = mean
            return value[OBSERVED.index(name)]

        drivers, state = _drivers(outside, rest)
        *latent, y, excess, real = step(observe, drivers, now, before, *state)
        shocks = value - pt.stack([means[name] for name in OBSERVED])
        return [*latent, pt.stack(y), excess, real, shocks]

    return pytensor.scan(
        one,
        sequences=_sequences(measures, observed, outside),
        outputs_info=[*start.outputs_info(), None],
        return_updates=False,
    )[-1]


def _sequences(measures: Any, rows: Any, outside: Any) -> list[Any]:
    sequences = [{"input": measures, "taps": [0, -1]}, rows]
    return sequences if outside is None else [*sequences, outside]


def _drivers(outside: Any, rest: tuple[Any, ...]) -> tuple[Mapping[str, Any], tuple[Any, ...]]:
    """Tell the drivers' row of a period from the state that follows it."""
    if outside is None:
        return AS_DECLARED, rest
    return {name: rest[0][i] for i, name in enumerate(OUTSIDE)}, rest[1:]


def levels_of(columns: list[Any], real: Any) -> dict[str, Any]:
    """Return `OUTCOMES` of observed variables and the real lending rate, levels cumulated."""
    y = dict(zip(OBSERVED, columns, strict=True))
    return {
        "price_level": pt.cumsum(y["inflation"], axis=0),
        "key_rate": y["key_rate"],
        "gdp_level": pt.cumsum(y["gdp_growth"], axis=0),
        "rouble": -pt.cumsum(y["depreciation"], axis=0),
        "real_lending_rate": real,
    }
