"""The report as one HTML file: template, style, scripts, data and sections put together.

Nothing in it is fetched: a content security policy forbids the browser to ask the network for
anything.
"""

import logging
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError, reading_fault
from sanctions_model.files import require_folder, require_target, whole_file
from sanctions_model.inference.fit import Fit, data_checksum
from sanctions_model.plots.channels import channel_label
from sanctions_model.queries.effects import CHAIN_PARTS
from sanctions_model.report.brief.facts import AUTHORS, Facts
from sanctions_model.report.lab.beliefs import belief_dial
from sanctions_model.report.lab.languages import languages_data, require_page_language
from sanctions_model.report.lab.paths import paths_data
from sanctions_model.report.lab.printed import printed_briefs
from sanctions_model.report.lab.translated import bound, packed, translated
from sanctions_model.report.page.answers import (
    CHANNEL_HORIZON,
    CHANNEL_OUTCOMES,
    HORIZON,
    Answers,
    answer_report,
    dates,
    fans,
)
from sanctions_model.report.page.compiled import compiled_model, packed_rows, representative_draws
from sanctions_model.report.page.markup import Html, embedded_json, page_unit
from sanctions_model.report.page.mixtures import FUTURE, FutureEffects
from sanctions_model.report.page.sections import body
from sanctions_model.scenarios.issuers import issuer_shares

_LOG = logging.getLogger(__name__)
EXPLORER_DRAWS = 400
_TITLE = "Relief of sanctions on Russia: what the model says"
FUTURE_QUANTILES = 201
_SCRIPTS = (
    "language.js",
    "recursion.js",
    "builder/weighted.js",
    "builder/paired.js",
    "builder/odds.js",
    "drawing.js",
    "charts.js",
    "fan.js",
    "explorer.js",
    "saving.js",
    "builder/whole.js",
    "builder/builder.js",
    "builder/asking.js",
    "start.js",
)
# Periods at which the embedded draws are to have the quantiles of all draws.
_MATCHED = (2, 8, 20)
_PERIODS = {4: "quarter", 12: "month"}


def write_report(
    fit: Fit,
    path: Path | str,
    futures: FutureEffects | None = None,
    choice: pd.DataFrame | None = None,
    *,
    brief: Facts | None = None,
    language: str = "en",
    validation: Path | None = None,
) -> Path:
    """Write the report of a fit, whole or not at all.

    Parameters
    ----------
    fit : Fit
        Answered from its prior where it has no posterior, and then says so.
    path : path
        HTML file in an existing folder; one of this name is replaced.
    futures : FutureEffects, optional
        Named futures to compare and to mix; none by default.
    choice : pandas.DataFrame, optional
        From `graph_choice`, if other graphs and priors were fitted.
    brief : Facts, optional
        From `brief_facts`: what a printer gives; without it the page itself.
    language : str
        What the page opens in, one of `brief.language.LANGUAGES`; all of them are in it.
    validation : path, optional
        Folder that ``sanctions-model validate`` wrote, for the tests on the past.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    QuestionError
        If the model has nothing to report, the page lacks the language, or the file cannot be
        written.
    """
    target = Path(path)
    require_report_path(target)
    text = report_html(fit, futures, choice, brief=brief, language=language, validation=validation)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise QuestionError(f"Cannot write {target}: {reading_fault(error)}.") from None
    return target


def require_report_path(path: Path) -> None:
    """Refuse a path that a report could not be written to, before any work is done.

    Raises `QuestionError` if it is no plain file that ends in .html, or its folder could not be
    made or is read-only.
    """
    if path.is_dir():
        raise QuestionError(f"{path} is a folder; give a file name for the report.")
    require_folder(path.parent, "The folder of the report")
    if path.parent.is_dir():
        require_target(path, "The report", (".html", ".htm"))
    elif path.suffix.lower() not in {".html", ".htm"}:
        raise QuestionError(f"The report {path}: expected a file name that ends in .html.")


