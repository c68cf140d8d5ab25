"""The default transmission written out by hand, as a plain PyMC model: what a fit is timed against.

One distribution an equation, on the periods that this equation has; one random variable a
parameter, with the bundled priors, and a flat one for each missing value, which its equation's
density prices; latent states as a dense lower-triangular matrix of powers of the persistence;
identities written out. Of `sanctions_model` it uses the data table and the prior arguments, and
none of its equations.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from sanctions_model.inference.priors.ledger import Priors

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


class Series:
    """Data columns, with a random variable for each value that is missing after a series' start."""

    def __init__(self, observations: xr.Dataset) -> None:
        self.data = {name: observations[name].to_numpy() for name in observations.data_vars}
        self.time = observations["time"].to_numpy()
        self.cells: dict[str, np.ndarray] = {}
        self.completed: dict[str, Any] = dict(self.data)
        for name, values in self.data.items():
            seen = np.isfinite(values)
            self.cells[name] = np.flatnonzero(~seen & (np.cumsum(seen) > 0))
            for period in self.cells[name]:
                label = f"{name}[{str(self.time[period])[:10]}]"
                cell = pm.Flat(label, initval=np.nanmean(values))
                whole = pt.as_tensor(self.completed[name])
                self.completed[name] = pt.set_subtensor(whole[period], cell)


class Rows:
    """The periods of one equation: those in which all that it reads is there, at these lags."""

    def __init__(
        self, series: Series, name: str, reads: dict[str, tuple[int, ...]], start: str | None = None
    ) -> None:
        self.series, self.name = series, name
        length = len(series.time)
        seen = np.ones(length, dtype=bool)
        if start is not None:
            seen &= series.time >= np.datetime64(start)
        used = seen.copy()
        for parent, lags in ({name: (0, 1)} | reads).items():
            there = np.isfinite(series.data[parent])
            completed = there.copy()
            completed[series.cells[parent]] = True
            for lag in lags:
                seen &= np.concatenate([np.zeros(lag, dtype=bool), there[: length - lag]])
                used &= np.concatenate([np.zeros(lag, dtype=bool), completed[: length - lag]])
        # Means and deviations are those of the periods that were observed in full.
        self.seen, self.used = np.flatnonzero(seen), np.flatnonzero(used)

    def column(self, name: str, lag: int = 0) -> Any:
        return self.series.completed[name][self.used - lag]

    def centred(self, name: str, lag: int = 0) -> Any:
        return self.column(name, lag) - self.series.data[name][self.seen - lag].mean()


def latent_state(drive: Any, rho: Any, length: int) -> Any:
    """Return ``x_t = rho x_{t-1} + (1 - rho) drive_t`` from rest, by a triangular matrix."""
    distance = np.arange(length)[:, None] - np.arange(length)[None, :]
    powers = pt.where(distance >= 0, rho ** np.maximum(distance, 0), 0.0)
    at_rest = drive[0] * rho ** np.arange(1, length + 1)
    return at_rest + (1.0 - rho) * (powers @ drive)


def change(values: Any) -> Any:
    """Return first differences, 0 in the first period."""
    return pt.concatenate([pt.zeros(1), values[1:] - values[:-1]])


