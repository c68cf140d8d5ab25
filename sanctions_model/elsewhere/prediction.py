r"""What the liftings elsewhere say of the next one: read from shipped draws, without PyMC.

The draws of the population of effects (`panel_model` states it) are ``data/elsewhere_draws.csv``,
the effects of the single episodes ``data/elsewhere_episodes.csv``, and whether the fit behind
both converged in ``data/elsewhere_fit.json``. Knows no country: a lifting is its covariates.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_names, generator_of
from sanctions_model.data.bundled import data_path, read_like_bundled
from sanctions_model.elsewhere.episodes import INSTRUMENTS, Instrument
from sanctions_model.elsewhere.model.cells import HORIZONS, LEADS, OUTCOMES
from sanctions_model.elsewhere.model.panel_model import COVARIATES, HEAVY, ROOT_ORDER
from sanctions_model.errors import ObservationError, QuestionError, did_you_mean, reading_fault
from sanctions_model.summaries import interval_rule
from sanctions_model.units import effect_in_percent, percent_unit

YEARS = (1, 3, 5)
UNITS = {  # of draws; tables are in percent
    "gdp": "% of the level, log level",
    "imports": "% of the volume, log level",
    "inflation": "pp a year",
    "real_exchange_rate": "%, up = stronger, log level",
}
USUAL_INFLATION = 6.0  # % a year, at which points of the bounded scale become points of inflation
# Name in the file: its dimensions.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "effect_mean": ("outcome",),
    "effect_slope": ("outcome", "covariate"),
    "effect_sd": ("outcome",),
    "partial_correlation": ("pair",),
    "persistence": ("outcome",),
    "anticipation": ("outcome", "lead"),
    "instrument_share": ("instrument",),
    "alone_share": (),
    "partial_share": (),
}
COORDS: dict[str, list[str]] = {
    "outcome": list(OUTCOMES),
    "covariate": list(COVARIATES),
    "lead": [str(year) for year in LEADS],
    "instrument": ["trade", "financial", "other"],
    "pair": [f"{ROOT_ORDER[a]}-{ROOT_ORDER[b]}" for a in range(4) for b in range(a)],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifting:
    """A lifting to be predicted.

    Parameters
    ----------
    instruments : tuple of str
        Which are lifted, of ``trade``, ``financial``, ``arms``, ``travel``.
    several : bool
        Whether several senders lift together.
    full : bool
        Whether they lift all that they imposed.
    war, regime_change : bool
        Whether a war's end or an intervention, and another government, led to it.
    conflict : bool
        Whether there was armed conflict in the year before.
    oil : bool
        Whether the country exports oil.
    years : float
        For how long the measures were in force.

    Raises
    ------
    QuestionError
        If an instrument is unknown or named twice, none is named, or the years are not positive.
    """

    instruments: tuple[Instrument, ...] = INSTRUMENTS
    several: bool = True
    full: bool = True
    war: bool = False
    regime_change: bool = False
    conflict: bool = False
    oil: bool = False
    years: float = 10.0

    def __post_init__(self) -> None:
        for name in as_names(self.instruments, "An instrument of the lifting"):
            if name not in INSTRUMENTS:
                raise QuestionError(
                    f"Unknown instrument {name!r}; there is {', '.join(INSTRUMENTS)}."
                    f"{did_you_mean(name, INSTRUMENTS)}"
                )
        if not self.instruments or not self.years > 0:
            raise QuestionError(
                f"A lifting of {len(self.instruments)} instruments after {self.years:g} years; "
                "expected one instrument or more and years above 0."
            )

    @property
    def covariates(self) -> np.ndarray:
        """Shape ``(covariate,)``, kept lifted."""
        financial = ("financial" in self.instruments) - ("trade" in self.instruments)
        flags = (self.war, self.regime_change, self.conflict, self.oil)
        return np.array([*map(float, flags), np.log((self.years + 1) / 10), financial / 2, 0.0])

    def dose(self, draws: xr.Dataset) -> xr.DataArray:
        """Share of a full lifting, by draw."""
        other = "arms" in self.instruments or "travel" in self.instruments
        flags = ["trade" in self.instruments, "financial" in self.instruments, other]
        share = draws["instrument_share"] * xr.DataArray(np.array(flags, float), dims="instrument")
        dose = share.sum("instrument")
        if not self.several:
            dose = dose * draws["alone_share"]
        return dose if self.full else dose * draws["partial_share"]


# An oil exporter at war in the year before, under measures for twelve years, by how they end.
def _like_russia(*, several: bool = True, full: bool = True, by_war: bool = False) -> Lifting:
    return Lifting(
        several=several,
        full=full,
        war=by_war,
        regime_change=by_war,
        oil=True,
        conflict=True,
        years=12.0,
    )


LIFTINGS: Mapping[str, Lifting] = {
    "settlement, all senders": _like_russia(),
    "settlement, one sender, in part": _like_russia(several=False, full=False),
    "war's end, another government": _like_russia(by_war=True),
}


def liftings_like_russia() -> dict[str, Lifting]:
    """Name the liftings that are predicted: an oil exporter at war, after twelve years.

    Returns
    -------
    dict of str to Lifting
        By how the measures end.

    Examples
    --------
    >>> liftings_like_russia()["settlement, all senders"].oil
    True
    """
    return dict(LIFTINGS)


def parameter_columns() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return each column of the file of draws with its parameter and place."""
    found = {}
    for name, axes in PARAMETERS.items():
        for place in np.ndindex(*(len(COORDS[axis]) for axis in axes)):
            labels = ",".join(COORDS[axis][at] for axis, at in zip(axes, place, strict=True))
            found[f"{name}[{labels}]" if labels else name] = (name, place)
    return found


