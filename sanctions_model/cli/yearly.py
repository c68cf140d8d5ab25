"""The verb of calendar years: what people quote of a year, without relief and with it."""

from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import configure, show
from sanctions_model.cli.parts.edits import asked_relief
from sanctions_model.cli.parts.numbers import basis_of
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
from sanctions_model.errors import QuestionError
from sanctions_model.report.views import View

if TYPE_CHECKING:
    from sanctions_model.inference.fit import Fit

_LONGEST = 30


def annual(
    years: Annotated[int, typer.Option(help="Number of calendar years.")] = 5,
    relief: Annotated[float, typer.Option(help="Share of the measures lifted, 0 to 1.")] = 1.0,
    measure: Annotated[
        list[str] | None, typer.Option(help="Lift this measure only; may be repeated.")
    ] = None,
    ramp: Annotated[int, typer.Option(help="Steps of the relief, one a period.")] = 4,
    baseline: Annotated[
        str,
        typer.Option(
            help="Whose forecast the years without relief meet: poll, bank_of_russia, or a CSV "
            "file with a column year and one an outcome. Ours by default."
        ),
    ] = "",
    seed: Annotated[int, typer.Option(help="Random seed of the shocks.")] = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forecast calendar years. Sanctions unchanged, with relief, and what others forecast."""
    configure(quiet=quiet)
    if not 1 <= years <= _LONGEST:
        raise QuestionError(f"--years {years}; expected 1 to {_LONGEST}.")
    from sanctions_model.economies.russia import ANNUAL
    from sanctions_model.report.annual import annual_table, annual_view

    asked = asked_relief(relief, ramp, measure)
    fitted = load_fit(fit)
    given = _figures(baseline, fitted, years) if baseline else None
    table = annual_table(
        fitted,
        asked,
        years=years,
        quoted=ANNUAL,
        random_seed=seed,
        baseline=given,
        basis=basis_of(fitted) if csv is not None or as_json else None,
    )
    if figure is not None:
        from sanctions_model.plots import plot_annual

        drawn = plot_annual(table, fitted.problem, fitted.draws, drawn_from=fitted.drawn_from)
        write_figure(drawn, figure)
    write_csv(table, csv)
    view = View(table=table, title="Calendar years") if as_json else annual_view(table, fitted)
    show(view, as_json=as_json)


def _figures(baseline: str, fitted: "Fit", years: int) -> dict[str, dict[int, float]]:
    from sanctions_model.data.outside_forecasts import FORECASTERS, baseline_of, load_annual_figures
    from sanctions_model.economies.russia import ANNUAL
    from sanctions_model.queries.annual_conditions import first_open_year

    if baseline not in FORECASTERS:
        return load_annual_figures(baseline)
    quoted = {name: own for name, own in ANNUAL.items() if name in fitted.scm.variables}
    first = first_open_year(fitted.problem)
    found = baseline_of(baseline, quoted, years=range(first, first + years))
    if not found:
        raise QuestionError(f"--baseline {baseline}: it forecasts nothing that this model has.")
    return found