def build_by_hand(observations: xr.Dataset, priors: Priors) -> pm.Model:
    """Write the economy in growth rates out, equation by equation.

    Parameters
    ----------
    observations : xr.Dataset
        As `sanctions_model.data.observations.load_observations` returns it.
    priors : Priors
        As `sanctions_model.inference.priors.ledger.load_priors` returns it.

    Returns
    -------
    pm.Model
        One scalar random variable a parameter, one observed vector an equation.
    """
    trade, finance, energy, transport, assets = (
        observations[name].to_numpy()
        for name in ("trade", "finance", "energy", "transport", "assets")
    )
    for measure in (trade, finance, energy, transport):
        if np.any(np.diff(measure) < 0):
            raise NotImplementedError("a measure is relieved in the sample")
    length = len(trade)
    with pm.Model() as model:
        series = Series(observations)
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

        def year_before(rows: Rows, lag: int) -> Any:
            return sum(rows.column("inflation", lag + quarter) for quarter in range(4))

        def real_rate_change_before(rows: Rows) -> Any:
            """Return last quarter's change of the real lending rate, mean of a year, centred."""
            lending = rows.centred("lending_rate", 1) - rows.centred("lending_rate", 5)
            target = rows.column("inflation_target", 1) - rows.column("inflation_target", 5)
            year = year_before(rows, 1) - year_before(rows, 5)
            return (lending - anchoring * target - (1.0 - anchoring) * year) / 4

        def inflation_surprise(rows: Rows) -> Any:
            return rows.centred("inflation") - rows.centred("inflation", 4)

        def observe(rows: Rows, effects: Any) -> None:
            """Add one equation's likelihood: partial adjustment with Student-t noise."""
            name = rows.name
            values = series.data[name]
            rho = p.of("persistence", name)
            target = p.of("intercept", name, values[rows.seen]) + effects
            mean = rho * rows.column(name, 1) + (1.0 - rho) * target
            freedom = p.of("degrees_of_freedom", name)
            scale = p.of("scale", name, values[rows.seen])
            known = np.flatnonzero(np.isfinite(values[rows.used]))
            pm.StudentT(
                f"observed {name}",
                nu=freedom,
                mu=mean[known],
                sigma=scale,
                observed=values[rows.used][known],
            )
            unknown = np.flatnonzero(np.isnan(values[rows.used]))
            if unknown.size:
                noise = pm.StudentT.dist(nu=freedom, mu=mean[unknown], sigma=scale)
                pm.Potential(f"completed {name}", pm.logp(noise, rows.column(name)[unknown]).sum())

        observe(Rows(series, "oil_growth", {}), 0.0)

        rows = Rows(series, "depreciation", {"oil_growth": (0,), "key_rate": (1, 2)})
        observe(
            rows,
            b("export_oil_growth -> depreciation")
            * (rows.centred("oil_growth") - discount_change[rows.used])
            + b("risk_premium_change -> depreciation") * risk_change[rows.used]
            + b("effective_trade_change -> depreciation") * trade_change[rows.used]
            + b("key_rate_change[1] -> depreciation")
            * (rows.centred("key_rate", 1) - rows.centred("key_rate", 2)),
        )

        rows = Rows(series, "import_growth", {"depreciation": (0,), "gdp_growth": (0,)})
        observe(
            rows,
            b("import_premium_change -> import_growth") * premium_change[rows.used]
            + b("effective_trade_change -> import_growth") * trade_change[rows.used]
            + b("depreciation -> import_growth") * rows.centred("depreciation")
            + b("gdp_growth -> import_growth") * rows.centred("gdp_growth"),
        )

        rows = Rows(series, "inflation", {"depreciation": (0, 1), "gdp_growth": (1,)})
        observe(
            rows,
            b("import_premium_change -> inflation") * premium_change[rows.used]
            + b("depreciation -> inflation") * rows.centred("depreciation")
            + b("depreciation[1] -> inflation") * rows.centred("depreciation", 1)
            + b("excess_growth[1] -> inflation")
            * (rows.centred("gdp_growth", 1) + gap_change[rows.used - 1])
            + b("war -> inflation") * rows.column("war"),
        )

        reads = {"inflation": (0, 1, 2, 3), "gdp_growth": (0,), "depreciation": (0,)}
        rows = Rows(series, "key_rate", reads, POLICY_START)
        observe(
            rows,
            b("inflation_yoy -> key_rate")
            * sum(rows.centred("inflation", quarter) for quarter in range(4))
            + b("excess_growth -> key_rate") * (rows.centred("gdp_growth") + gap_change[rows.used])
            + b("depreciation -> key_rate") * rows.centred("depreciation")
            + b("risk_premium -> key_rate") * risk[rows.used]
            + b("war -> key_rate") * rows.column("war"),
        )

        rows = Rows(series, "lending_rate", {"key_rate": (0,)}, POLICY_START)
        observe(rows, b("key_rate -> lending_rate") * rows.centred("key_rate"))

        real_rate = {"lending_rate": (1, 5), "inflation": tuple(range(1, 9))}
        rows = Rows(series, "gdp_growth", {"oil_growth": (0,), **real_rate})
        observe(
            rows,
            b("real_rate_change[1] -> gdp_growth") * real_rate_change_before(rows)
            + b("technology_gap_change -> gdp_growth") * gap_change[rows.used]
            + b("export_oil_growth -> gdp_growth")
            * (rows.centred("oil_growth") - discount_change[rows.used])
            + b("pandemic_2020q2 -> gdp_growth") * rows.column("pandemic_2020q2")
            + b("pandemic_2020q3 -> gdp_growth") * rows.column("pandemic_2020q3")
            + b("war -> gdp_growth") * rows.column("war"),
        )

        reads = {"lending_rate": (1, 5), "inflation": tuple(range(9)), "gdp_growth": (1,)}
        rows = Rows(series, "credit_growth", reads)
        observe(
            rows,
            b("real_rate_change[1] -> credit_growth") * real_rate_change_before(rows)
            + b("gdp_growth[1] -> credit_growth") * rows.centred("gdp_growth", 1)
            + b("inflation_surprise -> credit_growth") * inflation_surprise(rows)
            + b("war -> credit_growth") * rows.column("war"),
        )

        rows = Rows(series, "real_wage_growth", {"gdp_growth": (0,), "inflation": (0, 4)})
        observe(
            rows,
            b("gdp_growth -> real_wage_growth") * rows.centred("gdp_growth")
            + b("inflation_surprise -> real_wage_growth") * inflation_surprise(rows)
            + b("war -> real_wage_growth") * rows.column("war"),
        )

        # No measure is relieved in the sample: these keep their priors.
        for measure in ("trade", "finance", "energy", "transport"):
            p.of("recoverable_share", measure)
            p.of("recovery_speed", measure)
    return model
