"""The default transmission written out by hand, as a plain PyMC model: what a fit is timed against.

One distribution an equation, on the periods that this equation has; one random variable a
parameter, with the bundled priors; latent states as a dense lower-triangular matrix of powers of
the persistence; identities written out. Of `sanctions_model` it uses the data table and the prior
arguments, and none of its equations.
"""

from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from sanctions_model.priors import Priors

# First quarter of the equations of key rate and lending rate.
POLICY_START = "2014-04-01"


class Parameters:
    """Each parameter's random variable under its own prior, made when the model first asks."""

    def __init__(self, priors: Priors) -> None:
        self._priors = priors.entries
        self._made: dict[str, Any] = {}

    def effect(self, link: str) -> Any:
        return self._make(link, self._priors["coefficient"][link])

    def anchoring(self) -> Any:
        return self._make("anchoring", self._priors["anchoring"][""])

    def of(self, kind: str, name: str, series: np.ndarray | None = None) -> Any:
        entries = self._priors[kind]
        return self._make(f"{kind}[{name}]", entries.get(name, entries.get("*")), series)

    def _make(self, label: str, prior: Any, series: np.ndarray | None = None) -> Any:
        if label not in self._made:
            self._made[label] = random_variable(label, prior, series)
        return self._made[label]


def random_variable(label: str, prior: Any, series: np.ndarray | None = None) -> Any:
    """Write one prior in PyMC's words; `series` is what a relative prior refers to."""
    # PyTensor takes Python floats as 32-bit constants where it can; arrays stay as they are.
    a = {name: np.asarray(value) for name, value in prior.arguments.items()}
    if getattr(prior, "relative_to_series", False):
        a = {name: value * series.std() for name, value in a.items()}
        if "mu" in a:
            a["mu"] += series.mean()
    return WRITERS[prior.family](label, prior, a)


def _normal(label: str, prior: Any, a: dict[str, Any]) -> Any:
    del prior
    bounded = "lower" in a or "upper" in a
    return pm.TruncatedNormal(label, **a) if bounded else pm.Normal(label, **a)


def _log_normal(label: str, prior: Any, a: dict[str, Any]) -> Any:
    sign, mu = -1.0 if prior.negative else 1.0, np.log(a["median"])
    if "upper" not in a:
        return sign * pm.LogNormal(label, mu, a["sigma"])
    log = pm.TruncatedNormal(f"log {label}", mu, a["sigma"], upper=np.log(a["upper"]))
    return sign * pt.exp(log)


WRITERS = {
    "Fixed": lambda _label, _prior, a: float(a["value"]),
    "Normal": _normal,
    "StudentT": lambda label, _, a: pm.StudentT(label, **a),
    "LogNormal": _log_normal,
    "Beta": lambda label, _, a: pm.Beta(label, **a),
    "Gamma": lambda label, _, a: a["shift"] + pm.Gamma(label, a["alpha"], a["beta"]),
    "HalfNormal": lambda label, _, a: pm.HalfNormal(label, **a),
}


def table(observations: xr.Dataset) -> pd.DataFrame:
    """Observed series, what follows from them alone, and all of it a quarter before."""
    data = observations.to_dataframe()
    data["key_rate_change"] = data["key_rate"].diff()
    data["inflation_yoy"] = data["inflation"].rolling(4).sum()
    data["inflation_surprise"] = data["inflation"] - data["inflation"].shift(4)
    # Mean quarterly change over a year of the parts of the real lending rate.
    for name in ("lending_rate", "inflation_yoy", "inflation_target"):
        data[f"{name}_slope"] = (data[name] - data[name].shift(4)) / 4
    return pd.concat([data, data.shift(1).add_suffix("_1")], axis=1)


def latent_state(drive: Any, rho: Any, length: int) -> Any:
    """Return ``x_t = rho x_{t-1} + (1 - rho) drive_t`` from rest, by a triangular matrix."""
    distance = np.arange(length)[:, None] - np.arange(length)[None, :]
    powers = pt.where(distance >= 0, rho ** np.maximum(distance, 0), 0.0)
    at_rest = drive[0] * rho ** np.arange(1, length + 1)
    return at_rest + (1.0 - rho) * (powers @ drive)


