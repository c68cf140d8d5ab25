"""Grey imports sector by sector, and what they add up to beside the transmission's own premium.

A sector has a share of its imports that comes by grey channels, a premium on these, and a weight in
goods imports; ``weight * share * premium`` is its part of the import premium. Its exposure says how
much of it hangs on each effective measure: with ``e`` the exposed intensity (1 today), share and
premium are each their own value times the square root of ``e``, so that the part is linear in
``e`` like the transmission. The transmission does not read the sectors; where their sum differs
from its premium, `sector_premiums` gives the difference. Most figures are judgement and say so.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, model_validator

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.errors import ObservationError, QuestionError, first_fault
from sanctions_model.scenarios.effects import answer_manifest, respond_to
from sanctions_model.scenarios.odds.regimes import FuturePaths
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import DrawParameters, linear_forms
from sanctions_model.scm.serialization import content_hash

__all__ = ["SECTOR", "Sector", "load_sectors", "sector_premiums", "sector_table"]

SECTOR = "sector"
_EXPOSED = ("trade", "finance", "transport")
_PREMIUM = "import_premium"
_SUMS = 1e-6
type Status = Literal["seen", "second_hand", "own_calculation", "judgement", "remainder"]


class Sector(BaseModel):
    """One row of ``sectors.csv``.

    Parameters
    ----------
    sector, label : str
    share_alpha, share_beta : float
        Beta of the grey share of the sector's imports.
    premium_median, premium_sigma : float
        Log-normal of the premium on these, in % of the border price.
    weight_alpha, weight_beta : float, optional
        Beta of the sector's share of goods imports; none for the row that takes what is left.
    trade, finance, transport : float
        Exposure to the effective measures; they sum to 1.
    share_status, premium_status, weight_status : str
        What each figure rests on.
    share_source, premium_source, weight_source : str
        Where it is from, or why it was judged so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sector: str = Field(min_length=1)
    label: str = Field(min_length=1)
    share_alpha: PositiveFloat
    share_beta: PositiveFloat
    share_status: Status
    share_source: str = Field(min_length=1)
    premium_median: PositiveFloat
    premium_sigma: PositiveFloat
    premium_status: Status
    premium_source: str = Field(min_length=1)
    weight_alpha: PositiveFloat | None
    weight_beta: PositiveFloat | None
    weight_status: Status
    weight_source: str = Field(min_length=1)
    trade: float = Field(ge=0, le=1)
    finance: float = Field(ge=0, le=1)
    transport: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if abs(self.trade + self.finance + self.transport - 1) > _SUMS:
            raise ValueError("trade, finance and transport are exposures that must sum to 1")
        remainder = self.weight_alpha is None
        if remainder != (self.weight_beta is None) or remainder != (
            self.weight_status == "remainder"
        ):
            raise ValueError(
                "expected weight_alpha and weight_beta, or neither and weight_status remainder"
            )
        return self

    @property
    def is_remainder(self) -> bool:
        """Whether the row takes the weight that the others leave."""
        return self.weight_alpha is None


