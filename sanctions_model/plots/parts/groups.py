"""Which parts of a split share a colour: many small shocks become one group.

This module draws nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.wording import undated

_OTHER, _OTHER_DRIVERS = "other shocks", "other drivers and trends"
_OTHER_COLOUR = "#BFBFBF"
# Okabe and Ito's colours in the order of the model's shocks; vermilion is for the sanctions.
_SHOCKS = ("#E69F00", "#56B4E9", "#CC79A7", "#0072B2", "#009E73", "#F0E442")
_MEASURES_TOGETHER = "#D55E00"
_MEASURES_APART = ("#7A3600", "#A84A00", "#D55E00", "#EE9050", "#F8C9A8")
_DRIVERS = ("#A7A38E", "#8C8C8C", "#3D3D3D", "#6B4E71")
# A shock below this share of every panel goes with the others.
_SMALL_SHARE = 0.04


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that are summed before they are drawn.

    `together`: whether the label stands for parts that it does not name.
    """

    label: str
    members: tuple[str, ...]
    colour: str
    together: bool = False


def part_label(scm: StructuralCausalModel, name: str) -> str:
    """Return what a variable is called, or its name in words where the model has none such."""
    found = scm.variables.get(name)
    return found.short_label if found else name.replace("_", " ")


def shock_groups(
    shares: Mapping[str, np.ndarray], scm: StructuralCausalModel, *, room: int
) -> list[Group]:
    """Keep the largest shocks apart, the largest first, and put the others together.

    `shares`: of each shock in each panel. `scm`: for labels and for the order in which shocks take
    their colours. `room`: how many shocks may stand apart.
    """
    largest = {name: float(np.max(share)) for name, share in shares.items()}
    moving = [name for name in sorted(largest, key=lambda n: -largest[n]) if largest[name] > 0]
    room = min(room, len(_SHOCKS))
    apart = [name for name in moving if largest[name] >= _SMALL_SHARE][:room]
    rest = tuple(name for name in moving if name not in apart)
    colours = _shock_colours(apart, scm)
    found = [Group(f"{part_label(scm, name)} shocks", (name,), colours[name]) for name in apart]
    return [*found, Group(_OTHER, rest, _OTHER_COLOUR, together=True)] if rest else found


def _shock_colours(names: Sequence[str], scm: StructuralCausalModel) -> dict[str, str]:
    """Give a shock the same colour in every figure, as far as no other one has it."""
    order = {name: position for position, name in enumerate(scm.stochastic)}
    free = list(_SHOCKS)
    found = {}
    for name in sorted(names, key=lambda n: order.get(n, len(order))):
        own = _SHOCKS[order.get(name, 0) % len(_SHOCKS)]
        found[name] = own if own in free else free[0]
        free.remove(found[name])
    return found


def driver_groups(
    shares: Mapping[str, np.ndarray], scm: StructuralCausalModel, *, together: bool
) -> list[Group]:
    """Group drivers: measures together where asked, others by their label without its date.

    As many others as there are colours stand apart, the largest; the rest are summed.

    `shares`: of each driver in each panel. `scm`: for labels, and for what is a measure.
    `together`: sum the measures.
    """
    names = list(shares)
    measures = tuple(name for name in names if name in scm.measures)
    found = []
    if measures and together:
        found = [Group("sanctions measures", measures, _MEASURES_TOGETHER, together=True)]
    elif measures:
        found = [
            Group(part_label(scm, name), (name,), colour)
            for name, colour in zip(measures, _cycle(_MEASURES_APART, len(measures)), strict=True)
        ]
    others: dict[str, list[str]] = {}
    for name in names:
        if name not in measures:
            others.setdefault(undated(part_label(scm, name)), []).append(name)
    size = {label: sum(np.max(shares[n]) for n in own) for label, own in others.items()}
    if len(others) > len(_DRIVERS):
        apart = sorted(size, key=lambda label: -size[label])[: len(_DRIVERS) - 1]
        rest = [name for label, own in others.items() if label not in apart for name in own]
        found += [Group(label, tuple(others[label]), _DRIVERS[i]) for i, label in enumerate(apart)]
        return [*found, Group(_OTHER_DRIVERS, tuple(rest), _DRIVERS[-1], together=True)]
    # By its place in the model, so that a driver has one colour in every figure.
    order = list(
        dict.fromkeys(undated(part_label(scm, n)) for n in scm.exogenous if n not in scm.measures)
    )
    colours = dict(zip(order, _cycle(_DRIVERS, len(order)), strict=True))
    return found + [
        Group(label, tuple(own), colours.get(label, _DRIVERS[0]), together=len(own) > 1)
        for label, own in others.items()
    ]


def _cycle(colours: Sequence[str], count: int) -> list[str]:
    return [colours[position % len(colours)] for position in range(count)]
