"""The command line: thin verbs over the functions of the package.

Exit codes: 0 for a converged result, 1 for a refused input, 2 for wrong usage, 3 for draws that
did not converge. Heavy imports stand in the verbs, so that ``--help`` is fast.
"""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import sanctions_model
from sanctions_model.cli.claims import claims, effects
from sanctions_model.cli.comparison import compare
from sanctions_model.cli.data import data_app
from sanctions_model.cli.elsewhere import elsewhere
from sanctions_model.cli.mixture import scenario_app
from sanctions_model.cli.parts.console import (
    FORMATS,
    asked_output,
    configure,
    print_waiting,
    printable,
    require_output,
    show,
)
from sanctions_model.cli.parts.options import (
    DEFAULT_FIT,
    DataOption,
    FigureOption,
    FitOption,
    JsonOption,
    MappingOption,
    PriorsOption,
    QuietOption,
    find_data,
    load_fit_if_there,
    write_figure,
)
from sanctions_model.cli.parts.outputs import brief, report, sweep, validate
from sanctions_model.cli.parts.usage import given_once, name_values, run_command
from sanctions_model.cli.queries import counterfactual_app, forecast
from sanctions_model.cli.responses import fevd, irf
from sanctions_model.cli.robustness import confounding, evidence, refute, sensitivity
from sanctions_model.cli.yearly import annual
from sanctions_model.errors import (
    ConvergenceError,
    QuestionError,
    SanctionsModelError,
    reading_fault,
)
from sanctions_model.report.views import View
from sanctions_model.waiting import Waiting

if TYPE_CHECKING:
    from sanctions_model.inference.priors.ledger import Priors
    from sanctions_model.scm.model import StructuralCausalModel

_LOG = logging.getLogger("sanctions_model.cli")
app = typer.Typer(
    name="sanctions-model",
    help="Bayesian structural causal model of sanctions on Russia and of their relief.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data_app, name="data")
app.add_typer(counterfactual_app, name="counterfactual")
app.add_typer(scenario_app, name="scenario")
app.command()(forecast)
app.command()(annual)
app.command()(irf)
app.command()(fevd)
app.command()(sweep)
app.command()(elsewhere)
for _verb in (evidence, sensitivity, confounding, refute, compare):
    app.command()(_verb)
app.command()(report)
app.command()(brief)


app.command()(validate)


def _say_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"sanctions-model {sanctions_model.__version__}\n")
        raise typer.Exit


