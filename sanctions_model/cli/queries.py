"""Verbs on the past and the future: `counterfactual`, `forecast`, `scenario`."""

import logging
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import configure, drawn_outcomes, show
from sanctions_model.cli.parts.edits import (
    FileOption,
    HorizonOption,
    ScaleOption,
    SetOption,
    ShiftOption,
    StatementOption,
    conditioned,
    edited,
    read_horizon,
    require_change,
)
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
from sanctions_model.cli.statements import read_statements, show_statements, with_statements
from sanctions_model.errors import QuestionError
from sanctions_model.report.views import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from sanctions_model.inference.fit import Fit
    from sanctions_model.queries.conditional import Condition
    from sanctions_model.queries.counterfactuals import Episode
    from sanctions_model.scm.interventions import Intervention
    from sanctions_model.scm.model import StructuralCausalModel

_LOG = logging.getLogger("sanctions_model.cli")
# Shown where no outcome is named and the model has them; of another model its headline outcomes.
_LEVELS = ("inflation_yoy", "key_rate", "lending_rate", "gdp_level", "rouble")
_DECOMPOSED = ("inflation_yoy", "key_rate")
_BY_YEAR = ("gdp_level",)
counterfactual_app = typer.Typer(help="What would have happened in the past.", no_args_is_help=True)
scenario_app = typer.Typer(
    help="Scenarios of the future, the bundled ones and your own.", no_args_is_help=True
)

OutcomeOption = Annotated[
    list[str] | None, typer.Option("--outcome", help="Outcome to report; may be repeated.")
]
StartOption = Annotated[str, typer.Option("--from", help="First period, as in 2022Q1.")]
EndOption = Annotated[str | None, typer.Option("--to", help="Last period; the end by default.")]


def _episode(
    fitted: "Fit", start: str, end: str | None, draws: "xr.Dataset | None" = None
) -> "Episode":
    from sanctions_model.queries.counterfactuals import episode

    return episode(fitted.problem, fitted.draws if draws is None else draws, start=start, end=end)


def _stay(
    fitted: "Fit", past: "Episode", stay: list[str] | None, edits: list["Intervention"]
) -> list["Intervention"]:
    """Hold measures at their level before the window; of all of them those that no edit sets."""
    from sanctions_model.scm.interventions import SetTo

    names = stay or []
    if stay == ["all"]:
        sets = [e for e in edits if isinstance(e, SetTo) and e.start == 1 and e.stop is None]
        names = [n for n in fitted.scm.measures if n not in {edit.variable for edit in sets}]
    values = fitted.problem.cases.values
    for name in names:
        fitted.scm.graph.require(name, "--stay")
        if name not in fitted.scm.exogenous:
            raise QuestionError(f"--stay {name}: not a measure; set other variables with --set.")
    return [SetTo(variable=n, value=float(values[n][past.first - 1])) for n in names]


