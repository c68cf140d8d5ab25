"""The main job: data to posterior, tables and figures, written as one set of results."""

import json
import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from sanctions_model.data.observations import load_observations
from sanctions_model.data.user_tables import load_mapping
from sanctions_model.data.vintages import BUNDLED
from sanctions_model.economies.registry import (
    GROWTH,
    default_transmission,
    economy_for,
    find_economy,
)
from sanctions_model.errors import FitFileError, QuestionError, reading_fault
from sanctions_model.files import (
    file_sha256,
    locked,
    publish,
    require_folder,
    require_replaceable,
    staged,
)
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit, fit, sample_prior_predictive
from sanctions_model.inference.priors.ledger import Priors, load_priors
from sanctions_model.inference.refits import checked_counts
from sanctions_model.inference.storage import MANIFEST_FILE, POSTERIOR_FILE, load, save
from sanctions_model.queries.basis import Basis
from sanctions_model.queries.claims import load_claims, scorecard
from sanctions_model.queries.reading.tables import effects_table, links_table
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.waiting import Progress

if TYPE_CHECKING:
    import pymc as pm

__all__ = [
    "POSTERIOR_FILE",
    "Results",
    "SanctionsModel",
    "keep_unconverged",
    "load_results",
    "require_writable",
    "run",
    "write",
]

_LOG = logging.getLogger(__name__)
_UNCONVERGED_FILE = "unconverged.nc"
_TABLE_FILES = ("links.csv", "effects.csv", "claims.csv")
_ENOUGH_ROOM = 500_000_000  # bytes: a fit of 4 x 1,000 draws, its figures and what is staged
# A manifest travels, a machine's paths do not.
_FILE_FIELDS = {"events", "rule"}


@dataclass(frozen=True, kw_only=True)
class Results:
    """A fit and the three tables that answer the questions.

    `links`, `effects`, `claims`: columns as in ``links.csv``, ``effects.csv`` and ``claims.csv``.
    """

    fit: Fit
    links: pd.DataFrame
    effects: pd.DataFrame
    claims: pd.DataFrame


def run(
    *,
    economy: str | None = None,
    data: Path | None = None,
    mapping: Path | None = None,
    priors: Path | None = None,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    random_seed: int = 20260101,
    prior_only: bool = False,
    allow_unconverged: bool = False,
    progress: Progress = False,
) -> Results:
    """Fit a bundled economy and answer the questions.

    `economy`: ``"anchored"``, for quarters of Russia, or ``"growth"``; by default the first for a
    vintage and the second for a user's own table, which need not have levels and expectations.
    `data`: a vintage's folder or a user's own table; the bundled vintage by default. `mapping`:
    what the table calls things, see `data.user_tables.TableMapping`. `priors`: a user's own priors;
    the economy's bundled ones by default. `draws`, `tune`, `chains`, `random_seed`: as for `fit`.
    `prior_only`: answer from the prior alone; nothing is sampled. `allow_unconverged`: go on with
    draws that failed the convergence gate. `progress`: show a progress bar while sampling, or call
    this with draws done and draws in all. Raises `SanctionsModelError` if there is no such economy,
    data or priors are not usable, or sampling did not converge.
    """
    began = time.perf_counter()
    checked_counts(draws=draws, tune=tune, chains=chains, random_seed=random_seed)
    names = None if mapping is None else load_mapping(mapping)
    stated = None if economy is None else find_economy(economy)
    observations = load_observations(
        data, mapping=names, scm=None if stated is None else stated.transmission()
    )
    chosen = stated or economy_for(observations)
    if chosen is GROWTH and stated is None:
        _LOG.info("economy: growth, whose series the table has; --economy anchored needs more")
    if "vintage" in observations.attrs:
        _LOG.info("data: %s", _vintage_line(observations))
    beliefs = load_priors(priors, economy=chosen.name)
    claims = load_claims()
    scm = chosen.transmission(int(observations.attrs["periods_per_year"]))
    scm = scm if names is None else names.relabel(scm)
    inputs = {
        "data": _name(data),
        "vintage": _vintage(observations),
        "mapping": None if names is None else names.model_dump(mode="json", exclude=_FILE_FIELDS),
        "priors": _name(priors),
        "economy": chosen.name,
    }
    if prior_only:
        fitted = sample_prior_predictive(
            scm, observations, beliefs, draws=draws * chains, random_seed=random_seed
        )
    else:
        _LOG.info("sampling %s chains of %s + %s draws ...", chains, tune, draws)
        fitted = fit(
            scm,
            observations,
            beliefs,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=random_seed,
            allow_unconverged=allow_unconverged,
            progress=progress,
        )
    fitted = replace(fitted, manifest={**fitted.manifest, "inputs": inputs})
    answered = time.perf_counter()
    results = answer(fitted, claims)
    seconds = {
        **fitted.manifest["seconds"],
        "answering": time.perf_counter() - answered,
        "total": time.perf_counter() - began,
    }
    return replace(results, fit=replace(fitted, manifest={**fitted.manifest, "seconds": seconds}))


