"""The verb `scenario mix`: the futures mixed by their odds.

Importing this module adds the verb to `scenario_app`.
"""

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sanctions_model import dims
from sanctions_model.cli.parts.console import configure, drawn_outcomes, is_short, say, show
from sanctions_model.cli.parts.edits import HorizonOption, StatementOption, read_horizon
from sanctions_model.cli.parts.numbers import numbers
from sanctions_model.cli.parts.options import (
    DEFAULT_FIT,
    CsvOption,
    FigureOption,
    FitOption,
    JsonOption,
    QuietOption,
    load_fit,
    with_manifest,
    write_csv,
    write_figure,
    write_results,
)
from sanctions_model.cli.queries import OutcomeOption
from sanctions_model.cli.scenarios import (
    LibraryOption,
    OutOption,
    SeedOption,
    headline,
    require_folder,
    scenario_app,
    table_horizons,
)
from sanctions_model.cli.statements import read_statements, show_statements, with_statements
from sanctions_model.errors import QuestionError
from sanctions_model.report.views import View

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sanctions_model.inference.fit import Fit
    from sanctions_model.plots.parts.beside import Beside
    from sanctions_model.scenarios.library import ScenarioLibrary

__all__ = ["scenario_app"]

_LOG = logging.getLogger("sanctions_model.cli")
# Fans in levels are drawn of what people follow.
_FANS = ("inflation_yoy", "key_rate", "gdp_growth", "rouble")

_SUBJECTS = {"effect": "The mix of futures", "path": "the futures mixed by their odds"}
_QUESTIONS = {
    "effect": "Question: what do the futures change, weighted by their odds, against {against}?",
    "path": "Question: what comes, over all futures and their odds?",
}

ProbabilityOption = Annotated[
    list[str] | None,
    typer.Option("--probability", help="future=value at the start; the others share what is left."),
]


OddsOption = Annotated[
    Literal["article", "filtered"],
    typer.Option(
        "--odds",
        help="First odds of the futures: those of the file, or these filtered through the measures "
        "since the end of 2024; --probability replaces single ones.",
    ),
]


