r"""The hierarchical model of liftings in PyMC, and its draws.

Estimand, for outcome k in 100 log GDP, 100 log import volume, inflation as
:math:`100\pi/(100+\pi)` and 100 log real exchange rate:

.. math:: E[y_k(t_0+h) \mid \text{lifted in } t_0, \text{kept lifted}]
          - E[y_k(t_0+h) \mid \text{the same sanctions stay}], \quad h = 0..5 \text{ years}

beyond what the outcome had already moved in the year before the lifting. The effect of episode e is

.. math:: d_e (\beta_{0k} + \beta_k' z_e + \tau_k \eta_{ek}) \, (1-\phi_k^{h+1}) / (1-\phi_k^4)

with dose d from instruments, senders and extent (1: all instruments, several senders, in full),
covariates z, and :math:`\eta` multivariate t with four degrees of freedom and correlation across
outcomes. Levels at leads -3..-1 are free by outcome (anticipation), per dose. The untreated outcome
is in `likelihood`. Priors of the effects are centred on 0 and rest on no estimate of sanctions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model.coercion import generator_of
from sanctions_model.elsewhere.episodes import Episode
from sanctions_model.elsewhere.model.cells import HORIZONS, LEADS, OUTCOMES, REGRESSORS, Cells
from sanctions_model.elsewhere.panel import ReliefData

# Spread of the effect of a full dose after three years, in the model's units: wide on purpose.
EFFECT_SCALES = (4.0, 20.0, 6.0, 12.0)
COVARIATES = ("war", "regime_change", "conflict", "oil", "duration", "financial", "reimposed")
_NOISE = (4.0, 12.0, 5.0, 8.0)  # orders of size of the outcomes' own movements
HEAVY = 4.0
_SOON = 5
# Numbers of countries: mean and spread of the prior of their mean, by outcome.
_COUNTRIES = {
    "intercept": (np.zeros(4), np.array(_NOISE)),
    "world_loading": (np.full(4, 1.0), np.full(4, 0.5)),
    "region_loading": (np.full(4, 0.5), np.full(4, 0.5)),
    "log_scale": (np.log(_NOISE), np.full(4, 0.7)),
}
# How far the spread of countries is left in a country's number (1) or taken out of it (0), by what
# its own years tell of it. The posterior is the same; chains move best near the truth
# (Papaspiliopoulos, Roberts and Skoeld 2007, Statistical Science 22).
_TOLD = {
    "intercept": (1.0, 0.4, 1.0, 0.25),
    "world_loading": (0.4, 0.4, 0.65, 0.55),
    "region_loading": (0.55, 0.4, 0.65, 0.7),
    "log_scale": (1.0, 1.0, 1.0, 1.0),
}
LKJ = 3.0
ROOT_ORDER = ("inflation", "real_exchange_rate", "gdp", "imports")


def covariates(data: ReliefData) -> np.ndarray:
    """Return what the episodes' effects are regressed on.

    Returns: shape ``(episode, covariate)``, in the order of `COVARIATES`: how it ended; armed
    conflict in the year before; oil exporter; log of the duration over ten years; financial less
    trade measures, halved; imposed again within five years.
    """
    by_year = data.panel.set_index(["iso3", "year"])["conflict_intensity"]
    oil = data.panel.groupby("iso3")["oil_exporter"].max()
    rows = []
    for episode in data.episodes:
        again = episode.reimposed_year
        fighting = by_year.get((episode.iso3, episode.lift_year - 1), 0) > 0
        rows.append(
            [
                episode.by_war,
                episode.by_regime_change,
                fighting,
                oil[episode.iso3],
                np.log((episode.lift_year - episode.first_year + 1) / 10),
                (episode.financial - episode.trade) / 2,
                again is not None and again - episode.lift_year <= _SOON,
            ]
        )
    return np.array(rows, dtype=float).reshape(-1, len(COVARIATES))


def instruments(episodes: Sequence[Episode]) -> Any:
    """Return flags of shape ``(episode, 5)``: trade, financial, arms or travel, several, full."""
    return np.array(
        [
            [e.trade, e.financial, e.arms or e.travel, e.multilateral, e.extent == "full"]
            for e in episodes
        ],
        dtype=float,
    ).reshape(-1, 5)


def _coords(cells: Cells) -> dict[str, Sequence[Any]]:
    return {
        "outcome": list(OUTCOMES),
        "root": list(ROOT_ORDER),
        "country": list(cells.countries),
        "episode": [episode.episode_id for episode in cells.episodes],
        "covariate": list(COVARIATES),
        "instrument": ["trade", "financial", "other"],
        "lead": list(LEADS),
        "regressor": [*REGRESSORS, "lag_1", "lag_2"],
    }


def _untreated(pm: Any, pt: Any) -> tuple[Any, Any, Any]:
    """Country effects, loadings, scales; coefficients; degrees of freedom."""
    noise = np.array(_NOISE)
    by = {"dims": ("outcome", "country")}

    def among(name: str) -> Any:
        """Values of countries around their mean, with a spread that cannot be 0."""
        mean, spread = _COUNTRIES[name]
        middle = pm.Normal(f"{name}_mean", mean, spread, dims="outcome")
        width = pm.Gamma(f"{name}_sd", 4.0, 4.0 / (0.4 * spread), dims="outcome")
        told = np.array(_TOLD[name])[:, None]
        raw = pm.Normal(f"{name}_raw", 0.0, width[:, None] ** told, **by)
        return pm.Deterministic(name, middle[:, None] + width[:, None] ** (1 - told) * raw, **by)

    own = pt.stack([among(name) for name in _COUNTRIES])
    wide = np.outer(noise, [0.5, 0.5, 0.2, 0.05, 0.4, 0.8, 4.0])
    wide[:, REGRESSORS.index("oil")] = 1.0
    wide[:, REGRESSORS.index("gap")] = 0.2
    x = pm.Normal("regression", 0.0, wide, shape=wide.shape)
    lags = pm.Normal("lags", np.array([0.2, 0.0]), 0.3, shape=(len(OUTCOMES), 2))
    freedom = 1.0 + pm.Gamma("freedom_above_1", 2.0, 0.5, dims="outcome")
    return own, pt.concatenate([x, lags], axis=1), freedom


def _levels(pm: Any, pt: Any, z: Any, flags: Any) -> Any:
    """Levels of the effects by outcome, episode and column."""
    scales = np.array(EFFECT_SCALES)
    share = pm.Dirichlet("instrument_share", np.array([8.0, 8.0, 4.0]), dims="instrument")
    alone = pm.Beta("alone_share", 5.0, 5.0)
    partial = pm.Beta("partial_share", 5.0, 5.0)
    dose = pt.dot(flags[:, :3], share)
    dose = dose * (alone + (1 - alone) * flags[:, 3]) * (partial + (1 - partial) * flags[:, 4])
    mean = pm.Normal("effect_mean", 0.0, scales, dims="outcome")
    slope = pm.Normal("effect_slope", 0.0, 0.5 * scales[:, None], dims=("outcome", "covariate"))
    spread = pm.HalfNormal("effect_sd", scales, dims="outcome")
    root = _correlation_root(pm, pt)
    raw = pm.Flat("deviation", dims=("episode", "root"))
    tails = -0.5 * (HEAVY + len(OUTCOMES)) * pt.log1p((raw**2).sum(axis=1) / HEAVY)
    pm.Potential("multivariate_t", tails.sum())
    deviation = pt.dot(raw, root.T) * spread
    effect = pm.Deterministic(
        "effect",
        dose[:, None] * (mean + pt.dot(z, slope.T) + deviation),
        dims=("episode", "outcome"),
    )
    pm.Deterministic("dose", dose, dims="episode")
    persistence = pm.Beta("persistence", 2.0, 2.0, dims="outcome")
    leads = pm.Normal("anticipation", 0.0, 0.5 * scales[:, None], dims=("outcome", "lead"))
    years = np.array(HORIZONS)
    path = (1 - persistence[:, None] ** (years + 1)) / (1 - persistence[:, None] ** 4)
    before = leads[:, None, :] * dose[None, :, None]
    after = before[:, :, -1][:, :, None] + effect.T[:, :, None] * path[:, None, :]
    return pt.concatenate([before, after], axis=2)


def _correlation_root(pm: Any, pt: Any) -> Any:
    """Root of a correlation matrix with the LKJ(3) prior, by partial correlations.

    Lewandowski, Kurowicka and Joe (2009), Journal of Multivariate Analysis 100, section 2. Outcomes
    that the data tell most of come first (`ROOT_ORDER`): their deviations stand by themselves.
    """
    n = len(OUTCOMES)
    pairs = [(row, column) for row in range(n) for column in range(row)]
    shape = np.array([LKJ + (n - 2 - column) / 2 for _, column in pairs])
    partial = 2 * pm.Beta("partial_correlation", shape, shape, shape=len(pairs)) - 1
    rows = []
    for row in range(n):
        rest, cells = 1.0, []
        for column in range(row):
            correlation = partial[pairs.index((row, column))]
            cells.append(correlation * pt.sqrt(rest))
            rest = rest * (1 - correlation**2)
        cells += [pt.sqrt(rest), *[0.0] * (n - row - 1)]
        rows.append(pt.stack([pt.as_tensor(cell, dtype="float64") for cell in cells]))
    return pt.stack([rows[ROOT_ORDER.index(outcome)] for outcome in OUTCOMES])


def model_data(cells: Cells, z: np.ndarray) -> dict[str, np.ndarray]:
    """Return the numbers that enter as data, so that others can take their place."""
    from sanctions_model.elsewhere.model.likelihood import CELL_ARRAYS

    return {
        "covariates": z,
        "instruments": instruments(cells.episodes),
        "sizes": np.bincount(cells.outcome, minlength=len(OUTCOMES)).astype(float),
        **{f"cells_{name}": getattr(cells, name) for name in CELL_ARRAYS},
    }


def build_model(cells: Cells, z: np.ndarray) -> Any:
    """Return the PyMC model."""
    import pymc as pm
    import pytensor.tensor as pt

    from sanctions_model.elsewhere.model.likelihood import CELL_ARRAYS, PanelLikelihood

    with pm.Model(coords=_coords(cells)) as model:
        numbers = {name: pm.Data(name, value) for name, value in model_data(cells, z).items()}
        own, coefficient, freedom = _untreated(pm, pt)
        level = _levels(pm, pt, numbers["covariates"], numbers["instruments"])
        arrays = [numbers[f"cells_{name}"] for name in CELL_ARRAYS]
        fitted = PanelLikelihood()(own, coefficient, level, freedom, *arrays)[0][0]
        half = pt.gammaln((freedom + 1) / 2) - pt.gammaln(freedom / 2)
        constant = (numbers["sizes"] * (half - 0.5 * pt.log(freedom * np.pi))).sum()
        pm.Potential("panel", fitted + constant)
    return model


def compile_panel(cells: Cells, z: np.ndarray) -> Any:
    """Compile the model with nutpie, a minute; other cells need no new compilation.

    Returns: for `sample_panel`.
    """
    import nutpie
    import pytensor

    with pytensor.config.change_flags(numba__fastmath=False):
        return nutpie.compile_pymc_model(build_model(cells, z))


def sample_panel(
    compiled: Any,
    cells: Cells,
    z: np.ndarray,
    *,
    draws: int = 2000,
    tune: int = 700,
    chains: int = 4,
    random_seed: int = 20260101,
) -> xr.DataTree:
    """Draw from the posterior with nutpie.

    `compiled`: from `compile_panel`, for as many episodes, countries and covariates. Returns: ArviZ
    groups, draws with dims ``(chain, draw)``.
    """
    import nutpie

    tree: xr.DataTree = nutpie.sample(
        compiled.with_data(**model_data(cells, z)),
        draws=draws,
        tune=tune,
        chains=chains,
        cores=2,
        seed=random_seed,
        progress_bar=False,
        save_warmup=False,
    )
    tree["posterior"] = xr.DataTree(
        redrawn_means(tree["posterior"].to_dataset(), generator_of(random_seed))
    )
    return tree


def redrawn_means(posterior: xr.Dataset, generator: np.random.Generator) -> xr.Dataset:
    """Draw the means of countries anew given the countries' own numbers, in closed form.

    A Gibbs step on each draw: it leaves the posterior as it is and takes away the memory that a
    mean has from draw to draw when precise countries hold it (interweaving: Yu and Meng 2011,
    Journal of Computational and Graphical Statistics 20).

    Returns: with other means, and without the auxiliary numbers that chains move in.
    """
    drawn = posterior.drop_vars(
        [f"{name}_raw" for name in _COUNTRIES if f"{name}_raw" in posterior]
    )
    for name, (mean, spread) in _COUNTRIES.items():
        own = posterior[name].transpose("chain", "draw", "outcome", "country")
        told = 1 / posterior[f"{name}_sd"].transpose("chain", "draw", "outcome") ** 2
        precision = own.sizes["country"] * told + 1 / spread**2
        middle = (own.sum("country") * told + mean / spread**2) / precision
        noise = generator.standard_normal(middle.shape)
        drawn[f"{name}_mean"] = middle + noise / np.sqrt(precision)
    return drawn