def answer(fitted: Fit, claims: Mapping[str, Any] | None = None) -> Results:
    """Answer the three standing questions from a fit: links, effects of relief, claims."""
    posterior = fitted.posterior_draws
    seed = int(fitted.manifest["settings"]["random_seed"])
    basis = Basis.of_fit(fitted)  # its weights are dear
    return Results(
        fit=fitted,
        links=links_table(
            fitted.scm,
            fitted.problem.absolute,
            fitted.prior_draws,
            posterior,
            basis=basis,
        ),
        effects=effects_table(fitted.scm, fitted.draws, basis=basis),
        claims=scorecard(
            fitted.problem,
            fitted.prior_draws,
            posterior,
            claims,
            random_seed=seed,
            basis=basis,
        ),
    )


def _vintage(observations: xr.Dataset) -> dict[str, str] | None:
    """Name and hash of the vintage, None for a table of the user's own."""
    attributes = observations.attrs
    if "vintage" not in attributes:
        return None
    return {"name": str(attributes["vintage"]), "sha256": str(attributes["vintage_sha256"])}


def _vintage_line(observations: xr.Dataset) -> str:
    attributes = observations.attrs
    last = pd.Period(observations["time"].to_numpy()[-1], freq=str(attributes["freq"]))
    kind = "the bundled vintage" if attributes["vintage"] == BUNDLED else "vintage"
    name = "" if attributes["vintage"] == BUNDLED else f" {attributes['vintage']}"
    return f"{kind}{name}, to {last}, data checksum {str(attributes['vintage_sha256'])[:12]}"


def _name(path: Path | None) -> str | None:
    return None if path is None else path.name


