"""The verb `report`: one HTML file that says what a fit says."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from sanctions_model.cli.options import DEFAULT_FIT, FitOption, QuietOption, load_fit
from sanctions_model.cli.console import configure

__all__ = ["report"]

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", help="Your own scenarios.toml; the bundled one by default."),
]
_LOG = logging.getLogger("sanctions_model.cli.app")


def report(
    fit: FitOption = DEFAULT_FIT,
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file to write; report.html in the fit's folder if absent."),
    ] = None,
    library: LibraryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write one self-contained page: summary, claims, fans, explorer, futures, priors."""
    configure(quiet=quiet)
    from sanctions_model.report import drawn_futures, require_report_path, write_report
    from sanctions_model.scenarios.library import load_scenarios

    target = fit / "report.html" if out is None else out
    if out is not None:
        require_report_path(out)
    asked = load_scenarios(library)
    fitted = load_fit(fit)
    written = write_report(fitted, target, drawn_futures(fitted, asked))
    _LOG.info("wrote %s, %.1f MB", written, written.stat().st_size / 1e6)
