"""Verbs on scenarios by name and on the four futures: `scenario list|show|run|compare|sectors`.

Importing this module adds the verbs to `scenario_app`. Everything is computed before anything is
written, and the files of a folder of results appear at once.
"""

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import configure, drawn_outcomes, is_short, say, show
from sanctions_model.cli.parts.edits import (
    FileOption,
    HorizonOption,
    ScaleOption,
    SetOption,
    ShiftOption,
    StatementOption,
    edited,
    read_horizon,
    require_change,
)
from sanctions_model.cli.parts.numbers import basis_of, marked, numbers, resting
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
from sanctions_model.cli.queries import OutcomeOption, scenario_app
from sanctions_model.cli.statements import read_statements, show_statements, with_statements
from sanctions_model.coercion import generator_of
from sanctions_model.dims import Said
from sanctions_model.errors import QuestionError, ReweightingError
from sanctions_model.files import require_folder as require_target_folder
from sanctions_model.files import require_target, whole_file
from sanctions_model.report.views import View
from sanctions_model.wording import lower_first, upper_first

if TYPE_CHECKING:
    import xarray as xr

    from sanctions_model.inference.fit import Fit

__all__ = [
    "LibraryOption",
    "OutOption",
    "PeriodsOption",
    "SeedOption",
    "headline",
    "require_folder",
    "scenario_app",
    "table_horizons",
]

_LOG = logging.getLogger("sanctions_model.cli")
_HEADLINE = (
    "price_level",
    "inflation_yoy",
    "key_rate",
    "real_lending_rate",
    "credit_level",
    "gdp_level",
    "rouble",
    "real_wage_level",
)

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", help="Your own scenarios.toml; the bundled one by default."),
]
PeriodsOption = Annotated[int, typer.Option(help="Number of periods.")]
SeedOption = Annotated[int, typer.Option(help="Random seed of paths and shocks.")]
NameArgument = Annotated[str, typer.Argument(help="Name of a scenario, see `scenario list`.")]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for all tables, figures and the draws (netCDF)."),
]


def table_horizons(horizon: int) -> list[int]:
    """Return the horizons that a table shows."""
    return sorted({h for h in (1, 4, 8, 12, 20, 40) if h < horizon} | {horizon})[-5:]


def headline(fitted: "Fit", asked: list[str] | None) -> list[str]:
    """Return the outcomes asked for, or those that people follow, as far as the model has them."""
    return list(asked or [n for n in _HEADLINE if n in fitted.scm.variables] or fitted.scm.headline)


def require_folder(out: Path | None) -> None:
    """Refuse a folder of results that could not be made, before any work is done."""
    if out is not None:
        require_target_folder(out, "--out")
    if out is not None and not out.exists() and not out.parent.is_dir():
        raise QuestionError(f"--out {out}: there is no folder {out.parent}; make it first.")


@scenario_app.command("list")
def list_scenarios(
    library: LibraryOption = None, quiet: QuietOption = False, as_json: JsonOption = False
) -> None:
    """List the scenarios, with the probabilities of the futures."""
    configure(quiet=quiet)
    from sanctions_model.report.scenarios import library_view
    from sanctions_model.scenarios.library import load_scenarios

    show(library_view(load_scenarios(library)), as_json=as_json)


