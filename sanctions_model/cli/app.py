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

from sanctions_model.cli.data import data_app
from sanctions_model.cli.elsewhere import elsewhere
from sanctions_model.cli.mixture import scenario_app
from sanctions_model.cli.parts.console import (
    FORMATS,
    asked_output,
    configure,
    is_short,
    printable,
    require_output,
    say,
    show,
)
from sanctions_model.cli.parts.options import (
    DEFAULT_FIT,
    CsvOption,
    DataOption,
    FigureOption,
    FitOption,
    JsonOption,
    MappingOption,
    PriorsOption,
    QuietOption,
    find_data,
    load_fit,
    write_csv,
    write_figure,
)
from sanctions_model.cli.parts.outputs import brief, report, sweep, validate
from sanctions_model.cli.queries import counterfactual_app, forecast
from sanctions_model.cli.responses import fevd, irf
from sanctions_model.cli.robustness import compare, confounding, evidence, refute, sensitivity
from sanctions_model.cli.yearly import annual
from sanctions_model.errors import ConvergenceError, QuestionError, SanctionsModelError
from sanctions_model.report.views import View
from sanctions_model.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sanctions_model.inference.fit import Fit
    from sanctions_model.queries.claims import Claim

__all__ = ["app", "main"]

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
        from importlib.metadata import version

        sys.stdout.write(f"sanctions-model {version('sanctions-model')}\n")
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


def _set_whole(asked: bool) -> None:
    asked_output.whole, asked_output.printed, asked_output.source = asked, 0, ""


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
            help="Every row and column on a terminal, too.",
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
        _require_values(sys.argv[1:])
        command()()
    except ConvergenceError as error:
        _fail(error, 3)
    except SanctionsModelError as error:
        _fail(error, 1)
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        _fail(f"{place}{error.strerror or error}; nothing of it was kept", 1)
    except MemoryError:
        _fail("the memory is full; ask for fewer draws, paths, periods or points", 1)
    except RecursionError:
        _fail("a file is nested too deeply to be read; state it flat", 1)
    except KeyboardInterrupt:
        _fail("interrupted; nothing was written", 130)


def _require_values(arguments: list[str]) -> None:
    """Refuse empty texts: as a path one would be the folder that we are in."""
    for before, text in zip(["", *arguments], arguments, strict=False):
        if not text or (text.startswith("--") and text.endswith("=")):
            raise QuestionError(f"{text or before or 'An argument'}: the value is empty; give one.")


def _fail(reason: object, code: int) -> None:
    sys.stderr.write(f"error: {printable(' '.join(str(reason).split()))}\n")
    raise SystemExit(code)


@app.command()
def run(
    draws: Annotated[int, typer.Option(help="Draws a chain.")] = 1000,
    tune: Annotated[int, typer.Option(help="Tuning draws a chain, discarded.")] = 1000,
    chains: Annotated[int, typer.Option(help="Chains.")] = 4,
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
        bool, typer.Option("--prior-only", help="Answer from the prior; samples nothing.")
    ] = False,
    allow_unconverged: Annotated[
        bool, typer.Option("--allow-unconverged", help="Keep draws that failed the gate.")
    ] = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fit the model and write posterior, tables, figures and manifest."""
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
            links_view(results.links),
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
    """Print every variable with its equation; draw the graph, with effects if there is a fit."""
    configure(quiet=quiet)
    from sanctions_model.economies.registry import default_transmission
    from sanctions_model.report.ledgers import equations_view

    fitted = load_fit(fit) if (fit / "posterior.nc").is_file() else None
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
        str | None, typer.Option(help="Only parameters whose address contains this.")
    ] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Print the evidence table instead.")
    ] = False,
    economy: Annotated[str, typer.Option(help="Whose: anchored or growth.")] = "anchored",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print the ledger: every prior with its size, unit, rationale and sources."""
    configure(quiet=quiet)
    from sanctions_model.data.evidence import load_evidence
    from sanctions_model.economies.registry import find_economy
    from sanctions_model.inference.priors.ledger import load_priors
    from sanctions_model.report.ledgers import priors_view

    if evidence and (priors is not None or parameter is not None):
        raise QuestionError("--evidence prints published estimates; leave out these options.")
    if evidence:
        frame = load_evidence().to_frame().reset_index()
        columns = ["id", "link", "authors", "year", "value", "lower", "upper", "unit", "status"]
        shown = frame if as_json else frame[columns]
        show(View(table=shown, title="Published estimates"), as_json=as_json)
        return
    chosen = find_economy(economy)
    view = priors_view(
        load_priors(priors, economy=economy), chosen.transmission(), containing=parameter or ""
    )
    show(view, as_json=as_json)


