"""The verb on relief observed elsewhere: the predictive, the answer among the liftings, hazards."""

from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import configure, is_short, show
from sanctions_model.cli.parts.options import (
    DEFAULT_FIT,
    CsvOption,
    FigureOption,
    FitOption,
    JsonOption,
    QuietOption,
    load_fit_if_there,
    write_csv,
    write_figure,
)
from sanctions_model.dims import Said
from sanctions_model.errors import UnknownVariableError
from sanctions_model.report.views import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sanctions_model.inference.fit import Fit

_YEAR = 3


def elsewhere(
    fit: FitOption = DEFAULT_FIT,
    lifting: Annotated[
        str, typer.Option("--lifting", help="What is lifted, and how that came about.")
    ] = "settlement, all senders",
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what lifting sanctions did elsewhere. And what that says for Russia."""
    configure(quiet=quiet)
    from sanctions_model.elsewhere import reimposition_hazard
    from sanctions_model.elsewhere.prediction import LIFTINGS, predictive_table
    from sanctions_model.report.elsewhere import hazard_view, predictive_views

    if lifting not in LIFTINGS:
        raise UnknownVariableError.from_name(lifting, LIFTINGS, "--lifting")
    table = predictive_table()
    # What the model cannot answer is refused before anything is written or printed.
    fitted = load_fit_if_there(fit)
    beside = [] if fitted is None else [_with_liftings(fitted, lifting)]
    write_csv(table, csv)
    if figure is not None:
        write_figure(_drawn(fitted, lifting), figure)
    if as_json:
        show(View(table=table, title="Liftings elsewhere"), as_json=True)
        return
    if is_short():
        (own,) = predictive_views(table[table["lifting"] == lifting])
        shown = [own, *beside]
    else:
        shown = [*predictive_views(table), *beside, hazard_view(reimposition_hazard())]
    for view in shown:
        show(view)


def _with_liftings(fitted: "Fit", lifting: str) -> View:
    from sanctions_model.elsewhere.prediction import LIFTINGS, predict
    from sanctions_model.report.elsewhere import with_view
    from sanctions_model.robustness.observed_relief import with_liftings_elsewhere

    found = with_liftings_elsewhere(fitted.scm, fitted.draws, predict(LIFTINGS[lifting]))
    return with_view(found, lifting)


def _drawn(fitted: "Fit | None", lifting: str) -> "Figure":
    from sanctions_model.elsewhere import load_episode_effects
    from sanctions_model.elsewhere.prediction import fit_summary, predictive_table, reliability
    from sanctions_model.plots import plot_liftings
    from sanctions_model.summaries import interval_rule

    table, made = predictive_table(), fit_summary()
    chosen = table[(table["lifting"] == lifting) & (table["year"] == _YEAR)]
    answer, source = None, None
    if fitted is not None:
        from sanctions_model.robustness.observed_relief import answer_after

        source = fitted.draws.attrs.get(Said.SOURCE)
        answer = answer_after(fitted.scm, fitted.draws, year=_YEAR)
    caption = (
        f"Dots: liftings elsewhere, median and {made['interval']} interval, against the same "
        f"sanctions kept. Blue: {interval_rule().percent} of what they predict for a country like "
        f"Russia ({lifting}), median dashed. Orange: full relief in this model. {reliability(made)}"
    )
    return plot_liftings(load_episode_effects(), chosen, answer, caption=caption, source=source)