def report_html(
    fit: Fit,
    futures: FutureEffects | None = None,
    choice: pd.DataFrame | None = None,
    *,
    brief: Facts | None = None,
    language: str = "en",
    validation: Path | None = None,
) -> str:
    """Return the report of a fit as one HTML document.

    `futures`: named futures to compare and to mix; none by default. `brief`: from `brief_facts`:
    what a printer gives; without it the page itself. `language`: what the page opens in. Raises
    `QuestionError` if the model has nothing to report, or there is no such language.
    """
    opens = require_page_language(language)
    answers = answer_report(fit, choice=choice)
    futures = None if futures is None else _shown(futures, answers)
    title, shown, english = _TITLE, body(answers, futures, validation), Html("")
    if opens != "en":
        shown, texts = translated(shown, opens)
        english = embedded_json("english", packed(texts) | {"title": title})
        title = bound(shown).partition("<h1>")[2].partition("</h1>")[0]
    template = Template(_asset("template.html"))
    return template.substitute(
        language=opens,
        title=title,
        style=_asset("style.css"),
        body=bound(shown),
        english=english,
        brief="" if brief is None else printed_briefs(brief),
        data=embedded_json("report-data", page_data(answers, futures)),
        scripts="\n".join(_asset(name) for name in _SCRIPTS),
    )


def _asset(name: str) -> str:
    return (files("sanctions_model.report") / "assets" / name).read_text(encoding="utf-8")


def _shown(futures: FutureEffects, answers: Answers) -> FutureEffects:
    """Return the futures' effects on the outcomes and over the periods that the page shows."""
    horizons = np.arange(1, HORIZON + 1)
    there = [str(name) for name in futures.effect[dims.OUTCOME].to_numpy()]
    lacking = [name for name in answers.outcomes if name not in there]
    if lacking or futures.effect.sizes[dims.HORIZON] < HORIZON:
        raise QuestionError(
            f"The futures' effects cover {', '.join(there)} over "
            f"{futures.effect.sizes[dims.HORIZON]} periods; the report needs "
            f"{', '.join(answers.outcomes)} over {HORIZON}."
        )
    effect = futures.effect.sel({dims.OUTCOME: list(answers.outcomes), dims.HORIZON: horizons})
    return replace(futures, effect=effect)


def explorer_positions(answers: Answers, size: int = EXPLORER_DRAWS) -> np.ndarray:
    """Return the positions of the few draws that follow a moving slider, over chain x draw.

    Their quantiles of the effects of each measure's relief and of all are close to those of all
    draws, see `representative_draws`.

    Returns: shape ``(size,)``.
    """
    return representative_draws(_features(answers.by_measure), size)


def _features(effect: xr.DataArray) -> np.ndarray:
    """Effects at some periods as rows, draws in columns."""
    effect = effect.sel({dims.HORIZON: list(_MATCHED)})
    rest = [dim for dim in effect.dims if dim not in (dims.CHAIN, dims.DRAW)]
    values = effect.transpose(*rest, dims.CHAIN, dims.DRAW).to_numpy()
    return values.reshape(-1, values.shape[-1] * values.shape[-2])


def kept_draws[Draws: (xr.Dataset, xr.DataArray)](draws: Draws, positions: np.ndarray) -> Draws:
    """Return some draws as one chain.

    `draws`: dims ``chain`` and ``draw`` plus any others. `positions`: over chain x draw.
    """
    chain, draw = np.divmod(positions, draws.sizes[dims.DRAW])
    kept = draws.isel(
        {dims.CHAIN: xr.DataArray(chain, dims="kept"), dims.DRAW: xr.DataArray(draw, dims="kept")}
    )
    kept = kept.drop_vars([dims.CHAIN, dims.DRAW], errors="ignore").rename(kept=dims.DRAW)
    return kept.expand_dims(dims.CHAIN).assign_coords(
        {dims.CHAIN: [0], dims.DRAW: np.arange(positions.size)}
    )


