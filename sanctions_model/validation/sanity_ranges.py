"""Sanity checks of mechanisms: ranges that published estimates or judgement give for each.

Each function takes a model and draws and returns findings. Ranges were stated for quarters. Where
models write a mechanism otherwise, its links stand in several forms, and the first one that the
model has all of is asked; a model with none of them is not asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.tables import parse_table, read_content
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import UnknownVariableError
from sanctions_model.queries.effects import channel_effects, relief_paths, total_effect
from sanctions_model.queries.estimands import form_for, load_quantities, quantity_draws
from sanctions_model.queries.responses import impulse_response
from sanctions_model.scm.graph import Edge
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.simulation.propagate import respond
from sanctions_model.summaries import IntervalRule, interval

_QUARTERS = 4
_SETTLED = 80  # quarters after which no state moves any more
# The size of the measures of 2014 that the ranges of their effects were stated for.
_SIZE_OF_2014 = {"trade": 0.3, "finance": 0.3, "energy": 0.1, "transport": 0.0, "assets": 0.05}
_AFTER_2014 = "2015Q1"
_FULL = Relief()

_PRICES = ("import_premium_change -> inflation", "inflation[1] -> inflation")
_CHANGE = (
    "import_premium -> import_premium_change",
    "import_premium[1] -> import_premium_change",
)
_PREMIUM_TO_PRICES = (
    ("import_premium[1] -> import_premium", *_CHANGE, *_PRICES),
    ("premium_index[1] -> premium_index", "premium_index -> import_premium", *_CHANGE, *_PRICES),
)
_TO_REAL_RATE = ("lending_rate[1] -> lending_rate", "lending_rate -> real_lending_rate")
_KEY_TO_LENDING = (
    ("key_rate -> lending_rate", "lending_rate[1] -> lending_rate"),
    (
        "key_rate -> loan_price",
        "loan_price -> lending_rate",
        "lending_rate[1] -> lending_rate",
    ),
)
_KEY_TO_OUTPUT = (
    (
        *("key_rate -> lending_rate", *_TO_REAL_RATE),
        "real_lending_rate -> real_rate_change",
        "real_lending_rate[4] -> real_rate_change",
        *("real_rate_change[1] -> gdp_growth", "gdp_growth[1] -> gdp_growth"),
    ),
    (
        *("key_rate -> loan_price", "loan_price -> lending_rate", *_TO_REAL_RATE),
        "real_lending_rate -> real_rate_gap",
        "real_rate_gap -> real_rate_gap_year",
        *(f"real_rate_gap[{lag}] -> real_rate_gap_year" for lag in (1, 2, 3)),
        *("real_rate_gap_year[1] -> log_gdp", "log_gdp[1] -> log_gdp"),
        *("log_gdp -> gdp_growth", "log_gdp[1] -> gdp_growth"),
    ),
)
_NOT_THROUGH_RATES = (
    (
        "technology_gap_change -> gdp_growth",
        "export_oil_growth -> gdp_growth",
        "technology_gap_change -> excess_growth",
    ),
    (
        "technology_gap -> capacity",
        "disruption -> potential",
        "export_oil_growth -> log_gdp",
    ),
    (
        "technology_gap -> potential",
        "disruption -> potential",
        "export_oil_growth -> log_gdp",
    ),
)


# The bounds of the checks were stated for these quantiles; a check names the one that it reads.
_RULE = IntervalRule(0.9, "eti")
_DECIMALS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
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


def median(
    check: str, what: str, values: xr.DataArray, lower: float, upper: float, note: str = ""
) -> Finding:
    """Median over the draws."""
    return Finding(
        check=check,
        what=f"{what}, median",
        value=float(interval(values, _RULE).sel(summary="median")),
        lower_bound=lower,
        upper_bound=upper,
        note=note,
    )


def ends(
    check: str, what: str, values: xr.DataArray, lower: float, upper: float, note: str = ""
) -> list[Finding]:
    """Both ends of the interval, at the decimals in which their bounds are stated."""
    summary = interval(values, _RULE)
    return [
        Finding(
            check=check,
            what=f"{what}, {percent} % quantile",
            value=round(float(summary.sel(summary=end)), _DECIMALS),
            lower_bound=lower,
            upper_bound=upper,
            note=note,
        )
        for percent, end in ((5, "lower"), (95, "upper"))
    ]


def share(check: str, what: str, claim: xr.DataArray, *, at_least: float) -> Finding:
    """Share of the draws for which a claim holds; for a draw that is no number it does not."""
    return Finding(
        check=check,
        what=f"{what}, share of draws",
        value=float(claim.mean()),
        lower_bound=at_least,
        upper_bound=1.0,
    )


def require_links(scm: StructuralCausalModel, forms: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the first form whose links the model has; others would close or open nothing."""
    for links in forms:
        if scm.closable.issuperset(links):
            return frozenset(links)
    labels = sorted(scm.closable)
    lacking = next(link for link in forms[0] if link not in labels)
    raise UnknownVariableError.from_name(lacking, labels, "a sanity check")


