"""A fit as one netCDF file: written beside and renamed, read back and proved without PyMC.

The file holds the draws as ArviZ groups, the data as group ``observations`` and one JSON string
of format version, model, priors, manifest, the log probability of one draw and a checksum of all
of it.
"""

import hashlib
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import FitFileError, reading_fault, shown
from sanctions_model.files import file_sha256, interrupted, write_netcdf
from sanctions_model.inference.conditioned import MISSING_CELL, Problem
from sanctions_model.inference.density import log_probability
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.scm.parameters import (
    addresses,
    note_centres,
    parameter_coords,
    rows_by_address,
)
from sanctions_model.scm.serialization import content_hash, from_dict, spec_hash, to_dict

FORMAT_VERSION = 1
_ATTRIBUTE = "sanctions_model"
_OBSERVATIONS = "observations"
POSTERIOR_FILE, MANIFEST_FILE = "posterior.nc", "manifest.json"  # in the folder of a run
_SUM = "content_sha256"  # files of before it have none
# Nothing is compressed: a file that declares more than this times its size was damaged.
_MOST_INFLATED = 20
_ROUNDING = 1e-9
# What the readers of netCDF raise at a file with wrong bits, whatever they were reading.
_HDF5 = b"\x89HDF\r\n\x1a\n"  # what every file of netCDF-4 begins with
_UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ImportError,
    RuntimeError,
    ArithmeticError,
    MemoryError,
)


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
    groups = {name: node.to_dataset() for name, node in fit.idata.children.items()}
    groups[_OBSERVATIONS] = fit.problem.observations
    tree = xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()})
    content = {
        "format_version": FORMAT_VERSION,
        "spec": to_dict(fit.scm),
        "spec_sha256": spec_hash(fit.scm),
        "priors": fit.problem.priors.model_dump(mode="json"),
        "manifest": dict(fit.manifest),
        "log_probability": _log_probability(fit),
    }
    content[_SUM] = _content_sum(json.loads(json.dumps(content)), groups)
    tree.attrs[_ATTRIBUTE] = json.dumps(content)
    try:
        write_netcdf(tree, path)
    except OSError as error:
        raise FitFileError(f"Cannot write {path}: {reading_fault(error)}.") from None
    return path


def load(path: Path | str) -> Fit:
    """Read a fit back, without PyMC, and prove that it is what was saved.

    Model, priors and data are rebuilt, every parameter must lie where its prior has density, and
    the log probability of one draw is computed anew with the numpy evaluator: it and the checksum
    of all values and labels must equal those stored.

    Parameters
    ----------
    path : path
        A file that `save` wrote, as in ``results/russia/posterior.nc``, or the folder of a run.

    Returns
    -------
    Fit
        Model, data, beliefs and draws, with diagnostics and manifest.

    Raises
    ------
    FitFileError
        If the file is missing, corrupt, foreign, of another format, or not what it claims to be;
        of a folder also if its run was interrupted, or its manifest is of another run.
    """
    if not isinstance(path, str | PathLike):
        raise FitFileError(f"A fit is read from a path, and this is {shown(path)}.")
    path = _in_folder(Path(path)) if Path(path).is_dir() else Path(path)
    if not path.is_file():
        looked = "" if path.is_absolute() else f", looked for in {Path.cwd()}"
        raise FitFileError(
            f"There is no fit at {path}{looked}; make one with `sanctions-model run`, or name the "
            "folder of another one."
        )
    content, groups = _read(path)
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise FitFileError(
            f"{path} has format_version {shown(version)}, this version reads {FORMAT_VERSION}; "
            "fit again with `sanctions-model run`."
        )
    total = _content_sum(content, groups)
    try:
        observations = groups.pop(_OBSERVATIONS)
        scm = from_dict(content["spec"])
        problem = Problem.of(scm, observations, Priors.model_validate(content["priors"]))
        for name in {"prior", "posterior"} & set(groups):  # older files do not say it
            groups[name] = note_centres(problem.scm, groups[name])
        loaded = Fit(
            problem=problem,
            idata=xr.DataTree.from_dict({f"/{name}": group for name, group in groups.items()}),
            manifest=content["manifest"],
        )
        _require_possible(loaded, path)
        # As it was written: earlier versions said units otherwise.
        same_spec = content_hash({**content["spec"], "centres": {}}) == content["spec_sha256"]
        expected, found = float(content["log_probability"]), _log_probability(loaded)
    except FitFileError:
        raise
    except _UNREADABLE as error:
        raise _damaged(path, error, as_written=content.get(_SUM, total) == total) from None
    if not same_spec:
        raise FitFileError(
            f"{path}: the equations do not have the hash that was stored with them; fit again."
        )
    if not np.isclose(found, expected, rtol=1e-9, atol=1e-6):
        raise FitFileError(
            f"{path}: the log probability of the first draw is {found:.6f}, stored was "
            f"{expected:.6f}; file and code do not belong together, fit again."
        )
    if content.get(_SUM, total) != total:
        raise _not_as_written(path)
    return loaded


def _damaged(path: Path, error: Exception, *, as_written: bool) -> FitFileError:
    """Say what a damaged file broke; the words of a library only where nothing else is known."""
    if not as_written and not isinstance(error, KeyError):
        return _not_as_written(path)
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    reason = f"it lacks {reason}" if isinstance(error, KeyError) else reason
    return FitFileError(f"{path} is damaged: {reason}; fit again.")


def _not_as_written(path: Path) -> FitFileError:
    return FitFileError(
        f"{path} is damaged: its values, labels or description are not as written; "
        "take another copy of it, or fit again."
    )


