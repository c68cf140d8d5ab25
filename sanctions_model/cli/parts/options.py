"""What the verbs share: options, loading a fit and saying which, writing files and figures."""

import io
import logging
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import asked_output, latex, markdown, require_library
from sanctions_model.errors import QuestionError
from sanctions_model.files import locked, publish, require_target, staged, whole_file, write_netcdf
from sanctions_model.wording import shell_minus

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from sanctions_model.inference.fit import Fit

_LOG = logging.getLogger("sanctions_model.cli")
DEFAULT_FIT = Path("results/russia")
_FORMULA = re.compile(r"[=@+\t\r]|-(?!\d)")

FitOption = Annotated[
    Path, typer.Option("--fit", help="Results folder of a fit, as `run` writes it, or its file.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="A vintage or your own CSV; the bundled vintage by default."),
]
MappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", help="TOML file: what your table calls columns, currency, target."),
]
PriorsOption = Annotated[
    Path | None, typer.Option("--priors", help="Your own priors; the bundled ones by default.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No notes, no progress.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def checked_table_path(value: Path | None) -> Path | None:
    """Refuse a path of a table that should not be written, before any work is done."""
    if value is not None and (needed := _NEEDED.get(value.suffix.lower())) is not None:
        require_library(needed, f"--csv {value}")
    return _checked(value, "--csv", *_WRITERS)


def checked_figure_path(value: Path | None) -> Path | None:
    """Refuse a path of a figure that should not be written, before any work is done."""
    return _checked(value, "--figure", ".png", ".svg", ".pdf")


def _checked(path: Path | None, option: str, *suffixes: str) -> Path | None:
    if path is not None:
        require_target(path, option, suffixes)
        given = [text.partition("=")[2] or text for text in sys.argv[1:]]
        if path.is_file() and sum(_is_file(text, path) for text in given) > 1:
            raise QuestionError(f"{option} {path}: that file is read as well; give another name.")
    return path


def _is_file(text: str, path: Path) -> bool:
    try:
        return Path(text).samefile(path)
    except (OSError, ValueError):
        return False


CsvOption = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        help="Also write the table to this file: .csv, .tsv, .xlsx, .json, .md or .tex.",
        callback=checked_table_path,
    ),
]
FigureOption = Annotated[
    Path | None,
    typer.Option(
        "--figure",
        help="Also draw it to this file: .png, .svg or .pdf.",
        callback=checked_figure_path,
    ),
]


def find_data(data: Path | None) -> Path | None:
    """Return the table or the vintage's folder that ``--data`` names, None for the bundled one."""
    if data is None or data.is_file():
        return data
    from sanctions_model.data.vintages import BUNDLED, find_vintage

    # What looks like a file is reported as one that is missing, not as an unknown vintage.
    if data.suffix.lower() in {".csv", ".tsv", ".txt", ".xls", ".xlsm", ".xlsx"}:
        return data
    vintage = find_vintage(str(data))
    return None if vintage.name == BUNDLED else vintage.folder


def load_fit(folder: Path) -> "Fit":
    """Load a fit and say which one it is, and whether the files have changed since."""
    from sanctions_model.cli.parts.changed_files import differences_from_files
    from sanctions_model.scm.periods import period_after
    from sanctions_model.workflow import load_results

    fitted = load_results(folder)
    manifest = fitted.manifest
    kind = "prior draws" if fitted.is_prior_only else "fit"
    vintage = (manifest.get("inputs", {}).get("vintage") or {}).get("name", "bundled")
    _LOG.info(
        "%s of %s in %s, %s to %s",
        kind,
        str(manifest["created"])[:10],
        folder,
        "data" if vintage == "bundled" else f"data of vintage {vintage}",
        period_after(manifest["data"]["last_period"], 0, fitted.scm.periods_per_year),
    )
    asked_output.source = f"{fitted.draws.attrs['source']}."
    if fitted.diagnostics is not None and fitted.diagnostics.failures:
        _LOG.warning(
            "these draws did not converge: %s; their answers may be wrong; `sanctions-model run` "
            "with more draws makes others",
            ", ".join(fitted.diagnostics.failures),
        )
    changed = differences_from_files(fitted)
    if changed:
        _LOG.warning(
            "%s differ from the files now; `sanctions-model run` makes a new fit",
            " and ".join(changed),
        )
    return fitted