def load_effect_draws(path: Path | str | None = None) -> xr.Dataset:
    """Return the draws of the population of effects.

    Parameters
    ----------
    path : path, optional
        As ``python -m sanctions_model.elsewhere`` writes it; the bundled file by default.

    Returns
    -------
    xr.Dataset
        Dims ``(chain, draw)``, one chain, plus each parameter's own.

    Raises
    ------
    ObservationError
        If the file cannot be read, a column is missing, or a cell is no number.

    Examples
    --------
    >>> load_effect_draws()["effect_mean"].dims
    ('chain', 'draw', 'outcome')
    """
    table = read_like_bundled("elsewhere_draws.csv", path)
    columns = parameter_columns()
    if table.isna().any(axis=None):
        raise ObservationError("A draw of the effects elsewhere has an empty cell; make it anew.")
    found = {}
    for name, axes in PARAMETERS.items():
        shape = tuple(len(COORDS[axis]) for axis in axes)
        values = table[[c for c, (of, _) in columns.items() if of == name]].to_numpy()
        found[name] = ((dims.CHAIN, dims.DRAW, *axes), values.reshape(1, len(table), *shape))
    return xr.Dataset(found, coords=COORDS)


def load_episode_effects(path: Path | str | None = None) -> pd.DataFrame:
    """Return the effect of each episode after three years, dose and all.

    Parameters
    ----------
    path : path, optional
        The bundled ``data/elsewhere_episodes.csv`` by default.

    Returns
    -------
    pandas.DataFrame
        Columns ``episode``, ``outcome``, ``median``, ``lower``, ``upper`` (``interval`` of
        `fit_summary` says of how much, as shipped 89 %), ``cells``: years after the lifting with a
        figure; 0 means that the row is what the others say. In percent and points of inflation;
        the file keeps levels in log points.

    Raises
    ------
    ObservationError
        If the package has no such file.
    """
    table = read_like_bundled("elsewhere_episodes.csv", path)
    sizes, is_level = ["median", "lower", "upper"], table["outcome"] != "inflation"
    table.loc[is_level, sizes] = effect_in_percent(table.loc[is_level, sizes], UNITS["gdp"])
    return table