def change(values: Any) -> Any:
    """Return first differences, 0 in the first period."""
    return pt.concatenate([pt.zeros(1), values[1:] - values[:-1]])


def before(values: Any) -> Any:
    """Return the values of the period before, the first one held."""
    return pt.concatenate([values[:1], values[:-1]])


class Rows:
    """The periods of one equation: those in which every column that it reads is there."""

    def __init__(self, data: pd.DataFrame, columns: list[str], start: str | None = None) -> None:
        there = data[columns].notna().all(axis=1)
        if start is not None:
            there &= data.index >= pd.Timestamp(start)
        self.data = data
        self.index = np.flatnonzero(there.to_numpy())

    def column(self, name: str) -> np.ndarray:
        return self.data[name].to_numpy()[self.index]

    def centred(self, name: str) -> np.ndarray:
        values = self.column(name)
        return values - values.mean()


def build_by_hand(observations: xr.Dataset, priors: Priors) -> pm.Model:
    """Write the default transmission out, equation by equation.

    Parameters
    ----------
    observations : xr.Dataset
        As `sanctions_model.observations.load_observations` returns it.
    priors : Priors
        As `sanctions_model.priors.load_priors` returns it.

    Returns
    -------
    pm.Model
        One scalar random variable a parameter, one observed vector an equation.
    """
    data = table(observations)
    length = len(data)
    trade, finance, energy, transport, assets = (
        data[name].to_numpy() for name in ("trade", "finance", "energy", "transport", "assets")
    )
    for measure in (trade, finance, energy, transport):
        if np.any(np.diff(measure) < 0):
            raise NotImplementedError("a measure is relieved in the sample")
    with pm.Model() as model:
        p = Parameters(priors)
        b = p.effect

        # Latent states. No measure falls in the sample, so effective measures are the measures.
        premium_drive = (
            b("effective_trade -> import_premium") * trade
            + b("effective_finance -> import_premium") * finance
            + b("effective_transport -> import_premium") * transport
        )
        gap_drive = (
            b("effective_trade -> technology_gap") * trade
            + b("effective_finance -> technology_gap") * finance
            + b("effective_transport -> technology_gap") * transport
        )
        risk_drive = b("finance -> risk_premium") * finance + b("assets -> risk_premium") * assets
        discount_drive = b("effective_energy -> oil_discount") * energy
        premium = latent_state(premium_drive, p.of("persistence", "import_premium"), length)
        gap = latent_state(gap_drive, p.of("persistence", "technology_gap"), length)
        risk = latent_state(risk_drive, p.of("persistence", "risk_premium"), length)
        discount = latent_state(discount_drive, p.of("persistence", "oil_discount"), length)
        premium_change, gap_change = change(premium), change(gap)
        risk_change, discount_change = change(risk), change(discount)
        trade_change = np.diff(trade, prepend=trade[0])
        anchoring = p.anchoring()

        def real_rate_change_before(rows: Rows) -> Any:
            """Return last quarter's change of the real lending rate, mean of a year, centred."""
            return (
                rows.centred("lending_rate_slope_1")
                - anchoring * rows.column("inflation_target_slope_1")
                - (1.0 - anchoring) * rows.column("inflation_yoy_slope_1")
            )

        def observe(name: str, rows: Rows, effects: Any) -> None:
            """Add one equation's likelihood: partial adjustment with Student-t noise."""
            series = rows.column(name)
            rho = p.of("persistence", name)
            target = p.of("intercept", name, series) + effects
            pm.StudentT(
                f"observed {name}",
                nu=p.of("degrees_of_freedom", name),
                mu=rho * rows.column(f"{name}_1") + (1.0 - rho) * target,
                sigma=p.of("scale", name, series),
                observed=series,
            )

        observe("oil_growth", Rows(data, ["oil_growth", "oil_growth_1"]), 0.0)

        rows = Rows(data, ["depreciation", "depreciation_1", "oil_growth", "key_rate_change_1"])
        observe(
            "depreciation",
            rows,
            b("export_oil_growth -> depreciation")
            * (rows.centred("oil_growth") - discount_change[rows.index])
            + b("risk_premium_change -> depreciation") * risk_change[rows.index]
            + b("effective_trade_change -> depreciation") * trade_change[rows.index]
            + b("key_rate_change[1] -> depreciation") * rows.centred("key_rate_change_1"),
        )

        rows = Rows(data, ["import_growth", "import_growth_1", "depreciation", "gdp_growth"])
        observe(
            "import_growth",
            rows,
            b("import_premium_change -> import_growth") * premium_change[rows.index]
            + b("effective_trade_change -> import_growth") * trade_change[rows.index]
            + b("depreciation -> import_growth") * rows.centred("depreciation")
            + b("gdp_growth -> import_growth") * rows.centred("gdp_growth"),
        )

        rows = Rows(
            data, ["inflation", "inflation_1", "depreciation", "depreciation_1", "gdp_growth_1"]
        )
        observe(
            "inflation",
            rows,
            b("import_premium_change -> inflation") * premium_change[rows.index]
            + b("depreciation -> inflation") * rows.centred("depreciation")
            + b("depreciation[1] -> inflation") * rows.centred("depreciation_1")
            + b("excess_growth[1] -> inflation")
            * (rows.centred("gdp_growth_1") + before(gap_change)[rows.index])
            + b("war -> inflation") * rows.column("war"),
        )

        rows = Rows(
            data,
            ["key_rate", "key_rate_1", "inflation_yoy", "gdp_growth", "depreciation"],
            POLICY_START,
        )
        observe(
            "key_rate",
            rows,
            b("inflation_yoy -> key_rate") * rows.centred("inflation_yoy")
            + b("excess_growth -> key_rate") * (rows.centred("gdp_growth") + gap_change[rows.index])
            + b("depreciation -> key_rate") * rows.centred("depreciation")
            + b("risk_premium -> key_rate") * risk[rows.index]
            + b("war -> key_rate") * rows.column("war"),
        )

        rows = Rows(data, ["lending_rate", "lending_rate_1", "key_rate"], POLICY_START)
        observe("lending_rate", rows, b("key_rate -> lending_rate") * rows.centred("key_rate"))

        slope = ["lending_rate_slope_1", "inflation_yoy_slope_1"]
        rows = Rows(data, ["gdp_growth", "gdp_growth_1", "oil_growth", *slope])
        observe(
            "gdp_growth",
            rows,
            b("real_rate_change[1] -> gdp_growth") * real_rate_change_before(rows)
            + b("technology_gap_change -> gdp_growth") * gap_change[rows.index]
            + b("export_oil_growth -> gdp_growth")
            * (rows.centred("oil_growth") - discount_change[rows.index])
            + b("pandemic_2020q2 -> gdp_growth") * rows.column("pandemic_2020q2")
            + b("pandemic_2020q3 -> gdp_growth") * rows.column("pandemic_2020q3")
            + b("war -> gdp_growth") * rows.column("war"),
        )

        rows = Rows(
            data, ["credit_growth", "credit_growth_1", "gdp_growth_1", "inflation_surprise", *slope]
        )
        observe(
            "credit_growth",
            rows,
            b("real_rate_change[1] -> credit_growth") * real_rate_change_before(rows)
            + b("gdp_growth[1] -> credit_growth") * rows.centred("gdp_growth_1")
            + b("inflation_surprise -> credit_growth") * rows.centred("inflation_surprise")
            + b("war -> credit_growth") * rows.column("war"),
        )

        rows = Rows(
            data, ["real_wage_growth", "real_wage_growth_1", "gdp_growth", "inflation_surprise"]
        )
        observe(
            "real_wage_growth",
            rows,
            b("gdp_growth -> real_wage_growth") * rows.centred("gdp_growth")
            + b("inflation_surprise -> real_wage_growth") * rows.centred("inflation_surprise")
            + b("war -> real_wage_growth") * rows.column("war"),
        )

        # No measure is relieved in the sample: these keep their priors.
        for measure in ("trade", "finance", "energy", "transport"):
            p.of("recoverable_share", measure)
            p.of("recovery_speed", measure)
    return model
