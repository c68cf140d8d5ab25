"""The default transmission run forward as a PyMC model: what one propagated path is timed against.

Generative, unrolled over the periods, every period's variables random variables of their own, so
that `pm.do` may set any of them. Parameters are arrays over the draws of a posterior, so one
forward sample gives the path of every draw at once; the usual way, `pm.sample_posterior_predictive`
over draws, runs the graph once a draw and is slower.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

MEASURES = ("trade", "finance", "energy", "transport", "assets")
OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble", "real_lending_rate")
TARGET, WAR = 4.0, 1.0  # held, as the transmission declares it


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


def forward_model(
    draws: xr.Dataset, centres: Mapping[str, float], horizon: int, *, noise: bool = True
) -> pm.Model:
    """Write the transmission out over future periods.

    It starts with observed variables at 0, measures at 1 and latent states at rest.

    Parameters
    ----------
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    centres : mapping of str to float
        Mean of each centred parent, by link label.
    horizon : int
    noise : bool
        False leaves the shocks out, for comparing paths.

    Returns
    -------
    pm.Model
        Data ``trade`` and so on for `pm.do`; deterministic variables `OUTCOMES`, shape
        ``(horizon, draw)``.
    """
    d = Draws(draws, centres)
    with pm.Model() as model:
        paths = {name: pm.Data(name, np.ones(horizon)) for name in MEASURES}

        def adjust(name: str, period: int, own: Any, links: Mapping[str, Any]) -> Any:
            """Return an observed variable's value: partial adjustment and a Student-t shock."""
            rho, target = d.of("persistence", name), d.of("intercept", name)
            for parent, value in links.items():
                link = f"{parent} -> {name}"
                target = target + d.effect(link) * (value - d.centre(link))
            mean = rho * own + (1.0 - rho) * target
            if not noise:
                return mean
            freedom, scale = d.of("degrees_of_freedom", name), d.of("scale", name)
            return pm.StudentT(f"{name} {period}", nu=freedom, mu=mean, sigma=scale, shape=d.size)

        def settle(name: str, own: Any, links: Mapping[str, Any]) -> Any:
            """Return a latent state's value."""
            rho = d.of("persistence", name)
            target = sum(d.effect(f"{parent} -> {name}") * v for parent, v in links.items())
            return rho * own + (1.0 - rho) * target

        def drives(effective: Mapping[str, Any], finance: Any, assets: Any) -> dict[str, dict]:
            three = {f"effective_{n}": effective[n] for n in ("trade", "finance", "transport")}
            return {
                "import_premium": three,
                "technology_gap": three,
                "risk_premium": {"finance": finance, "assets": assets},
                "oil_discount": {"effective_energy": effective["energy"]},
            }

        zero, one = np.zeros(d.size), np.ones(d.size)
        measure = dict.fromkeys(MEASURES, one)
        effective = {name: one for name in MEASURES if name != "assets"}
        peak = dict(effective)
        state = {
            name: sum(d.effect(f"{parent} -> {name}") * v for parent, v in links.items())
            for name, links in drives(effective, one, one).items()
        }
        anchoring = d.scalar("anchoring")
        real_at_rest = -anchoring * TARGET
        observed = (
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
        past = {name: [zero] * 5 for name in observed}
        past["excess_growth"] = [zero]
        past["real"] = [real_at_rest] * 5
        for period in range(horizon):
            before, effective_before, state_before = measure, effective, state
            measure = {name: paths[name][period] for name in MEASURES}
            effective = {}
            for name, last in effective_before.items():
                now = measure[name]
                peak[name] = pt.maximum(peak[name], now)
                kept, speed = d.of("recoverable_share", name), d.of("recovery_speed", name)
                goal = now + (1.0 - kept) * (peak[name] - now)
                imposed = pt.minimum(last + now - before[name], peak[name])
                relieved = pt.maximum(last + speed * (goal - last), now)
                effective[name] = pt.switch(now > before[name], imposed, relieved)
            links = drives(effective, measure["finance"], measure["assets"])
            state = {name: settle(name, state_before[name], links[name]) for name in state_before}
            rise = {name: state[name] - state_before[name] for name in state}
            trade_change = effective["trade"] - effective_before["trade"]
            real_change_before = (past["real"][-1] - past["real"][-5]) / 4

            oil = adjust("oil_growth", period, past["oil_growth"][-1], {})
            export_oil = oil - rise["oil_discount"]
            depreciation = adjust(
                "depreciation",
                period,
                past["depreciation"][-1],
                {
                    "export_oil_growth": export_oil,
                    "risk_premium_change": rise["risk_premium"],
                    "effective_trade_change": trade_change,
                    "key_rate_change[1]": past["key_rate"][-1] - past["key_rate"][-2],
                },
            )
            inflation = adjust(
                "inflation",
                period,
                past["inflation"][-1],
                {
                    "import_premium_change": rise["import_premium"],
                    "depreciation": depreciation,
                    "depreciation[1]": past["depreciation"][-1],
                    "excess_growth[1]": past["excess_growth"][-1],
                    "war": WAR,
                },
            )
            year = inflation + sum(past["inflation"][-3:])
            surprise = inflation - past["inflation"][-4]
            expected = anchoring * TARGET + (1.0 - anchoring) * year
            gdp = adjust(
                "gdp_growth",
                period,
                past["gdp_growth"][-1],
                {
                    "real_rate_change[1]": real_change_before,
                    "technology_gap_change": rise["technology_gap"],
                    "export_oil_growth": export_oil,
                    "war": WAR,
                },
            )
            excess = gdp + rise["technology_gap"]
            imports = adjust(
                "import_growth",
                period,
                past["import_growth"][-1],
                {
                    "import_premium_change": rise["import_premium"],
                    "effective_trade_change": trade_change,
                    "depreciation": depreciation,
                    "gdp_growth": gdp,
                },
            )
            key_rate = adjust(
                "key_rate",
                period,
                past["key_rate"][-1],
                {
                    "inflation_yoy": year,
                    "excess_growth": excess,
                    "depreciation": depreciation,
                    "risk_premium": state["risk_premium"],
                    "war": WAR,
                },
            )
            lending = adjust(
                "lending_rate", period, past["lending_rate"][-1], {"key_rate": key_rate}
            )
            credit = adjust(
                "credit_growth",
                period,
                past["credit_growth"][-1],
                {
                    "real_rate_change[1]": real_change_before,
                    "gdp_growth[1]": past["gdp_growth"][-1],
                    "inflation_surprise": surprise,
                    "war": WAR,
                },
            )
            wage = adjust(
                "real_wage_growth",
                period,
                past["real_wage_growth"][-1],
                {"gdp_growth": gdp, "inflation_surprise": surprise, "war": WAR},
            )
            new = (oil, depreciation, imports, inflation, key_rate, lending, gdp, credit, wage)
            for name, value in zip(observed, new, strict=True):
                past[name].append(value)
            past["excess_growth"].append(excess)
            past["real"].append(lending - expected)
        pm.Deterministic("price_level", pt.cumsum(pt.stack(past["inflation"][5:]), axis=0))
        pm.Deterministic("key_rate", pt.stack(past["key_rate"][5:]))
        pm.Deterministic("gdp_level", pt.cumsum(pt.stack(past["gdp_growth"][5:]), axis=0))
        pm.Deterministic("rouble", -pt.cumsum(pt.stack(past["depreciation"][5:]), axis=0))
        pm.Deterministic("real_lending_rate", pt.stack(past["real"][5:]))
    return model


def sample_forward(
    draws: xr.Dataset,
    centres: Mapping[str, float],
    measures: Mapping[str, np.ndarray],
    *,
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
    noise : bool

    Returns
    -------
    dict of str to numpy.ndarray
        `OUTCOMES`, shape ``(horizon, draw)``.
    """
    horizon = len(next(iter(measures.values())))
    model = forward_model(draws, centres, horizon, noise=noise)
    intervened = pm.do(model, dict(measures))
    found = pm.draw([intervened[name] for name in OUTCOMES], random_seed=1)
    return dict(zip(OUTCOMES, found, strict=True))