def load_sectors(path: Path | str | None = None) -> tuple[Sector, ...]:
    """Read the sectors.

    Parameters
    ----------
    path : path, optional
        A CSV file with the columns of `Sector`; the bundled one by default.

    Returns
    -------
    tuple of Sector
        In the order of the file: grey share, premium and weight of each, with sources.

    Raises
    ------
    ObservationError
        If the file is missing, a row is wrong, a sector is there twice, or there is not exactly one
        row for the remainder.

    Examples
    --------
    >>> [sector.sector for sector in load_sectors()][:2]
    ['aircraft', 'rail']
    """
    file = data_path("sectors.csv") if path is None else Path(path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ObservationError(f"Cannot read the sectors {file}: {error}.") from None
    found = []
    for line, row in rows:
        try:
            stated = {name: None if value == "" else value for name, value in row.items()}
            found.append(Sector.model_validate(stated))
        except ValidationError as error:
            raise ObservationError(f"{file.name}: line {line}: {first_fault(error)}.") from None
    names = [sector.sector for sector in found]
    if len(set(names)) < len(names):
        raise ObservationError(f"{file.name}: a sector is there twice: {', '.join(names)}.")
    if sum(sector.is_remainder for sector in found) != 1:
        raise ObservationError(
            f"{file.name}: expected exactly one row whose weight is the remainder."
        )
    return tuple(found)


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
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
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
        Horizon 0 is today. A manifest as JSON in the attributes.

    Raises
    ------
    QuestionError
        If the model has no import premium or no effective measure that a sector hangs on.
    """
    rows = list(sectors or load_sectors())
    measures = {f"effective_{name}": name for name in _EXPOSED}
    for name in (_PREMIUM, *measures):
        if name not in scm.variables:
            raise QuestionError(f"The model has no {name!r}, which the sectors hang on.")
    if paths.regime.ndim == 2:
        paths = paths.one_a_draw()
    effect = respond_to(scm, draws, paths, outcomes=[_PREMIUM, *measures])
    effect = effect.isel({dims.SCENARIO: 0}).pad({dims.HORIZON: (1, 0)}, constant_values=0.0)
    effect = effect.assign_coords({dims.HORIZON: np.arange(paths.horizon + 1)})
    intensity = {
        short: 1.0 + effect.sel({dims.OUTCOME: name}, drop=True) for name, short in measures.items()
    }
    drawn = _drawn_sectors(rows, draws, random_seed)
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
    at_rest = _premium_at_rest(scm, draws)
    found["transmission"] = at_rest + effect.sel({dims.OUTCOME: _PREMIUM}, drop=True)
    found["difference"] = found["total"] - found["transmission"]
    found["weight"] = drawn["weight"]
    found = found.transpose(SECTOR, dims.HORIZON, dims.CHAIN, dims.DRAW)
    found = found.drop_vars(["unit", "label", dims.OUTCOME], errors="ignore")
    rests_on = {"sectors": content_hash([row.model_dump(mode="json") for row in rows])}
    found.attrs["manifest"] = answer_manifest(scm, random_seed, rests_on)
    return found.assign_coords(sector_label=(SECTOR, [row.label for row in rows]))


def _drawn_sectors(rows: Sequence[Sector], draws: xr.Dataset, random_seed: int) -> xr.Dataset:
    """Draw weight, share and premium of every sector, one a draw; the weights sum to 1."""
    generator = np.random.default_rng(random_seed)
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


def _premium_at_rest(scm: StructuralCausalModel, draws: xr.Dataset) -> xr.DataArray:
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

    total = np.broadcast_to(at_rest(_PREMIUM), int(np.prod(parameters.shape)))
    return xr.DataArray(total.reshape(parameters.shape), dims=(dims.CHAIN, dims.DRAW))


def sector_table(result: xr.Dataset, horizons: Sequence[int]) -> pd.DataFrame:
    """Tabulate medians and intervals by sector and horizon, sums and the difference below.

    Parameters
    ----------
    result : xr.Dataset
        From `sector_premiums`.
    horizons : sequence of int
        0 is today.

    Returns
    -------
    pandas.DataFrame
        ``sector, quantity, unit, horizon, median, lower, upper, ci_prob, ci_kind``.
    """
    from sanctions_model.summaries import interval, interval_rule

    rule = interval_rule()
    units = {"share": "share", "premium": "%", "part": "points"}
    units |= dict.fromkeys(("total", "transmission", "difference"), "points")
    rows = []
    for quantity, unit in units.items():
        summary = interval(result[quantity].sel({dims.HORIZON: list(horizons)}), rule)
        names = result[SECTOR].to_numpy() if SECTOR in result[quantity].dims else ["all"]
        for name in names:
            at = summary.sel({SECTOR: name}) if SECTOR in summary.dims else summary
            for horizon in horizons:
                own = at.sel({dims.HORIZON: horizon})
                rows.append(
                    {"sector": str(name), "quantity": quantity, "unit": unit, "horizon": horizon}
                    | {n: float(own.sel(summary=n)) for n in ("median", "lower", "upper")}
                )
    return pd.DataFrame(rows).assign(ci_prob=rule.prob, ci_kind=rule.kind)