def load_trial(path: Path | str | None = None) -> pd.DataFrame:
    """Return the shipped results of ``scripts/elsewhere_trial.py``, a row a trial and outcome."""
    return read_like_bundled("elsewhere_trial.csv", path)


def fit_summary(path: Path | str | None = None) -> dict[str, Any]:
    """Return how the fit behind the shipped files was made and whether it converged.

    Parameters
    ----------
    path : path, optional
        The bundled ``data/elsewhere_fit.json`` by default.

    Returns
    -------
    dict of str to object
        ``r_hat``, ``ess_bulk``, ``ess_tail``, ``divergences``, ``failures`` (empty when
        converged), settings, hashes of what was read and written, the ``interval`` of single
        effects, numbers of countries and cells.

    Raises
    ------
    ObservationError
        If there is no such file, or it is no summary of a fit.
    """
    file = data_path("elsewhere_fit.json") if path is None else Path(path)
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ObservationError(
            f"Cannot read {file}: {reading_fault(error)}; give the summary of a fit."
        ) from None
    if not isinstance(found, dict) or "failures" not in found:
        raise ObservationError(f"{file.name} is no summary of a fit; make it anew.")
    return found


def reliability(summary: Mapping[str, Any]) -> str:
    """Say R-hat, effective sizes and divergences of the fit in one line."""
    verdict = "converged" if not summary["failures"] else "NOT converged"
    return (
        f"The fit {verdict}: R-hat {summary['r_hat']:.3f}, effective draws "
        f"{summary['ess_bulk']:.0f} (bulk) and {summary['ess_tail']:.0f} (tail), "
        f"{summary['divergences']} divergences."
    )


def correlation_root(partial: np.ndarray) -> np.ndarray:
    """Root of the correlation across outcomes from the shipped partial correlations.

    `partial`: shape ``(..., 6)``, mapped from (-1, 1) to (0, 1), pairs in the order of the lower
    triangle of the outcomes in `ROOT_ORDER`. Returns: shape ``(..., 4, 4)``: times its transpose
    the correlation of `OUTCOMES`; lower triangular with its rows in `ROOT_ORDER`.
    """
    size = len(OUTCOMES)
    factor = np.zeros((*partial.shape[:-1], size, size))
    at = 0
    for row in range(size):
        rest = np.ones(partial.shape[:-1])
        for column in range(row):
            correlation = 2 * partial[..., at] - 1
            factor[..., row, column] = correlation * np.sqrt(rest)
            rest = rest * (1 - correlation**2)
            at += 1
        factor[..., row, row] = np.sqrt(rest)
    return factor[..., [ROOT_ORDER.index(outcome) for outcome in OUTCOMES], :]


def inflation_points(bounded: Any, *, at: float = USUAL_INFLATION) -> Any:
    """Turn a change of ``100 pi / (100 + pi)`` into points of inflation.

    `bounded`: change of the bounded outcome. `at`: inflation without the change, % a year.

    >>> round(float(inflation_points(-1.0, at=0.0)), 2)
    -0.99
    """
    after = np.minimum(100 * at / (100 + at) + bounded, 95.0)
    return 100 * after / (100 - after) - at


