"""Fit the panel behind a gate, and write the small files that answers are read from."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere.model.cells import LEADS, OUTCOMES, Cells, build_cells
from sanctions_model.elsewhere.model.panel_model import compile_panel, covariates, sample_panel
from sanctions_model.elsewhere.panel import ReliefData, load_relief_data
from sanctions_model.elsewhere.prediction import PARAMETERS, inflation_points, parameter_columns
from sanctions_model.errors import ConvergenceError
from sanctions_model.files import whole_file
from sanctions_model.inference.diagnostics import Diagnostics, worst_mixing
from sanctions_model.inference.refits import checked_counts
from sanctions_model.summaries import interval_rule

KEPT_DRAWS = 500
_INPUTS = ("relief_episodes.csv", "country_panel.csv")


@dataclass(frozen=True, kw_only=True, eq=False)
class ReliefFit:
    """Draws of the panel model with what they were drawn from.

    Parameters
    ----------
    cells : Cells
        What was fitted.
    posterior : xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.
    diagnostics : Diagnostics
        Agreement of the chains.
    settings : dict
        Draws, tuning draws, chains and seed.
    """

    cells: Cells
    posterior: xr.Dataset
    diagnostics: Diagnostics
    settings: dict[str, int]


def fit_relief(
    data: ReliefData | None = None,
    *,
    draws: int = 2000,
    tune: int = 700,
    chains: int = 4,
    random_seed: int = 20260101,
    changing_scales: bool = False,
    allow_unconverged: bool = False,
) -> ReliefFit:
    """Compile and sample the panel model.

    Parameters
    ----------
    data : ReliefData, optional
        The bundled episodes and panel by default.
    draws, tune, chains : int
        Draws a chain, those that tune the sampler before, and chains.
    random_seed : int
        Equal seeds give equal draws.
    changing_scales : bool
        Let the errors' scales change over time, as `build_cells` says.
    allow_unconverged : bool
        Return draws that fail the gate; their failures stand in ``diagnostics``.

    Returns
    -------
    ReliefFit
        Draws with their diagnostics; `write_relief_files` keeps what answers need.

    Raises
    ------
    ConvergenceError
        If the draws fail the gate.
    QuestionError
        If a count is below 1 or too large.
    ObservationError
        If the panel has no three years in a row.
    """
    draws, tune, chains, random_seed = checked_counts(
        draws=draws, tune=tune, chains=chains, random_seed=random_seed
    )
    data = load_relief_data() if data is None else data
    cells, z = build_cells(data, changing_scales=changing_scales), covariates(data)
    settings = {"draws": draws, "tune": tune, "chains": chains, "random_seed": random_seed}
    tree = sample_panel(compile_panel(cells, z), cells, z, **settings)
    fitted = gathered(tree, cells, settings)
    if not allow_unconverged:
        _require_converged(fitted)
    return fitted


def _require_converged(fitted: ReliefFit) -> None:
    if fitted.diagnostics.failures:
        raise ConvergenceError(
            f"The panel did not converge: {'; '.join(fitted.diagnostics.failures)}. Use more "
            "tuning draws."
        )


def gathered(tree: xr.DataTree, cells: Cells, settings: dict[str, int]) -> ReliefFit:
    """Put draws beside their diagnostics."""
    posterior = tree["posterior"].to_dataset()
    divergences = int(tree["sample_stats"]["diverging"].sum())
    worst = worst_mixing(posterior)
    diagnostics = Diagnostics(**worst, divergences=divergences, explosive=0)
    return ReliefFit(cells=cells, posterior=posterior, diagnostics=diagnostics, settings=settings)


def effect_draws(fitted: ReliefFit, size: int = KEPT_DRAWS) -> pd.DataFrame:
    """Return evenly spaced draws of the population of effects, one column a number.

    `size`: draws to keep. Returns: as `load_effect_draws` reads it.
    """
    total = fitted.posterior.sizes[dims.CHAIN] * fitted.posterior.sizes[dims.DRAW]
    chosen = np.linspace(0, total - 1, min(size, total)).astype(int)
    flat = {}
    for name in PARAMETERS:
        values = fitted.posterior[name].transpose(dims.CHAIN, dims.DRAW, ...).to_numpy()
        flat[name] = values.reshape(total, *values.shape[2:])[chosen]
    return pd.DataFrame(
        {column: flat[name][:, *place] for column, (name, place) in parameter_columns().items()}
    )


def episode_effects(fitted: ReliefFit) -> pd.DataFrame:
    """Return the effect of each episode after three years, as the file keeps it.

    Levels in log points, inflation in points. Its interval is that of `interval_rule` when the
    files are made.
    """
    effect = fitted.posterior["effect"].transpose(..., dims.CHAIN, dims.DRAW).to_numpy()
    # A copy: as a view of the draws the points of inflation would be written into them.
    effect = effect.reshape(*effect.shape[:2], -1).copy()
    at = OUTCOMES.index("inflation")
    effect[:, at] = inflation_points(effect[:, at])
    seen = _years_seen(fitted.cells)
    below, up_to = interval_rule().tails
    rows = []
    for e, episode in enumerate(fitted.cells.episodes):
        for k, outcome in enumerate(OUTCOMES):
            lower, median, upper = np.quantile(effect[e, k], [below, 0.5, up_to])
            rows.append((episode.episode_id, outcome, median, lower, upper, seen[e, k]))
    return pd.DataFrame(rows, columns=["episode", "outcome", "median", "lower", "upper", "cells"])


def _years_seen(cells: Cells) -> np.ndarray:
    """Years from the lifting on with a figure, shape ``(episode, outcome)``."""
    seen = np.zeros((len(cells.episodes), len(OUTCOMES)), dtype=int)
    after = (cells.entry[:, 2] >= len(LEADS)) & (cells.weight[:, 0] == 1)
    cell, episode, _ = cells.entry[after].T
    np.add.at(seen, (episode, cells.outcome[cell]), 1)
    return seen


def input_hashes() -> dict[str, str]:
    """Return the SHA-256 of the bundled episodes and panel."""
    return {name: _hash(data_path(name)) for name in _INPUTS}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_relief_files(
    fitted: ReliefFit, folder: Path | str, *, allow_unconverged: bool = False
) -> list[Path]:
    """Write draws, single effects, and how the fit was made.

    Parameters
    ----------
    fitted : ReliefFit
        Of the bundled data.
    folder : path
        An existing one.
    allow_unconverged : bool
        Write draws that fail the gate, their failures beside them; never over
        the shipped files.

    Returns
    -------
    list of pathlib.Path
        Draws, episodes, and how the fit was made with the hashes of these two.

    Raises
    ------
    ConvergenceError
        If the draws fail the gate, or would take the place of the shipped ones although they do.
    ObservationError
        If the bundled data are missing.
    """
    folder = Path(folder)
    shipped = folder.resolve() == data_path("relief_episodes.csv").resolve().parent
    if shipped or not allow_unconverged:
        _require_converged(fitted)
    written = []
    tables = {"draws": effect_draws(fitted), "episodes": episode_effects(fitted)}
    for name, table in tables.items():
        written.append(_csv(table, folder / f"elsewhere_{name}.csv", "%.5g"))
    found = fitted.diagnostics
    summary: dict[str, Any] = {
        **{name: getattr(found, name) for name in ("r_hat", "ess_bulk", "ess_tail")},
        **{"divergences": found.divergences, "failures": list(found.failures)},
        **{"settings": fitted.settings, "inputs": input_hashes()},
        **{"outputs": {file.name: _hash(file) for file in written}},
        **{"interval": interval_rule().percent},
        **{"countries": len(fitted.cells.countries), "cells": len(fitted.cells.value)},
    }
    file = folder / "elsewhere_fit.json"
    with whole_file(file) as part:
        part.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return [*written, file]


def _csv(table: pd.DataFrame, file: Path, number: str) -> Path:
    with whole_file(file) as part:
        table.to_csv(part, index=False, float_format=number)
    return file
