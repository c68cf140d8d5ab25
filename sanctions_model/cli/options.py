"""What the verbs share: options, loading a fit and saying which, writing files and figures."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.errors import QuestionError
from sanctions_model.files import whole_file

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sanctions_model.inference.fit import Fit

__all__ = [
    "DEFAULT_FIT",
    "CsvOption",
    "DataOption",
    "FigureOption",
    "FitOption",
    "JsonOption",
    "MappingOption",
    "PriorsOption",
    "QuietOption",
    "find_data",
    "load_fit",
    "require_figure_path",
    "require_table_path",
    "write_csv",
    "write_figure",
]

_LOG = logging.getLogger("sanctions_model.cli")
DEFAULT_FIT = Path("results/russia")

FitOption = Annotated[
    Path, typer.Option("--fit", help="Results folder of a fit, as `run` writes it.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="A vintage or your own CSV; the bundled vintage by default."),
]
MappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", help="TOML file: what your CSV calls columns, currency, target."),
]
PriorsOption = Annotated[
    Path | None, typer.Option("--priors", help="Your own priors; the bundled ones by default.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No notes, no progress.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Also write the table to this file.")]
FigureOption = Annotated[Path | None, typer.Option("--figure", help="Also draw it to this PNG.")]


def require_figure_path(figure: Path | None) -> None:
    """Refuse a figure path that could not be written, before any work is done."""
    if figure is None:
        return
    if figure.suffix != ".png":
        raise QuestionError(f"--figure {figure}: expected a file name that ends in .png.")
    if not figure.parent.is_dir():
        raise QuestionError(f"--figure {figure}: there is no folder {figure.parent}; make it.")


def find_data(data: Path | None) -> Path | None:
    """Return the table or the vintage's folder that ``--data`` names, None for the bundled one."""
    if data is None or data.is_file():
        return data
    from sanctions_model.data.vintages import BUNDLED, find_vintage

    # What looks like a file is reported as one that is missing, not as an unknown vintage.
    if data.suffix.lower() in {".csv", ".txt"}:
        return data
    vintage = find_vintage(str(data))
    return None if vintage.name == BUNDLED else vintage.folder


def load_fit(folder: Path) -> "Fit":
    """Load a fit and say which one it is, and whether the files have changed since."""
    from sanctions_model.workflow import differences_from_files, load_results

    fitted = load_results(folder)
    manifest = fitted.manifest
    kind = "prior draws" if fitted.is_prior_only else "fit"
    vintage = (manifest.get("inputs", {}).get("vintage") or {}).get("name", "bundled")
    _LOG.info(
        "%s of %s in %s, %s to %s",
        kind,
        manifest["created"],
        folder,
        "data" if vintage == "bundled" else f"data of vintage {vintage}",
        manifest["data"]["last_period"],
    )
    changed = differences_from_files(fitted)
    if changed:
        _LOG.warning(
            "%s differ from the files now; `sanctions-model run` makes a new fit",
            " and ".join(changed),
        )
    return fitted


def require_table_path(path: Path | None) -> None:
    """Refuse a path of a table that could not be written; call it before long work."""
    if path is None:
        return
    if path.is_dir():
        raise QuestionError(f"--csv {path}: that is a folder; give a file name.")
    if not path.parent.is_dir():
        raise QuestionError(f"--csv {path}: there is no folder {path.parent}; make it first.")


def write_csv(table: "pd.DataFrame", path: Path | None) -> None:
    """Write a table whole or not at all; nothing without a path."""
    require_table_path(path)
    if path is None:
        return
    with whole_file(path) as part:
        table.to_csv(part, index=False, float_format="%.6g")
    _LOG.info("wrote %s", path)


def write_figure(drawn: "Figure", path: Path) -> None:
    """Write a figure whole or not at all, and say so."""
    from sanctions_model.plots import save_figures

    save_figures({path.stem: drawn}, path.parent)
    _LOG.info("wrote %s", path)
