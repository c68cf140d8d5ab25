"""The verb `sweep`: run a design, continue it, print and draw what it found."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import configure, show
from sanctions_model.cli.parts.options import (
    DEFAULT_FIT,
    CsvOption,
    DataOption,
    FigureOption,
    JsonOption,
    PriorsOption,
    QuietOption,
    beside_fit,
    find_data,
    load_fit,
    write_csv,
    write_figure,
)
from sanctions_model.dims import Said
from sanctions_model.errors import QuestionError
from sanctions_model.files import require_folder
from sanctions_model.report.views import View
from sanctions_model.waiting import Waiting

if TYPE_CHECKING:
    import xarray as xr

    from sanctions_model.inference.fit import Fit
    from sanctions_model.report.brief.facts import Facts
import importlib.util

from sanctions_model.cli.parts.options import FitOption

_LOG = logging.getLogger("sanctions_model.cli")
DEFAULT_VALIDATION = Path("results/validation")


def sweep(
    design: Annotated[Path, typer.Argument(help="A sweep design, a TOML file.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; results/sweeps/NAME by default.")
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option("--fit", help="Results folder of a fit; results/russia if it exists."),
    ] = None,
    without_fit: Annotated[
        bool, typer.Option("--without-fit", help="Fit the stated beliefs as part of the sweep.")
    ] = False,
    data: DataOption = None,
    priors: PriorsOption = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, as in tcp://host:8786.")
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also draw what the design allows.")
    ] = False,
    csv: CsvOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a sweep: answer many settings of the model. Goes on where it stopped.

    The folder holds a zarr store, the base fits and the design. Interrupt with Ctrl-C and give the
    same command again to continue. Exit code 3 if a point has no answer.
    """
    configure(quiet=quiet)
    if fit is not None and (without_fit or data or priors):
        other = "--without-fit" if without_fit else "--data" if data else "--priors"
        raise QuestionError(
            f"--fit {fit} and {other}: a fit has its own data and priors, which the sweep goes on "
            "from; give one of the two."
        )
    from sanctions_model.sweeps import DaskEngine, SweepDesign, run_sweep

    asked = SweepDesign.from_toml(design)
    folder = out or Path("results/sweeps") / design.stem
    require_folder(folder, "--out")
    engine = DaskEngine.connect(scheduler) if scheduler else None
    given = None if without_fit or data or priors else _given(fit)
    if given is not None:
        scm, observations, stated = given.scm, given.problem.observations, given.problem.priors
    else:
        from sanctions_model.data.observations import load_observations
        from sanctions_model.economies.registry import economy_for
        from sanctions_model.inference.priors.ledger import load_priors

        observations = load_observations(find_data(data))
        economy = economy_for(observations)
        scm = economy.transmission(int(observations.attrs["periods_per_year"]))
        stated = load_priors(priors, economy=economy.name)
    bar = _Bar(quiet=quiet)
    try:
        found = run_sweep(
            asked, folder, scm, observations, stated, given=given, engine=engine, progress=bar
        )
    except KeyboardInterrupt:
        bar.close()
        raise QuestionError(
            f"interrupted; {folder} has what was answered, the same command continues"
        ) from None
    bar.close()
    if given is not None:
        found = found.assign_attrs({Said.SOURCE: given.draws.attrs.get(Said.SOURCE)})
    _report(found, folder, csv=csv, as_json=as_json)
    if figures:
        _draw(found, folder)
    if (found["status"] != "done").any():
        raise typer.Exit(3)


def _given(folder: Path | None) -> "Fit | None":
    if folder is None and not (DEFAULT_FIT / "posterior.nc").is_file():
        _LOG.info("no fit at %s: fitting the stated beliefs first", DEFAULT_FIT)
        return None
    found = load_fit(folder or DEFAULT_FIT)
    if found.is_prior_only:
        raise QuestionError("A sweep needs a fit with a posterior; this folder has prior draws.")
    return found


def _report(found: "xr.Dataset", folder: Path, *, csv: Path | None, as_json: bool) -> None:
    from sanctions_model.report.checks import sweep_view
    from sanctions_model.sweeps.store import points_table

    table = points_table(found)
    write_csv(table, csv)
    if as_json:
        show(View(table=table, title="Sweep"), as_json=True)
        return
    show(sweep_view(found))
    for status, said in (
        ("failed", "%s points failed: %s"),
        ("pending", "%s points have no answer yet, the same command asks them again: %s"),
    ):
        own = (found["status"] == status).to_numpy()
        if own.any():
            reasons = sorted({str(e) for e in found["error"].to_numpy()[own] if e})
            _LOG.warning(said, own.sum(), "; ".join(reasons[:3]))
    _LOG.info("answers in %s", folder)


