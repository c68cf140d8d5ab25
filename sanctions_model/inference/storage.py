"""A fit as one netCDF file: written beside and renamed, read back and proved without PyMC.

The file holds the draws as ArviZ groups, the data as group ``observations`` and one JSON string
of format version, model, priors, manifest and the log probability of one draw.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import FitFileError
from sanctions_model.files import whole_file
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import log_probability
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.serialization import from_dict, spec_hash, to_dict

__all__ = ["FORMAT_VERSION", "load", "save"]

FORMAT_VERSION = 1
_ATTRIBUTE = "sanctions_model"
_OBSERVATIONS = "observations"


def save(fit: Fit, path: Path | str) -> Path:
    """Write a fit to one file; an existing file is replaced only by a complete one.

    Parameters
    ----------
    fit : Fit
        With a posterior or with prior draws alone.
    path : path
        As in ``results/russia/posterior.nc``.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    FitFileError
        If the folder does not exist or cannot be written.
    """
    path = Path(path)
    observations = fit.problem.observations
    groups = {f"/{name}": node.to_dataset() for name, node in fit.idata.children.items()}
    groups[f"/{_OBSERVATIONS}"] = observations
    tree = xr.DataTree.from_dict(groups)
    content = {
        "format_version": FORMAT_VERSION,
        "spec": to_dict(fit.scm),
        "spec_sha256": spec_hash(fit.scm),
        "priors": fit.problem.priors.model_dump(mode="json"),
        "manifest": dict(fit.manifest),
        "log_probability": _log_probability(fit),
    }
    tree.attrs[_ATTRIBUTE] = json.dumps(content)
    try:
        with whole_file(path) as part:
            tree.to_netcdf(part, engine="h5netcdf")
    except OSError as error:
        raise FitFileError(f"Cannot write {path}: {error.strerror or error}.") from None
    return path


def load(path: Path | str) -> Fit:
    """Read a fit back, without PyMC, and prove that it is what was saved.

    Model, priors and data are rebuilt, and the log probability of one draw is computed anew with
    the numpy evaluator: it must equal the one stored.

    Parameters
    ----------
    path : path
        A file that `save` wrote, as in ``results/russia/posterior.nc``.

    Returns
    -------
    Fit
        Model, data, beliefs and draws, with diagnostics and manifest.

    Raises
    ------
    FitFileError
        If the file is missing, corrupt, foreign, of another format, or not what it claims to be.
    """
    path = Path(path)
    if not path.is_file():
        raise FitFileError(f"There is no fit at {path}; make one with `sanctions-model run`.")
    content, groups = _read(path)
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise FitFileError(
            f"{path} has format_version {version}, this version reads {FORMAT_VERSION}; "
            "fit again with `sanctions-model run`."
        )
    try:
        observations = groups.pop(_OBSERVATIONS)
        scm = from_dict(content["spec"])
        problem = Problem.of(scm, observations, Priors.model_validate(content["priors"]))
        loaded = Fit(
            problem=problem,
            idata=xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()}),
            manifest=content["manifest"],
        )
        same_spec = spec_hash(scm) == content["spec_sha256"]
        expected, found = float(content["log_probability"]), _log_probability(loaded)
    except KeyError as error:
        raise FitFileError(f"{path} is damaged: it lacks {error}; fit again.") from None
    except (TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise FitFileError(f"{path} is damaged: {reason}; fit again.") from None
    if not same_spec:
        raise FitFileError(
            f"{path}: the equations do not have the hash that was stored with them; fit again."
        )
    if not np.isclose(found, expected, rtol=1e-9, atol=1e-6):
        raise FitFileError(
            f"{path}: the log probability of the first draw is {found:.6f}, stored was "
            f"{expected:.6f}; file and code do not belong together, fit again."
        )
    return loaded


def _read(path: Path) -> tuple[dict[str, Any], dict[str, xr.Dataset]]:
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            text = tree.attrs.get(_ATTRIBUTE)
            groups = {name: node.to_dataset().load() for name, node in tree.children.items()}
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FitFileError(f"{path} is not a readable netCDF file: {reason}.") from None
    if text is None:
        raise FitFileError(
            f"{path} is a netCDF file, but not a fit of sanctions_model; "
            "give a posterior.nc that `sanctions-model run` wrote."
        )
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, TypeError) as error:
        raise FitFileError(f"{path}: its description is no JSON ({error}).") from None
    if not isinstance(content, dict):
        raise FitFileError(f"{path}: its description is no JSON object; fit again.")
    return content, groups


def _log_probability(fit: Fit) -> float:
    """Log density of data and parameters at the first draw, by the numpy evaluator."""
    first = fit.draws.isel({dims.CHAIN: slice(0, 1), dims.DRAW: slice(0, 1)})
    return float(log_probability(fit.problem, first)[0])
