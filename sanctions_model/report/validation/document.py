"""The validation report: one Markdown file with figures, and the same as one HTML file.

Knows figures and files; the words are those of `validation_sections`.
"""

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from sanctions_model.dims import Said
from sanctions_model.files import whole_file
from sanctions_model.report.validation.sections import markdown_report
from sanctions_model.report.validation.words import SERIES, quantity_words, series_words
from sanctions_model.summaries import interval_rule
from sanctions_model.validation.origins.rolling import score_summary
from sanctions_model.validation.run import Validation
from sanctions_model.validation.stated_backtests import load_back_tests
from sanctions_model.wording import page_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_report(
    found: Validation, folder: Path, *, command: str, figures: str = "figures"
) -> Path:
    """Write ``validation.md``, ``validation.html`` and the figures.

    `folder`: made if need be. `command`: what made the report, to be printed in it. `figures`:
    folder of the figures within `folder`. Returns: the Markdown file.
    """
    from sanctions_model.plots import save_figures

    place = folder / figures
    place.mkdir(parents=True, exist_ok=True)
    drawn = report_figures(found)
    save_figures(drawn, place)
    text = page_minus(markdown_report(found, command=command, figures=figures, drawn=list(drawn)))
    target = folder / "validation.md"
    with whole_file(target) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    with whole_file(folder / "validation.html") as part:
        part.write_text(_html(text, folder), encoding="utf-8", newline="\n")
    return target


def report_figures(found: Validation) -> dict[str, "Figure"]:
    """Draw the figures that the tables allow, by file name without ending."""
    from sanctions_model.plots.trust.validation import (
        plot_back_test,
        plot_rolling_scores,
        plot_totals,
        plot_transforms,
    )

    tables, source = found.tables, found.fit.draws.attrs.get(Said.SOURCE)
    labels = {name: words.split(",")[0] for name, words in SERIES.items()}
    cells = tables["cells"]
    scored = cells[cells["series"].isin(tables["predictive"]["series"])]  # the others are too few
    drawn: dict[str, Figure] = {
        "validation_totals": plot_totals(
            tables["totals"],
            title="What do others find where the model answers the same question?",
            source=source,
            caption="Black: published range or number. Coloured: posterior median and "
            f"{interval_rule().percent} interval, blue where both agree, orange where not; grey: "
            "prior interval. Each row is divided by the larger end of its published range; "
            "horizons and units are in the table.",
        ),
        "validation_pit": plot_transforms(
            {
                series_words(str(name), found.fit.scm): group["pit"].to_numpy()
                for name, group in scored.groupby("series", sort=False)
            },
            title="Do quarters fall where the model expects them? Each left out in turn, by series",
            source=source,
            caption="Where each quarter falls among its own predictions, 0 to 1 (the probability "
            "integral transform): share of quarters below, less the share expected, with the 99 % "
            "simultaneous band. Each quarter given its observed parents, parameters from all other "
            "cells.",
        ),
    }
    for name, spec in load_back_tests().items():
        if f"backtest_{name}_quarterly" in tables:
            drawn[f"validation_{name}"] = plot_back_test(
                tables[f"backtest_{name}_quarterly"],
                {n: words for n, words in SERIES.items() if n != "oil_growth"},
                title=f"Would it have been foreseen? {spec.title}, oil and measures fed in",
                source=source,
                caption=f"Points: the outcome. Blue: median and {interval_rule().percent} interval "
                "of this model; dotted: its median with the measures held at their last level and "
                "no war. Grey: random walk, which is fed nothing.",
            )
    if "rolling" in tables:
        drawn["validation_rolling"] = plot_rolling_scores(
            score_summary(tables["rolling"]),
            labels,
            title="Does it forecast better than plain rivals? Lead in log score, at past origins",
            source=source,
            caption=f"Mean over origins {found.plan.origins[0]} to {found.plan.origins[-1]}, with "
            "two standard errors. Right of 0 this model is better. All forecasters see the same "
            "figures up to the origin; drivers stay at their last value, the quarters of the "
            "pandemic end.",
        )
    if "ranks" in tables:
        effects = [name for name in tables["ranks"].columns if name.startswith("effect on")]
        drawn["validation_ranks"] = plot_transforms(
            {quantity_words(n, found.fit.scm): tables["ranks"][n].to_numpy() for n in effects},
            title="Does the model find effects that are known? Ranks of true effects of relief",
            source=source,
            caption=f"{len(tables['ranks'])} data sets simulated from the prior, fitted one by "
            "one. Where the true effect falls among its draws, 0 to 1: share of data sets below, "
            "less the share expected, with the 99 % simultaneous band.",
        )
    return drawn


def _html(text: str, folder: Path) -> str:
    """Return the report as one file, figures inside."""
    from markdown_it import MarkdownIt

    body = str(MarkdownIt("commonmark").enable("table").render(text))
    for picture in sorted(folder.rglob("*.png")):
        name = picture.relative_to(folder).as_posix()
        data = base64.b64encode(picture.read_bytes()).decode("ascii")
        body = body.replace(f'src="{name}"', f'src="data:image/png;base64,{data}"')
    style = (
        "body{font:15px/1.5 sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}"
        "table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto}"
        "td,th{border-bottom:1px solid #ccc;padding:.25em .6em;text-align:left;vertical-align:top}"
        "img{max-width:100%}code{font-size:90%}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Can it be believed?</title><style>{style}</style></head>\n"
        f"<body>\n{body}</body></html>\n"
    )