def _in_folder(folder: Path) -> Path:
    """Return the fit of a run's folder, whose files must be of one run."""
    if interrupted(folder):
        raise FitFileError(
            f"A run was interrupted while it wrote to {folder}: its files are of two runs; run "
            "again with `sanctions-model run`."
        )
    path, manifest = folder / POSTERIOR_FILE, folder / MANIFEST_FILE
    try:
        stated = json.loads(manifest.read_text(encoding="utf-8"))["files_sha256"][POSTERIOR_FILE]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return path  # copied without its manifest, or of before the sums
    if path.is_file() and stated != file_sha256(path):
        raise FitFileError(
            f"{path} is not the one that {manifest} was written with: files of two runs are mixed; "
            "copy one whole folder, or take the manifest away."
        )
    return path


def _content_sum(content: Mapping[str, Any], groups: Mapping[str, xr.Dataset]) -> str:
    """Return the hash of the description and of all values and labels, in whatever order."""
    described = {name: value for name, value in content.items() if name != _SUM}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for group in sorted(groups):
        variables = groups[group].variables
        for name in sorted(variables, key=str):
            array = variables[name]
            digest.update(json.dumps([group, str(name), *array.dims, *array.shape]).encode())
            digest.update(_as_bytes(array.to_numpy()))
    return digest.hexdigest()


def _as_bytes(values: np.ndarray) -> bytes:
    """Return the values as bytes that do not depend on machine or type of text."""
    if values.dtype.kind == "M":
        values = values.astype("datetime64[ns]").astype(np.int64)
    if values.dtype.kind in "OUS":
        return json.dumps(values.tolist(), default=str).encode()
    kind = "<f8" if values.dtype.kind == "f" else "<i8"
    return np.ascontiguousarray(values, dtype=kind).tobytes()


def _require_possible(fit: Fit, path: Path) -> None:
    """Refuse draws that no sampler made: labels of another model, values without density."""
    for group in {"prior", fit.drawn_from}:
        draws = fit.idata[group].to_dataset()
        _require_labels(fit.problem, draws, f"{path} is damaged: the {group} draws")
        rows = rows_by_address(fit.scm, draws)
        for address, (name, _) in addresses(fit.scm).items():
            values = rows[address]
            low, high = fit.problem.absolute[address].support
            slack = _ROUNDING * max([1.0, *(abs(end) for end in (low, high) if np.isfinite(end))])
            possible = (values >= low - slack) & (values <= high + slack)
            if name != "degrees_of_freedom":  # infinite ones are Gaussian
                possible &= np.isfinite(values)
            if not possible.all():
                raise FitFileError(
                    f"{path} is damaged: {address!r} is {values[~possible][0]:g} in "
                    f"{int((~possible).sum())} of {values.size} {group} draws, expected a value "
                    f"within {low:g} and {high:g}; fit again."
                )


def _require_labels(problem: Problem, draws: xr.Dataset, what: str) -> None:
    cells = problem.cases.missing_labels
    labels = parameter_coords(problem.scm) | {dims.MISSING: cells}
    for dim, expected in labels.items():
        if dim in draws.dims and [str(v) for v in draws[dim].to_numpy()] != expected:
            raise FitFileError(
                f"{what} have labels along {dim!r} that are not those of model and data; fit again."
            )
    if cells and not np.isfinite(draws[MISSING_CELL].to_numpy()).all():
        raise FitFileError(
            f"{what} have estimates of missing figures that are not finite; fit again."
        )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, xr.Dataset]]:
    try:
        _require_size(path)
        with xr.open_datatree(path, engine="h5netcdf", phony_dims="access") as tree:
            text = tree.attrs.get(_ATTRIBUTE)
            groups = {name: node.to_dataset().load() for name, node in tree.children.items()}
    except FitFileError:
        raise
    except _UNREADABLE as error:
        raise FitFileError(f"{path} {_unreadable(path, error)}.") from None
    if text is None:
        raise FitFileError(
            f"{path} is a netCDF file, but not a fit of sanctions_model; "
            "give a posterior.nc that `sanctions-model run` wrote."
        )
    try:
        content = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise FitFileError(
            f"{path}: its description is no JSON ({reading_fault(error)})."
        ) from None
    if not isinstance(content, dict):
        raise FitFileError(f"{path}: its description is no JSON object; fit again.")
    return content, groups


def _unreadable(path: Path, error: Exception) -> str:
    """Say why a file cannot be read: what h5py says of it is about its own calls."""
    if isinstance(error, MemoryError):
        return "needs more memory than there is; free some, or give another machine"
    try:
        with path.open("rb") as file:
            head = file.read(len(_HDF5))
    except OSError as own:
        return f"cannot be read: {own.strerror}"
    if head == _HDF5:
        return "is damaged: its parts do not fit together; take another copy of it, or fit again"
    return "is not a readable netCDF file; give a posterior.nc that `sanctions-model run` wrote"


def _require_size(path: Path) -> None:
    """Refuse a file that declares more than it can hold, before memory is asked for it."""
    sizes: list[int] = []

    import h5py

    def weigh(_: str, item: "h5py.Group | h5py.Dataset") -> None:
        sizes.append(getattr(item, "nbytes", 0))

    with h5py.File(path, "r") as file:
        file.visititems(weigh)
    size = path.stat().st_size
    if sum(sizes) > _MOST_INFLATED * size:
        raise FitFileError(
            f"{path} is damaged: it has {size / 1e6:.1f} MB and declares {sum(sizes) / 1e6:.0f} "
            "MB; take another copy of it, or fit again."
        )


def _log_probability(fit: Fit) -> float:
    """Log density of data and parameters at the first draw, by the numpy evaluator."""
    first = fit.draws.isel({dims.CHAIN: slice(0, 1), dims.DRAW: slice(0, 1)})
    return float(log_probability(fit.problem, first)[0])