def beside_fit(fit: Path, name: str) -> Path:
    """Return where a file goes that lies beside a fit, which is a folder or a file."""
    return (fit.parent if fit.is_file() else fit) / name


def require_different(folders: Sequence[Path]) -> None:
    """Refuse a fit that is named twice, under whatever path; all of them are there."""
    files = [(path if path.is_file() else path / "posterior.nc").resolve() for path in folders]
    for position, file in enumerate(files):
        if file in files[:position]:
            raise QuestionError(f"The fit {folders[position]} is given twice; give different ones.")


def load_fit_if_there(folder: Path) -> "Fit | None":
    """Load a fit; None where there is none and none was asked for by name."""
    if folder == DEFAULT_FIT and not (folder / "posterior.nc").is_file():
        return None
    return load_fit(folder)


def write_csv(table: "pd.DataFrame", path: Path | None) -> None:
    """Write a table whole or not at all and say so; nothing without a path."""
    if path is not None:
        write_table(table, path)
        _LOG.info("wrote %s", path)


def write_table(table: "pd.DataFrame", path: Path) -> None:
    """Write a table in the form that the ending of its name says, whole or not at all."""
    with whole_file(path) as part:
        _WRITERS[path.suffix.lower()](table.map(_defused), part)


def _write_book(table: "pd.DataFrame", path: Path) -> None:
    import pandas as pd

    # In memory first: on a full disk the archive's own errors would follow the disk's.
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="openpyxl") as book:
        table.to_excel(book, index=False)
    path.write_bytes(content.getvalue())


# What the ending of a file says of its form.
_WRITERS: dict[str, Callable[["pd.DataFrame", Path], object]] = {
    ".csv": lambda table, path: table.to_csv(path, index=False, float_format="%.6g"),
    ".tsv": lambda table, path: table.to_csv(path, index=False, sep="\t", float_format="%.6g"),
    ".xlsx": _write_book,
    ".json": lambda table, path: table.to_json(path, orient="records", indent=2, date_format="iso"),
    ".md": lambda table, path: path.write_text(markdown(table), encoding="utf-8"),
    ".tex": lambda table, path: path.write_text(latex(table), encoding="utf-8"),
}
# Of the extra ``tables``.
_NEEDED = {".xlsx": "openpyxl", ".md": "tabulate", ".tex": "jinja2"}


def _defused(cell: object) -> object:
    """Keep a spreadsheet from reading text as a formula, and give it the minus that it knows."""
    if not isinstance(cell, str):
        return cell
    text = shell_minus(cell)
    return f"'{text}" if _FORMULA.match(text) else text


def write_figure(drawn: "Figure", path: Path) -> None:
    """Write a figure whole or not at all, and say so."""
    from sanctions_model.plots import save_figures

    save_figures({path.name.removesuffix(".png"): drawn}, path.parent)
    _LOG.info("wrote %s", path)


def write_results(
    out: Path,
    tables: "Mapping[str, pd.DataFrame]",
    figures: "Mapping[str, Figure]",
    data: "Mapping[str, xr.Dataset]",
) -> None:
    """Write what was computed; nothing appears before all of it is there."""
    from sanctions_model.plots import save_figures

    out.mkdir(exist_ok=True)
    with locked(out), staged(out) as part:
        for name, table in tables.items():
            write_table(table, part / f"{name}.csv")
        save_figures(figures, part)
        for name, dataset in data.items():
            write_netcdf(dataset, part / f"{name}.nc")
        for path in publish(part, out):
            _LOG.info("wrote %s", path)


def with_manifest(result: "xr.Dataset", fitted: "Fit") -> "xr.Dataset":
    """Add the manifest of the fit, as JSON."""
    import json

    return result.assign_attrs(fit_manifest=json.dumps(dict(fitted.manifest), sort_keys=True))