def require_writable(out: Path) -> None:
    """Raise `FitFileError` if a folder of results could not be made or replaced; make nothing yet.

    `out`: folder, there or not. What it holds under the names of a run's files must be plain files
    that may be written; the figures are looked at when they are there to be moved.
    """
    try:
        require_folder(out, "Cannot write results to")
        for name in (*_TABLE_FILES, POSTERIOR_FILE, MANIFEST_FILE, _UNCONVERGED_FILE):
            require_replaceable(out / name, f"Cannot write results: {out / name}")
    except QuestionError as error:
        raise FitFileError(str(error)) from None
    existing = next(path for path in (out, *out.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < _ENOUGH_ROOM:
        raise FitFileError(
            f"Cannot write results to {out}: {free / 1e6:.0f} MB are free there, expected "
            f"{_ENOUGH_ROOM / 1e6:.0f}; make room, or give another folder."
        )


def write(results: Results, out: Path) -> list[Path]:
    """Write draws, tables, figures and manifest; nothing appears before all of it is there.

    `out`: folder, made if need be; files of the same names are replaced. Raises `FitFileError` if
    the folder cannot be written.
    """
    from sanctions_model.plots import main_figures, save_figures

    began = time.perf_counter()
    require_writable(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with locked(out), staged(out) as part:
            tables = (results.links, results.effects, results.claims)
            for name, table in zip(_TABLE_FILES, tables, strict=True):
                table.to_csv(part / name, index=False, float_format="%.6g")
            (part / "figures").mkdir()
            save_figures(main_figures(results.fit, results.claims), part / "figures")
            manifest = dict(results.fit.manifest)
            seconds = {**manifest["seconds"], "writing": time.perf_counter() - began}
            manifest["seconds"] = {name: round(value, 3) for name, value in seconds.items()}
            save(replace(results.fit, manifest=manifest), part / POSTERIOR_FILE)
            files = sorted(path for path in part.rglob("*") if path.is_file())
            sums = {path.relative_to(part).as_posix(): file_sha256(path) for path in files}
            text = json.dumps(manifest | {"files_sha256": sums}, indent=2, sort_keys=True)
            (part / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")
            return publish(part, out)
    except OSError as error:
        raise FitFileError(f"Cannot write results to {out}: {reading_fault(error)}.") from None


def keep_unconverged(fitted: Fit, out: Path) -> Path:
    """Keep draws that failed the gate beside the results, which stay as they are.

    Without the folder's lock: the file takes its name whole, and a lock that another run holds
    would lose the draws.

    `out`: folder, made if need be. Returns: ``unconverged.nc`` in it, which `load` reads. Raises
    `FitFileError` if the folder cannot be written.
    """
    require_writable(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FitFileError(f"Cannot write to {out}: {error.strerror}.") from None
    return save(fitted, out / _UNCONVERGED_FILE)


def load_results(folder: Path) -> Fit:
    """Load the fit of a results folder, or of a file that `sanctions_model.save` wrote.

    Raises `FitFileError` if there is none, or it is not usable.
    """
    return load(folder if folder.exists() else folder / POSTERIOR_FILE)


@dataclass(frozen=True, kw_only=True)
class SanctionsModel:
    """The default economy, `default_transmission` and its priors, or your own.

    Parameters
    ----------
    transmission : StructuralCausalModel
        Equations; `default_transmission` by default.
    priors : Priors
        Beliefs; the bundled ones by default.

    Examples
    --------
    >>> prior = SanctionsModel().sample_prior_predictive(draws=10)
    >>> prior.draws.sizes["draw"]
    10
    """

    transmission: StructuralCausalModel = field(default_factory=default_transmission)
    priors: Priors = field(default_factory=load_priors)

    def fit(
        self,
        observations: xr.Dataset | None = None,
        *,
        draws: int = 1000,
        tune: int = 1000,
        chains: int = 4,
        random_seed: int = 20260101,
        progress: Progress = False,
    ) -> Fit:
        """Draw from the posterior, as `inference.fit.fit` does.

        Parameters
        ----------
        observations : xr.Dataset, optional
            The bundled series of Russia by default.
        draws, tune, chains : int
            Kept and discarded draws a chain, and chains.
        random_seed : int
            Same versions, same kind of machine and same seed give the same bits.
        progress : bool or callable
            Show a progress bar, or call this with draws done and draws in all.

        Returns
        -------
        Fit
            Model, data, beliefs and draws, with diagnostics and manifest.

        Raises
        ------
        ConvergenceError
            If the draws fail the convergence gate.
        PriorError, ObservationError, QuestionError
            As for `inference.fit.fit`.
        """
        return fit(
            self.transmission,
            _data(observations, self.transmission),
            self.priors,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=random_seed,
            progress=progress,
        )

    def sample_prior_predictive(
        self,
        observations: xr.Dataset | None = None,
        *,
        draws: int = 4000,
        random_seed: int = 20260101,
    ) -> Fit:
        """Draw from the prior, as `inference.fit.sample_prior_predictive` does.

        Parameters
        ----------
        observations : xr.Dataset, optional
            The bundled series of Russia by default.
        draws : int
            Number of draws, in one chain.
        random_seed : int
            Of the draws; the same seed gives the same ones.

        Returns
        -------
        Fit
            Without a posterior.

        Raises
        ------
        PriorError, ObservationError, QuestionError
            As for `inference.fit.sample_prior_predictive`.
        """
        return sample_prior_predictive(
            self.transmission,
            _data(observations, self.transmission),
            self.priors,
            draws=draws,
            random_seed=random_seed,
        )

    def build(self, observations: xr.Dataset | None = None) -> "pm.Model":
        """Build the PyMC model, as `inference.pymc_model.build` does.

        Parameters
        ----------
        observations : xr.Dataset, optional
            The bundled series of Russia by default.

        Returns
        -------
        pm.Model
            For PyMC's own functions.

        Raises
        ------
        PriorError, ObservationError
            If priors or data do not fit the model.
        """
        from sanctions_model.inference.pymc_model import build

        return build(
            Problem.of(self.transmission, _data(observations, self.transmission), self.priors)
        )


def _data(observations: xr.Dataset | None, scm: StructuralCausalModel) -> xr.Dataset:
    return load_observations(scm=scm) if observations is None else observations