@scenario_app.command("template")
def write_template(
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; it must not exist. Else printed.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="The JSON schema instead, for editors that complete.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a scenario file to fill in. Every key is explained in it."""
    configure(quiet=quiet)
    import json

    from sanctions_model.scenarios.keys import scenario_schema, scenario_template

    text = json.dumps(scenario_schema(), indent=2) + "\n" if schema else scenario_template()
    if out is None:
        typer.echo(text, nl=False)
        return
    require_target(out, "--out", (".json",) if schema else (".toml",))
    if out.exists():
        raise QuestionError(f"--out {out}: that exists; give another name.")
    with whole_file(out) as part:
        part.write_text(text, encoding="utf-8")
    _LOG.info("wrote %s", out)


@scenario_app.command("show")
def show_scenario(
    name: NameArgument,
    library: LibraryOption = None,
    horizon: PeriodsOption = 20,
    seed: SeedOption = 20260101,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print what a scenario states. And the paths of the measures that it draws."""
    configure(quiet=quiet)
    from sanctions_model.economies.registry import default_transmission
    from sanctions_model.report.scenarios import paths_view, scenario_view
    from sanctions_model.scenarios.library import load_scenarios
    from sanctions_model.scenarios.odds.regimes import draw_scenario_paths
    from sanctions_model.scenarios.quantities import first_date
    from sanctions_model.scm.interventions import require_horizon

    generator = generator_of(seed)
    require_horizon(horizon)
    scenario = load_scenarios(library).named(name)
    show(scenario_view(name, scenario, scm := default_transmission()), as_json=as_json)
    if scenario.intervention or scenario.condition or as_json or first_date(scenario):
        return  # paths need a start, which only a fit has
    paths = draw_scenario_paths(scenario, paths=4000, horizon=horizon, generator=generator)
    show(paths_view(paths, table_horizons(horizon), scm))


@scenario_app.command("run")
def run_scenario(
    name: Annotated[
        str | None, typer.Argument(help="Name of a scenario; or give --file or --set.")
    ] = None,
    setting: SetOption = None,
    shift: ShiftOption = None,
    scale: ScaleOption = None,
    file: FileOption = None,
    library: LibraryOption = None,
    statement: StatementOption = None,
    horizon: HorizonOption = "20",
    outcome: OutcomeOption = None,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what a scenario or your interventions do."""
    configure(quiet=quiet)
    from sanctions_model.queries.forecasts import driver_words
    from sanctions_model.queries.reading.headlines import at_periods
    from sanctions_model.report.answers import scenario_answer, scenario_sentences
    from sanctions_model.scenarios.effects import starting_day
    from sanctions_model.scenarios.forecast import USED, scenario_forecast
    from sanctions_model.scenarios.library import load_scenario, load_scenarios
    from sanctions_model.scenarios.statements import statement_probabilities
    from sanctions_model.scm.interventions import done_until
    from sanctions_model.scm.periods import period_after

    if name is not None and (file is not None or setting or shift or scale):
        raise QuestionError("Give the name of a scenario, or --file and edits, not both.")
    given = load_scenario(file) if file else None
    if name is not None:
        given = load_scenarios(library).named(name)
    scenario = edited(setting, shift, scale, given)
    if scenario is None:
        raise QuestionError("No intervention; give a name, --file or at least one edit (--set).")
    if scenario.stated or name is None:  # a status quo states nothing
        scenario.require_used("the effect of a scenario", USED)
    fitted = load_fit(fit)
    wanted = headline(fitted, outcome)
    read, everything = read_statements(statement, fitted, wanted)
    start, year = starting_day(fitted.problem, everything), fitted.scm.periods_per_year
    answer = partial(
        scenario_forecast,
        fitted.problem,
        scenario=scenario,
        horizon=read_horizon(horizon, start, year),
        random_seed=seed,
        outcomes=everything,
    )
    result = answer(fitted.draws)
    # That a transfer of frozen reserves moves nothing by itself is an answer: others have them.
    gift = any(entry.transferred != 0 for entry in scenario.release_assets)
    if scenario.stated and not (gift and scenario.stated == ("release_assets",)):
        require_change(result["effect"], repr(scenario.label))
    drivers = driver_words(fitted.scm, result.attrs)
    _LOG.info("starts after %s; drivers: %s", period_after(start, 0, year), drivers)
    said = statement_probabilities(result, read)
    told = list(dict.fromkeys([*(s.outcome for s in read), *wanted]))
    effect = result["effect"].sel(outcome=wanted)
    ahead = effect.sizes["horizon"]
    end = done_until(scenario.dated(start, year).interventions, ahead)
    shown = sorted({*at_periods(range(1, ahead + 1), year), end})
    label = scenario.label
    if setting or shift or scale:  # which says less than was asked
        label = lower_first(str(effect.attrs.get(Said.SUBJECT, label)))
        result.attrs["label"] = upper_first(label)
    at = effect["horizon"] if csv is not None or as_json else shown
    rested = resting(
        fitted,
        lambda draws: answer(draws)["effect"].sel(outcome=wanted, horizon=at),
        effect.sel(horizon=at),
    )
    result = marked(result, rested)
    table = numbers(
        fitted,
        {"effect": rested},
        csv=csv,
        asked=as_json,
        finish=partial(with_statements, said=said, against=result.attrs[Said.AGAINST]),
    )
    if figure is not None:
        from sanctions_model.plots import plot_scenario_effect

        drawn = plot_scenario_effect(
            result["effect"].sel(outcome=wanted),
            label=label,
            outcomes=drawn_outcomes(effect, outcome),
            scm=fitted.scm,
            drawn_from=fitted.drawn_from,
            end=end,
        )
        write_figure(drawn, figure)
    view = scenario_answer(rested.sel(horizon=shown), fitted.scm, label=label, end=end)
    show_statements(said, as_json=as_json)
    if not is_short():
        say(scenario_sentences(result, fitted.scm, told[:3]), as_json=as_json)
    show(View(table=table, title=view.title) if as_json else view, as_json=as_json)


@scenario_app.command("compare")
def compare(
    library: LibraryOption = None,
    statement: StatementOption = None,
    horizon: HorizonOption = "20",
    outcome: OutcomeOption = None,
    transitions: Annotated[
        bool, typer.Option("--transitions", help="Let one future turn into another.")
    ] = False,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare all futures with the status quo. And say which one matters most for what."""
    configure(quiet=quiet)
    require_folder(out)
    from sanctions_model.report.dated import futures_view
    from sanctions_model.report.scenarios import compare_sentences
    from sanctions_model.scenarios.effects import starting_day
    from sanctions_model.scenarios.library import load_scenarios
    from sanctions_model.scenarios.odds.mixture import compare_futures
    from sanctions_model.scenarios.statements import statement_probabilities

    asked = load_scenarios(library)
    asked.process()
    fitted = load_fit(fit)
    wanted = headline(fitted, outcome)
    read, everything = read_statements(statement, fitted, wanted)
    start = starting_day(fitted.problem, everything)
    answer = partial(
        compare_futures,
        fitted.problem,
        library=asked,
        horizon=read_horizon(horizon, start, fitted.scm.periods_per_year),
        outcomes=everything,
        random_seed=seed,
        transitions=transitions,
    )
    result = answer(fitted.draws)
    said = statement_probabilities(result, read)
    result = result.sel(outcome=wanted)
    year = fitted.scm.periods_per_year
    table = numbers(
        fitted,
        {"effect": result["effect"], "path": result["path"]},
        lambda draws: answer(draws)["effect"].sel(outcome=wanted),
        csv=csv,
        asked=as_json or out is not None,
        finish=partial(with_statements, said=said, against=result.attrs[Said.AGAINST]),
    )
    if figure is not None or out is not None:
        from sanctions_model.plots import plot_future_effects

        drawn = plot_future_effects(
            result,
            outcomes=drawn_outcomes(result["effect"], outcome),
            scm=fitted.scm,
            drawn_from=fitted.drawn_from,
        )
        if figure is not None:
            write_figure(drawn, figure)
        if out is not None:
            named = with_manifest(result, fitted)
            write_results(out, {"futures": table}, {"future_effects": drawn}, {"futures": named})
    if not is_short():
        say(compare_sentences(result, fitted.scm), as_json=as_json)
    view = futures_view(result, fitted.scm, min(3 * year, result.sizes["horizon"]))
    show_statements(said, as_json=as_json)
    show(View(table=table, title=view.title) if as_json else view, as_json=as_json)


@scenario_app.command("sectors")
def sectors(
    name: NameArgument,
    library: LibraryOption = None,
    figures_of_sectors: Annotated[
        Path | None,
        typer.Option("--sectors", help="Your own sectors.csv; the bundled one by default."),
    ] = None,
    losses: Annotated[
        Path | None,
        typer.Option("--losses", help="Losses of output by sector, made with sanction-simulator."),
    ] = None,
    horizon: PeriodsOption = 20,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show grey imports and output by sector under a scenario."""
    configure(quiet=quiet)

    from sanctions_model.report.sectors import (
        output_view,
        pooled_sentences,
        sector_sentences,
        sector_view,
        whole_table,
    )
    from sanctions_model.scenarios.library import load_scenarios
    from sanctions_model.scenarios.odds.regimes import draw_scenario_paths
    from sanctions_model.scenarios.sectors import (
        load_output_losses,
        load_sectors,
        output_table,
        pool_premium,
        pooled_effects,
        sector_premiums,
        sector_table,
    )
    from sanctions_model.scenarios.sectors.pooling import HALF

    scenario = load_scenarios(library).named(name)
    rows = load_sectors(figures_of_sectors)
    output = output_table(rows, None if losses is None else load_output_losses(losses))
    fitted = load_fit(fit)

    def premiums(draws: "xr.Dataset") -> "xr.Dataset":
        drawn = draw_scenario_paths(
            scenario,
            paths=draws.sizes["chain"] * draws.sizes["draw"],
            horizon=horizon,
            generator=generator_of(seed),
        )
        return sector_premiums(fitted.scm, draws, drawn, sectors=rows, random_seed=seed)

    result = premiums(fitted.draws)
    whole = csv is not None or as_json
    prices = [n for n in ("price_level",) if n in fitted.scm.variables]
    try:
        pools = [
            pool_premium(fitted.scm, fitted.draws, sectors=rows, power=power, random_seed=seed)
            for power in (HALF, 1.0)
        ]
        pooled = pooled_effects(fitted.scm, fitted.draws, pools, outcomes=prices, horizon=horizon)
        one = pooled_sentences(pooled, fitted.scm)
    except ReweightingError as error:
        pooled, one = None, [f"One premium instead of two: not answered. {error}"]
    parts = sector_table(
        result,
        [0, *table_horizons(horizon)],
        before=premiums(fitted.prior_draws) if whole else None,
        basis=basis_of(fitted) if whole else None,
    )
    table = whole_table(parts, pooled, output)
    if figure is not None:
        from sanctions_model.plots import plot_sectors

        page = plot_sectors(
            result, scenario=scenario.label, scm=fitted.scm, drawn_from=fitted.drawn_from
        )
        write_figure(page, figure)
    write_csv(table, csv)
    if as_json:
        title = f"Grey imports by sector under {scenario.label}"
        show(View(table=table, title=title), as_json=True)
        return
    if losses is None or not is_short():
        sentences = sector_sentences(result, fitted.scm)
        show(sector_view(result, fitted.scm, title=sentences[0], scenario=scenario.label))
        if not is_short():
            say([*sentences[1:-1], *one, sentences[-1]], as_json=False)
    if losses is not None or not is_short():
        show(output_view(output))
