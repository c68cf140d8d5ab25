"""What figures of paths share: fans, marks of completed cells, time axes, keys of any length."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sanctions_model import dims
from sanctions_model.errors import UnknownVariableError
from sanctions_model.plots.parts.observed_past import period_name
from sanctions_model.plots.parts.style import (
    COLUMN_INCHES,
    SMALL,
    TEXT,
    Colour,
    add_page_text,
    line_inches,
    new_figure,
    page_text_inches,
    place_axes,
    text_inches,
    tidy,
    wrap,
)
from sanctions_model.queries.reading.headlines import panel_outcomes, spoken
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.periods import period_after
from sanctions_model.summaries import IntervalRule, interval, interval_rule
from sanctions_model.units import belief_unit

# How dark the interval of the rule and the 50 % interval on top of it are.
WIDE, _HALF = 0.22, 0.4
ESTIMATE = 0.13
_KEY_LEFT = 0.2
# Room of a key's sample and of the gap after its words.
_SAMPLE, _BETWEEN = 0.34, 0.16
# Years that an axis spans before its ticks name years, not periods.
_SHORT_AXIS = 1.6
_ROUNDING = 1e-9
_PAGE, _LOWEST = 10.5, 0.85
_OUTLINE: dict[str, Any] = {"lw": 0.9, "ls": (0, (3, 1.5))}
_COMPLETED: dict[str, Any] = {
    "marker": "o",
    "ms": 3.6,
    "mfc": "white",
    "mec": Colour.ink,
    "mew": 0.9,
}


@dataclass(frozen=True, slots=True)
class Bands:
    """Median and two intervals of a path.

    `rows`: median, bounds of the rule's interval, bounds of the 50 % interval; shape ``(5,
    periods)``.
    """

    rows: np.ndarray

    @property
    def median(self) -> np.ndarray:
        """Medians."""
        return np.asarray(self.rows[0])

    def bounds(self, *, wide: bool) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of the rule's interval or of the 50 % one."""
        first = 1 if wide else 3
        return self.rows[first], self.rows[first + 1]

    @property
    def spread(self) -> np.ndarray:
        """Where the draws differ."""
        low, high = self.bounds(wide=True)
        return np.asarray(high - low > _ROUNDING * (1.0 + np.abs(high)))

    def after(self, first: "Bands | float") -> "Bands":
        """Return the same preceded by a certain value, or by the last period of a past."""
        before = first.rows[:, -1:] if isinstance(first, Bands) else np.full((5, 1), first)
        return Bands(np.concatenate([before, self.rows], axis=1))


def bands_of(draws: xr.DataArray) -> Bands:
    """Summarise draws by the rule in force and by a 50 % interval of its kind.

    `draws`: dims ``chain``, ``draw`` and the periods.
    """
    rule = interval_rule()
    wide = interval(draws, rule).to_numpy().T
    half = interval(draws, IntervalRule(0.5, rule.kind)).to_numpy().T
    return Bands(np.concatenate([wide, half[1:]]))


def fan(
    axes: Axes, places: np.ndarray, bands: Bands, colour: str, *, outlined: bool = False
) -> None:
    """Draw a median and its intervals; outlined, the wide one is two thin lines.

    Fans that lie on top of each other stay told apart when they are outlined.
    """
    for wide, alpha in ((True, WIDE), (False, _HALF)):
        low, high = bands.bounds(wide=wide)
        if outlined and wide:
            for bound in (low, high):
                axes.plot(places, bound, color=colour, **_OUTLINE)
        else:
            shade = WIDE if outlined else alpha
            axes.fill_between(places, low, high, color=colour, alpha=shade, lw=0)
    axes.plot(places, bands.median, color=colour, lw=1.5)


def mark_completed(axes: Axes, places: np.ndarray, bands: Bands, marked: np.ndarray) -> None:
    """Put an open circle and the rule's interval on each completed cell."""
    low, high = bands.bounds(wide=True)
    for place, middle, lower, upper in zip(
        places[marked], bands.median[marked], low[marked], high[marked], strict=True
    ):
        axes.plot([place, place], [lower, upper], color=Colour.ink, lw=0.9, zorder=4)
        axes.plot([place], [middle], ls="", **_COMPLETED, zorder=5)


