"""Verbs on data: build, update, list, diff, compare, template, check, coverage, nowcast."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import asked_output, configure, show
from sanctions_model.cli.parts.edits import asked_relief
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
    require_different,
    write_csv,
    write_figure,
)
from sanctions_model.errors import QuestionError
from sanctions_model.files import require_target
from sanctions_model.report.views import View
from sanctions_model.wording import upper_first

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sanctions_model.inference.fit import Fit
    from sanctions_model.scm.model import StructuralCausalModel

_LOG = logging.getLogger("sanctions_model.cli")
data_app = typer.Typer(help="The data, their vintages and your own table.", no_args_is_help=True)

VintagesOption = Annotated[
    Path | None,
    typer.Option(
        "--vintages",
        help="Folder of the vintages; $SANCTIONS_MODEL_VINTAGES or ./vintages by default.",
    ),
]


@data_app.command("build")
def build(
    directory: Annotated[Path, typer.Argument(help="Folder with the transcribed files.")] = Path(
        "data"
    ),
    quiet: QuietOption = False,
) -> None:
    """Rebuild the series from the transcribed figures and events."""
    configure(quiet=quiet)
    from sanctions_model.data.vintages import rebuild_data

    for path in rebuild_data(directory):
        _LOG.info("wrote %s", path)


@data_app.command("coverage")
def coverage(
    data: DataOption = None,
    mapping: MappingOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print which periods each series of a table covers."""
    configure(quiet=quiet)
    from sanctions_model.data.observations import load_observations
    from sanctions_model.data.user_tables import load_mapping
    from sanctions_model.economies.registry import economy_for
    from sanctions_model.report.views import coverage_view

    names = None if mapping is None else load_mapping(mapping)
    observations = load_observations(find_data(data), mapping=names)
    scm = economy_for(observations).transmission(int(observations.attrs["periods_per_year"]))
    view = coverage_view(observations, scm)
    if figure is not None:
        _draw_coverage(
            view.table.rename(columns={"holes": "n_missing_inside"}), view, observations, figure
        )
    show(view, as_json=as_json)


def _draw_coverage(
    table: "pd.DataFrame", view: View, observations: "xr.Dataset", figure: Path
) -> None:
    """Draw the table of a view, by its finding and question."""
    from sanctions_model.plots import plot_coverage

    asked = upper_first(view.question.removeprefix("Question: "))
    source = f"Source: {observations.attrs['source']}"
    drawn = plot_coverage(table, title=view.title, question=asked, source=source)
    write_figure(drawn, figure)


