"""Verbs on scenarios by name and on the four futures: `scenario list|show|run|compare|mix|sectors`.

Importing this module adds the verbs to `scenario_app`. Everything is computed before anything is
written, and a folder of results appears file by file, each whole.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli_histories import (
    FileOption,
    OutcomeOption,
    ScaleOption,
    SetOption,
    ShiftOption,
    read_interventions,
    scenario_app,
)
from sanctions_model.cli_options import (
    DEFAULT_FIT,
    CsvOption,
    FigureOption,
    FitOption,
    JsonOption,
    QuietOption,
    load_fit,
    require_figure_path,
    write_csv,
)
from sanctions_model.console import View, configure, show
from sanctions_model.errors import QuestionError
from sanctions_model.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from sanctions_model.sampling import Fit
    from sanctions_model.scenario_files import Scenario

__all__ = ["scenario_app"]

_LOG = logging.getLogger("sanctions_model.cli")
_OUTCOMES = (
    "price_level",
    "inflation_yoy",
    "key_rate",
    "real_lending_rate",
    "credit_level",
    "gdp_level",
    "rouble",
    "real_wage_level",
)
# Fans in levels are drawn of what people follow.
_FANS = ("inflation_yoy", "key_rate", "gdp_growth", "rouble")

LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", help="Your own scenarios.toml; the bundled one by default."),
]
HorizonOption = Annotated[int, typer.Option(help="Periods.")]
SeedOption = Annotated[int, typer.Option(help="Random seed of paths and shocks.")]
NameArgument = Annotated[str, typer.Argument(help="Name of a scenario, see `scenario list`.")]
ProbabilityOption = Annotated[
    list[str] | None,
    typer.Option("--probability", help="future=value at the start; the others share what is left."),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for all tables, figures and the draws (netCDF)."),
]


def _horizons(horizon: int) -> list[int]:
    """Return the horizons that a table shows."""
    return sorted({h for h in (1, 4, 8, 12, 20, 40) if h < horizon} | {horizon})[-5:]


def _require_folder(out: Path | None) -> None:
    if out is not None and out.exists() and not out.is_dir():
        raise QuestionError(f"--out {out}: that is a file; give a folder.")
    if out is not None and not out.exists() and not out.parent.is_dir():
        raise QuestionError(f"--out {out}: there is no folder {out.parent}; make it first.")


def _write(
    out: Path,
    tables: "Mapping[str, pd.DataFrame]",
    figures: "Mapping[str, Figure]",
    data: "Mapping[str, xr.Dataset]",
) -> None:
    """Write what was computed, each file whole."""
    from sanctions_model.plots import save_figures

    out.mkdir(exist_ok=True)
    for name, table in tables.items():
        write_csv(table, out / f"{name}.csv")
    for path in save_figures(figures, out):
        _LOG.info("wrote %s", path)
    for name, dataset in data.items():
        with whole_file(out / f"{name}.nc") as part:
            dataset.to_netcdf(part, engine="h5netcdf")
        _LOG.info("wrote %s", out / f"{name}.nc")


def _say(sentences: list[str], *, as_json: bool) -> None:
    """Print sentences below a table; in JSON the numbers speak for themselves."""
    if not as_json:
        typer.echo("")
        for sentence in sentences:
            typer.echo(sentence)


@scenario_app.command("list")
def list_scenarios(
    library: LibraryOption = None, quiet: QuietOption = False, as_json: JsonOption = False
) -> None:
    """Names and labels of the scenarios, with the first probabilities of the futures."""
    configure(quiet=quiet)
    from sanctions_model.future_reading import library_view
    from sanctions_model.scenario_files import load_scenarios

    show(library_view(load_scenarios(library)), as_json=as_json)


@scenario_app.command("show")
def show_scenario(
    name: NameArgument,
    library: LibraryOption = None,
    horizon: HorizonOption = 20,
    seed: SeedOption = 20260101,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print what a scenario states, and the paths of the measures that it draws."""
    configure(quiet=quiet)
    import numpy as np

    from sanctions_model.future_reading import paths_view, scenario_view
    from sanctions_model.futures import draw_scenario_paths
    from sanctions_model.scenario_files import load_scenarios

    scenario = load_scenarios(library).named(name)
    show(scenario_view(name, scenario), as_json=as_json)
    if scenario.intervention or scenario.condition or as_json:
        return
    generator = np.random.default_rng(seed)
    paths = draw_scenario_paths(scenario, paths=4000, horizon=horizon, generator=generator)
    show(paths_view(paths, _horizons(horizon)))


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
    horizon: HorizonOption = 20,
    outcome: OutcomeOption = None,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Effect of a scenario or of interventions, against the future without them."""
    configure(quiet=quiet)
    require_figure_path(figure)
    from sanctions_model.reading import over_time_view, summary_table
    from sanctions_model.scenario_files import load_scenario, load_scenarios

    edits = setting or shift or scale
    if name is not None and (file is not None or edits):
        raise QuestionError("Give the name of a scenario, or --file and edits, not both.")
    scenario = load_scenario(file) if file else None
    if name is not None:
        scenario = load_scenarios(library).named(name)
    effect = _effect(
        load_fit(fit), scenario, setting, shift, scale, horizon=horizon, seed=seed, outcome=outcome
    )
    table = summary_table({"effect": effect[1]})
    write_csv(table, csv)
    label = scenario.label if scenario else "the interventions"
    title = f"Effect of {label}, against the future without"
    if figure is not None:
        from sanctions_model.plots import plot_scenario_effect, save_figures

        drawn = plot_scenario_effect(
            effect[1], label=label, scm=effect[0].scm, drawn_from=_kind(effect[0])
        )
        save_figures({figure.stem: drawn}, figure.parent)
        _LOG.info("wrote %s", figure)
    view = over_time_view(effect[1], effect[0].scm, title)
    show(View(table=table, title=title) if as_json else view, as_json=as_json)


def _effect(
    fitted: "Fit",
    scenario: "Scenario | None",
    setting: list[str] | None,
    shift: list[str] | None,
    scale: list[str] | None,
    *,
    horizon: int,
    seed: int,
    outcome: list[str] | None,
) -> "tuple[Fit, xr.DataArray]":
    """Answer designs path by path, interventions by simulation."""
    from sanctions_model.future_effects import designed_effect
    from sanctions_model.scenarios import scenario_effect

    if scenario is not None and (scenario.is_designed or not scenario.interventions):
        if setting or shift or scale:
            raise QuestionError(f"{scenario.label!r} has designs; run it without edits.")
        if scenario.condition:
            raise QuestionError(f"{scenario.label!r} has conditions; ask `forecast --file`.")
        effect = designed_effect(
            fitted.scm,
            fitted.draws,
            scenario,
            horizon=horizon,
            random_seed=seed,
            outcomes=outcome or [n for n in _OUTCOMES if n in fitted.scm.variables],
        )
        return fitted, effect
    effect = scenario_effect(
        fitted.problem,
        fitted.draws,
        read_interventions(setting, shift, scale, scenario),
        horizon=horizon,
        random_seed=seed,
        outcomes=outcome,
    )
    return fitted, effect


@scenario_app.command("compare")
def compare(
    library: LibraryOption = None,
    horizon: HorizonOption = 20,
    outcome: OutcomeOption = None,
    transitions: Annotated[
        bool, typer.Option("--transitions", help="Let futures slide to others.")
    ] = False,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Effects of all futures against the status quo, and which one matters most for what."""
    configure(quiet=quiet)
    require_figure_path(figure)
    _require_folder(out)
    from sanctions_model.future_mixture import compare_futures
    from sanctions_model.future_reading import compare_sentences, futures_view
    from sanctions_model.reading import summary_table
    from sanctions_model.scenario_files import load_scenarios

    asked = load_scenarios(library)
    asked.process()
    fitted = load_fit(fit)
    result = compare_futures(
        fitted.problem,
        fitted.draws,
        asked,
        horizon=horizon,
        outcomes=outcome or _OUTCOMES,
        random_seed=seed,
        transitions=transitions,
    )
    _LOG.info("start after %s", result.attrs["start"])
    table = summary_table({"effect": result["effect"], "path": result["path"]})
    if figure is not None or out is not None:
        from sanctions_model.plots import plot_future_effects, save_figures

        drawn = plot_future_effects(result, scm=fitted.scm, drawn_from=_kind(fitted))
        if figure is not None:
            save_figures({figure.stem: drawn}, figure.parent)
            _LOG.info("wrote %s", figure)
        if out is not None:
            named = _with_fit(result, fitted)
            _write(out, {"futures": table}, {"future_effects": drawn}, {"futures": named})
    write_csv(table, csv)
    view = futures_view(result, fitted.scm, _horizons(horizon))
    show(View(table=table, title=view.title) if as_json else view, as_json=as_json)
    _say(compare_sentences(result, fitted.scm), as_json=as_json)