def page_data(answers: Answers, futures: FutureEffects | None = None) -> dict[str, Any]:
    """Return what the page's scripts work with: ready for JSON."""
    scm = answers.scm
    prior = None if answers.prior_effect is None else fans(answers.prior_effect, answers.rule)
    posterior = fans(answers.effect, answers.rule)
    dial = belief_dial(answers.fit)
    return {
        "rule": {"prob": answers.rule.prob, "kind": answers.rule.kind},
        "horizon": HORIZON,
        "said": CHANNEL_HORIZON,
        "perYear": scm.periods_per_year,
        "period": _PERIODS.get(scm.periods_per_year, "period"),
        "dates": dates(answers.fit),
        "few": [int(at) for at in explorer_positions(answers)],
        "outcomes": [
            {
                "name": name,
                "label": scm.variables[name].short_label,
                "unit": page_unit(scm, name),
                "level": scm.variables[name].logs == "level",
            }
            for name in answers.outcomes
        ],
        "fans": {
            name: {"posterior": posterior[name], "prior": None if prior is None else prior[name]}
            for name in answers.outcomes
        },
        "channels": channel_charts(answers),
        "model": compiled_model(scm, answers.fit.draws, answers.outcomes, HORIZON),
        "citation": _citation(answers.fit),
        "languages": languages_data(),
        "issuers": _issuers(answers),
        "beliefs": None if dial is None else dial.data(),
        "paths": paths_data(answers.fit),
        "futures": None if futures is None else _futures_data(futures),
    }


def _citation(fit: Fit) -> str:
    manifest = fit.manifest
    return (
        f"{AUTHORS} ({str(manifest['created'])[:4]}). sanctions_model "
        f"{manifest['versions']['sanctions-model']}, fit of {str(manifest['created'])[:10]}, "
        f"data checksum {data_checksum(manifest)}"
    )


def _issuers(answers: Answers) -> dict[str, dict[str, float]]:
    """Return what part of each measure each issuer holds; empty for measures of another model."""
    shares = issuer_shares()
    if not set(answers.relief.measures) <= set(shares.index):
        return {}
    return {
        name: {str(issuer): float(str(part)) for issuer, part in shares.loc[name].items()}
        for name in answers.relief.measures
    }


def _futures_data(futures: FutureEffects) -> dict[str, Any]:
    """Return quantiles in place of draws: mixtures of futures are mixtures of their distributions.

    The ends of the intervals that the page shows are among them. In two bytes each they are off by
    less than a hundred-thousandth of their range, far below what so few quantiles leave open.
    """
    effect = futures.effect.transpose(FUTURE, dims.OUTCOME, dims.HORIZON, dims.CHAIN, dims.DRAW)
    draws = effect.sizes[dims.CHAIN] * effect.sizes[dims.DRAW]
    rows = effect.to_numpy().reshape(-1, draws)
    levels = np.linspace(0.0, 1.0, min(FUTURE_QUANTILES, draws))
    return {
        "labels": list(futures.labels),
        "effects": packed_rows(np.quantile(rows, levels, axis=1).T, width=2),
    }


def channel_charts(answers: Answers) -> list[dict[str, Any]]:
    """Return the bars of each outcome's parts, from the total down."""
    return [
        {
            "name": name,
            "unit": page_unit(answers.scm, name),
            "rows": [
                {
                    "label": channel_label(answers.scm, channel),
                    "kind": "total"
                    if channel == "total"
                    else "chain"
                    if channel in CHAIN_PARTS
                    else "entry",
                    **{part: float(f"{value:.6g}") for part, value in found.items()},
                }
                for channel in ("total", *answers.scm.entries, *CHAIN_PARTS)
                if any((found := answers.channel(name, CHANNEL_HORIZON, channel)).values())
            ],
        }
        for name in CHANNEL_OUTCOMES
        if name in answers.outcomes
    ]