@data_app.command("update")
def update(
    start: Annotated[
        str | None,
        typer.Option("--from", help="First quarter to read anew; six years back by default."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last quarter to ask for; today's by default.")
    ] = None,
    base: Annotated[
        str, typer.Option(help="Vintage to continue: a name, latest or bundled.")
    ] = "latest",
    vintages: VintagesOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch newer figures from official services. Into a new vintage; old ones stay."""
    configure(quiet=quiet)
    import pandas as pd

    from sanctions_model.data.sources.registry import SOURCES
    from sanctions_model.data.update import refresh
    from sanctions_model.data.vintages import find_vintage

    today = pd.Timestamp.now(tz="UTC").tz_localize(None).to_period("Q")
    continued = find_vintage(base, vintages)
    done = refresh(
        SOURCES,
        base=continued,
        start=None if start is None else _quarter(start, "--from"),
        end=today if end is None else _quarter(end, "--to", end=True),
        folder=vintages,
    )
    columns = ["column", "source", "join", "last", "factor", "unit", "retrieved"]
    table = pd.DataFrame([record.model_dump() for record in done.fetched])[columns]
    kept = ", ".join(done.kept)
    caption = (
        "join: first quarter taken from the source; factor: what its level was multiplied by to "
        f"continue {done.base.name}. Kept as they were: {kept}."
    )
    show(View(table=table, title="Figures fetched", caption=caption), as_json=as_json)
    if done.vintage is None:
        _LOG.info("nothing is new against %s: no vintage was written", done.base.name)
        return
    _LOG.info(
        "wrote the vintage %s to %s; fit it by `sanctions-model run --data %s`",
        done.vintage.name,
        done.vintage.folder,
        done.vintage.name if vintages is None else done.vintage.folder,
    )


@data_app.command("list")
def list_command(
    vintages: VintagesOption = None, quiet: QuietOption = False, as_json: JsonOption = False
) -> None:
    """Print the vintages that there are, oldest first."""
    configure(quiet=quiet)
    import pandas as pd

    from sanctions_model.data.vintages import list_vintages

    rows = [
        {
            "vintage": vintage.name,
            "newest quarter": str(vintage.table("raw").index[-1]),
            "fetched columns": len(vintage.series),
            "data checksum": vintage.sha256[:12],
        }
        for vintage in list_vintages(vintages)
    ]
    show(View(table=pd.DataFrame(rows), title="Vintages of the data"), as_json=as_json)


@data_app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(help="A vintage: name, path, bundled or latest.")],
    new: Annotated[str, typer.Argument(help="The vintage to compare with it.")],
    vintages: VintagesOption = None,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print what changed between two vintages. With --all also the series that did not."""
    configure(quiet=quiet)
    from sanctions_model.data.vintages import diff_vintages, find_vintage

    pair = find_vintage(old, vintages), find_vintage(new, vintages)
    table = diff_vintages(*pair)
    write_csv(table, csv)
    changed = (table[["n_new", "n_lost", "n_revised"]] > 0).any(axis=1) | (table["join"] != "")
    shown = table if asked_output.whole or as_json else table[changed]
    words = {"last_old": "to, old", "last_new": "to, new", "n_new": "new", "n_lost": "lost"}
    words |= {"n_revised": "revised", "largest_revision": "largest revision"}
    words |= {"revised_in": "in", "join": "fetched from"}
    view = View(
        table=shown.rename(columns=words),
        title=f"{int(changed.sum())} of {len(table)} series differ from {pair[0].name} to "
        f"{pair[1].name}",
        question="Question: what changed from one vintage of the data to the other?",
        caption="New, lost, revised: figures in one only, or in both and different as printed. "
        "Fetched from: the first period that the new vintage took from its source.",
        first=("series", "to, new", "new", "lost", "revised", "largest revision", "in"),
    )
    if figure is not None:
        from sanctions_model.plots import plot_revisions

        asked = upper_first(view.question.removeprefix("Question: "))
        write_figure(plot_revisions(table, title=view.title, question=asked), figure)
    show(View(table=table, title="Differences") if as_json else view, as_json=as_json)


@data_app.command("compare")
def compare(
    old: Annotated[Path, typer.Argument(help="Results folder of a fit on the old vintage.")],
    new: Annotated[Path, typer.Argument(help="Results folder of a fit on the new vintage.")],
    relief: Annotated[float, typer.Option(help="Share of the measures lifted, 0 to 1.")] = 1.0,
    horizon: Annotated[
        list[int] | None, typer.Option(help="Periods after the start; may be repeated.")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="File of the third fit: read if it is there, else written."),
    ] = None,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare effects under two vintages. What revisions and what new periods changed.

    Fits once more, on the new figures of the old periods: a minute or two. With --keep only the
    first time.
    """
    configure(quiet=quiet)
    from sanctions_model.report.views import comparison_view
    from sanctions_model.robustness.vintages import compare_vintages
    from sanctions_model.scm.interventions import require_horizon

    if keep is not None:
        require_target(keep, "--keep", (".nc",))
    asked, horizons = asked_relief(relief), tuple(horizon or (4, 12))
    require_horizon(horizons)  # before a fit is made
    fits = load_fit(old), load_fit(new)
    require_different([old, new])
    revised = _third_fit(*fits, keep)
    table = compare_vintages(*fits, revised, relief=asked, horizons=horizons)
    write_csv(table, csv)
    view = comparison_view(table, fits[0].scm)
    if figure is not None:
        _draw_vintages(table, view.title, fits[0].scm, figure)
    show(View(table=table, title="Comparison") if as_json else view, as_json=as_json)


def _draw_vintages(
    table: "pd.DataFrame", title: str, scm: "StructuralCausalModel", figure: Path
) -> None:
    """Draw both vintages' effects; what they are called stands in the table."""
    from sanctions_model.plots import plot_two_fits

    words = {
        f"{which}{old}": f"{new}_{place}"
        for which, place in (("old", "first"), ("new", "second"))
        for old, new in (("", "median"), ("_lower", "lower"), ("_upper", "upper"))
    }
    old, new = (str(table[f"{which}_vintage"].iloc[0]) for which in ("old", "new"))
    names = (f"vintage {old}", f"vintage {new}")
    drawn = plot_two_fits(table.rename(columns=words), names, title=title, scm=scm)
    write_figure(drawn, figure)


def _third_fit(old: "Fit", new: "Fit", keep: Path | None) -> "Fit":
    """Return the fit of the new figures of the old periods, from a file or made now."""
    from sanctions_model.inference.storage import load, save
    from sanctions_model.robustness.vintages import fit_revised, require_revised

    if keep is not None and keep.is_file():
        revised = load(keep)
        require_revised(old, new, revised)
        return revised
    _LOG.info("fitting the new figures of the old periods ...")
    revised = fit_revised(old, new)
    if keep is not None:
        save(revised, keep)
        _LOG.info("wrote %s", keep)
    return revised


@data_app.command("template")
def template(
    folder: Annotated[Path, typer.Argument(help="Folder to write the three files to.")],
    start: Annotated[str, typer.Option("--from", help="First period: 2010Q1 or 2010-01.")],
    end: Annotated[str, typer.Option("--to", help="Last period.")],
    quiet: QuietOption = False,
) -> None:
    """Write an empty table to fill in. With its columns described, and a mapping of names."""
    configure(quiet=quiet)
    import pandas as pd

    from sanctions_model.data.user_tables import write_template
    from sanctions_model.economies.registry import GROWTH

    first, last = _period(start, "--from"), _period(end, "--to", end=True)
    if first.freqstr != last.freqstr:
        raise QuestionError(f"--from {start} and --to {end} are not of one frequency.")
    scm = GROWTH.transmission(12 if first.freqstr == "M" else 4)
    assert isinstance(first, pd.Period)
    for path in write_template(folder, scm, start=first, end=last):
        _LOG.info("wrote %s", path)


@data_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="Your table, a CSV or XLSX file.")],
    mapping: MappingOption = None,
    priors: PriorsOption = None,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check a table of your own. As `run` would, and say what the model can use of it."""
    configure(quiet=quiet)
    from sanctions_model.data.observations import load_observations
    from sanctions_model.data.user_tables import load_mapping
    from sanctions_model.economies.registry import economy_for
    from sanctions_model.inference.conditioned import Problem
    from sanctions_model.inference.priors.ledger import load_priors
    from sanctions_model.inference.sample import table_use

    names = None if mapping is None else load_mapping(mapping)
    observations = load_observations(file, mapping=names)
    economy = economy_for(observations)
    scm = economy.transmission(int(observations.attrs["periods_per_year"]))
    problem = Problem.of(scm, observations, load_priors(priors, economy=economy.name))
    table = table_use(observations, problem.scm)
    write_csv(table, csv)
    silent = table[table["use"] != "estimated"]["series"].tolist()
    verdict = (
        f"Prior only, the table says nothing of them: {', '.join(silent)}."
        if silent
        else "Every equation has data."
    )
    title = (
        f"{file.name} can be used: {len(table) - len(silent)} of {len(table)} series are estimated "
        "with"
        if table["n_used"].any()
        else f"{file.name} can be read, but no equation learns from it: a fit is the prior alone"
    )
    words = {"n": "figures", "n_missing_inside": "holes", "n_completed": "estimated"}
    words |= {"n_used": "used"}
    view = View(
        table=table.rename(columns=words),
        title=title,
        question="Question: what can the model use of this table?",
        caption=f"{verdict} Estimated: empty cells that the fit fills with a posterior. Used: "
        "periods in the equation's likelihood.",
        first=("series", "first", "last", "figures", "used", "estimated", "use"),
    )
    if figure is not None:
        called = [scm.variables[str(name)].short_label for name in table["series"]]
        _draw_coverage(table.assign(series=called), view, observations, figure)
    show(View(table=table, title="Use") if as_json else view, as_json=as_json)


@data_app.command("nowcast")
def nowcast(
    fit: FitOption = DEFAULT_FIT,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Estimate figures that are missing or not out yet."""
    configure(quiet=quiet)
    from sanctions_model.queries.forecasts import nowcast_table
    from sanctions_model.report.views import nowcast_view

    fitted = load_fit(fit)
    table = nowcast_table(fitted.problem, fitted.draws)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_nowcast

        write_figure(plot_nowcast(fitted.problem, fitted.draws), figure)
    view = nowcast_view(table, is_prior=fitted.is_prior_only)
    show(View(table=table, title="Nowcast") if as_json else view, as_json=as_json)


def _period(text: str, option: str, *, end: bool = False) -> "pd.Period":
    """Return the quarter or month that an option names, in its own frequency."""
    from sanctions_model.scm.periods import read_period, read_span

    try:
        months = read_span(text).months
    except QuestionError as error:
        raise QuestionError(
            f"{option} {text}: expected a quarter such as 2026Q1 or a month such as 2026-01. "
            f"{error}"
        ) from None
    if months not in {1, 3}:
        raise QuestionError(
            f"{option} {text}: a year is neither; expected a quarter such as 2026Q1 or a month "
            "such as 2026-01."
        )
    return read_period(text, 12 // months, end=end)


def _quarter(text: str, option: str, *, end: bool = False) -> "pd.Period":
    from sanctions_model.scm.periods import read_period, read_span

    try:
        if read_span(text).months != 1:
            return read_period(text, 4, end=end)
    except QuestionError as error:
        raise QuestionError(
            f"{option} {text}: expected a quarter such as 2026Q1. {error}"
        ) from None
    raise QuestionError(f"{option} {text}: expected a quarter such as 2026Q1.")