@scenario_app.command("mix")
def mix(
    library: LibraryOption = None,
    probability: ProbabilityOption = None,
    statement: Annotated[
        list[str] | None,
        typer.Option("--statement", help="As in 'key_rate <= 10 by 2028Q4'; may be repeated."),
    ] = None,
    odds_of: Annotated[
        str | None, typer.Option("--odds-of", help="Future whose odds vary; the first by default.")
    ] = None,
    horizon: HorizonOption = 20,
    outcome: OutcomeOption = None,
    paths: Annotated[int, typer.Option(help="Paths for the split of the spread.")] = 1000,
    parameters: Annotated[int, typer.Option(help="Draws for the split of the spread.")] = 200,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    out: OutOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Mixture over the futures: forecast, statements, where the spread is from, your own odds."""
    configure(quiet=quiet)
    _require_folder(out)
    from sanctions_model.future_mixture import (
        compare_futures,
        mixture,
        probabilities,
        reweighted,
    )
    from sanctions_model.future_reading import mix_sentences, spread_sentences, spread_view
    from sanctions_model.future_statements import Statement, statement_probabilities
    from sanctions_model.reading import over_time_view, summary_table
    from sanctions_model.scenario_files import load_scenarios
    from sanctions_model.spread import spread_split

    asked = load_scenarios(library)
    process = asked.process()
    weights = probabilities(process, _given(probability))
    chosen = odds_of or process.order[0]
    fitted = load_fit(fit)
    wanted = list(outcome or _OUTCOMES)
    everything = wanted + [n for n in _FANS if out and n not in wanted]
    result = compare_futures(
        fitted.problem,
        fitted.draws,
        asked,
        horizon=horizon,
        outcomes=everything,
        random_seed=seed,
        transitions=True,
    )
    result = reweighted(result, weights)
    year = fitted.scm.periods_per_year
    start = result.attrs["start"]
    read = [Statement.parse(t, start=start, periods_per_year=year) for t in statement or []]
    said = statement_probabilities(result, read)
    sentences = mix_sentences(result.sel(outcome=wanted), fitted.scm, future=chosen)
    together = mixture(result, random_seed=seed)
    split = spread_split(
        fitted.problem,
        fitted.draws,
        asked,
        horizon=horizon,
        outcomes=wanted,
        paths=paths,
        parameters=parameters,
        weights=weights,
        random_seed=seed,
    )
    table = summary_table({n: together[n].sel(outcome=wanted) for n in ("path", "effect")})
    if out is not None:
        _write_mix(out, fitted, result, together, split, table, said, chosen)
    write_csv(table, csv)
    title = "Forecast over the mixture of futures"
    if as_json:
        show(View(table=table, title=title), as_json=True)
        return
    show(over_time_view(together["path"].sel(outcome=wanted), fitted.scm, title))
    show(over_time_view(together["effect"].sel(outcome=wanted), fitted.scm, "Effect, mixture"))
    if read:
        show(View(table=said, title="Probability of each statement"))
    show(spread_view(split, fitted.scm, _horizons(horizon)[-2:]))
    _say(sentences + spread_sentences(split, fitted.scm), as_json=False)


def _given(options: list[str] | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in options or []:
        name, _, value = text.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            raise QuestionError(
                f"--probability {text}: expected future=value, as in reset=0.4."
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

    from sanctions_model.future_mixture import expected_by_odds
    from sanctions_model.plots import plot_forecast, plot_future_effects, plot_odds, plot_spread
    from sanctions_model.reading import summary_table

    odds = expected_by_odds(result, future=future, odds=np.linspace(0, 1, 21))
    wanted = [str(name) for name in split["outcome"].to_numpy()]
    label = str(result["scenario_label"].sel(scenario=future).item())
    chance = float(result["probability"].sel(scenario=future))
    horizons = _horizons(result.sizes["horizon"])[-3:]
    levels = together["path"].assign_attrs(together.attrs)
    scm, kind = fitted.scm, _kind(fitted)
    fans = [name for name in _FANS if name in together["outcome"]]
    figures = {
        "mixture": plot_forecast(
            levels,
            fitted.problem,
            fitted.draws,
            outcomes=fans,
            title="The futures, mixed by their odds",
            drawn_from=kind,
        ),
        "future_effects": plot_future_effects(result, outcomes=wanted, scm=scm, drawn_from=kind),
        "spread_forecast": plot_spread(split, scm=scm),
        "spread_effect": plot_spread(split, of_effect=True, scm=scm),
        "odds": plot_odds(
            odds, future=label, probability=chance, horizons=horizons, outcomes=wanted, scm=scm
        ),
    }
    tables = {
        "mixture": table,
        "futures": summary_table({"effect": result["effect"], "path": result["path"]}),
        "spread": split.to_dataframe().reset_index(),
        "odds": odds.to_dataframe().reset_index()[
            ["odds", "outcome", "horizon", "expected_effect"]
        ],
    }
    if len(said):
        tables["statements"] = said
    data = {"futures": _with_fit(result, fitted), "spread": _with_fit(split, fitted)}
    _write(out, tables, figures, data)


@scenario_app.command("sectors")
def sectors(
    name: NameArgument,
    library: LibraryOption = None,
    figures_of_sectors: Annotated[
        Path | None, typer.Option("--sectors", help="Your own sectors.csv; bundled by default.")
    ] = None,
    horizon: HorizonOption = 20,
    seed: SeedOption = 20260101,
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Grey imports by sector under a scenario, beside the transmission's own premium."""
    configure(quiet=quiet)
    require_figure_path(figure)
    import numpy as np

    from sanctions_model.future_reading import sector_sentences
    from sanctions_model.futures import draw_scenario_paths
    from sanctions_model.scenario_files import load_scenarios
    from sanctions_model.sectors import load_sectors, sector_premiums, sector_table

    scenario = load_scenarios(library).named(name)
    rows = load_sectors(figures_of_sectors)
    fitted = load_fit(fit)
    drawn = draw_scenario_paths(
        scenario,
        paths=fitted.draws.sizes["chain"] * fitted.draws.sizes["draw"],
        horizon=horizon,
        generator=np.random.default_rng(seed),
    )
    result = sector_premiums(fitted.scm, fitted.draws, drawn, sectors=rows, random_seed=seed)
    table = sector_table(result, [0, *_horizons(horizon)])
    if figure is not None:
        from sanctions_model.plots import plot_sectors, save_figures

        page = plot_sectors(
            result, scenario=scenario.label, scm=fitted.scm, drawn_from=_kind(fitted)
        )
        save_figures({figure.stem: page}, figure.parent)
        _LOG.info("wrote %s", figure)
    write_csv(table, csv)
    title = f"Grey imports by sector under {scenario.label}"
    if as_json:
        show(View(table=table, title=title), as_json=True)
        return
    show(_sector_view(table, title))
    _say(sector_sentences(result, fitted.scm), as_json=False)


def _sector_view(table: "pd.DataFrame", title: str) -> View:
    """Parts and sums by horizon."""
    kept = table[table["quantity"].isin(["part", "total", "transmission", "difference"])]
    sized = kept.assign(
        size=[
            f"{m:.2f} ({low:.2f}; {high:.2f})"
            for m, low, high in kept[["median", "lower", "upper"]].to_numpy()
        ],
        what=[
            s if q == "part" else {"total": "sum of the sectors"}.get(q, q)
            for s, q in kept[["sector", "quantity"]].to_numpy()
        ],
    )
    wide = sized.pivot_table(
        index="what", columns="horizon", values="size", aggfunc="first", sort=False
    )
    table = wide.rename(columns=lambda h: f"after {h}" if h else "today").reset_index()
    return View(
        table=table,
        title=f"{title}: points of the import premium",
        caption="Median and interval. Shares and premiums are in --csv.",
    )


def _kind(fitted: "Fit") -> str:
    return "prior" if fitted.is_prior_only else "posterior"


def _with_fit(result: "xr.Dataset", fitted: "Fit") -> "xr.Dataset":
    """Add the manifest of the fit, as JSON."""
    import json

    return result.assign_attrs(fit_manifest=json.dumps(dict(fitted.manifest), sort_keys=True))
