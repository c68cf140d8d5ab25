"""Grey imports sector by sector, and what they add up to beside the transmission's own premium.

A sector has a share of its imports that comes by grey channels, a premium on these, and a weight in
goods imports; ``weight * share * premium`` is its part of the import premium. Its exposure says how
much of it hangs on each effective measure: with ``e`` the exposed intensity (1 today), share and
premium are each their own value times the square root of ``e``, so that the part is linear in
``e`` like the transmission. The transmission does not read the sectors; where their sum differs
from its premium, `sector_premiums` gives the difference. Most figures are judgement and say so.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.errors import QuestionError
from sanctions_model.queries.basis import Basis
from sanctions_model.scenarios.effects import answer_manifest, respond_to
from sanctions_model.scenarios.odds.regimes import FuturePaths
from sanctions_model.scenarios.sectors.figures import Sector, load_sectors
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, linear_forms
from sanctions_model.scm.periods import with_periods
from sanctions_model.scm.serialization import content_hash
from sanctions_model.summaries import interval, interval_rule

SECTOR = "sector"
PREMIUM = "import_premium"
_EXPOSED = ("trade", "finance", "transport")


def sector_premiums(
    scm: StructuralCausalModel,
    draws: xr.Dataset,
    paths: FuturePaths,
    *,
    sectors: Sequence[Sector] | None = None,
    random_seed: int,
) -> xr.Dataset:
    """Follow the sectors' grey imports along drawn paths, beside the transmission's premium.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    paths : FuturePaths
        One a draw, of one future.
    sectors : sequence of Sector, optional
        The bundled ones by default.
    random_seed : int
        Of the sectors' figures.

    Returns
    -------
    xr.Dataset
        ``share`` (of the sector's imports), ``premium`` (%), ``part`` (points of the import
        premium), dims ``(sector, horizon, chain, draw)``; ``total`` (sum of the parts),
        ``transmission`` (its premium at rest under the measures of today plus the effect of the
        paths) and ``difference`` (total less transmission), dims ``(horizon, chain, draw)``.
        Horizon 0 is today, the last period that is known. A manifest as JSON in the attributes.

    Raises
    ------
    QuestionError
        If the model has no import premium or no effective measure that a sector hangs on.
    """
    rows = list(sectors or load_sectors())
    measures = {f"effective_{name}": name for name in _EXPOSED}
    for name in (PREMIUM, *measures):
        if name not in scm.variables:
            raise QuestionError(f"The model has no {name!r}, which the sectors hang on.")
    if paths.regime.ndim == 2:
        paths = paths.one_a_draw()
    effect = respond_to(scm, draws, paths, outcomes=[PREMIUM, *measures])
    effect = effect.isel({dims.SCENARIO: 0}).drop_vars("period", errors="ignore")
    effect = effect.pad({dims.HORIZON: (1, 0)}, constant_values=0.0)
    effect = effect.assign_coords({dims.HORIZON: np.arange(paths.horizon + 1)})
    intensity = {
        short: 1.0 + effect.sel({dims.OUTCOME: name}, drop=True) for name, short in measures.items()
    }
    drawn = drawn_sectors(rows, draws, random_seed)
    exposure = xr.concat(
        [sum(getattr(row, name) * intensity[name] for name in _EXPOSED) for row in rows],
        dim=pd.Index([row.sector for row in rows], name=SECTOR),
        coords="minimal",
        compat="override",
    ).clip(min=0.0)
    root = np.sqrt(exposure)
    found = xr.Dataset({"share": drawn["share"] * root, "premium": drawn["premium"] * root})
    found["share"] = found["share"].clip(max=1.0)
    found["part"] = drawn["weight"] * found["share"] * found["premium"]
    found["total"] = found["part"].sum(SECTOR)
    at_rest = premium_at_rest(scm, draws)
    found["transmission"] = at_rest + effect.sel({dims.OUTCOME: PREMIUM}, drop=True)
    found["difference"] = found["total"] - found["transmission"]
    found["weight"] = drawn["weight"]
    found = found.transpose(SECTOR, dims.HORIZON, dims.CHAIN, dims.DRAW)
    found = found.drop_vars(["unit", "label", dims.OUTCOME], errors="ignore")
    rests_on = {"sectors": content_hash([row.model_dump(mode="json") for row in rows])}
    found.attrs = dims.carried(draws.attrs)
    found.attrs["manifest"] = answer_manifest(scm, random_seed, rests_on)
    found = found.assign_coords(sector_label=(SECTOR, [row.label for row in rows]))
    return with_periods(found, scm.periods_per_year)


def drawn_sectors(rows: Sequence[Sector], draws: xr.Dataset, random_seed: int) -> xr.Dataset:
    """Draw weight, share and premium of every sector, one a draw; the weights sum to 1."""
    generator = generator_of(random_seed)
    shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW])
    drawn: dict[str, list[np.ndarray]] = {"weight": [], "share": [], "premium": []}
    for row in rows:
        weight = (
            np.zeros(shape)
            if row.weight_alpha is None or row.weight_beta is None
            else generator.beta(row.weight_alpha, row.weight_beta, shape)
        )
        drawn["weight"].append(weight)
        drawn["share"].append(generator.beta(row.share_alpha, row.share_beta, shape))
        logs = row.premium_sigma * generator.standard_normal(shape)
        drawn["premium"].append(row.premium_median * np.exp(logs))
    left = 1.0 - np.sum(drawn["weight"], axis=0)
    if (left < 0).any():
        raise QuestionError("The sectors' weights can sum to more than 1; make them smaller.")
    drawn["weight"][[row.is_remainder for row in rows].index(True)] = left
    axes = (SECTOR, dims.CHAIN, dims.DRAW)
    return xr.Dataset(
        {name: (axes, np.stack(arrays)) for name, arrays in drawn.items()},
        coords={SECTOR: [row.sector for row in rows]},
    )


def premium_at_rest(scm: StructuralCausalModel, draws: xr.Dataset) -> xr.DataArray:
    """Premium of the transmission with every measure at 1 for long."""
    parameters = DrawParameters(scm, draws)
    forms = linear_forms(scm, parameters)
    outside = {*scm.effective, *scm.exogenous}

    def at_rest(name: str) -> Any:
        # x = own * x + the rest; what comes from outside is a measure, at 1.
        terms = forms[name].terms
        own = sum(term.weight for term in terms if term.parent == name)
        rest = sum(
            term.weight * (1.0 if term.parent in outside else at_rest(term.parent))
            for term in terms
            if term.parent != name
        )
        return rest / (1.0 - own)

    total = np.broadcast_to(at_rest(PREMIUM), int(np.prod(parameters.shape)))
    return xr.DataArray(total.reshape(parameters.shape), dims=(dims.CHAIN, dims.DRAW))


def sector_table(
    result: xr.Dataset,
    horizons: Sequence[int],
    *,
    before: xr.Dataset | None = None,
    basis: Basis | None = None,
) -> pd.DataFrame:
    """Tabulate medians and intervals by sector and horizon, sums and the difference below.

    Parameters
    ----------
    result : xr.Dataset
        From `sector_premiums`.
    horizons : sequence of int
        0 is today.
    before, basis : xr.Dataset, Basis, optional
        The same under prior draws, and what says what the draws of a fit rest on.

    Returns
    -------
    pandas.DataFrame
        ``sector, quantity, unit, horizon, period, median, lower, upper, ci_prob, ci_kind``; with
        `before` and `basis` the columns of `Basis.of` as well. The period is empty where the draws
        do not say when they begin.
    """
    rule = interval_rule()
    units = {"share": "share", "premium": "%", "part": "points"}
    units |= dict.fromkeys(("total", "transmission", "difference"), "points")
    dated, rows = {}, []
    if "period" in result.coords:
        ahead = result[dims.HORIZON].to_numpy().tolist()
        dated = dict(zip(ahead, result["period"].to_numpy().tolist(), strict=True))
    for quantity, unit in units.items():
        summary = interval(result[quantity].sel({dims.HORIZON: list(horizons)}), rule)
        names = result[SECTOR].to_numpy() if SECTOR in result[quantity].dims else ["all"]
        for name in names:
            at = summary.sel({SECTOR: name}) if SECTOR in summary.dims else summary
            for horizon in horizons:
                own = at.sel({dims.HORIZON: horizon})
                row: dict[str, object] = {"sector": str(name), "quantity": quantity}
                row |= {"unit": unit, "horizon": horizon}
                row["period"] = dated[horizon] if dated else ""
                row |= {n: float(own.sel(summary=n)) for n in ("median", "lower", "upper")}
                if before is not None and basis is not None:
                    pair = [of[quantity].sel({dims.HORIZON: horizon}) for of in (before, result)]
                    if SECTOR in summary.dims:
                        pair = [each.sel({SECTOR: name}) for each in pair]
                    row |= basis.of(*pair)
                rows.append(row)
    return pd.DataFrame(rows).assign(ci_prob=rule.prob, ci_kind=rule.kind)
