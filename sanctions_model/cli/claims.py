"""The verbs on the effects of relief, on the article's claims and on what a target requires."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import asked_output, configure, is_short, say, show
from sanctions_model.cli.parts.edits import asked_relief
from sanctions_model.cli.parts.numbers import basis_of, with_basis
from sanctions_model.cli.parts.options import (
    DEFAULT_FIT,
    CsvOption,
    FigureOption,
    FitOption,
    JsonOption,
    QuietOption,
    load_fit,
    write_csv,
    write_figure,
)
from sanctions_model.cli.queries import scenario_app
from sanctions_model.dims import CHAIN, DRAW, HORIZON, OUTCOME, Said
from sanctions_model.errors import NoCausalPathError, QuestionError
from sanctions_model.report.views import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sanctions_model.inference.fit import Fit
    from sanctions_model.inference.priors.families import Prior
    from sanctions_model.queries.claims import Claim
    from sanctions_model.queries.required import Target
    from sanctions_model.scm.interventions import Relief


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
    prior: Annotated[
        list[str] | None,
        typer.Option(
            help="Another belief, beside the fitted one, as in "
            "'real_depreciation -> inflation=LogNormal(0.14, 0.6)'; may be repeated."
        ),
    ] = None,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what relief does, by outcome, date and channel."""
    configure(quiet=quiet)
    from sanctions_model.inference.priors.reading import parse_priors, typed
    from sanctions_model.queries.effects import total_effect
    from sanctions_model.queries.reading.tables import effects_table
    from sanctions_model.report.dated import effects_view
    from sanctions_model.report.graph_choice import graph_choice, with_choice
    from sanctions_model.scm.interventions import Relief

    chosen = asked_relief(relief, ramp, measure)
    if prior and figure is not None:
        raise QuestionError("--figure draws the effects as fitted; leave it out with --prior.")
    fitted = load_fit(fit)
    stated = fitted.problem.absolute.items()
    offered = (typed(name, belief) for name, belief in stated if belief.family != "Fixed")
    beliefs = parse_priors(prior or [], example=next(offered, "x -> y=Normal(0, 1)"))
    if beliefs:
        _effects_beside(fitted, beliefs, chosen, horizon, outcome, csv=csv, as_json=as_json)
        return
    table = effects_table(
        fitted.scm,
        fitted.draws,
        reliefs=[chosen],
        horizons=horizon or [4, 8, 12, 20],
        outcomes=outcome,
        channels=csv is not None or as_json,  # the view shows totals alone
        basis=basis_of(fitted),
    )
    # The refits are of full relief of all measures in four steps.
    refitted = chosen == Relief()
    choice = graph_choice(fit, fitted) if refitted else None
    table = with_choice(table, choice)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_responses

        reached = list(dict.fromkeys(table["outcome"])) if asked_output.whole else None
        wanted, last = outcome or reached, max(horizon or [20])
        effect = total_effect(fitted.scm, fitted.draws, chosen, horizon=last, outcomes=wanted)
        drawn = plot_responses(
            effect, scm=fitted.scm, outcomes=wanted, drawn_from=fitted.drawn_from
        )
        write_figure(drawn, figure)
    view = View(table=table, title="Effects") if as_json else effects_view(table, fitted.scm)
    _show_with_choice(view, choice, fitted, as_json=as_json)


def _effects_beside(
    fitted: "Fit",
    beliefs: "Mapping[str, Prior]",
    chosen: "Relief",
    horizon: list[int] | None,
    outcome: list[str] | None,
    *,
    csv: Path | None,
    as_json: bool,
) -> None:
    """Show the effects under other beliefs below those as fitted."""
    from sanctions_model.inference.reweighted import reweight
    from sanctions_model.queries.reading.tables import effects_beside
    from sanctions_model.report.dated import beside_view

    found = reweight(fitted, beliefs)
    horizons = horizon or [4, 8, 12, 20]
    table = effects_beside(
        found,
        relief=chosen,
        horizons=horizons,
        outcomes=outcome,
        basis=basis_of(fitted) if csv is not None or as_json else None,
    )
    write_csv(table, csv)
    view = beside_view(table, fitted.scm, found.changed)
    show(View(table=table, title="Effects") if as_json else view, as_json=as_json)


