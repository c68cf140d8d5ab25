"""The article's chain in six boxes and in words, with the size of each step."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.plots.parts.panels import draws_the_effect
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
    titled,
    wrap,
)
from sanctions_model.queries.reading.headlines import asked_words, headline, label_with_unit
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, interval_rule
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import mass_words, number, upper_first

_STEPS = ("import_premium", "price_level", "key_rate", "lending_rate", "gdp_level")
_MARGIN, _GAP, _PAD = 0.12, 0.2, 0.06


@draws_the_effect("total_effect")
def plot_chain(effect: xr.DataArray, *, scm: StructuralCausalModel, horizon: int = 12) -> Figure:
    """Draw the chain from relief to output in boxes, with what each step changes.

    Parameters
    ----------
    effect : xr.DataArray
        From `total_effect`, dims ``(outcome, horizon, chain, draw)``: of the steps of the chain,
        or, on a model without any of these, of the first outcomes of its own.
    scm : StructuralCausalModel
        Says what outcomes are called and measured in.
    horizon : int
        Periods from the start of the relief.

    Raises
    ------
    QuestionError
        If the effect lacks the horizon.
    """
    effect = effect.sel({dims.HORIZON: effect[dims.HORIZON] <= horizon})
    if horizon not in effect[dims.HORIZON]:
        raise QuestionError(f"The effect has no horizon {horizon}; ask `total_effect` for it.")
    there = [str(name) for name in effect[dims.OUTCOME].to_numpy()]
    names = ([name for name in _STEPS if name in there] or there)[: len(_STEPS)]
    boxes = [[str(effect.attrs[dims.Said.SUBJECT])]]
    for name in names:
        own = effect.sel({dims.OUTCOME: name, dims.HORIZON: horizon})
        found = interval(effect_in_percent(own, scm.variables[name]), interval_rule())
        middle, low, high = (number(float(x)) for x in found.to_numpy())
        label, _, unit = label_with_unit(scm, name).rpartition(", ")
        boxes.append([upper_first(label or unit), f"{middle} {unit}", f"({low}; {high})"])
    title = titled(
        headline(effect, scm, outcome=names[-1], horizon=horizon),
        upper_first(asked_words(effect.attrs)),
        source=effect.attrs.get(dims.Said.SOURCE),
    )
    caption = (
        f"The article's chain: each arrow says what is meant to move what. Medians of the whole "
        f"effect after {scm.count_periods(horizon)}; in brackets where "
        f"{mass_words(interval_rule().prob)} draws lie. Other ways than the chain are in the "
        "numbers, too. pp: percentage points."
    )
    return _draw(boxes, title, caption)


def _draw(boxes: list[list[str]], title: str, caption: str) -> Figure:
    count = len(boxes)
    width = (COLUMN_INCHES - 2 * _MARGIN - (count - 1) * _GAP) / count
    texts = [(wrap(box[0], width - 2 * _PAD, TEXT, bold=True), box[1:]) for box in boxes]
    lines = max(len(heading) for heading, _ in texts)
    height = lines * line_inches(TEXT) + 2 * line_inches(TEXT) + 3 * _PAD
    top, bottom = page_text_inches(title, caption)
    figure = new_figure(top + height + 0.16 + bottom)
    add_page_text(figure, title, caption)
    axes = place_axes(figure, _MARGIN, top + 0.04, COLUMN_INCHES - 2 * _MARGIN, height + 0.04)
    axes.set(xlim=(0, COLUMN_INCHES - 2 * _MARGIN), ylim=(height + 0.02, -0.02))
    axes.set_axis_off()
    for place, (heading, sizes) in enumerate(texts):
        _box(axes, place * (width + _GAP), width, height, heading, sizes)
        if place:
            start = place * (width + _GAP) - _GAP
            axes.annotate(
                "",
                (start + _GAP - 0.03, height / 2),
                (start + 0.03, height / 2),
                arrowprops={"arrowstyle": "-|>", "color": Colour.ink, "lw": 1.0},
            )
    return figure


def _box(
    axes: Axes, left: float, width: float, height: float, heading: list[str], sizes: list[str]
) -> None:
    colour = Colour.latent if sizes else Colour.measure
    style = "round,pad=0,rounding_size=0.06"
    axes.add_patch(
        FancyBboxPatch((left, 0), width, height, boxstyle=style, fc=colour, ec=Colour.rule, lw=0.6)
    )
    middle = left + width / 2
    axes.text(
        middle, _PAD, "\n".join(heading), size=TEXT, weight="bold", ha="center", va="top"
    ).set_color(Colour.ink)
    down = height - _PAD
    for words, size in zip(reversed(sizes), (SMALL, TEXT), strict=False):
        axes.text(middle, down, words, size=size, ha="center", va="bottom", color=Colour.ink)
        down -= line_inches(TEXT)