@counterfactual_app.command("run")
def run_counterfactual(
    start: StartOption,
    end: EndOption = None,
    stay: Annotated[
        list[str] | None,
        typer.Option(help="Measure that stays as before the window; `all` for all."),
    ] = None,
    setting: SetOption = None,
    shift: ShiftOption = None,
    scale: ScaleOption = None,
    without_shocks: Annotated[
        list[str] | None, typer.Option(help="Equation whose shocks are left out.")
    ] = None,
    file: FileOption = None,
    outcome: OutcomeOption = None,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Replay the past with other measures, policies or shocks."""
    configure(quiet=quiet)
    from sanctions_model.queries.counterfactuals import counterfactual
    from sanctions_model.queries.reading.headlines import changes_in_percent, headline
    from sanctions_model.report.dated import yearly_view
    from sanctions_model.scenarios.library import load_scenario

    scenario = load_scenario(file) if file else None
    if scenario is not None:
        scenario.require_used("a counterfactual", ("intervention", "without_shocks"))
    fitted = load_fit(fit)
    past = _episode(fitted, start, end)
    asked = edited(setting, shift, scale, scenario)
    if asked is not None:
        day = str(fitted.problem.cases.time[past.first - 1])
        asked = asked.dated(day, fitted.scm.periods_per_year)
    edits = list(asked.interventions) if asked else []
    replayed = partial(
        counterfactual,
        interventions=[*_stay(fitted, past, stay, edits), *edits],
        without_shocks=[*(without_shocks or []), *(scenario.without_shocks if scenario else ())],
        outcomes=outcome,
    )
    result = replayed(past)
    require_change(result["difference"], result.attrs["changed"])
    if result.attrs["not_observed"]:
        _LOG.info("not observed in the whole window: %s", result.attrs["not_observed"])
    table = numbers(
        fitted,
        {str(name): array for name, array in result.data_vars.items()},
        lambda draws: replayed(_episode(fitted, start, end, draws))["difference"],
        csv=csv,
        asked=as_json,
    )
    if figure is not None:
        from sanctions_model.plots import plot_counterfactual

        drawn = plot_counterfactual(
            result, fitted.problem, outcomes=drawn_outcomes(result["difference"], outcome)
        )
        write_figure(drawn, figure)
    changed = result.attrs["changed"]
    view = yearly_view(
        changes_in_percent(result, fitted.scm),
        fitted.scm,
        title=headline(result, fitted.scm),
        question=f"Question: what would have been with {changed}, against what happened?",
    )
    show(View(table=table, title=view.title) if as_json else view, as_json=as_json)


@counterfactual_app.command("decompose")
def decompose(
    start: StartOption,
    end: EndOption = None,
    outcome: OutcomeOption = None,
    parts: Annotated[
        bool,
        typer.Option("--parts", help="Show every driver and shock, not calendar years and groups."),
    ] = False,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what moved each year of the past. Sanctions, oil, policy, war, own shocks."""
    configure(quiet=quiet)
    from sanctions_model.queries.decomposition import historical_decomposition

    fitted = load_fit(fit)
    by_year = bool((scm := fitted.scm).forces) and not parts
    asked = outcome or scm.some_of(_BY_YEAR if by_year else _DECOMPOSED)
    found = historical_decomposition(_episode(fitted, start, end), outcomes=asked)
    if by_year:
        from sanctions_model.queries.reading.yearly_forces import yearly_forces
        from sanctions_model.report.annual import forces_table, forces_view

        forces = yearly_forces(found, fitted.problem, fitted.draws)
        table, view = forces_table(forces), forces_view(forces, scm)
    else:
        from sanctions_model.report.views import decomposition_view, summary_table

        table = summary_table({"contribution": found}, scm)
        view = decomposition_view(found, scm)
    if figure is not None:
        from sanctions_model.plots import plot_decomposition, plot_yearly_forces

        draw, shown = (plot_yearly_forces, forces) if by_year else (plot_decomposition, found)
        write_figure(draw(shown, outcomes=drawn_outcomes(found, outcome), scm=scm), figure)
    write_csv(table, csv)
    show(View(table=table, title="Contributions") if as_json else view, as_json=as_json)


def forecast(
    horizon: HorizonOption = "12",
    condition: Annotated[
        list[str] | None,
        typer.Option(
            help="variable=value@first-last that the future must meet, in periods or dates."
        ),
    ] = None,
    absorb: Annotated[
        list[str] | None,
        typer.Option(help="Equation whose shocks may meet the conditions; all by default."),
    ] = None,
    setting: SetOption = None,
    shift: ShiftOption = None,
    scale: ScaleOption = None,
    file: FileOption = None,
    statement: StatementOption = None,
    outcome: OutcomeOption = None,
    seed: Annotated[int, typer.Option(help="Random seed of the shocks.")] = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Forecast the outcomes. Interventions change the model, conditions bend its shocks."""
    configure(quiet=quiet)
    import xarray as xr

    from sanctions_model.economies.russia import QUOTED_OF_PATHS, TARGETS
    from sanctions_model.queries.conditional import conditional_forecast
    from sanctions_model.queries.forecasts import driver_words, simulate
    from sanctions_model.report.dated import dated_view
    from sanctions_model.report.outside import (
        beside_table,
        beside_view,
        forecast_beside,
        with_others,
    )
    from sanctions_model.report.views import summary_table
    from sanctions_model.scenarios.effects import starting_day
    from sanctions_model.scenarios.library import load_scenario
    from sanctions_model.scenarios.statements import statement_probabilities
    from sanctions_model.scm.interventions import edit_words
    from sanctions_model.scm.periods import period_labels
    from sanctions_model.wording import in_words

    scenario = load_scenario(file) if file else None
    if scenario is not None:
        scenario.require_used("a forecast", ("intervention", "condition", "absorbing"))
    asked = edited(setting, shift, scale, scenario)
    stated_conditions = bool(condition or (asked and asked.condition))
    if stated_conditions and asked is not None and asked.intervention:
        raise QuestionError("Conditions and interventions in one forecast; ask for one of them.")
    named = scenario.absorbing if scenario else None
    if absorb and named:
        raise QuestionError("Absorbing shocks by --absorb and in the file; give them once.")
    if (absorb or named) and not stated_conditions:
        raise QuestionError(
            "Absorbing shocks, but no condition that they could meet; give one by --condition."
        )
    fitted = load_fit(fit)
    wanted = outcome or fitted.scm.some_of(_LEVELS)
    read, everything = read_statements(statement, fitted, wanted)
    involved = [*everything, *(text.partition("=")[0] for text in condition or [])]
    involved += [entry.variable for entry in asked.condition] if asked else []
    for name in involved:
        fitted.scm.require(name, "the forecast")
    start, year = starting_day(fitted.problem, involved), fitted.scm.periods_per_year
    ahead = read_horizon(horizon, start, year)
    asked = conditioned(condition, start, year, asked)
    asked = asked.dated(start, year) if asked else None
    conditions, edits = (list(asked.conditions), list(asked.interventions)) if asked else ([], [])
    if conditions:
        result = conditional_forecast(
            fitted.problem,
            fitted.draws,
            conditions,
            horizon=ahead,
            absorbing=absorb or named,
            random_seed=seed,
            outcomes=everything,
        )
        _LOG.info("plausibility of the conditions: %.2f", float(result["plausibility"].mean()))
        paths = result["path"].assign_attrs(start=result.attrs["start"])
    else:
        simulated = simulate(
            fitted.problem,
            fitted.draws,
            horizon=ahead,
            interventions=edits,
            random_seed=seed,
            outcomes=everything,
        )
        if edits:
            without = simulate(
                fitted.problem, fitted.draws, horizon=ahead, random_seed=seed, outcomes=everything
            )
            require_change(simulated - without, in_words([edit_words(edit) for edit in edits]))
        _LOG.info("drivers: %s", driver_words(fitted.scm, simulated.attrs))
        paths = simulated.isel(scenario=0)
    said = statement_probabilities(xr.Dataset({"path": paths}), read)
    paths = paths.sel(outcome=list(wanted))
    beside = forecast_beside(
        paths, fitted.problem, list(wanted), targets=TARGETS, quoted=QUOTED_OF_PATHS
    )
    others = beside_table(paths, fitted.scm, beside)
    table = with_statements(with_others(summary_table({"path": paths}, fitted.scm), others), said)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_forecast
        from sanctions_model.queries.reading.headlines import panel_outcomes

        shown = drawn_outcomes(paths, outcome) or panel_outcomes(fitted.scm, list(wanted))
        drawn = plot_forecast(
            paths,
            fitted.problem,
            fitted.draws,
            conditions=conditions,
            outcomes=shown,
            beside=beside,
        )
        write_figure(drawn, figure)
    view = dated_view(
        paths,
        fitted.scm,
        question=_asked(conditions, edits, fitted.scm, period_labels(start, year, ahead)),
    )
    show(View(table=table, title="Forecast") if as_json else view, as_json=as_json)
    show_statements(said, as_json=as_json)
    if len(others) and not as_json:
        show(beside_view(others, fitted.scm, beside))


def _asked(
    conditions: "list[Condition]",
    interventions: "list[Intervention]",
    scm: "StructuralCausalModel",
    periods: "Sequence[str]",
) -> str:
    """Say what a forecast was asked under."""
    from sanctions_model.queries.reading.headlines import spoken_label
    from sanctions_model.scm.interventions import edit_words
    from sanctions_model.wording import in_words

    words = [edit_words(edit, periods, scm.measure_labels) for edit in interventions]
    for asked in conditions:
        values = ", ".join(f"{value:g}" for value in dict.fromkeys(asked.values.values()))
        first, last = (periods[end(asked.values) - 1] for end in (min, max))
        when = f"in {first}" if first == last else f"from {first} to {last}"
        words.append(f"{spoken_label(scm, asked.variable)} at {values} {when}")
    if not words and not scm.measures:  # a model of the reader's own, of something else
        return "Question: what comes?"
    return f"Question: what comes, with {in_words(words) if words else 'sanctions unchanged'}?"
