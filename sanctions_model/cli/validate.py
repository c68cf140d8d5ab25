"""The verb that judges a fit: its sanity checks, or all checks with refits and a report."""

import importlib.util
import logging
from pathlib import Path
from typing import Annotated

import typer

from sanctions_model.cli.options import (
    DEFAULT_FIT,
    CsvOption,
    FitOption,
    JsonOption,
    QuietOption,
    load_fit,
    write_csv,
)
from sanctions_model.cli.console import View, configure, show
from sanctions_model.errors import QuestionError

__all__ = ["validate"]

_LOG = logging.getLogger("sanctions_model.cli.app")


def validate(
    fit: FitOption = DEFAULT_FIT,
    out: Annotated[
        Path, typer.Option(help="Folder for the report, its figures and its tables.")
    ] = Path("results/validation"),
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Print the sanity checks only; compile and write nothing."),
    ] = False,
    data_sets: Annotated[
        int, typer.Option(help="Data sets simulated to calibrate the model; 0: none.")
    ] = 60,
    every: Annotated[int, typer.Option(help="Quarters between two rolling origins.")] = 2,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 20260101,
    csv: CsvOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the validation report: calibration, back-tests, rivals, published totals, what failed.

    Refits the model many times (half an hour on two cores). A stopped run goes on where it
    stopped: finished tables are kept. With --quick prints the sanity checks in seconds.
    """
    configure(quiet=quiet)
    if quick:
        _print_sanity(fit, csv, as_json=as_json)
        return
    if csv is not None or as_json:
        raise QuestionError(
            "--csv and --json go with --quick; a report writes its tables as files."
        )
    from sanctions_model.workflow import require_writable
    from sanctions_model.validation.run import Plan
    from sanctions_model.validation.run import validate as run
    from sanctions_model.report.validation.document import write_report

    require_writable(out)
    plan = Plan(data_sets=data_sets, every=every, random_seed=seed)
    fitted = load_fit(fit)
    with_minnesota = importlib.util.find_spec("bvar") is not None
    if not with_minnesota:
        _LOG.warning(
            "no Minnesota rival: the package bvar is not installed; "
            "pip install 'sanctions-model[bench]' brings it"
        )
    found = run(fitted, plan, folder=out / "tables", with_minnesota=with_minnesota)
    options = f" --data-sets {data_sets} --every {every} --seed {seed}"
    report = write_report(found, out, command=f"sanctions-model validate{options}")
    _LOG.info("wrote %s and %s", report, report.with_suffix(".html"))


def _print_sanity(fit: Path, csv: Path | None, *, as_json: bool) -> None:
    from sanctions_model.report.views import sanity_view
    from sanctions_model.validation.sanity import sanity_checks

    fitted = load_fit(fit)
    posterior = fitted.posterior_draws
    table = sanity_checks(fitted.problem, fitted.prior_draws, posterior)
    write_csv(table, csv)
    show(View(table=table, title="Checks") if as_json else sanity_view(table), as_json=as_json)
