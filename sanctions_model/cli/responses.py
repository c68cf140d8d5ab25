"""The verbs that users of Dynare and EViews look for: responses to shocks, variance shares."""

from functools import partial
from typing import Annotated

import typer

from sanctions_model.cli.parts.console import configure, drawn_outcomes, show
from sanctions_model.cli.parts.edits import require_change
from sanctions_model.cli.parts.numbers import numbers
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
from sanctions_model.report.views import View

OutcomeOption = Annotated[
    list[str] | None, typer.Option(help="Outcome to report; may be repeated.")
]
HorizonOption = Annotated[int, typer.Option(help="Number of periods; the shock is in the first.")]


def irf(
    cause: Annotated[str, typer.Argument(help="Variable whose equation is shocked, or a driver.")],
    size: Annotated[
        float | None,
        typer.Option(
            help="Size of the shock, in the unit of the cause; a usual surprise by default."
        ),
    ] = None,
    lasting: Annotated[
        bool, typer.Option("--lasting", help="Let the change stay, instead of lasting one period.")
    ] = False,
    horizon: HorizonOption = 20,
    outcome: OutcomeOption = None,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show how the outcomes respond to a shock. It lasts one period, or stays."""
    configure(quiet=quiet)
    from sanctions_model.queries.responses import impulse_response, step_response
    from sanctions_model.report.dated import dated_view

    fitted = load_fit(fit)
    respond = partial(
        step_response if lasting else impulse_response,
        fitted.scm,
        cause=cause,
        size=size,
        horizon=horizon,
        outcomes=outcome,
    )
    found = respond(fitted.draws)
    require_change(found, cause if size is None else f"{cause} moved by {size:g}")
    table = numbers(fitted, {"effect": found}, respond, csv=csv, asked=as_json)
    if figure is not None:
        from sanctions_model.plots import plot_impulse_response

        shown = drawn_outcomes(found, outcome)
        write_figure(plot_impulse_response(found, scm=fitted.scm, outcomes=shown), figure)
    year = fitted.scm.periods_per_year
    first = sorted({1, *(h for h in (year, 3 * year, horizon) if h <= horizon)})
    view = dated_view(found, fitted.scm, horizons=first)
    show(View(table=table, title="Response") if as_json else view, as_json=as_json)


def fevd(
    horizon: HorizonOption = 20,
    outcome: OutcomeOption = None,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say whose shocks make forecasts miss. The share of each equation in the variance."""
    configure(quiet=quiet)
    from sanctions_model.queries.forecasts import forecast_error_variance_decomposition
    from sanctions_model.report.views import summary_table, variance_view

    fitted = load_fit(fit)
    shares = forecast_error_variance_decomposition(
        fitted.scm, fitted.draws, horizon=horizon, outcomes=outcome
    )
    if figure is not None:
        from sanctions_model.plots import plot_variance_decomposition

        shown = drawn_outcomes(shares, outcome)
        drawn = plot_variance_decomposition(shares, scm=fitted.scm, outcomes=shown)
        write_figure(drawn, figure)
    table = summary_table({"share": shares}, fitted.scm)
    write_csv(table, csv)
    view = View(table=table, title="Shares") if as_json else variance_view(shares, fitted.scm)
    show(view, as_json=as_json)