def all_but(scm: StructuralCausalModel, forms: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return what to close so that these links alone are open, own lags included."""
    return scm.closable - require_links(scm, forms)


def at(response: xr.DataArray, outcome: str, horizon: int) -> xr.DataArray:
    """Return one outcome of a response in one period, of its first scenario."""
    found = response.sel({dims.OUTCOME: outcome, dims.HORIZON: horizon}, drop=True)
    return found.isel({dims.SCENARIO: 0}, drop=True) if dims.SCENARIO in found.dims else found


def _exchange_rate_pass_through(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Weaken the rouble lastingly by 1 %, through prices alone."""
    check = "exchange-rate pass-through"
    asked = form_for(scm, load_quantities()["pass_through_4q"])
    after = {
        quarters: quantity_draws(scm, draws, asked.model_copy(update={"horizon": quarters}))
        for quarters in (1, 4, 8)
    }
    return [
        *ends(check, "CPI after 1 quarter, % per %", after[1], 0.01, 0.12),
        *ends(check, "CPI after 4 quarters, % per %", after[4], 0.05, 0.28),
        median(check, "CPI after 8 quarters over that after 4", after[8] / after[4], -np.inf, 1.15),
    ]


def _import_premium(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    check = "import premium"
    premium = _imposed(scm, draws, dict.fromkeys(MEASURES, 1.0), 40, ["import_premium"])
    settled = at(premium, "import_premium", 40)
    what = "steady state with all measures at 1, points"
    return [
        median(check, what, settled, 9.0, 11.0),
        *ends(check, what, settled, 4.5, 21.0),
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


def _premium_removed(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Compare the share of the premium that relief removes with what can be given back."""
    check = "premium removed by full relief"
    links = _premium_links(scm)
    measures = [scm.effective[link.parent].recovers_as for link in links]
    parts = draws["coefficient"].sel({dims.LINK: [link.label for link in links]})
    parts = parts.drop_vars(dims.LINK)
    recoverable = draws["recoverable_share"].sel({dims.MEASURE: measures})
    recoverable = recoverable.drop_vars(dims.MEASURE).rename({dims.MEASURE: dims.LINK})
    possible = (parts * recoverable).sum(dims.LINK) / parts.sum(dims.LINK)
    imposed = _imposed(scm, draws, dict.fromkeys(MEASURES, 1.0), _SETTLED, ["import_premium"])
    premium = at(imposed, "import_premium", _SETTLED)
    effect = total_effect(scm, draws, _FULL, horizon=40, outcomes=["import_premium"])
    removed = {quarters: -at(effect, "import_premium", quarters) / premium for quarters in (8, 40)}
    return [
        median(check, "share after 8 quarters", removed[8], 0.35, 0.55),
        median(check, "recoverable share less that after 40", possible - removed[40], 0.0, 0.03),
    ]


def _premium_links(scm: StructuralCausalModel) -> list[Edge]:
    """Return the links from measures to the premium, or to the index that it is a multiple of."""
    for name in ("import_premium", "premium_index"):
        if found := [link for link in scm.links if link.child == name]:
            return found
    children = sorted({link.child for link in scm.links})
    raise UnknownVariableError.from_name("import_premium", children, "a sanity check")


def _premium_to_prices(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    measures = [link.label for link in _premium_links(scm)]
    forms = [(*measures, *links) for links in _PREMIUM_TO_PRICES]
    found = respond(
        scm,
        draws,
        horizon=40,
        paths=relief_paths(scm, _FULL, 40),
        closed=[all_but(scm, forms)],
        outcomes=["price_level", "import_premium"],
    )
    per_point = at(found, "price_level", 40) / at(found, "import_premium", 40)
    what = "CPI after 40 quarters, other links cut, % per point"
    return [median("premium to prices", what, per_point, 0.15, 0.20)]


def _policy_rate_to_output(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Lower the policy rate by 1 pp for a year, with effect through the real lending rate alone."""
    check = "policy rate 1 pp lower for a year"
    horizon = 12
    path = -(np.arange(horizon) < _QUARTERS).astype(float)
    output = respond(
        scm,
        draws,
        horizon=horizon,
        shocks={"key_rate": path},
        closed=[all_but(scm, _KEY_TO_OUTPUT)],
        outcomes=["gdp_level"],
    ).isel({dims.SCENARIO: 0, dims.OUTCOME: 0})
    return [
        *ends(check, "GDP at its peak, %", output.max(dims.HORIZON), 0.07, 0.85),
        median(check, "quarter of the peak", output.argmax(dims.HORIZON) + 1, 5, 6),
        *ends(check, "GDP in quarter 12, %", output.sel({dims.HORIZON: 12}), -0.05, 0.05),
    ]


def _monetary_shock(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    check = "monetary shock of 1 pp"
    outcomes = ["gdp_level", "price_level", "rouble"]
    found = impulse_response(scm, draws, cause="key_rate", size=1.0, horizon=8, outcomes=outcomes)
    return [
        median(check, "GDP after 8 quarters, %", at(found, "gdp_level", 8), -0.5, -0.05),
        median(check, "CPI after 8 quarters, %", at(found, "price_level", 8), -np.inf, 0.0),
        median(check, "rouble after 8 quarters, %", at(found, "rouble", 8), 0.0, np.inf),
    ]


def _imposition_of_2014(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    return _imposition(scm, draws, "imposition of 2014, size of the ranges", _SIZE_OF_2014)


def _bundled_imposition_of_2014(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
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
) -> list[Finding]:
    outcomes = ["gdp_level", "price_level", "key_rate"]
    found = _imposed(scm, draws, sizes, 12, outcomes)
    output = at(found, "gdp_level", 12)
    return [
        median(check, "GDP after 12 quarters, %", output, -1.0, -0.3, note),
        ends(check, "GDP after 12 quarters, %", output, -3.0, np.inf, note)[0],
        median(check, "CPI after 4 quarters, %", at(found, "price_level", 4), 0.2, 0.7, note),
        median(check, "key rate after 8 quarters, pp", at(found, "key_rate", 8), 0.1, 0.5, note),
    ]


def _step_of_2022(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    found = respond(
        scm,
        draws,
        horizon=4,
        paths={name: np.ones(4) for name in MEASURES},
        baseline=_SIZE_OF_2014,
        outcomes=["gdp_level"],
    )
    what = "GDP after 4 quarters not below -6 %"
    return [share("step of 2022", what, at(found, "gdp_level", 4) >= -6.0, at_least=0.99)]


def _through_rates_alone(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Relieve in full, without what reaches output through potential and export revenue."""
    check = "full relief, output through rates alone"
    found = respond(
        scm,
        draws,
        horizon=40,
        paths=relief_paths(scm, _FULL, 40),
        closed=[require_links(scm, _NOT_THROUGH_RATES)],
        outcomes=["gdp_level"],
    )
    later, latest = at(found, "gdp_level", 20), at(found, "gdp_level", 40)
    return [
        share(check, "GDP after 20 quarters below 1.5 %", later < 1.5, at_least=0.98),
        median(check, "GDP after 40 quarters less that after 20, %", latest - later, -np.inf, 0.0),
    ]


def _supply_leg_alone(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Relieve in full through the technology gap: potential growth must leave prices alone."""
    check = "full relief, supply alone"
    names = {"price_level": "CPI within 0.05 % of 0", "key_rate": "key rate within 0.05 pp of 0"}
    found = channel_effects(scm, draws, _FULL, horizon=20, outcomes=list(names))
    found = found.sel({dims.CHANNEL: "technology_gap"}, drop=True)
    return [
        share(
            check,
            f"{what} after 20 quarters",
            abs(at(found, outcome, 20)) <= 0.05,
            at_least=0.9,
        )
        for outcome, what in names.items()
    ]


def _real_lending_rate(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Relieve in full with both extremes of expectations, which decide on the first year."""
    if "anchoring" not in scm.scalars:
        raise UnknownVariableError.from_name("anchoring", scm.scalars, "a sanity check")
    found = []
    for anchoring, kind in ((1.0, "anchored"), (0.0, "backward-looking")):
        held = draws.assign(anchoring=xr.full_like(draws["anchoring"], anchoring))
        rate = total_effect(scm, held, _FULL, horizon=4, outcomes=["real_lending_rate"])
        what = f"after 4 quarters with {kind} expectations, pp"
        values = at(rate, "real_lending_rate", 4)
        found.append(median("full relief, real lending rate", what, values, -0.4, 0.25))
    return found


def _inflation_after_relief(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    found = total_effect(scm, draws, _FULL, horizon=40, outcomes=["inflation_yoy"])
    yearly = at(found, "inflation_yoy", 40)
    what = "year on year after 40 quarters, pp"
    return ends("full relief, inflation", what, yearly, -0.07, 0.07)


def _long_run_key_rate(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    outcomes = ["key_rate", "risk_premium"]
    found = total_effect(scm, draws, _FULL, horizon=60, outcomes=outcomes)
    distance = abs(at(found, "key_rate", 60) - at(found, "risk_premium", 60))
    what = "distance of its shift from that of the risk premium after 60 quarters, pp"
    return [median("full relief, key rate", what, distance, 0.0, 0.1)]


def _lending_pass_through(scm: StructuralCausalModel, draws: xr.Dataset) -> list[Finding]:
    """Raise the key rate by 1 pp for good."""
    check = "lending pass-through"
    found = respond(
        scm,
        draws,
        horizon=40,
        shocks={"key_rate": np.ones(40)},
        closed=[all_but(scm, _KEY_TO_LENDING)],
        outcomes=["lending_rate"],
    )
    first, last = at(found, "lending_rate", 1), at(found, "lending_rate", 40)
    return [
        median(check, "lending rate after 1 quarter, pp per pp", first, 0.35, 0.85),
        median(check, "lending rate after 40 quarters, pp per pp", last, 0.6, 1.0),
    ]


MECHANISMS: tuple[Callable[[StructuralCausalModel, xr.Dataset], list[Finding]], ...] = (
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
)
