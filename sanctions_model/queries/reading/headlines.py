"""The finding of a result in one spoken sentence, with its number and its date.

Reads results as the other files of this room return them; what they say of themselves (what acts,
since when, which fit) stands in their attributes.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.queries.reading.information import assumed_words
from sanctions_model.scm.equations import Identity, LatentAdjustment
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after, read_period
from sanctions_model.scm.variables import Affine, Variable
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import difference_in_percent, effect_in_percent, in_percent
from sanctions_model.wording import (
    date_words,
    decimals,
    difference_unit,
    finding,
    mass_words,
    number,
    upper_first,
    with_article,
)

# Of a model that has none of these, its own headline outcomes are shown, in their order.
_MAIN = ("gdp_level", "price_level", "key_rate", "lending_rate", "rouble", "real_wage_level")
_MAIN_PATHS = (
    "gdp_level",
    "inflation_yoy",
    "key_rate",
    "lending_rate",
    "rouble",
    "real_wage_level",
)
_PANELS, _PANELS_MOST = ("gdp_level", "inflation_yoy", "key_rate", "rouble"), 4
_TITLE = ("key_rate", "gdp_level", "price_level", "inflation_yoy")
_MOST, _YEARS, _TITLE_YEARS = 6, (1, 2, 3, 5), 3
_LEAST = 0.005  # a smaller size is printed as 0.00
_SIZE = ("median", "lower", "upper")
# Parameters that belong to an equation, a measure or a crisis.
PARAMETER_KINDS = {
    "intercept": "intercept of {}",
    "persistence": "inertia of {}",
    "error_persistence": "carry-over of shocks to {}",
    "scale": "size of shocks to {}",
    "degrees_of_freedom": "rarity of extreme shocks to {}",
    "recoverable_share": "share of {} that relief undoes",
    "recovery_speed": "speed at which relief undoes {}",
    "crisis_multiplier": "multiple of shocks ({})",
}


def headline(
    result: xr.DataArray | xr.Dataset | pd.DataFrame,
    scm: StructuralCausalModel,
    *,
    outcome: str | None = None,
    horizon: int | None = None,
) -> str:
    """Say what a result found, in one sentence with its number and date.

    Parameters
    ----------
    result : xr.DataArray, xr.Dataset or pandas.DataFrame
        An effect (`total_effect`, `impulse_response`, of a scenario), a forecast (`simulate`,
        `conditional_forecast`), a counterfactual, effects of futures (`compare_futures`), or the
        rows of `effects_table`.
    scm : StructuralCausalModel
        The model that answered.
    outcome : str, optional
        About which outcome; by default the key rate, else output, else prices, else the first.
    horizon : int, optional
        Periods after the start; three years by default, or the last one.

    Returns
    -------
    str
        Without a full stop, so that it can be a title.

    Raises
    ------
    QuestionError
        If the result is none of these, or lacks the outcome or the horizon.

    Examples
    --------
    >>> from sanctions_model.scm.equations import Exogenous, Linear
    >>> from sanctions_model.scm.interventions import Relief
    >>> from sanctions_model.scm.parameters import pin
    >>> from sanctions_model.scm.variables import Hold, Variable
    >>> from sanctions_model.queries.effects import total_effect
    >>> scm = StructuralCausalModel(
    ...     equations=(
    ...         Exogenous(variable=Variable(name="tariff"), continuation=Hold(1.0)),
    ...         Linear(variable=Variable(name="price", unit="%"), parents=("tariff",)),
    ...     )
    ... )
    >>> draws = pin(scm, {"tariff -> price": 2.0}).assign_attrs(start="2026-01-01")
    >>> effect = total_effect(scm, draws, Relief(measures=("tariff",)))
    >>> headline(effect, scm)
    'Full relief of tariff lowers price by 2.0 pp by early 2029'
    """
    if isinstance(result, pd.DataFrame):
        return _of_table(result, scm, outcome, horizon)
    if isinstance(result, xr.Dataset):
        if "difference" in result:
            return _of_past(result, scm, outcome)
        if "effect" in result and dims.SCENARIO in result["effect"].dims:
            return _of_futures(result, scm, outcome, horizon)
        for name in ("effect", "path"):
            if name in result:
                array = result[name].assign_attrs({**result.attrs, **result[name].attrs})
                return headline(array, scm, outcome=outcome, horizon=horizon)
    elif result.name in ("effect", "path") and dims.HORIZON in result.dims:
        return _of_draws(result, scm, outcome, horizon)
    raise QuestionError(
        f"No headline of {type(result).__name__} {getattr(result, 'name', '')!r}; expected an "
        "effect, a forecast, a counterfactual, futures or a table of effects."
    )


def main_outcomes(
    scm: StructuralCausalModel, there: Sequence[str], *, of_paths: bool = False
) -> list[str]:
    """Return the few outcomes that a table shows first: at most six of those that are there."""
    wanted = _MAIN_PATHS if of_paths else _MAIN
    found = [name for name in wanted if name in there]
    own = [name for name in scm.headline if name in there]
    return (found or own or list(there))[:_MOST]


def panel_outcomes(scm: StructuralCausalModel, there: Sequence[str]) -> list[str]:
    """Return the four outcomes at most that a figure draws where none are named."""
    main = [name for name in _PANELS if name in there]
    rest = [n for n in (*main_outcomes(scm, there), *there) if n not in main]
    return [*main, *dict.fromkeys(rest)][:_PANELS_MOST]


def at_periods(horizons: Sequence[int], periods_per_year: int) -> list[int]:
    """Return the horizons that a table shows: after one, two, three and five years, or the last.

    >>> at_periods(range(1, 21), 4), at_periods(range(1, 11), 4), at_periods([2, 3], 4)
    ([4, 8, 12, 20], [4, 8, 10], [2, 3])
    """
    there = [int(h) for h in horizons]
    if len(there) <= len(_YEARS):
        return there
    kept = [y * periods_per_year for y in _YEARS if y * periods_per_year in there]
    return kept if len(kept) == len(_YEARS) else sorted({*kept, there[-1]})


def when_words(
    attributes: Any, horizon: int, scm: StructuralCausalModel, *, before: str = "by"
) -> str:
    """Say when a horizon is: its date where the start is known, else how long after it."""
    start = attributes.get(dims.Said.START)
    if not start:
        return f"after {scm.count_periods(horizon)}" if horizon else "at the start"
    return f"{before} {date_words(period_after(start, horizon, scm.periods_per_year))}"


def asked_words(attributes: Any) -> str:
    """Say what a result was asked, as a question; nothing where it does not know.

    >>> asked_words({dims.Said.QUESTION: "half relief at once, against sanctions unchanged"})
    'what does half relief at once change, against sanctions unchanged?'
    >>> asked_words({dims.Said.QUESTION: "what follows a surprise"})
    'what follows a surprise?'
    """
    said = str(attributes.get(dims.Said.QUESTION, ""))
    if not said or said.startswith("what "):
        return f"{said}?" if said else ""
    cause, comma, otherwise = said.partition(", against ")
    return f"what does {cause} change{comma}{otherwise}?"


def spoken_label(scm: StructuralCausalModel, name: str) -> str:
    """Say what an outcome is called within a sentence."""
    return with_article(short_name(scm, name))


def in_words_of(scm: StructuralCausalModel, name: str) -> str:
    """Say a variable, a link or a parameter by labels.

    >>> from sanctions_model.scm.equations import Linear
    >>> from sanctions_model.scm.variables import Variable
    >>> rate = Variable(name="key_rate", label="key rate")
    >>> scm = StructuralCausalModel(equations=(Linear(variable=rate),))
    >>> in_words_of(scm, "war_pulse -> key_rate"), in_words_of(scm, "persistence[key_rate]")
    ('effect of war pulse on key rate', 'inertia of the key rate')
    >>> in_words_of(scm, "key_rate[1]"), in_words_of(scm, "gap * float -> key_rate")
    ('key rate 1 quarter earlier', 'effect of gap (float) on key rate')
    """
    earlier = lambda found: f" {scm.count_periods(int(found[1]))} earlier"  # noqa: E731
    text = re.sub(r" \* (\w+)", r" (\1)", re.sub(r"\[(\d+)\]", earlier, name))
    text = re.sub(r"^(without |)(.+) -> (.+)$", r"\1effect of \2 on \3", text)
    if found := re.fullmatch(r"(\w+)\[(\w+)\]", text):
        kind = PARAMETER_KINDS.get(found[1], f"{found[1].replace('_', ' ')} of {{}}")
        return kind.format(_of_one(scm, found[2]))
    return re.sub(r"[A-Za-z_]\w*", lambda found: _called(scm, found[0]), text)


def _called(scm: StructuralCausalModel, word: str) -> str:
    """Say a variable; an index that does nothing but give another its size, as that one."""
    if sized := _sized_by(scm, word):
        return sized.short_label
    if known := scm.variables.get(word):
        return known.short_label
    for own, _, size in _sizes(scm):
        if size == word:
            return f"lasting size of {with_article(own.variable.short_label)}"
    return scm.parameter_labels.get(word, word.replace("_", " "))


def _of_one(scm: StructuralCausalModel, word: str) -> str:
    return with_article(_called(scm, word))


def _sized_by(scm: StructuralCausalModel, word: str) -> Variable | None:
    """Return the variable that an index alone gives its size; a label of its own says nothing."""
    sized = (own for own, parent, _ in _sizes(scm) if parent == word and len(own.terms) == 1)
    return next((own.variable for own in sized), None)


def _sizes(scm: StructuralCausalModel) -> Iterator[tuple[Identity, str, str]]:
    """Yield the parameters that size what a slow index moves: the identity, the index, the name."""
    indices = {own.variable.name for own in scm.equations if isinstance(own, LatentAdjustment)}
    for equation in scm.equations:
        if isinstance(equation, Identity):
            for parent, size in equation.terms.items():
                if parent in indices and isinstance(size, Affine) and size.slope > 0:
                    yield equation, parent, size.parameter


def label_with_unit(scm: StructuralCausalModel, name: str, *, of_path: bool = False) -> str:
    """Return what an outcome is called with the unit of its differences, or of itself.

    >>> from sanctions_model.scm.equations import Linear
    >>> from sanctions_model.scm.variables import Variable
    >>> rate = Variable(name="key_rate", label="key rate", unit="% a year")
    >>> scm = StructuralCausalModel(equations=(Linear(variable=rate),))
    >>> label_with_unit(scm, "key_rate"), label_with_unit(scm, "key_rate", of_path=True)
    ('key rate, pp', 'key rate, % a year')
    """
    return f"{short_name(scm, name)}, {_unit(scm, name, of_path=of_path)}".rstrip(", ")


def short_name(scm: StructuralCausalModel, name: str) -> str:
    """Return what an outcome is called in a table."""
    return spoken(scm.variables[name].short_label)


def spoken(label: str) -> str:
    """Return a label as people say it: nobody calls prices a price level, or GDP a GDP level.

    >>> spoken("consumer price level"), spoken("GDP level"), spoken("GDP growth")
    ('consumer prices', 'GDP', 'GDP growth')
    """
    return label.replace("price level", "prices").removesuffix(" level")


def _unit(scm: StructuralCausalModel, name: str, *, of_path: bool = False) -> str:
    variable = scm.variables[name]
    return variable.short_unit if of_path else difference_unit(variable, short=True)


def _said_of(there: Sequence[str], sizes: Sequence[float]) -> list[str]:
    """Return the outcomes whose size is more than a 0.00 in print; all where none has one."""
    found = [n for n, size in zip(there, sizes, strict=True) if not abs(size) < _LEAST]
    return found or list(there)


def _outcome(
    there: Sequence[str], asked: str | None, scm: StructuralCausalModel, subject: str = ""
) -> str:
    """Return the outcome of a title: no news is what becomes of what is moved itself."""
    if asked is not None and asked not in there:
        raise QuestionError(f"No outcome {asked!r} in the result; there is: {', '.join(there)}.")
    news = [n for n in there if scm.variables[n].short_label.lower() not in subject.lower()]
    return asked or next((n for n in _TITLE if n in news), (news or there)[0])


def _horizon(there: Sequence[int], asked: int | None, scm: StructuralCausalModel) -> int:
    if asked is not None and asked not in there:
        raise QuestionError(f"No horizon {asked} in the result; there is 1 to {max(there)}.")
    usual = _TITLE_YEARS * scm.periods_per_year
    return asked or (usual if usual in there else there[-1])


def _of_draws(
    result: xr.DataArray, scm: StructuralCausalModel, outcome: str | None, horizon: int | None
) -> str:
    """Of an effect or a path, dims ``(outcome, horizon, chain, draw)``."""
    subject = upper_first(str(result.attrs.get(dims.Said.SUBJECT, "The change")))
    there = [str(n) for n in result[dims.OUTCOME].to_numpy()]
    at = _horizon([int(h) for h in result[dims.HORIZON].to_numpy()], horizon, scm)
    if result.name == "effect":
        then = result.sel({dims.HORIZON: at}).median((dims.CHAIN, dims.DRAW))
        there = _said_of(there, then.to_numpy().tolist()) if outcome is None else there
    name = _outcome(there, outcome, scm, subject)
    own = result.sel({dims.OUTCOME: name, dims.HORIZON: at})
    unit = scm.variables[name]
    if result.name == "effect":
        when = when_words(result.attrs, at, scm)
        moved = _moved(effect_in_percent(own, unit), scm, name, subject, when)
        return f"{moved}{assumed_words(own)}"
    return _stands(in_percent(own, unit), scm, name, at, result.attrs)


def _stands(
    draws: xr.DataArray, scm: StructuralCausalModel, name: str, at: int, attributes: Any
) -> str:
    """Say where a path stands; of a level that counts from the start, by how much it has moved."""
    middle, low, high = _numbers(draws)
    what = upper_first(spoken_label(scm, name))
    when = when_words(attributes, at, scm, before="in")
    changed = attributes.get(dims.Said.SUBJECT)
    given = f" with {changed}" if changed else ""
    if np.isnan(middle):
        return f"There are 0 draws with a number for {spoken_label(scm, name)} {when}{given}"
    if scm.variables[name].logs == "level":
        size, way = number(abs(middle), signed=False), "higher" if middle > 0 else "lower"
        since = when_words(attributes, 0, scm, before="in")
        stands = f"{what} is {size} % {way} {when} than {since}"
        bounds = f"{number(low)} and {number(high)} %"
    else:
        unit = _unit(scm, name, of_path=True)
        size = number(middle, signed=False)
        stands = f"{what} is {size} {unit} {when}" if unit else f"{what} is {size} {when}"
        bounds = f"{number(low, signed=False)} and {number(high, signed=False)}"
    share = mass_words(interval_rule().prob)
    return f"{stands}{given}: {share} futures lie between {bounds}"


def _numbers(draws: xr.DataArray) -> list[float]:
    summary = interval(draws, interval_rule())
    return [float(summary.sel(summary=n)) for n in _SIZE]


def _moved(
    draws: xr.DataArray,
    scm: StructuralCausalModel,
    name: str,
    subject: str,
    when: str,
    *,
    past: bool = False,
) -> str:
    return finding(
        subject,
        spoken_label(scm, name),
        _unit(scm, name),
        when,
        **dict(zip(_SIZE, _numbers(draws), strict=True)),
        prob_above=float((draws > 0).mean()),
        past=past,
    )


def changes_in_percent(result: xr.Dataset, scm: StructuralCausalModel) -> xr.DataArray:
    """Return the difference of a counterfactual in % of levels and in percentage points.

    `result`: from `counterfactual`. Returns: dims as those of ``difference``.
    """
    pairs = [
        (result.sel({dims.OUTCOME: [name]}), scm.variables[str(name)])
        for name in result[dims.OUTCOME].to_numpy()
    ]
    found = [
        difference_in_percent(own["counterfactual"], own["difference"], unit) for own, unit in pairs
    ]
    return xr.concat(found, dim=dims.OUTCOME, coords="different", compat="equals")


def _of_past(result: xr.Dataset, scm: StructuralCausalModel, outcome: str | None) -> str:
    """Of a counterfactual: the last period of its window."""
    subject = upper_first(str(result.attrs.get("changed", "the change")))
    name = _outcome([str(n) for n in result[dims.OUTCOME].to_numpy()], outcome, scm, subject)
    last = result[dims.TIME].to_numpy()[-1]
    change = changes_in_percent(result.sel({dims.OUTCOME: [name]}), scm).isel(outcome=0, time=-1)
    period = str(read_period(last, scm.periods_per_year))
    return _moved(change, scm, name, subject, f"by {date_words(period)}", past=True)


def _of_futures(
    result: xr.Dataset, scm: StructuralCausalModel, outcome: str | None, horizon: int | None
) -> str:
    """Of several futures: the one that moves the outcome most on average.

    By means: where most draws of a future change nothing, its median is 0 whatever the others say.
    """
    effect = result["effect"]
    name = _outcome([str(n) for n in effect[dims.OUTCOME].to_numpy()], outcome, scm)
    at = _horizon([int(h) for h in effect[dims.HORIZON].to_numpy()], horizon, scm)
    own = effect.sel({dims.OUTCOME: name, dims.HORIZON: at})
    sizes = abs(own.mean((dims.CHAIN, dims.DRAW))).fillna(0.0)
    largest = str(sizes.idxmax(dims.SCENARIO).item())
    label = str(result["scenario_label"].sel({dims.SCENARIO: largest}).item())
    when = when_words(result.attrs, at, scm)
    draws = effect_in_percent(own.sel({dims.SCENARIO: largest}), scm.variables[name])
    mean = float(draws.mean())
    if mean and not float(draws.median()):
        size = f"{number(mean)} {_unit(scm, name)}"
        still = f"{decimals(100 * float((draws == 0).mean()))} of 100 draws"
        outcome_words = spoken_label(scm, name)
        return (
            f"Of the futures, {label} moves {outcome_words} by {size} on average {when}; "
            f"nothing changes in {still}"
        )
    return _moved(draws, scm, name, f"Of the futures, {label}", when)


def _of_table(
    table: pd.DataFrame, scm: StructuralCausalModel, outcome: str | None, horizon: int | None
) -> str:
    """Of `effects_table`: the total effect of the largest relief in it."""
    if not {"relief", "channel", "prob_below_zero", *_SIZE} <= set(table):
        raise QuestionError("No headline of this table; expected one of `effects_table`.")
    rows = table[(table["channel"] == "total") & (table["relief"] == table["relief"].max())]
    at = _horizon(list(rows["horizon"]), horizon, scm)
    then = rows[rows["horizon"] == at]
    there = list(dict.fromkeys(rows["outcome"]))
    if outcome is None:
        there = _said_of(list(then["outcome"]), list(then["median"]))
    name = _outcome(there, outcome, scm)
    row = then[then["outcome"] == name].iloc[0]
    return finding(
        str(table.attrs.get(dims.Said.SUBJECT, f"Relief of {100 * row['relief']:g} %")),
        spoken_label(scm, name),
        _unit(scm, name),
        when_words(table.attrs, at, scm),
        median=float(row["median"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        prob_above=1.0 - float(row["prob_below_zero"]),
    )
