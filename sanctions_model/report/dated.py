"""Results with dates as columns: the finding, the question, then a row an outcome."""

from collections.abc import Mapping, Sequence

import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.reweighting import MAX_K_HAT
from sanctions_model.queries.reading.headlines import (
    asked_words,
    at_periods,
    headline,
    label_with_unit,
    main_outcomes,
    spoken_label,
)
from sanctions_model.report.answers import chances
from sanctions_model.report.views import (
    View,
    date_columns,
    in_percent_by_outcome,
    interval_words,
    size_cell,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.wording import chance, decimals, in_words, number, upper_first

_SIZE = ("median", "lower", "upper")


def question_of(attributes: Mapping[object, object]) -> str:
    """Say what was asked, for below a finding; nothing where the result does not know."""
    asked = asked_words(attributes)
    return f"Question: {asked}" if asked else ""


def _ordered(scm: StructuralCausalModel, there: Sequence[str], *, of_paths: bool) -> list[str]:
    """Return the main outcomes, then the others without flows whose level is there."""
    main = main_outcomes(scm, there, of_paths=of_paths)
    cumulated = {level.flow for level in scm.levels if level.variable.name in there}
    return main + [name for name in there if name not in main and name not in cumulated]


def _not_zero(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Leave out dates at which nothing has moved yet."""
    zero = size_cell(0.0, 0.0, 0.0)
    empty = [name for name in columns if (table[name] == zero).all()]
    return table if len(empty) == len(columns) else table.drop(columns=empty)


def dated_view(
    array: xr.DataArray,
    scm: StructuralCausalModel,
    *,
    title: str = "",
    question: str = "",
    caption: str = "",
    horizons: Sequence[int] = (),
    with_chances: bool = False,
) -> View:
    """Show an effect or a path: outcomes in rows, dates in columns.

    `array`: named ``effect`` or ``path``, dims ``(outcome, horizon, chain, draw)``. `title`,
    `question`: the finding and the question by default. `caption`: after what the brackets hold.
    `horizons`: after one, two, three and five years, or the last, by default. `with_chances`:
    whether the mean and the probabilities at the last date stand beside: a mixture's median can be
    zero where its mean is not.
    """
    is_effect = array.name == "effect"
    there = [str(name) for name in array[dims.OUTCOME].to_numpy()]
    names = _ordered(scm, there, of_paths=not is_effect)
    wanted = list(horizons) or at_periods(
        list(array[dims.HORIZON].to_numpy()), scm.periods_per_year
    )
    own = array.sel({dims.OUTCOME: names, dims.HORIZON: wanted})
    percent = in_percent_by_outcome(own, scm, is_effect=is_effect)
    summary = interval(percent, interval_rule())
    columns = date_columns(array.attrs, scm, wanted)
    rows = []
    for name in names:
        cells = summary.sel({dims.OUTCOME: name})
        sizes = {
            called: size_cell(*cells.sel(horizon=h, summary=[*_SIZE]).to_numpy(), signed=is_effect)
            for h, called in columns.items()
        }
        row = {"outcome": label_with_unit(scm, name, of_path=not is_effect), **sizes}
        if with_chances:
            draws = percent.sel({dims.OUTCOME: name, dims.HORIZON: wanted[-1]}).to_numpy().ravel()
            row |= {"mean": number(float(draws.mean()))} | chances(draws, name)
        rows.append(row)
    table = _not_zero(pd.DataFrame(rows), list(columns.values()))
    levels = [name for name in names if scm.is_level(name)]
    if levels and not is_effect and (start := array.attrs.get(dims.Said.START)):
        since = period_after(start, 0, scm.periods_per_year)
        said = [spoken_label(scm, name) for name in levels]
        caption = f"{upper_first(in_words(said))}: change since {since}. {caption}"
    if with_chances:
        caption = (
            f"Mean, P: of {columns[wanted[-1]]}; matters: a size that the article's claims count "
            f"as one. {caption}"
        )
    return View(
        table=table,
        title=title or headline(array, scm),
        question=question or question_of(array.attrs),
        caption=f"{interval_words(interval_rule())} {caption}".strip(),
        most=len(main_outcomes(scm, there, of_paths=not is_effect)),
    )


def effects_view(table: pd.DataFrame, scm: StructuralCausalModel) -> View:
    """Show total effects of the largest relief in a table of effects, by outcome and date."""
    rows = table[(table["relief"] == table["relief"].max()) & (table["channel"] == "total")]
    columns = date_columns(table.attrs, scm, sorted(rows["horizon"].unique()))
    last = max(columns)
    there = list(dict.fromkeys(rows["outcome"]))
    shown = []
    for outcome in _ordered(scm, there, of_paths=False):
        own = rows[rows["outcome"] == outcome].set_index("horizon")
        sizes = {
            called: size_cell(*own.loc[h, [*_SIZE]], signed=True) for h, called in columns.items()
        }
        sure = {"P(lower)": chance(float(own.loc[last, "prob_below_zero"]))}
        basis = {"rests on": own.loc[last, "basis"]} if "basis" in own else {}
        shown.append({"outcome": label_with_unit(scm, outcome), **sizes, **sure, **basis})
    return View(
        table=_not_zero(pd.DataFrame(shown), list(columns.values())),
        title=headline(table, scm),
        question=question_of(table.attrs),
        caption=f"{interval_words(interval_rule())} Channels, Monte-Carlo errors: --csv. What "
        "the last effect rests on (identified by data, mixed or assumed): --all.",
        most=len(main_outcomes(scm, there)),
        aside=("rests on",),
    )


def beside_view(table: pd.DataFrame, scm: StructuralCausalModel, changed: Sequence[str]) -> View:
    """Show effects as fitted and under other beliefs, one below the other.

    `table`: from `effects_beside`. `changed`: addresses of the beliefs that differ.
    """
    columns = date_columns(table.attrs, scm, sorted(table["horizon"].unique()))
    last, there = max(columns), list(dict.fromkeys(table["outcome"]))
    shown = []
    for outcome in _ordered(scm, there, of_paths=False):
        own = table[table["outcome"] == outcome].set_index("horizon")
        for start, said in (("", "as fitted"), ("new_", "with your prior")):
            sizes = {
                called: size_cell(*own.loc[h, [f"{start}{n}" for n in _SIZE]], signed=True)
                for h, called in columns.items()
            }
            label = "" if start else label_with_unit(scm, outcome)
            below = own[f"{start}prob_below_zero"]
            sure = {"P(lower)": chance(float(below[last]))}
            shown.append({"outcome": label, "prior": said, **sizes, **sure})
    renamed = {f"new_{name}": name for name in (*_SIZE, "prob_below_zero")}
    after = table.drop(columns=list(renamed.values())).rename(columns=renamed)
    after = after.assign(channel="total")
    after.attrs = dict(table.attrs)
    asked = question_of(table.attrs).removesuffix(".")
    return View(
        table=_not_zero(pd.DataFrame(shown), list(columns.values())),
        title=headline(after, scm),
        question=f"{asked}, with another prior of {', '.join(changed)}.",
        caption=f"{interval_words(interval_rule())} The draws of the fit, weighted: k-hat "
        f"{decimals(table['k_hat'].iloc[0], 2)}, which holds up to {MAX_K_HAT:g}.",
        most=2 * len(main_outcomes(scm, there)),
        first=("outcome", "prior"),
    )


def futures_view(result: xr.Dataset, scm: StructuralCausalModel, horizon: int) -> View:
    """Show effects of futures at one date, P(lower) below: outcomes in rows, futures in columns."""
    stays = result.attrs["transitions"] == "False"
    names = [
        str(name)
        for name in result[dims.SCENARIO].to_numpy()
        if not (stays and name == result.attrs["status_quo"])
    ]
    there = [str(name) for name in result[dims.OUTCOME].to_numpy()]
    rows = []
    for outcome in _ordered(scm, there, of_paths=False):
        row, sure = {"outcome": label_with_unit(scm, outcome)}, {"outcome": "  P(lower)"}
        for name in names:
            own = result["effect"].sel({dims.OUTCOME: [outcome], dims.HORIZON: horizon})
            own = in_percent_by_outcome(own.sel({dims.SCENARIO: name}), scm, is_effect=True)
            found = interval(own.isel({dims.OUTCOME: 0}), interval_rule()).sel(summary=[*_SIZE])
            label = str(result["scenario_label"].sel({dims.SCENARIO: name}).item())
            row[label] = size_cell(*found.to_numpy(), signed=True)
            sure[label] = chance(float((own < 0).mean()))
        rows += [row, sure]
    date = date_columns(result.attrs, scm, [horizon])[horizon]
    how = "each lasting" if stays else "which can turn into each other"
    return View(
        table=pd.DataFrame(rows),
        title=headline(result, scm, horizon=horizon),
        question=f"Question: what do the futures change by {date}, {how}, against "
        f"{result.attrs[dims.Said.AGAINST]}?",
        caption=f"{interval_words(interval_rule())} Other dates: --csv. Hardly any measure has "
        "been lifted in the sample: sizes lean on the published estimates behind the priors.",
        most=2 * len(main_outcomes(scm, there)),
    )


def yearly_view(
    array: xr.DataArray, scm: StructuralCausalModel, *, title: str, question: str
) -> View:
    """Show a difference in the past: outcomes in rows, means of calendar years in columns.

    `array`: in percent and percentage points, dims ``(outcome, time, chain, draw)``. `title`,
    `question`: what was found, and what was asked.
    """
    there = [str(name) for name in array[dims.OUTCOME].to_numpy()]
    means = array.groupby("time.year").mean(dims.TIME)
    summary = interval(means, interval_rule())
    years = [int(year) for year in means["year"].to_numpy()]
    rows = []
    for name in _ordered(scm, there, of_paths=False):
        own = summary.sel({dims.OUTCOME: name})
        sizes = {
            str(year): size_cell(*own.sel(year=year, summary=[*_SIZE]).to_numpy(), signed=True)
            for year in years
        }
        rows.append({"outcome": label_with_unit(scm, name), **sizes})
    newest_first = ["outcome", *(str(year) for year in reversed(years))]
    return View(
        table=pd.DataFrame(rows),
        title=title,
        question=question,
        caption=f"Means of calendar years. {interval_words(interval_rule())} Every "
        f"{scm.period_name}: --csv.",
        most=len(main_outcomes(scm, there)),
        first=tuple(newest_first),
    )