def completed_key(rule: IntervalRule) -> Line2D:
    """Return the entry of a key for completed cells."""
    label = f"estimated, {rule.percent} interval"
    return Line2D([], [], color=Colour.ink, lw=0.9, label=label, **_COMPLETED)


def estimate_key(rule: IntervalRule, words: str) -> Patch:
    """Return the entry of a key for the band around an estimated past."""
    label = f"{words}, {rule.percent} interval"
    return Patch(color=Colour.ink, alpha=ESTIMATE, lw=0, label=label)


def fan_keys(rule: IntervalRule, *, outlined: bool = False) -> list[Line2D | Patch]:
    """Return the entries of a key for the intervals of a fan."""
    mass = f"{rule.percent} interval"
    if outlined:
        return [
            Patch(color=Colour.faint, alpha=_HALF, lw=0, label="50 % interval"),
            Line2D([], [], color=Colour.faint, label=mass, **_OUTLINE),
        ]
    both = 1 - (1 - WIDE) * (1 - _HALF)
    return [
        Patch(color=Colour.posterior, alpha=both, lw=0, label="50 % interval"),
        Patch(color=Colour.posterior, alpha=WIDE, lw=0, label=mass),
    ]


def frame(axes: Axes, heading: Sequence[str], unit: str) -> None:
    """Write a panel's heading and unit, and leave a light grid."""
    tidy(axes)
    axes.set_title("\n".join(heading), size=TEXT, loc="left", pad=3, color=Colour.ink)
    axes.set_ylabel(belief_unit(unit), size=SMALL, color=Colour.ink, labelpad=2)
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y", color=Colour.rule, lw=0.4)
    axes.set_axisbelow(True)


def zero_line(axes: Axes) -> None:
    """Draw the zero line where the panel's range holds zero."""
    low, high = axes.get_ylim()
    if low <= 0 <= high:
        axes.axhline(0.0, color=Colour.ink, lw=0.7, zorder=1)


def year_axis(axes: Axes, first: float, last: float, width: float, per_year: int) -> None:
    """Name whole years on an axis of time, or periods where it is short, as many as have room.

    `first`, `last`: where the axis starts and ends, in years with decimals. `width`: its length in
    inches.
    """
    axes.set_xlim(first, last)
    short = last - first < _SHORT_AXIS
    count = per_year if short else 1
    # Whole years are ticks at their start, periods at their middle.
    shift = 0.5 / count if short else 0.0
    low, high = np.ceil((first - shift) * count - 1e-6), np.floor((last - shift) * count + 1e-6)
    numbers = np.arange(low, high + 1)
    names = [_tick_name(number, count) for number in numbers]
    room = max(1, int(width / max(text_inches(name, SMALL) + 0.15 for name in names or [""])))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if numbers.size <= room * s or s == 100)
    shown = [place for place, number in enumerate(numbers) if step == 1 or number % step == 0]
    axes.set_xticks(
        [numbers[place] / count + shift for place in shown], [names[place] for place in shown]
    )


