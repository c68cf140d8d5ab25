"""The headline: effects of full relief before and after the data, and what each rests on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.basis import Basis
from sanctions_model.queries.effects import total_effect
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses
from sanctions_model.scm.periods import period_column
from sanctions_model.scm.stability import STABLE, spectral_radius
from sanctions_model.scm.surgery import with_parameters
from sanctions_model.summaries import interval, median_difference_error, median_error
from sanctions_model.units import effect_in_percent

_FULL = Relief()
# Outcome and quarters after the start of full relief over a year.
HEADLINE = (
    ("price_level", 12),
    ("key_rate", 12),
    ("real_lending_rate", 12),
    ("credit_level", 12),
    ("gdp_level", 12),
    ("gdp_level", 20),
    ("rouble", 12),
    ("real_wage_level", 12),
)
_OUTCOMES = tuple(dict.fromkeys(outcome for outcome, _ in HEADLINE))


def _headline_effects(fit: Fit, draws: xr.Dataset) -> Iterator[tuple[str, int, xr.DataArray]]:
    longest = max(horizon for _, horizon in HEADLINE)
    found = total_effect(fit.scm, draws, _FULL, horizon=longest, outcomes=_OUTCOMES)
    for outcome, horizon in HEADLINE:
        effect = found.sel({dims.OUTCOME: outcome, dims.HORIZON: horizon}, drop=True)
        yield outcome, horizon, effect_in_percent(effect, fit.scm.variables[outcome])


def headline_table(fit: Fit) -> pd.DataFrame:
    """Effects of full relief before and after the data, and what each rests on.

    ``prior_sensitivity`` and ``likelihood_sensitivity`` are the power-scaling diagnostics of ArviZ
    (Kallioinen et al. 2024): how fast the effect's distribution moves when prior or likelihood is
    raised to a power near 1; values above 0.05 count as sensitive.

    Returns: one row an outcome and horizon of `HEADLINE`.
    """
    import arviz as az

    basis = Basis.of_fit(fit)
    before = {(o, h): effect for o, h, effect in _headline_effects(fit, fit.prior_draws)}
    after = {(o, h): effect for o, h, effect in _headline_effects(fit, fit.draws)}
    names = {key: f"{key[0]}_{key[1]}" for key in after}
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({names[key]: effect for key, effect in after.items()}),
            "log_prior": fit.idata["log_prior"].to_dataset(),
            "log_likelihood": fit.idata["log_likelihood"].to_dataset(),
        }
    )
    scaled = {group: az.psense(tree, group=group) for group in ("prior", "likelihood")}
    start, rows = fit.draws.attrs.get(dims.Said.START), []
    for (outcome, horizon), effect in after.items():
        prior_summary = interval(before[outcome, horizon])
        summary = interval(effect)
        row: dict[str, object] = {
            "outcome": outcome,
            "unit": fit.scm.variables[outcome].unit,
            "horizon": horizon,
            **period_column(start, horizon, fit.scm.periods_per_year),
        }
        for prefix, found in (("prior_", prior_summary), ("", summary)):
            row |= {
                prefix + part: float(found.sel(summary=part))
                for part in ("median", "lower", "upper")
            }
        row |= basis.of(before[outcome, horizon], effect)
        for group, found in scaled.items():
            row[f"{group}_sensitivity"] = float(found[names[outcome, horizon]])
        rows.append(row)
    return pd.DataFrame(rows)


def sensitivity_table(fit: Fit) -> pd.DataFrame:
    """Medians of the headline with one assumption replaced; the fit is not repeated.

    Returns: one row a change, two columns an outcome and horizon of `HEADLINE`: the median, and
    under ``..._error`` the Monte-Carlo standard error of its difference from the one as fitted, or
    of itself in the row ``as fitted``.
    """
    scm, draws = fit.scm, fit.draws
    known = set(addresses(scm))
    fitted = {column_of(o, h): effect for o, h, effect in _headline_effects(fit, draws)}
    rows = []
    for words, *forms in _changes(scm):
        row: dict[str, object] = {"change": words}
        rows.append(row)
        values = next((form for form in forms if known.issuperset(form)), None)
        if values is None:
            row["change"] = f"{words}: not asked of this model"
            for name in fitted:
                row |= {name: np.nan, f"{name}_error": np.nan}
            continue
        if not values:
            for name, effect in fitted.items():
                row |= {name: float(effect.median()), f"{name}_error": median_error(effect)}
            continue
        changed = with_parameters(scm, draws, values)
        for outcome, horizon, effect in _headline_effects(fit, changed):
            name = column_of(outcome, horizon)
            row[name] = float(effect.median())
            row[f"{name}_error"] = median_difference_error(fitted[name], effect)
    return pd.DataFrame(rows)


def column_of(outcome: str, horizon: int) -> str:
    """Name the column of one effect of the headline."""
    return f"{outcome} after {horizon}"


def _changes(scm: StructuralCausalModel) -> Iterator[tuple[Any, ...]]:
    """Assumptions in words, each with what it sets in the forms in which models have it."""
    sources = ("trade", "finance", "transport")
    yield "as fitted", {}
    half = {f"recoverable_share[{name}]": 0.5 for name in scm.recoveries}
    yield "half of what is lost is recoverable", half
    for speed in (0.05, 0.5):
        speeds = {f"recovery_speed[{name}]": speed for name in scm.recoveries}
        yield f"recovery at {100 * speed:g} % a quarter", speeds
    yield "expectations look backward", {"anchoring": 0.0}
    yield "expectations are anchored", {"anchoring": 1.0}
    yield "key rate persistence 0.7", {"persistence[key_rate]": 0.7}
    gaps = {f"effective_{name} -> technology_gap": 0.0 for name in sources}
    yield "no technology gap", gaps, {"technology_size": 0.0}
    for words, parent, children in (
        ("oil does not move output", "export_oil_growth", ("gdp_growth", "log_gdp")),
        (
            "risk premium does not move the rouble",
            "risk_premium_change",
            ("depreciation", "log_rer"),
        ),
        ("trade limits do not move the rouble", "effective_trade_change", ("depreciation",)),
        ("needs of foreign exchange do not move the rouble", "exchange_need[1]", ("log_rer",)),
    ):
        yield words, *({f"{parent} -> {child}": 0.0} for child in children)
    links = ("real_rate_change[1] -> gdp_growth", "real_rate_gap_year[1] -> log_gdp")
    yield "rates do not move output", *({link: 0.0} for link in links)


def stability_table(fit: Fit) -> pd.DataFrame:
    """Share of draws under which shocks do not die out, before and after the data.

    Returns: a row for prior and posterior: ``draws``, ``explosive`` ones, ``median`` and
    ``largest`` spectral radius.
    """
    rows = []
    for source, draws in (("prior", fit.prior_draws), ("posterior", fit.draws)):
        radius = np.asarray(spectral_radius(fit.scm, draws))
        rows.append(
            {
                "source": source,
                "draws": radius.size,
                "explosive": int((radius > STABLE).sum()),
                "median": float(np.median(radius)),
                "largest": float(radius.max()),
            }
        )
    return pd.DataFrame(rows)