@scenario_app.command("odds")
def odds(
    library: LibraryOption = None,
    probability: ProbabilityOption = None,
    spread: Annotated[
        float | None,
        typer.Option(
            help="Standard deviation of a quarter's change of the measures; 0.01 if absent."
        ),
    ] = None,
    seed: SeedOption = 20260101,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the odds of the futures. Before and after the measures since, and elsewhere."""
    configure(quiet=quiet)
    from sanctions_model.report.answers import odds_sentences, odds_view
    from sanctions_model.scenarios.library import load_scenarios
    from sanctions_model.scenarios.odds.filtering import SPREAD, odds_by_spread

    asked = load_scenarios(library)
    asked = asked.begun_with(_given(probability, asked))
    found = odds_by_spread(asked, SPREAD if spread is None else spread, random_seed=seed)
    write_csv(found, csv)
    view = odds_view(asked, found)
    if figure is not None:
        from sanctions_model.plots import plot_filtered_odds

        labels = {name: asked.named(name).label for name in asked.process().order}
        write_figure(plot_filtered_odds(found, labels, title=view.title), figure)
    show(View(table=found, title=view.title) if as_json else view, as_json=as_json)
    say(odds_sentences(asked), as_json=as_json)


@scenario_app.command("mix")
def mix(
    library: LibraryOption = None,
    probability: ProbabilityOption = None,
    odds: OddsOption = "article",
    statement: StatementOption = None,
    odds_of: Annotated[
        str | None, typer.Option("--odds-of", help="Future whose odds vary; the first by default.")
    ] = None,
    horizon: HorizonOption = "20",
    outcome: OutcomeOption = None,
    paths: Annotated[int, typer.Option(help="Paths for the split of the spread.")] = 1000,
    parameters: Annotated[int, typer.Option(help="Draws for the split of the spread.")] = 200,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forecast over all futures, weighed by their odds. And where the spread is from."""
    configure(quiet=quiet)
    require_folder(out)
    from sanctions_model.report.answers import expected_view
    from sanctions_model.report.scenarios import mix_sentences, spread_sentences, spread_view
    from sanctions_model.scenarios.effects import starting_day
    from sanctions_model.scenarios.library import load_scenarios, probabilities
    from sanctions_model.scenarios.odds.filtering import filtered_odds
    from sanctions_model.scenarios.odds.mixture import compare_futures, mixture, reweighted
    from sanctions_model.scenarios.odds.variance import spread_split
    from sanctions_model.scenarios.statements import statement_probabilities

    asked = load_scenarios(library)
    process = asked.process()
    given = _given(probability, asked)
    begun, sets = asked, {"first odds": process.initial}
    try:
        filtered = filtered_odds(asked, random_seed=seed)
        seen = dict(zip(process.order, filtered.to_numpy(dtype=float)[-1].tolist(), strict=True))
        sets[f"filtered to {filtered.index[-1]}"] = tuple(seen.values())
        begun = begun if odds == "article" else begun.begun_with(seen)
    except QuestionError as error:  # futures of one's own may never do what was observed
        if odds == "filtered":
            raise
        _LOG.info("without filtered odds: %s", error)
    weights = probabilities(begun.process(), given)
    chosen = odds_of or process.order[0]
    fitted = load_fit(fit)
    wanted = headline(fitted, outcome)
    read, asked_for = read_statements(statement, fitted, wanted)
    everything = list(dict.fromkeys([*asked_for, *(_FANS if out else ())]))
    start = starting_day(fitted.problem, everything)
    ahead = read_horizon(horizon, start, fitted.scm.periods_per_year)

    futures = partial(
        compare_futures,
        fitted.problem,
        library=asked,
        horizon=ahead,
        outcomes=everything,
        random_seed=seed,
        transitions=True,
    )
    result = reweighted(futures(fitted.draws), weights)
    said = statement_probabilities(result, read)
    sentences = mix_sentences(result.sel(outcome=wanted), fitted.scm, future=chosen)
    together = mixture(result, random_seed=seed)
    split = spread_split(
        fitted.problem,
        fitted.draws,
        asked,
        horizon=ahead,
        outcomes=wanted,
        paths=paths,
        parameters=parameters,
        weights=weights,
        random_seed=seed,
    )
    table = numbers(
        fitted,
        {n: together[n].sel(outcome=wanted) for n in ("path", "effect")},
        lambda draws: mixture(reweighted(futures(draws), weights), random_seed=seed)["effect"].sel(
            outcome=wanted
        ),
        csv=None,
        asked=as_json or csv is not None or out is not None,
        finish=partial(
            with_statements, said=said.iloc[:0], against=result.attrs[dims.Said.AGAINST]
        ),
    )
    if out is not None:
        _write_mix(out, fitted, result, together, split, table, said, chosen)
    table = with_statements(table, said)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_future_effects

        drawn = plot_future_effects(
            result,
            together=_mixed(together, "effect"),
            outcomes=drawn_outcomes(result["effect"], outcome),
            scm=fitted.scm,
            drawn_from=fitted.drawn_from,
        )
        write_figure(drawn, figure)
    title = "Forecast over the mixture of futures"
    if as_json:
        show(View(table=table, title=title), as_json=True)
        return
    if not is_short():
        say(sentences + spread_sentences(split, fitted.scm), as_json=False)
    show_statements(said, as_json=False)
    _show_mixture(together, fitted, wanted)
    if given:
        sets["your odds"] = weights
    if not is_short():
        show(expected_view(result.sel(outcome=wanted), fitted.scm, sets))
        show(spread_view(split, fitted.scm, table_horizons(ahead)[-2:]))


def _mixed(together: "xr.Dataset", name: str) -> "xr.DataArray":
    subject = {dims.Said.SUBJECT: _SUBJECTS[name]}
    return together[name].assign_attrs({**together.attrs, **subject})


def _show_mixture(together: "xr.Dataset", fitted: "Fit", outcomes: list[str]) -> None:
    from sanctions_model.report.dated import dated_view
    from sanctions_model.report.outside import beside_table, beside_view

    for name in ("effect",) if is_short() else ("effect", "path"):
        own = _mixed(together, name).sel(outcome=outcomes)
        asked = _QUESTIONS[name].format(against=together.attrs[dims.Said.AGAINST])
        show(dated_view(own, fitted.scm, question=asked, with_chances=name == "effect"))
        if name == "path":
            beside = _beside(own, fitted)
            show(beside_view(beside_table(own, fitted.scm, beside), fitted.scm, beside))


def _beside(paths: "xr.DataArray", fitted: "Fit") -> "Beside":
    """Return what levels are held against: targets, others' forecasts and plain rivals."""
    from sanctions_model.economies.russia import QUOTED_OF_PATHS, TARGETS
    from sanctions_model.report.outside import forecast_beside

    outcomes = [str(name) for name in paths["outcome"].to_numpy()]
    return forecast_beside(paths, fitted.problem, outcomes, targets=TARGETS, quoted=QUOTED_OF_PATHS)


def _given(options: list[str] | None, asked: "ScenarioLibrary") -> dict[str, float]:
    first = asked.process().order[0]
    found: dict[str, float] = {}
    for text in options or []:
        name, _, value = text.partition("=")
        if name in found:
            raise QuestionError(f"--probability {text}: {name!r} has one already; give one.")
        try:
            found[name] = float(value)
        except ValueError:
            raise QuestionError(
                f"--probability {text}: expected future=value, as in {first}=0.4."
            ) from None
    return found


def _write_mix(
    out: Path,
    fitted: "Fit",
    result: "xr.Dataset",
    together: "xr.Dataset",
    split: "xr.Dataset",
    table: "pd.DataFrame",
    said: "pd.DataFrame",
    future: str,
) -> None:
    import numpy as np

    from sanctions_model.plots import plot_forecast, plot_future_effects, plot_odds, plot_spread
    from sanctions_model.report.views import summary_table
    from sanctions_model.scenarios.odds.mixture import expected_by_odds

    against = str(result.attrs[dims.Said.AGAINST])
    odds = expected_by_odds(result, future=future, odds=np.linspace(0, 1, 21))
    wanted = [str(name) for name in split["outcome"].to_numpy()]
    label = str(result["scenario_label"].sel(scenario=future).item())
    chance = float(result["probability"].sel(scenario=future))
    horizons = table_horizons(result.sizes["horizon"])[-3:]
    levels = together["path"].assign_attrs(together.attrs)
    scm, kind = fitted.scm, fitted.drawn_from
    fans = [name for name in _FANS if name in together["outcome"]]
    figures = {
        "mixture": plot_forecast(
            levels,
            fitted.problem,
            fitted.draws,
            outcomes=fans,
            title="The futures, mixed by their odds",
            drawn_from=kind,
            beside=_beside(levels, fitted),
        ),
        "future_effects": plot_future_effects(
            result,
            together=_mixed(together, "effect"),
            outcomes=wanted,
            scm=scm,
            drawn_from=kind,
        ),
        "spread_forecast": plot_spread(split, scm=scm),
        "spread_effect": plot_spread(split, of_effect=True, scm=scm),
        "odds": plot_odds(
            odds, future=label, probability=chance, horizons=horizons, outcomes=wanted, scm=scm
        ),
    }
    futures = summary_table({"effect": result["effect"], "path": result["path"]}, scm)
    expected = odds.to_dataframe().reset_index()
    tables = {
        "mixture": table,
        "futures": with_statements(futures, said.iloc[:0], against=against),
        "spread": split.to_dataframe().reset_index(),
        "odds": expected[["odds", "outcome", "horizon", "period", "expected_effect"]].assign(
            against=against
        ),
    }
    if len(said):
        tables["statements"] = said
    data = {"futures": with_manifest(result, fitted), "spread": with_manifest(split, fitted)}
    write_results(out, tables, figures, data)