def claims(
    fit: FitOption = DEFAULT_FIT,
    claims: Annotated[
        Path | None,
        typer.Option("--claims", help="Your own claims.toml; the bundled one by default."),
    ] = None,
    chain: Annotated[
        bool,
        typer.Option(
            "--chain", help="Ask whether the chain of claims holds as a whole, and where it breaks."
        ),
    ] = False,
    exceed: Annotated[
        bool, typer.Option("--exceed", help="How probable effects beyond several sizes are.")
    ] = False,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Judge the article's claims. Probability before and after the data, size, verdict."""
    configure(quiet=quiet)
    from sanctions_model.queries.claims import load_claims, scorecard
    from sanctions_model.report.claims import claims_view, in_words_of_the_model
    from sanctions_model.report.graph_choice import graph_choice, with_choice

    asked = load_claims(claims)
    fitted = load_fit(fit)
    if claims is None:
        asked = in_words_of_the_model(asked, fitted.scm)
    if chain and exceed:
        raise QuestionError("--chain is a table of its own; leave out --exceed.")
    if chain:
        _chain(fitted, asked, csv=csv, figure=figure, as_json=as_json)
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
    choice = graph_choice(fit, fitted) if claims is None else None
    table = with_choice(table, choice)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_scorecard

        write_figure(plot_scorecard(table, periods=fitted.scm.periods_name), figure)
    view = claims_view(table, fitted.scm.periods_per_year)
    view = View(table=table, title="Claims") if as_json else view
    _show_with_choice(view, choice, fitted, as_json=as_json)


def _show_with_choice(
    view: View, choice: "pd.DataFrame | None", fitted: "Fit", *, as_json: bool
) -> None:
    """Show a table, and the headline intervals over all graphs and priors where these are known."""
    from dataclasses import replace

    from sanctions_model.report.graph_choice import choice_caption, choice_view

    if choice is None or as_json or asked_output.form != "table":
        show(view, as_json=as_json)
        return
    if is_short():
        caption = f"{view.caption} {choice_caption(choice, fitted.scm)}"
        show(replace(view, caption=caption))
        return
    show(view)
    show(choice_view(choice, fitted.scm))


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
    from sanctions_model.report.claims import exceedance_view

    table = exceedance_table(fitted.scm, fitted.prior_draws, fitted.posterior_draws, asked)
    table = with_basis(table, fitted, asked, asked=csv or as_json)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_exceedance

        write_figure(plot_exceedance(table, periods=fitted.scm.periods_name), figure)
    view = exceedance_view(table, fitted.scm)
    show(View(table=table, title=view.title) if as_json else view, as_json=as_json)


def _chain(
    fitted: "Fit",
    asked: "Mapping[str, Claim]",
    *,
    csv: Path | None,
    figure: Path | None,
    as_json: bool,
) -> None:
    """Show the chain as a whole, the pairs of its steps and its own channel net of the offset."""
    from sanctions_model.queries.chain import chain_table, own_channel_sentence
    from sanctions_model.report.claims import chain_view, pairs_view

    draws = fitted.prior_draws if fitted.is_prior_only else fitted.draws
    found = chain_table(fitted.scm, draws, asked)
    table = found.steps.assign(
        joint=found.joint,
        joint_error=found.joint_error,
        joint_material=found.material,
        joint_material_error=found.material_error,
    ).merge(found.pairs.add_prefix("with_"), left_on="claim", right_index=True)
    whole = as_json or asked_output.form != "table"
    table = with_basis(table, fitted, asked, asked=csv or whole)
    write_csv(table, csv)
    view = chain_view(found, is_prior=fitted.is_prior_only)
    if figure is not None:
        from sanctions_model.plots import plot_steps

        steps = found.steps.assign(step=view.table["step"].to_numpy())
        source = draws.attrs.get(Said.SOURCE)
        write_figure(plot_steps(steps, title=view.title, source=source), figure)
    if whole:
        show(View(table=table, title="The chain as a whole"), as_json=as_json)
        return
    own = [claim for claim in asked.values() if claim.channel == "article_chain"]
    sentences = [own_channel_sentence(fitted.scm, draws, claim) for claim in own]
    show(view)
    if not is_short():
        say([*found.sentences[1:], *sentences], as_json=False)
        show(pairs_view(found))


def _last_year(within: int, periods_per_year: int) -> str:
    """Ask a target to hold, not only to be touched: through the last year of the time given."""
    if within < 1:
        raise QuestionError(f"Within {within} periods; expected at least 1.")
    return f"through {max(1, within - periods_per_year + 1)}-{within}"


@scenario_app.command("require")
def require(
    outcome: Annotated[str, typer.Option(help="Variable or level that has a target.")],
    below: Annotated[float | None, typer.Option(help="Target: at or below.")] = None,
    above: Annotated[float | None, typer.Option(help="Target: at or above.")] = None,
    within: Annotated[
        int | None,
        typer.Option(
            help="The target must hold through the year that ends with this period; 8 by default."
        ),
    ] = None,
    when: Annotated[
        str | None,
        typer.Option(
            help="Instead of --within: 'in 8', 'by 8', 'through 5-8' or 'on average over 5-8'."
        ),
    ] = None,
    probability: Annotated[float, typer.Option(help="How sure, between 0 and 1.")] = 0.8,
    measure: Annotated[
        list[str] | None, typer.Option(help="Lift this measure only; may be repeated.")
    ] = None,
    frontier: Annotated[
        bool,
        typer.Option(
            "--frontier",
            help="Two measures: how little of the second will do for each size of the first.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Random seed of the shocks.")] = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find the smallest relief that meets a target. With the probability that you ask for."""
    configure(quiet=quiet)
    from sanctions_model.queries.forecasts import last_known_period
    from sanctions_model.queries.required import Target, relief_frontier, required_relief
    from sanctions_model.report.claims import required_view
    from sanctions_model.scm.interventions import Relief

    if (below is None) == (above is None):
        raise QuestionError("Give the target as either --below or --above.")
    if within is not None and when is not None:
        raise QuestionError("Give the time as either --within or --when.")
    if frontier and (measure is None or len(measure) != 2):
        raise QuestionError("--frontier needs two measures; give --measure twice.")
    value = below if below is not None else above
    assert value is not None
    target = Target(
        outcome=outcome,
        value=value,
        below=below is not None,
        when=when or "by 8",
        probability=probability,
    )
    if frontier and figure is not None:
        raise QuestionError("--frontier is a table and has no figure; leave out --figure.")
    fitted = load_fit(fit)
    fitted.scm.require(outcome, "the target")
    if when is None:
        last = 8 if within is None else within
        target = replace(target, when=_last_year(last, fitted.scm.periods_per_year))
    relief = Relief(measures=tuple(measure)) if measure else Relief()
    if frontier and measure:
        pair = (measure[0], measure[1])
        table = relief_frontier(fitted.problem, fitted.draws, target, pair, random_seed=seed)
        table = table.assign(**_rests_on(fitted, target, relief))
        write_csv(table, csv)
        shown = table if as_json else table.iloc[:, :3]
        show(View(table=shown, title="Smallest relief of the second measure"), as_json=as_json)
        return
    found = required_relief(fitted.problem, fitted.draws, target, relief=relief, random_seed=seed)
    rests_on = _rests_on(fitted, target, relief)
    table = found.to_frame().assign(**rests_on)
    write_csv(table, csv)
    start = str(fitted.problem.cases.time[last_known_period(fitted.problem, [outcome])])[:10]
    if figure is not None:
        from sanctions_model.plots import plot_required_relief as plot

        source = fitted.draws.attrs.get(Said.SOURCE)
        write_figure(plot(found, scm=fitted.scm, source=source, start=start), figure)
    view = required_view(found, fitted.scm, start=start, basis=str(rests_on["basis"]))
    show(View(table=table, title="Relief") if as_json else view, as_json=as_json)


def _rests_on(fitted: "Fit", target: "Target", relief: "Relief") -> dict[str, float | str]:
    """Say what the effect rests on that all of a relief has when the target is to be met.

    Depths share its word: what half of a relief does is half of what the whole of it does, and
    without relief a probability is a forecast. That relief cannot reach an outcome is assumed.
    """
    import xarray as xr

    from sanctions_model.queries.effects import total_effect

    basis, whole, last = basis_of(fitted), fitted.scm.relief(relief), target.window.last
    cells = {OUTCOME: 0, HORIZON: -1}
    try:
        before, after = (
            None
            if draws is None
            else total_effect(
                fitted.scm, draws, whole, horizon=last, outcomes=[target.outcome]
            ).isel(cells)
            for draws in (basis.prior_draws, basis.draws)
        )
    except NoCausalPathError:
        before = after = xr.DataArray([[0.0]], dims=(CHAIN, DRAW))
    assert before is not None
    return basis.of(before, after)
