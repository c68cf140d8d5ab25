"""Verbs on scenarios by name and on the four futures: `scenario list|show|run|compare|sectors`.

Importing this module adds the verbs to `scenario_app`. Everything is computed before anything is
written, and a folder of results appears file by file, each whole.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.console import configure, say, show
from sanctions_model.cli.options import (
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
from sanctions_model.cli.queries import (
    FileOption,
    OutcomeOption,
    ScaleOption,
    SetOption,
    ShiftOption,
    read_interventions,
    scenario_app,
)
from sanctions_model.errors import QuestionError
from sanctions_model.files import whole_file
from sanctions_model.report.views import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from sanctions_model.inference.fit import Fit
    from sanctions_model.scenarios.library import Scenario

__all__ = [
    "HEADLINE",
    "HorizonOption",
    "LibraryOption",
    "OutOption",
    "SeedOption",
    "require_folder",
    "scenario_app",
    "table_horizons",
    "with_manifest",
    "write_results",
]

_LOG = logging.getLogger("sanctions_model.cli")
HEADLINE = (
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
HorizonOption = Annotated[int, typer.Option(help="Periods.")]
SeedOption = Annotated[int, typer.Option(help="Random seed of paths and shocks.")]
NameArgument = Annotated[str, typer.Argument(help="Name of a scenario, see `scenario list`.")]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for all tables, figures and the draws (netCDF)."),
]


def table_horizons(horizon: int) -> list[int]:
    """Return the horizons that a table shows."""
    return sorted({h for h in (1, 4, 8, 12, 20, 40) if h < horizon} | {horizon})[-5:]


def require_folder(out: Path | None) -> None:
    """Refuse a folder of results that could not be made, before any work is done."""
    if out is not None and out.exists() and not out.is_dir():
        raise QuestionError(f"--out {out}: that is a file; give a folder.")
    if out is not None and not out.exists() and not out.parent.is_dir():
        raise QuestionError(f"--out {out}: there is no folder {out.parent}; make it first.")


def write_results(
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


@scenario_app.command("list")
def list_scenarios(
    library: LibraryOption = None, quiet: QuietOption = False, as_json: JsonOption = False
) -> None:
    """Names and labels of the scenarios, with the first probabilities of the futures."""
    configure(quiet=quiet)
    from sanctions_model.report.scenarios import library_view
    from sanctions_model.scenarios.library import load_scenarios

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

    from sanctions_model.report.scenarios import paths_view, scenario_view
    from sanctions_model.scenarios.library import load_scenarios
    from sanctions_model.scenarios.regimes import draw_scenario_paths

    scenario = load_scenarios(library).named(name)
    show(scenario_view(name, scenario), as_json=as_json)
    if scenario.intervention or scenario.condition or as_json:
        return
    generator = np.random.default_rng(seed)
    paths = draw_scenario_paths(scenario, paths=4000, horizon=horizon, generator=generator)
    show(paths_view(paths, table_horizons(horizon)))


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
    from sanctions_model.report.views import over_time_view, summary_table
    from sanctions_model.scenarios.library import load_scenario, load_scenarios

    edits = setting or shift or scale
    if name is not None and (file is not None or edits):
        raise QuestionError("Give the name of a scenario, or --file and edits, not both.")
    scenario = load_scenario(file) if file else None
    if name is not None:
        scenario = load_scenarios(library).named(name)
    if scenario is not None and (scenario.stated or name is None):  # a status quo states nothing
        used = ("intervention", "relief", "tightening", "level")
        scenario.require_used("the effect of a scenario", used)
    effect = _effect(
        load_fit(fit), scenario, setting, shift, scale, horizon=horizon, seed=seed, outcome=outcome
    )
    table = summary_table({"effect": effect[1]}, effect[0].scm)
    write_csv(table, csv)
    label = scenario.label if scenario else "the interventions"
    title = f"Effect of {label}, against the future without"
    if figure is not None:
        from sanctions_model.plots import plot_scenario_effect

        drawn = plot_scenario_effect(
            effect[1], label=label, scm=effect[0].scm, drawn_from=effect[0].drawn_from
        )
        write_figure(drawn, figure)
    view = over_time_view(effect[1], effect[0].scm, title, quantity="effect")
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
    from sanctions_model.scenarios.effects import designed_effect, scenario_effect

    if scenario is not None and (scenario.is_designed or not scenario.interventions):
        if setting or shift or scale:
            raise QuestionError(f"{scenario.label!r} has designs; run it without edits.")
        effect = designed_effect(
            fitted.scm,
            fitted.draws,
            scenario,
            horizon=horizon,
            random_seed=seed,
            outcomes=outcome or [n for n in HEADLINE if n in fitted.scm.variables],
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
    require_folder(out)
    from sanctions_model.report.scenarios import compare_sentences, futures_view
    from sanctions_model.report.views import summary_table
    from sanctions_model.scenarios.library import load_scenarios
    from sanctions_model.scenarios.mixture import compare_futures

    asked = load_scenarios(library)
    asked.process()
    fitted = load_fit(fit)
    result = compare_futures(
        fitted.problem,
        fitted.draws,
        asked,
        horizon=horizon,
        outcomes=outcome or HEADLINE,
        random_seed=seed,
        transitions=transitions,
    )
    _LOG.info("start after %s", result.attrs["start"])
    table = summary_table({"effect": result["effect"], "path": result["path"]}, fitted.scm)
    if figure is not None or out is not None:
        from sanctions_model.plots import plot_future_effects

        drawn = plot_future_effects(result, scm=fitted.scm, drawn_from=fitted.drawn_from)
        if figure is not None:
            write_figure(drawn, figure)
        if out is not None:
            named = with_manifest(result, fitted)
            write_results(out, {"futures": table}, {"future_effects": drawn}, {"futures": named})
    write_csv(table, csv)
    view = futures_view(result, fitted.scm, table_horizons(horizon))
    say(compare_sentences(result, fitted.scm), as_json=as_json)
    show(View(table=table, title=view.title) if as_json else view, as_json=as_json)


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
    import numpy as np

    from sanctions_model.report.scenarios import sector_sentences
    from sanctions_model.scenarios.library import load_scenarios
    from sanctions_model.scenarios.regimes import draw_scenario_paths
    from sanctions_model.scenarios.sectors import load_sectors, sector_premiums, sector_table

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
    table = sector_table(result, [0, *table_horizons(horizon)])
    if figure is not None:
        from sanctions_model.plots import plot_sectors

        page = plot_sectors(
            result, scenario=scenario.label, scm=fitted.scm, drawn_from=fitted.drawn_from
        )
        write_figure(page, figure)
    write_csv(table, csv)
    title = f"Grey imports by sector under {scenario.label}"
    if as_json:
        show(View(table=table, title=title), as_json=True)
        return
    say(sector_sentences(result, fitted.scm), as_json=False)
    show(_sector_view(table, title))


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


def with_manifest(result: "xr.Dataset", fitted: "Fit") -> "xr.Dataset":
    """Add the manifest of the fit, as JSON."""
    import json

    return result.assign_attrs(fit_manifest=json.dumps(dict(fitted.manifest), sort_keys=True))
