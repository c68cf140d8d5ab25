"""The verb that puts fits beside each other; only ``--leave-future-out`` samples, and says so."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import configure, is_short, print_table, show
from sanctions_model.cli.parts.options import (
    CsvOption,
    FigureOption,
    JsonOption,
    QuietOption,
    load_fit,
    require_different,
    write_csv,
    write_figure,
)
from sanctions_model.dims import Said
from sanctions_model.errors import QuestionError

if TYPE_CHECKING:
    import pandas as pd

    from sanctions_model.inference.fit import Fit

_LOG = logging.getLogger("sanctions_model.cli")

FitFolders = Annotated[
    list[Path],
    typer.Argument(help="Two results folders or more; the others are compared with the first."),
]


def compare(
    folders: FitFolders,
    outcome: Annotated[
        list[str] | None, typer.Option("--outcome", help="Outcome to report; may be repeated.")
    ] = None,
    weights: Annotated[
        bool,
        typer.Option(
            "--weights", help="Weigh the models by how well each foretells figures left out."
        ),
    ] = False,
    leave_future_out: Annotated[
        bool,
        typer.Option("--leave-future-out", help="Weigh them by the last 12 periods; fits anew."),
    ] = False,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare fits with the first one. Effects, links, inputs and, if asked, model weights."""
    configure(quiet=quiet)
    from sanctions_model.report.checks import comparison_views
    from sanctions_model.robustness.comparison import compare as compare_fits

    if len(folders) < 2:
        raise QuestionError(f"Got {len(folders)} folders; expected two or more to compare.")
    if figure is not None and len(folders) > 2:
        raise QuestionError(
            f"--figure draws two fits beside each other and got {len(folders)}; compare them in "
            "pairs."
        )
    fits = {str(folder): load_fit(folder) for folder in folders}
    require_different(folders)
    (first, *others), called = fits, _distinct_names(fits)
    written: list[pd.DataFrame] = []
    for other in others:
        found = compare_fits(fits[first], fits[other], names=(first, other), outcomes=outcome)
        written.append(found.effects)
        tables = (found.effects, found.links, found.differs)
        pair = (called[first], called[other])
        views = comparison_views(*tables, fits[first].scm, pair)
        if figure is not None:
            _draw(found.effects, pair, fits[first], views[0].title, figure)
        if as_json:
            print_table(found.effects, f"{other} against {first}", "", as_json=True)
        else:
            for view in views[:2] if is_short() else views:
                if len(view.table) or not is_short():
                    show(view)
        _point_to_vintages(fits[first], fits[other], (first, other))
    write_csv(written[0] if len(written) == 1 else _stacked(written, others), csv)
    if weights or leave_future_out:
        _show_weights(fits, leave_future_out=leave_future_out, as_json=as_json)


def _draw(
    effects: "pd.DataFrame", names: tuple[str, str], first: "Fit", title: str, figure: Path
) -> None:
    from sanctions_model.plots import plot_two_fits

    source = first.draws.attrs.get(Said.SOURCE)
    drawn = plot_two_fits(effects, names, title=title, scm=first.scm, source=source)
    write_figure(drawn, figure)


def _distinct_names(paths: "dict[str, Fit]") -> dict[str, str]:
    """Call each fit by the end of its path, as short as tells them apart: a line has 80 columns."""
    parts = {path: Path(path).absolute().parts for path in paths}
    for length in range(1, max(map(len, parts.values()))):
        short = {path: "/".join(part[-length:]) for path, part in parts.items()}
        if len(set(short.values())) == len(short):
            return short
    return {path: path for path in parts}


def _stacked(tables: "list[pd.DataFrame]", others: list[str]) -> "pd.DataFrame":
    """Put the comparisons with several fits below one another, each with the fit's name."""
    import pandas as pd

    return pd.concat(
        [table.assign(compared=name) for table, name in zip(tables, others, strict=True)],
        ignore_index=True,
    )


def _point_to_vintages(first: "Fit", second: "Fit", names: tuple[str, str]) -> None:
    """Name the verb that splits the difference, if the data alone make it."""
    from sanctions_model.robustness.vintages import differ_in_data_alone

    if differ_in_data_alone(first, second):
        _LOG.info(
            "the data alone differ: `sanctions-model data compare %s %s` says what revised history "
            "did and what new periods did",
            *names,
        )


def _show_weights(fits: "dict[str, Fit]", *, leave_future_out: bool, as_json: bool) -> None:
    from sanctions_model.robustness.graphs.model_weights import leave_future_out as score_futures
    from sanctions_model.robustness.graphs.model_weights import loo_weights

    print_table(
        loo_weights(fits, common=not leave_future_out),
        "Weights by leaving one figure out",
        "elpd: log density of a figure given its observed parents, one step ahead; weight: "
        "stacking; unreliable: figures with k-hat above 0.7. Figures that all models predict.",
        as_json=as_json,
    )
    if leave_future_out:
        scores = score_futures(fits)
        print_table(
            scores.table,
            "Weights by leaving the future out",
            f"{scores.refits} refits; each period given what came before.",
            as_json=as_json,
        )