def horizon_axis(axes: Axes, horizon: int, per_year: int, start: object = None) -> bool:
    """Name the horizons of an axis: by years where the start is known, else by counting.

    `horizon`: the last one; they count from 1. `start`: the last known period, as results state it.
    Returns: whether the axis has dates.
    """
    if start and horizon >= 2 * per_year:
        names = {h: period_after(start, h, per_year) for h in range(1, horizon + 1)}
        first = [h for h, name in names.items() if name.endswith(("Q1", "-01")) or per_year == 1]
        every = first[:: -(-len(first) // 6)]
        axes.set_xticks(every, [names[h][:4] for h in every])
        return True
    step = max(1, round(horizon / 5 / 4) * 4 if horizon >= 12 else round(horizon / 4))
    axes.set_xticks(np.arange(step, horizon + 1, step))
    return False


def _tick_name(number: float, count: int) -> str:
    months = round(number * 12 / count)
    return period_name(np.datetime64(months - 12 * 1970, "M"), count)


def row_inches(
    rows: int, head: float, gap: float, others: float, *, most: float
) -> tuple[float, float]:
    """Return the height of a row and of its panel, so that a figure fits a page if it can.

    `head`, `gap`: inches above and below each panel. `others`: inches that the figure needs beside
    the rows. `most`: height of a panel where there is room.
    """
    height = min(most, max(_LOWEST, (_PAGE - others) / rows - head - gap))
    return head + height + gap, height


def key(figure: Figure, handles: Sequence[Line2D | Patch], top: float) -> None:
    """Draw a key across the page, its upper edge at `top` inches; `key_inches` is its height."""
    columns, rows = _grid(handles)
    width = COLUMN_INCHES - 2 * _KEY_LEFT
    axes = place_axes(figure, _KEY_LEFT, top, width, rows * line_inches(SMALL))
    axes.set_axis_off()
    axes.legend(
        handles=_by_rows(handles, columns),
        loc="upper left",
        ncols=columns,
        frameon=False,
        fontsize=SMALL,
        borderpad=0,
        borderaxespad=0,
        labelspacing=0.25,
        handlelength=2.0,
        handletextpad=0.6,
        columnspacing=1.6,
    )


def key_inches(handles: Sequence[Line2D | Patch]) -> float:
    """Return the height of a key with the gap below it."""
    _, rows = _grid(handles)
    return rows * line_inches(SMALL) + 0.06


def _grid(handles: Sequence[Line2D | Patch]) -> tuple[int, int]:
    widths = [text_inches(str(h.get_label()), SMALL) + _SAMPLE + _BETWEEN for h in handles]
    count = len(widths)
    for columns in range(count, 1, -1):
        taken = sum(max(widths[start::columns]) for start in range(columns))
        if taken <= COLUMN_INCHES - 2 * _KEY_LEFT:
            return columns, -(-count // columns)
    return 1, count


def _by_rows(handles: Sequence[Line2D | Patch], columns: int) -> list[Line2D | Patch]:
    """Order handles so that a key filled column by column reads row by row."""
    rows = -(-len(handles) // columns)
    empty = [Line2D([], [], ls="", label="") for _ in range(rows * columns - len(handles))]
    padded = [*handles, *empty]
    return [padded[row * columns + column] for column in range(columns) for row in range(rows)]


def grid(
    page: tuple[str, str],
    labels: Sequence[str],
    handles: Sequence[Line2D | Patch],
    *,
    columns: int,
    beside: tuple[float, float, float],
    row_gap: float,
    most: float,
) -> tuple[Figure, list[tuple[Axes, list[str]]], float]:
    """Lay out a panel a label, so many abreast, with the key below.

    `page`: title and caption. `beside`: inches left of the panels, between two and right of them.
    `row_gap`: inches below a panel. `most`: height of a panel where there is room. Returns: the
    figure, each panel with its heading in lines, and the width of a panel in inches.
    """
    (top, bottom), (left, gap, right) = page_text_inches(*page), beside
    width = (COLUMN_INCHES - left - right - (columns - 1) * gap) / columns
    headings = [wrap(spoken(label), width, TEXT) for label in labels]
    head = max(map(len, headings)) * line_inches(TEXT) + 0.06
    below = 0.04 + (key_inches(handles) if handles else 0.0)
    rows = -(-len(labels) // columns)
    step, height = row_inches(rows, head, row_gap, top + below + bottom, most=most)
    figure = new_figure(top + rows * step + below + bottom)
    add_page_text(figure, *page)
    panels = []
    for position, heading in enumerate(headings):
        row, column = divmod(position, columns)
        across, down = left + column * (width + gap), top + row * step + head
        panels.append((place_axes(figure, across, down, width, height), heading))
    if handles:
        key(figure, handles, top + rows * step + 0.02)
    return figure, panels, width


def draws_the_effect[**P](query: str) -> Callable[[Callable[P, Figure]], Callable[P, Figure]]:
    """Refuse to draw what is no result of the query, as a model and draws of it.

    Raises `TypeError`: the call is wrong, not a question.
    """

    def decorate(plot: Callable[P, Figure]) -> Callable[P, Figure]:
        @functools.wraps(plot)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Figure:
            effect = args[0] if args else kwargs.get("effect")
            if not isinstance(effect, xr.DataArray):
                name, got = plot.__name__, type(effect).__name__
                raise TypeError(
                    f"{name}() draws an effect, got {got}; ask for the effect first: "
                    f"{name}(sm.{query}(scm, draws), scm=scm)"
                )
            return plot(*args, **kwargs)

        return checked

    return decorate


def chosen(
    result: xr.DataArray, outcomes: Sequence[str] | None, scm: StructuralCausalModel
) -> list[str]:
    """Return the outcomes to draw: those asked for, else the four of the result that say most.

    Raises `UnknownVariableError` if the result lacks one.
    """
    there = [str(name) for name in result[dims.OUTCOME].to_numpy()]
    for name in outcomes or ():
        if name not in there:
            raise UnknownVariableError.from_name(name, there, "the outcomes of the result")
    return list(outcomes or panel_outcomes(scm, there))


_GAP = 0.16  # inches between two columns of panels
_WIDEST = 3.1


def place_panels(
    figure_text: tuple[str, str],
    scm: StructuralCausalModel,
    outcomes: Sequence[str],
    labels: Sequence[str],
    *,
    height: float,
    numbers: float,
) -> tuple[Figure, Iterator[tuple[str, Axes, bool]]]:
    """Return a figure and its panels, two in a row, with heading and unit.

    `figure_text`: title and caption. `outcomes`: variables or levels, one panel each. `labels`:
    names of the rows, which stand left of the first column. `height`: of a panel, in inches.
    `numbers`: room for numbers right of a panel, in inches. Returns: outcome, its panel, and
    whether the names of the rows belong to it.
    """
    top, bottom = page_text_inches(*figure_text)
    columns = min(2, len(outcomes))
    left = 0.14 + max(text_inches(words, SMALL, bold=True) for words in labels) + 0.06
    width = (COLUMN_INCHES - left - 0.1 - columns * numbers - (columns - 1) * _GAP) / columns
    width = min(width, _WIDEST)
    headings = {
        name: wrap(spoken(scm.variables[name].label), width + numbers, TEXT) for name in outcomes
    }
    head = max(len(found) for found in headings.values()) * line_inches(TEXT) + 0.08
    step = head + height + 0.42
    figure = new_figure(top + -(-len(outcomes) // columns) * step + bottom)
    add_page_text(figure, *figure_text)

    def panels() -> Iterator[tuple[str, Axes, bool]]:
        for position, name in enumerate(outcomes):
            row, column = divmod(position, columns)
            start = left + column * (width + numbers + _GAP)
            axes = place_axes(figure, start, top + row * step + head, width, height)
            heading = "\n".join(headings[name])
            axes.set_title(heading, size=TEXT, loc="left", pad=4, color=Colour.ink)
            axes.set_xlabel(
                belief_unit(scm.effect_unit(name)), size=SMALL, labelpad=2, color=Colour.ink
            )
            yield name, axes, column == 0

    return figure, panels()


def tidy_rows(axes: Axes, last: float) -> None:
    """Take away what rows do not need, count them downwards, and draw the line of no effect."""
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(last + 0.6, -0.6)
    axes.axvline(0.0, color=Colour.ink, lw=0.7)
    axes.margins(x=0.04)
    axes.locator_params(axis="x", nbins=5)


def write_beside(
    axes: Axes, row: float, words: str, *, bold: bool = False, colour: str = Colour.ink
) -> None:
    """Write the number of a row right of its panel."""
    axes.annotate(
        words,
        (1.0, row),
        (4, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        size=SMALL,
        va="center",
        color=colour,
        weight="bold" if bold else "normal",
    )