@app.callback()
def _about(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    """Bayesian structural causal model of sanctions on Russia and of their relief."""


def command() -> Any:
    """Return the command line with the options of output that every verb shares."""
    made = typer.main.get_command(app)
    names = ("_whole", "_form")
    shared = [p for p in typer.main.get_command(_shared).params if p.name in names]
    _share_output(made, shared)
    return made


def _share_output(command: Any, shared: Sequence[Any]) -> None:
    for below in getattr(command, "commands", {}).values():
        _share_output(below, shared)
    if not hasattr(command, "commands"):
        command.params += shared
        name_values(command.params)
        parse = command.parse_args
        command.parse_args = lambda ctx, args: parse(ctx, given_once(command.params, args))


def _set_whole(asked: bool) -> None:
    asked_output.whole, asked_output.printed, asked_output.source = asked, 0, ""
    asked_output.waiting = []


def _set_form(asked: str) -> None:
    asked_output.form = require_output(asked)


_shared = typer.Typer(add_completion=False)


@_shared.command()
def _output(
    _whole: Annotated[
        bool,
        typer.Option(
            "--all",
            expose_value=False,
            callback=_set_whole,
            help="Show every row and column on a terminal, too.",
        ),
    ] = False,
    _form: Annotated[
        str,
        typer.Option(
            "--format",
            expose_value=False,
            callback=_set_form,
            help=f"How tables are printed: {', '.join(FORMATS)}.",
        ),
    ] = "table",
) -> None:
    """Options that every verb has; never called."""


def main() -> None:
    """Run the command line; refusals become one line on stderr and an exit code."""
    try:
        if sys.stdout is None:  # closed by the caller; Python has no stream then
            raise QuestionError("The output is closed; send it to a file or to /dev/null.")
        _require_values(sys.argv[1:])
        try:
            run_command(command())
        finally:
            print_waiting()
    except ConvergenceError as error:
        _fail(error, 3)
    except SanctionsModelError as error:
        _fail(error, 1)
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        _fail(f"{place}{reading_fault(error)}; what was being written was not kept", 1)
    except MemoryError:
        _fail("the memory is full; ask for fewer draws, paths, periods or points", 1)
    except RecursionError:
        _fail("a file is nested too deeply to be read; state it flat", 1)
    except KeyboardInterrupt:
        _fail("interrupted; nothing was written", 130)


_TAKE_PATHS = {
    f"--{name}"
    for name in ("out", "fit", "csv", "figure", "data", "priors", "file", "mapping", "claims")
}


def _require_values(arguments: list[str]) -> None:
    """Refuse texts of blanks: as a path one would be a folder that nobody sees, or our own."""
    for before, text in zip(["", *arguments], arguments, strict=False):
        if not text.strip() or (text.startswith("--") and text.rstrip().endswith("=")):
            name = text.strip() or before or "An argument"
            raise QuestionError(f"{name}: the value is empty; give one.")
        if before in _TAKE_PATHS and text.startswith("-"):
            raise QuestionError(f"{before}: the value is missing before {text}; give one.")


def _fail(reason: object, code: int) -> None:
    sys.stderr.write(f"error: {printable(' '.join(str(reason).split()))}\n")
    raise SystemExit(code)


@app.command()
def run(
    draws: Annotated[int, typer.Option(help="Draws in each chain.")] = 1000,
    tune: Annotated[
        int, typer.Option(help="Tuning draws in each chain, which are thrown away.")
    ] = 1000,
    chains: Annotated[int, typer.Option(help="Number of chains.")] = 4,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 20260101,
    economy: Annotated[
        str | None,
        typer.Option(help="anchored (for Russia's series), or growth (any table; its default)."),
    ] = None,
    data: DataOption = None,
    mapping: MappingOption = None,
    priors: PriorsOption = None,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = DEFAULT_FIT,
    prior_only: Annotated[
        bool, typer.Option("--prior-only", help="Answer from the beliefs alone, without sampling.")
    ] = False,
    allow_unconverged: Annotated[
        bool, typer.Option("--allow-unconverged", help="Keep draws that did not converge.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fit the model and write tables and figures. Posterior draws and manifest, too."""
    configure(quiet=quiet)
    from sanctions_model import workflow as job
    from sanctions_model.queries.forecasts import nowcast_table
    from sanctions_model.report.claims import claims_view
    from sanctions_model.report.dated import effects_view
    from sanctions_model.report.views import (
        coverage_view,
        diagnostics_line,
        links_view,
        nowcast_view,
    )

    job.require_writable(out)
    try:
        results = job.run(
            economy=economy,
            data=find_data(data),
            mapping=mapping,
            priors=priors,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=seed,
            prior_only=prior_only,
            allow_unconverged=allow_unconverged,
            progress=sys.stderr.isatty() or Waiting(_LOG.info, "draws") if not quiet else False,
        )
    except ConvergenceError as error:
        if error.fit is None:
            raise
        kept = job.keep_unconverged(error.fit, out)
        raise ConvergenceError(
            f"{error} The draws are kept in {kept}: sm.load reads them; run again with --tune "
            f"{2 * tune} --draws {2 * draws} for twice as many, or with --allow-unconverged."
        ) from None
    fitted = results.fit
    _LOG.info("%s", diagnostics_line(fitted))
    written = job.write(results, out)
    nowcast = nowcast_table(fitted.problem, fitted.draws)
    if as_json:
        show(View(table=results.claims, title="Claims"), as_json=True)
    else:
        for view in (
            coverage_view(fitted.problem.observations, fitted.scm),
            nowcast_view(nowcast, is_prior=fitted.is_prior_only),
            links_view(results.links, fitted.scm),
            effects_view(results.effects, fitted.scm),
            claims_view(results.claims, fitted.scm.periods_per_year),
        ):
            show(view)
    _LOG.info("wrote %s files to %s", len(written), out)


@app.command()
def graph(
    fit: FitOption = DEFAULT_FIT,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print every variable with its equation. --figure draws the graph."""
    configure(quiet=quiet)
    from sanctions_model.economies.registry import default_transmission
    from sanctions_model.report.ledgers import equations_view

    fitted = load_fit_if_there(fit)
    if fitted is None:
        _LOG.info("no fit at %s: drawing the graph without effects", fit)
    scm = default_transmission() if fitted is None else fitted.scm
    show(equations_view(scm), as_json=as_json)
    if figure is None:
        return
    from sanctions_model.plots import plot_graph

    if fitted is None:
        drawn = plot_graph(scm)
    else:
        drawn = plot_graph(
            scm, fitted.draws, priors=fitted.problem.absolute, drawn_from=fitted.drawn_from
        )
    write_figure(drawn, figure)


@app.command()
def priors(
    priors: PriorsOption = None,
    parameter: Annotated[
        str | None, typer.Option(help="Only parameters whose name contains this.")
    ] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Print the evidence table instead.")
    ] = False,
    economy: Annotated[
        str, typer.Option(help="Of which economy: anchored or growth.")
    ] = "anchored",
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print the priors: size, unit, reasons and sources."""
    configure(quiet=quiet)
    from sanctions_model.data.evidence import load_evidence
    from sanctions_model.economies.registry import find_economy
    from sanctions_model.inference.priors.ledger import load_priors
    from sanctions_model.report.ledgers import estimates_view, priors_view

    if evidence and (priors is not None or parameter is not None or figure is not None):
        raise QuestionError(
            "--evidence prints published estimates; leave out --priors, --parameter and --figure."
        )
    if evidence:
        frame = load_evidence().to_frame().reset_index()
        show(View(table=frame, title="") if as_json else estimates_view(frame), as_json=as_json)
        return
    chosen = find_economy(economy)
    stated, scm = load_priors(priors, economy=economy), chosen.transmission()
    view = priors_view(stated, scm, containing=parameter or "")
    if figure is not None:
        named = priors.name if priors is not None else chosen.priors_file
        _draw_priors(stated, scm, parameter or "", figure, named)
    show(view, as_json=as_json)


def _draw_priors(
    stated: "Priors", scm: "StructuralCausalModel", containing: str, figure: Path, named: str
) -> None:
    """Draw what was believed of each link; the others have no effect in the long run."""
    from sanctions_model.data.observations import load_observations
    from sanctions_model.dims import Said
    from sanctions_model.inference.conditioned import Problem
    from sanctions_model.inference.priors.ledger import sample_prior
    from sanctions_model.plots import plot_prior_posterior

    links = [link.label for link in scm.links if containing in link.label]
    if not links:
        raise QuestionError(
            f"--figure draws links, and no link's address contains {containing!r}; leave out "
            "--parameter, or --figure."
        )
    problem = Problem.of(scm, load_observations(scm=scm), stated)
    drawn = sample_prior(scm, problem.absolute, draws=1000, chains=1, random_seed=20260101)
    drawn.attrs[Said.SOURCE] = f"Source: sanctions-model, beliefs of {named}"
    chosen = links if containing else None
    write_figure(plot_prior_posterior(scm, drawn, priors=problem.absolute, links=chosen), figure)


app.command()(effects)
app.command()(claims)