def _draw(found: "xr.Dataset", folder: Path) -> None:
    from sanctions_model.plots import save_figures, sweep_figures

    drawn = sweep_figures(found)
    if not drawn:
        _LOG.warning(
            "no figure fits these axes: one axis, two numeric ones of a grid or several numeric "
            "ones can be drawn; choose values with found.sel(...) and draw what is left"
        )
    for path in save_figures(drawn, folder):
        _LOG.info("wrote %s", path)


class _Bar:
    """How far a sweep is with the time left, on stderr: a bar on a terminal, else lines."""

    def __init__(self, *, quiet: bool) -> None:
        self._update: Callable[[int, int], None] | None = None
        self._stop: Callable[[], None] = lambda: None
        if quiet:
            return
        if sys.stderr.isatty():
            self._start()
        else:
            self._update = Waiting(_LOG.info, "points")

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        task = progress.add_task("points", total=None)

        def update(done: int, total: int) -> None:
            progress.start()
            progress.update(task, completed=done, total=total)

        self._update, self._stop = update, progress.stop

    def __call__(self, done: int, total: int) -> None:
        if self._update is not None:
            self._update(done, total)

    def close(self) -> None:
        self._stop()


LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", help="Your own scenarios.toml; the bundled one by default."),
]


def report(
    fit: FitOption = DEFAULT_FIT,
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file to write; report.html in the fit's folder if absent."),
    ] = None,
    library: LibraryOption = None,
    lang: Annotated[
        str, typer.Option(help="Language it opens in: en, ru or zh; readers can switch.")
    ] = "en",
    validation: Annotated[
        Path, typer.Option(help="Folder that `validate` wrote, for the tests on the past.")
    ] = DEFAULT_VALIDATION,
    quiet: QuietOption = False,
) -> None:
    """Write the report: one page of HTML that needs no network. Forecasts, claims, futures."""
    configure(quiet=quiet)
    from sanctions_model.economies.russia import MEASURES
    from sanctions_model.report.graph_choice import graph_choice
    from sanctions_model.report.lab.languages import require_page_language
    from sanctions_model.report.page.mixtures import drawn_futures
    from sanctions_model.report.page.page import require_report_path, write_report
    from sanctions_model.scenarios.library import load_scenarios

    target = beside_fit(fit, "report.html") if out is None else out
    opens = require_page_language(lang)
    if out is not None:
        require_report_path(out)
    _require_validation(validation)
    asked = load_scenarios(library)
    fitted = load_fit(fit)
    _require_validation_of(fitted, validation)
    lacking = [name for name in MEASURES if name not in fitted.scm.measures]
    if lacking and fitted.scm.measures:
        _LOG.info("without futures, which move %s; the model has none", ", ".join(lacking))
    futures = None if lacking else drawn_futures(fitted, asked)
    written = write_report(
        fitted,
        target,
        futures,
        graph_choice(fit, fitted),
        brief=_for_paper(fitted, fit, validation),
        language=opens,
        validation=validation,
    )
    _LOG.info("wrote %s, %.1f MB", written, written.stat().st_size / 1e6)


def _for_paper(fitted: "Fit", fit: Path, validation: Path) -> "Facts | None":
    """Return what a printed report says in the place of the page."""
    from sanctions_model.report.brief.facts import brief_facts

    try:
        return brief_facts(fitted, fit, validation)
    except QuestionError as error:
        _LOG.info("printed, the page is itself and no brief: %s", error)
        return None


def brief(
    fit: FitOption = DEFAULT_FIT,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; `brief` in the fit's folder if absent.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Languages, as in en,ru,zh.")] = "en",
    validation: Annotated[
        Path, typer.Option(help="Folder that `validate` wrote, for the tests on the past.")
    ] = DEFAULT_VALIDATION,
    quiet: QuietOption = False,
) -> None:
    """Write one page to forward. In each language a sheet of A4 (PDF), HTML and a picture."""
    configure(quiet=quiet)
    from sanctions_model.report.brief.files import require_languages, write_brief

    languages = require_languages(lang.split(","))
    target = beside_fit(fit, "brief") if out is None else out
    if out is not None:
        require_folder(out, "--out")
    _require_validation(validation)
    fitted = load_fit(fit)
    _require_validation_of(fitted, validation)
    for path in write_brief(fitted, target, languages, results=fit, validation=validation):
        _LOG.info("wrote %s, %.0f kB", path, path.stat().st_size / 1e3)