@app.command()
def effects(
    fit: FitOption = DEFAULT_FIT,
    relief: Annotated[float, typer.Option(help="Share of the measures lifted, 0 to 1.")] = 1.0,
    measure: Annotated[
        list[str] | None, typer.Option(help="Lift this measure only; may be repeated.")
    ] = None,
    ramp: Annotated[int, typer.Option(help="Steps of the relief, one a period.")] = 4,
    horizon: Annotated[
        list[int] | None, typer.Option(help="Periods after the start; may be repeated.")
    ] = None,
    outcome: Annotated[
        list[str] | None, typer.Option(help="Outcome to report; may be repeated.")
    ] = None,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Effects of relief by outcome, horizon and channel, from an existing fit."""
    configure(quiet=quiet)
    from sanctions_model.queries.basis import Basis
    from sanctions_model.queries.reading.tables import effects_table
    from sanctions_model.report.dated import effects_view
    from sanctions_model.scm.interventions import ALL_MEASURES, Relief

    chosen = Relief(depth=relief, ramp=ramp, measures=tuple(measure or ALL_MEASURES))
    fitted = load_fit(fit)
    table = effects_table(
        fitted.scm,
        fitted.draws,
        reliefs=[chosen],
        horizons=horizon or [4, 8, 12, 20],
        outcomes=outcome,
        basis=Basis(fitted.problem, fitted.prior_draws, fitted.posterior_draws),
    )
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_responses

        drawn = plot_responses(
            fitted.scm,
            fitted.draws,
            chosen,
            outcomes=outcome,
            horizon=max(horizon or [20]),
            drawn_from=fitted.drawn_from,
        )
        write_figure(drawn, figure)
    view = View(table=table, title="Effects") if as_json else effects_view(table, fitted.scm)
    show(view, as_json=as_json)


@app.command()
def claims(
    fit: FitOption = DEFAULT_FIT,
    claims: Annotated[
        Path | None, typer.Option("--claims", help="Your own claims; the bundled by default.")
    ] = None,
    chain: Annotated[
        bool, typer.Option("--chain", help="Ask the chain as a whole, and where it breaks.")
    ] = False,
    exceed: Annotated[
        bool, typer.Option("--exceed", help="Probability of effects beyond sizes, not of one size.")
    ] = False,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Answer the article's claims: probability before and after the data, size, verdict."""
    configure(quiet=quiet)
    from sanctions_model.queries.claims import load_claims, scorecard
    from sanctions_model.report.claims import claims_view

    asked = load_claims(claims)
    fitted = load_fit(fit)
    if chain and (exceed or figure is not None):
        raise QuestionError("--chain is a table of its own; leave out --exceed and --figure.")
    if chain:
        _chain(fitted, asked, csv=csv, as_json=as_json)
        return
    if exceed:
        _exceed(fitted, asked, csv=csv, figure=figure, as_json=as_json)
        return
    table = scorecard(
        fitted.problem,
        fitted.prior_draws,
        fitted.posterior_draws,
        asked,
        random_seed=int(fitted.manifest["settings"]["random_seed"]),
    )
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_scorecard

        write_figure(plot_scorecard(table, periods=fitted.scm.periods_name), figure)
    view = claims_view(table, fitted.scm.periods_per_year)
    show(View(table=table, title="Claims") if as_json else view, as_json=as_json)


def _exceed(
    fitted: "Fit",
    asked: "Mapping[str, Claim]",
    *,
    csv: Path | None,
    figure: Path | None,
    as_json: bool,
) -> None:
    """Show how probable effects beyond several sizes are."""
    from sanctions_model.queries.reading.exceedance import exceedance_table

    table = exceedance_table(fitted.scm, fitted.prior_draws, fitted.posterior_draws, asked)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_exceedance

        write_figure(plot_exceedance(table, periods=fitted.scm.periods_name), figure)
    caption = "Size in the unit of the effect; matters: the smallest size that does, a judgement."
    shown = table.drop(columns=["statement"]).round(3)
    title = "How probable is an effect of at least this size?"
    show(View(table=table if as_json else shown, title=title, caption=caption), as_json=as_json)


def _chain(fitted: "Fit", asked: "Mapping[str, Claim]", *, csv: Path | None, as_json: bool) -> None:
    """Show the chain as a whole, the pairs of its steps and its own channel net of the offset."""
    from sanctions_model.queries.chain import chain_table, own_channel_sentence
    from sanctions_model.report.claims import chain_view, pairs_view

    draws = fitted.prior_draws if fitted.is_prior_only else fitted.draws
    found = chain_table(fitted.scm, draws, asked)
    table = found.steps.assign(
        joint=found.joint, joint_error=found.joint_error, joint_material=found.material
    ).merge(found.pairs.add_prefix("with_"), left_on="claim", right_index=True)
    write_csv(table, csv)
    if as_json or asked_output.form != "table":
        show(View(table=table, title="The chain as a whole"), as_json=as_json)
        return
    own = [claim for claim in asked.values() if claim.channel == "article_chain"]
    sentences = [own_channel_sentence(fitted.scm, draws, claim) for claim in own]
    show(chain_view(found, is_prior=fitted.is_prior_only))
    if not is_short():
        say([*found.sentences[1:], *sentences], as_json=False)
        show(pairs_view(found))