def predict(
    lifting: Lifting,
    draws: xr.Dataset | None = None,
    *,
    anticipated: bool = False,
    per_draw: int = 10,
    random_seed: int = 20260101,
) -> xr.DataArray:
    """Draw the effect of a lifting in a country that was not seen.

    Parameters
    ----------
    lifting : Lifting
        What is lifted, where, and how it came to it.
    draws : xr.Dataset, optional
        As `load_effect_draws` returns them; the bundled ones by default.
    anticipated : bool
        Count what had moved in the three years before as part of the effect. It may be that, or
        the recovery that led to the lifting: left out by default.
    per_draw : int
        New countries a draw.
    random_seed : int
        For the new countries' deviations.

    Returns
    -------
    xr.DataArray
        Dims ``(outcome, horizon, chain, draw)``; horizons in years after that of the lifting, what
        had moved before it left out. ``unit`` beside each outcome: draws of levels are in log
        points, so that they add up, as those of every effect of this library are;
        `units.effect_in_percent` makes percent of them as `predictive_table` does. Inflation is in
        points a year at an inflation of 6 %.

    Raises
    ------
    QuestionError
        If a bundled draw is missing.

    Examples
    --------
    >>> predict(Lifting(oil=True)).sel(outcome="gdp", horizon=3).sizes["chain"]
    1
    """
    draws = load_effect_draws() if draws is None else draws
    rng = generator_of(random_seed)
    stacked = draws.isel(chain=0)
    mean = stacked["effect_mean"] + stacked["effect_slope"].dot(
        xr.DataArray(lifting.covariates, dims="covariate"), dim="covariate"
    )
    factor = correlation_root(stacked["partial_correlation"].to_numpy())
    size = (stacked.sizes[dims.DRAW], per_draw)
    tail = rng.gamma(HEAVY / 2, 2 / HEAVY, size=size)
    raw = rng.standard_normal((*size, len(OUTCOMES))) / np.sqrt(tail)[..., None]
    deviation = np.einsum("dkj,dnj->dnk", factor, raw) * stacked["effect_sd"].to_numpy()[:, None]
    dose = lifting.dose(stacked).to_numpy()[:, None, None]
    effect = dose * (mean.to_numpy()[:, None] + deviation)  # draw, new, outcome
    phi = stacked["persistence"].to_numpy()
    path = (1 - phi[..., None] ** (np.array(HORIZONS) + 1)) / (1 - phi[..., None] ** 4)
    values = np.einsum("dnk,dkh->khdn", effect, path).reshape(len(OUTCOMES), len(HORIZONS), 1, -1)
    if anticipated:
        before = dose[:, 0] * stacked["anticipation"].isel(lead=-1).to_numpy()
        values = values + np.repeat(before.T, per_draw, axis=1)[:, None, None, :]
    at = OUTCOMES.index("inflation")
    values[at] = inflation_points(values[at])
    units = (dims.OUTCOME, [UNITS[name] for name in OUTCOMES])
    coords = {dims.OUTCOME: list(OUTCOMES), dims.HORIZON: list(HORIZONS), "unit": units}
    return xr.DataArray(
        values,
        dims=(dims.OUTCOME, dims.HORIZON, dims.CHAIN, dims.DRAW),
        coords=coords,
        attrs={"contrast": "lifted and kept lifted, against the same sanctions kept"},
    )


def predictive_table(
    draws: xr.Dataset | None = None, liftings: Mapping[str, Lifting] = LIFTINGS
) -> pd.DataFrame:
    """Summarise the predictive of each lifting after one, three and five years.

    `draws`: the bundled ones by default. `liftings`: by name; those of a country like Russia by
    default. Returns: one row a lifting, outcome and year: ``median``, ``lower``, ``upper``
    (equal-tailed), in percent of a level or points of inflation, ``p_positive``, ``unit``. Raises
    `QuestionError` if a bundled draw is missing.
    """
    lower_tail, upper_tail = interval_rule().tails
    rows = []
    for name, lifting in liftings.items():
        found = predict(lifting, draws)
        for outcome in OUTCOMES:
            for year in YEARS:
                values = found.sel(outcome=outcome, horizon=year).to_numpy().ravel()
                values = effect_in_percent(values, UNITS[outcome])
                lower, median, upper = np.quantile(values, [lower_tail, 0.5, upper_tail])
                row = {"lifting": name, "outcome": outcome, "year": year, "median": median}
                row |= {"lower": lower, "upper": upper, "p_positive": float((values > 0).mean())}
                rows.append(row | {"unit": percent_unit(UNITS[outcome])})
    return pd.DataFrame(rows)