def _require_validation(folder: Path) -> None:
    if folder == DEFAULT_VALIDATION:
        return
    if not (folder / "validation.md").is_file():
        raise QuestionError(
            f"--validation {folder}: no validation.md is there; give the folder that `validate` "
            "wrote, or leave it out."
        )


def _require_validation_of(fitted: "Fit", folder: Path) -> None:
    from sanctions_model.report.sections.tested import read_back_tests

    if folder != DEFAULT_VALIDATION and read_back_tests(fitted, folder) is None:
        raise QuestionError(
            f"--validation {folder}: it tests another fit, or has no back-tests; validate this "
            "fit, or leave it out."
        )


def validate(
    fit: FitOption = DEFAULT_FIT,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the report, its figures and its tables; results/validation by default."
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Print the sanity checks only; sample and write nothing."),
    ] = False,
    data_sets: Annotated[
        int | None,
        typer.Option(help="Data sets simulated to calibrate the model, 60 by default; 0: none."),
    ] = None,
    every: Annotated[
        int | None, typer.Option(help="Quarters between two rolling origins, 2 by default.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed; 20260101 by default.")] = None,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the validation report. Calibration, back-tests, rivals, totals, what failed.

    Refits the model many times (some minutes on two cores). A stopped run goes on where it
    stopped: finished tables are kept. With --quick prints the sanity checks in seconds.
    """
    configure(quiet=quiet)
    if quick:
        given = {"--out": out, "--data-sets": data_sets, "--every": every, "--seed": seed}
        useless = [name for name, value in given.items() if value is not None]
        if useless:
            raise QuestionError(
                f"{', '.join(useless)} with --quick, which samples and writes nothing; leave "
                "out one or the other."
            )
        _print_sanity(fit, csv, figure, as_json=as_json)
        return
    if csv is not None or figure is not None or as_json:
        raise QuestionError(
            "--csv, --figure and --json go with --quick; a report writes its tables and figures "
            "as files."
        )
    from sanctions_model.report.validation.document import write_report
    from sanctions_model.validation.run import Plan
    from sanctions_model.validation.run import validate as run
    from sanctions_model.workflow import require_writable

    out = Path("results/validation") if out is None else out
    require_writable(out)
    usual = Plan()
    plan = Plan(
        data_sets=usual.data_sets if data_sets is None else data_sets,
        every=usual.every if every is None else every,
        random_seed=usual.random_seed if seed is None else seed,
    )
    fitted = load_fit(fit)
    with_minnesota = importlib.util.find_spec("bvar") is not None
    if not with_minnesota:
        _LOG.warning(
            "no Minnesota rival: the package bvar is not installed; "
            "pip install 'sanctions-model[bench]' brings it"
        )
    found = run(fitted, plan, folder=out / "tables", with_minnesota=with_minnesota)
    options = f" --data-sets {plan.data_sets} --every {plan.every} --seed {plan.random_seed}"
    report = write_report(found, out, command=f"sanctions-model validate{options}")
    _LOG.info("wrote %s and %s", report, report.with_suffix(".html"))


def _print_sanity(fit: Path, csv: Path | None, figure: Path | None, *, as_json: bool) -> None:
    from sanctions_model.report.views import sanity_view
    from sanctions_model.validation.sanity import sanity_checks

    fitted = load_fit(fit)
    posterior = fitted.posterior_draws
    table = sanity_checks(fitted.problem, fitted.prior_draws, posterior)
    if not table.loc[table["check"] != "stability", "asked"].any():
        raise QuestionError(
            f"None of the sanity checks can be asked of the {fitted.scm.name or 'model'}: they are "
            "about the parts of a bundled economy."
        )
    write_csv(table, csv)
    view = sanity_view(table)
    if figure is not None:
        from sanctions_model.plots import plot_sanity

        source = fitted.prior_draws.attrs.get(Said.SOURCE)
        write_figure(plot_sanity(table, title=view.title, source=source), figure)
    show(View(table=table, title="Checks") if as_json else view, as_json=as_json)
