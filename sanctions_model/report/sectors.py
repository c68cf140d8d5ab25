"""What the sectors come to, in tables and sentences computed from the numbers."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.evidence import load_evidence
from sanctions_model.queries.reading.headlines import at_periods
from sanctions_model.report.views import View, date_columns, size_cell
from sanctions_model.scenarios.sectors import SECTOR
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval
from sanctions_model.wording import (
    chance,
    figure,
    number,
    percent,
    share_words,
    upper_first,
    with_article,
)

_SUMS = {
    "total": "sum of the sectors",
    "transmission": "the model itself",
    "difference": "difference",
}
# What the sectors' figures do not say.
_NO_LINK = (
    "Output and capacity of the sectors are not answered by the model: it ties no sector's inputs "
    "to its output. What firms and the press report is in the table below."
)


def sector_view(
    result: xr.Dataset, scm: StructuralCausalModel, *, title: str, scenario: str
) -> View:
    """Show the parts of the import premium by sector, dates in columns.

    `title`, `scenario`: what was found, and under which scenario.
    """
    wanted = [0, *at_periods(list(result[dims.HORIZON].to_numpy()[1:]), scm.periods_per_year)][:4]
    columns = {0: "today"} | date_columns(result.attrs, scm, wanted[1:])
    parts = [
        (str(result["sector_label"].sel({SECTOR: name}).item()), result["part"].sel({SECTOR: name}))
        for name in result[SECTOR].to_numpy()
    ]
    parts += [(words, result[name]) for name, words in _SUMS.items()]
    rows = []
    for words, own in parts:
        row = {"sector": words}
        for at in wanted:
            found = interval(own.sel(horizon=at)).sel(summary=["median", "lower", "upper"])
            row[columns[at]] = size_cell(*found.to_numpy())
        rows.append(row)
    return View(
        table=pd.DataFrame(rows),
        title=title,
        question=f"Question: where do grey imports cost most under {scenario}?",
        caption="Points of the import premium. Shares and premiums: --csv. One premium instead of "
        "two, output and capacity: --all.",
    )


def sector_sentences(result: xr.Dataset, scm: StructuralCausalModel) -> list[str]:
    """Say what the sectors add up to, and by how much that differs from the model's own.

    Parameters
    ----------
    result : xr.Dataset
        From `sector_premiums`.
    scm : StructuralCausalModel
        Equations that the draws belong to.

    Returns
    -------
    list[str]
        Sentences; every number in them is computed.

    Raises
    ------
    QuestionError
        If the result says when it starts in no period that is known.
    """
    last = int(result[dims.HORIZON][-1])
    ends = {0: "today", last: f"in {date_columns(result.attrs, scm, [last])[last]}"}
    named = [str(n) for n in result[SECTOR].to_numpy() if str(n) != "other"]
    sentences = []
    for at, when in ends.items():
        own = result.sel(horizon=at)
        few = interval(own["part"].sel({SECTOR: named}).sum(SECTOR))
        apart = [float(v) for v in interval(own["difference"])]
        sentences.append(
            f"{upper_first(when)} the sectors add up to {_bare(interval(own['total']))} points of "
            f"import premium, {_bare(few)} of them in the named ones; the model's own "
            f"premium is {_bare(interval(own['transmission']))}. The difference is "
            + "{} ({}; {}) points, ".format(*(figure(value, signed=True) for value in apart))
            + f"P(sectors higher) {chance(float((own['difference'] > 0).mean()))}."
        )
    gone = {
        n: 1 - result[n].sel(horizon=last) / result[n].sel(horizon=0)
        for n in ("total", "transmission")
    }
    sentences.append(
        f"The paths take {percent(float(gone['total'].median()))} off the sum of the sectors "
        f"and {percent(float(gone['transmission'].median()))} off the model's premium "
        f"by {ends[last].removeprefix('in ')} (medians)."
    )
    return [*sentences, _NO_LINK]


def _bare(summary: xr.DataArray) -> str:
    middle, low, high = (float(summary.sel(summary=n)) for n in ("median", "lower", "upper"))
    return f"{figure(middle)} ({figure(low)} to {figure(high)})"


def pooled_sentences(table: pd.DataFrame, scm: StructuralCausalModel) -> list[str]:
    """Say what one premium instead of two does to the effects of full relief.

    `table`: from `pooled_effects`. Returns: a sentence a power; every number in them is computed.
    """
    said = []
    for power, own in table.groupby("power"):
        rows = own.to_dict("records")
        how = "in full" if power == 1 else f"with a weight of {power:g}"
        if not rows[0]["used"]:
            said.append(
                f"Taken as one quantity, the sectors {how}: not answered, because the draws are "
                f"too far from it (k-hat {share_words(rows[0]['k_hat'])})."
            )
            continue
        premium, *effects = rows
        parts = []
        for row in effects:
            unit = row["unit"].split(" (")[0]
            same = ", a difference within the Monte-Carlo error" if row["within_error"] else ""
            called = with_article(scm.variables[row["quantity"]].short_label)
            parts.append(
                f"{called} by {_moved(row, 'pooled_')} {unit} "
                f"after {scm.count_periods(row['horizon'])} instead of {_moved(row, '')}{same}"
            )
        moves = f" Full relief then moves {'; '.join(parts)}." if parts else ""
        said.append(
            f"Taken as one quantity, the sectors {how}, today's premium is "
            f"{_span(premium, 'pooled_')} points instead of {_span(premium, '')}.{moves}"
        )
    return said


def _moved(row: "Mapping[Hashable, object]", prefix: str) -> str:
    middle, low, high = (
        number(float(str(row[f"{prefix}{part}"]))) for part in ("median", "lower", "upper")
    )
    return f"{middle} ({low}; {high})"


def _span(row: "Mapping[Hashable, object]", prefix: str) -> str:
    middle, low, high = (
        float(str(row[f"{prefix}{part}"])) for part in ("median", "lower", "upper")
    )
    return f"{figure(middle)} ({figure(low)} to {figure(high)})"


def output_view(table: pd.DataFrame) -> View:
    """Show what is known of each sector's output and capacity, and what another package says.

    `table`: from `output_table`.
    """
    rows = []
    for row in table.to_dict("records"):
        cells = {
            "sector": row["label"],
            "output of exposed firms": _percent(row["output_percent"]),
        }
        if "gap" in row:
            cells["sector, from the file"] = _percent(row["imported_percent"])
            cells["gap"] = _percent(row["gap"], "points")
        cells |= {"capacity": row["capacity"], "rests on, or why not": row["output_source"]}
        rows.append(cells)
    known = table["output_percent"].dropna()
    varieties, products = (
        number(float(load_evidence()[f"egorov_2025_sanctioned_{name}"].value or 0.0))
        for name in ("varieties", "products")
    )
    title = (
        "What sanctions did to the output of the sectors: not answered"
        if known.empty
        else f"Firms that used banned inputs lost {number(-known.median(), signed=False)} % of "
        f"output; {len(table) - len(known)} of {len(table)} sectors are not answered"
    )
    beside = (
        " The file's figure is of the whole sector, ours of exposed firms alone; the OECD's tables "
        "hold aircraft and rail as one."
        if "gap" in table
        else ""
    )
    return View(
        table=pd.DataFrame(rows),
        title=title,
        question="Question: what did sanctions do to output and capacity of the sectors?",
        caption=f"No figure of the model. Imports of banned varieties changed by {varieties} %, of "
        f"banned products by {products} % with what arrived through third countries.{beside}",
        aside=("rests on, or why not",),
    )


def _percent(value: object, unit: str = "%") -> str:
    size = float(str(value))
    return "not answered" if np.isnan(size) else f"{number(size)} {unit}"


def whole_table(
    table: pd.DataFrame, pooled: pd.DataFrame | None, output: pd.DataFrame
) -> pd.DataFrame:
    """Put premiums, the pooled one and output into one table for files.

    `table`: from `sector_table`. `pooled`: from `pooled_effects`. `output`: from `output_table`.
    Returns: columns of `sector_table`, ``power`` of the sectors as evidence (pooled rows alone) and
    ``source`` (of output).
    """
    rows: list[dict[Hashable, object]] = [*table.to_dict("records")]
    rule = {name: table[name].iloc[0] for name in ("ci_prob", "ci_kind")}
    for row in () if pooled is None else pooled.to_dict("records"):
        same = {name: row[name] for name in ("unit", "horizon", "period", "power")}
        sizes = {part: row[f"pooled_{part}"] for part in ("median", "lower", "upper")}
        rows.append(
            {"sector": "all", "quantity": f"pooled_{row['quantity']}"} | same | sizes | rule
        )
    for row in output.to_dict("records"):
        own: dict[Hashable, object] = {"sector": row["sector"], "horizon": 0}
        source = f"{row['output_status']}: {row['output_source']}"
        found = {"output": (row["output_percent"], "%", source)}
        if "gap" in row:
            found["imported_output"] = (row["imported_percent"], "%", f"file, {row['code']}")
            found["output_gap"] = (row["gap"], "points", f"file, {row['code']}, less ours")
        for quantity, (value, unit, origin) in found.items():
            said: dict[Hashable, object] = {
                "quantity": quantity,
                "unit": unit,
                "median": value,
                "source": origin,
            }
            rows.append(own | said)
    return pd.DataFrame(rows).reindex(columns=[*table.columns, "power", "source"])
