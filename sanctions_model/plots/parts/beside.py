"""What a forecast is drawn beside: a target, what others forecast, a plain rival."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sanctions_model.plots.parts.labels import End
from sanctions_model.plots.parts.style import Colour

_OTHERS = (Colour.accent, Colour.negative, Colour.mixed)
_APART = 0.2  # years between marks of the same date
_TARGET, _RIVAL = (0, (4, 2)), (0, (1, 1.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Lines and marks of others, by outcome, in the unit of the outcome's axis.

    `targets`: a path over the periods ahead. `rivals`: a name, as in "no change", and a path over
    the periods ahead. `others`: ``outcome``, ``source``, ``year``, ``lower``, ``upper``,
    ``published``, and ``statistic``: ``end`` is drawn in the last period of the year, ``mean``
    across it.
    """

    targets: Mapping[str, np.ndarray] = field(default_factory=dict)
    rivals: Mapping[str, tuple[str, np.ndarray]] = field(default_factory=dict)
    others: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def names(self) -> list[str]:
        """Names at the ends of its lines."""
        return [*(["target"] if self.targets else []), *{name for name, _ in self.rivals.values()}]

    def handles(self, drawn: list[str], first_year: int, last_year: int) -> list[Line2D]:
        """Return the entries of a key for others' marks in the panels of these outcomes."""
        found = []
        for source, colour in self._colours().items():
            own = self.others[self.others["source"] == source]
            own = own[own["outcome"].isin(drawn) & own["year"].between(first_year, last_year)]
            if len(own):
                label = f"{source}, {own['published'].max()}"
                found.append(Line2D([], [], color=colour, lw=2.2, label=label))
        return found

    def _colours(self) -> dict[str, str]:
        sources = list(dict.fromkeys(self.others["source"])) if len(self.others) else []
        return {s: _OTHERS[i % len(_OTHERS)] for i, s in enumerate(sources)}


def draw_beside(
    axes: Axes, beside: Beside, name: str, ahead: np.ndarray, per_year: int
) -> list[End]:
    """Draw what there is beside one outcome; return the ends of its lines, for their names.

    `ahead`: middles of the periods ahead, in years with decimals.
    """
    ends: list[End] = []
    if name in beside.targets:
        path = beside.targets[name]
        axes.plot(ahead, path, color=Colour.ink, lw=0.9, ls=_TARGET, zorder=3)
        ends.append((float(path[-1]), "target", Colour.ink))
    if name in beside.rivals:
        label, path = beside.rivals[name]
        axes.plot(ahead, path, color=Colour.faint, lw=1.1, ls=_RIVAL, zorder=3)
        ends.append((float(path[-1]), label, Colour.faint))
    half, colours = 0.5 / per_year, beside._colours()
    own = beside.others[beside.others["outcome"] == name] if len(beside.others) else beside.others
    for row in own.to_dict("records"):
        year, low, high = int(row["year"]), float(row["lower"]), float(row["upper"])
        if year < int(ahead[0]) or year + 1 > ahead[-1] + half + 1e-6:
            continue
        colour, place = colours[row["source"]], list(colours).index(row["source"])
        if row["statistic"] == "mean":
            start, stop = max(float(year), ahead[0] - half), year + 1.0
        else:
            middle = year + 1 - half + _APART * (place - (len(colours) - 1) / 2)
            start, stop = middle - _APART / 2, middle + _APART / 2
        if high > low:
            edge: dict[str, Any] = {"facecolor": "none", "edgecolor": colour}
            axes.fill_between([start, stop], low, high, lw=1.2, zorder=4, **edge)
        else:
            axes.plot([start, stop], [low, low], color=colour, lw=2.2, zorder=5)
    return ends
