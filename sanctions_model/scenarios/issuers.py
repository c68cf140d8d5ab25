"""Who holds which part of the measures, by the dated events and the rule's shares.

What an issuer holds is what would vanish if it alone lifted its part. The parts of a measure add up
to it, so that designs of several issuers lift parts that do not overlap, and all of them together
are the coalition.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from sanctions_model.data.sanctions.events import ISSUERS, Rule, load_events, load_rule
from sanctions_model.data.sanctions.measures import issuer_levels
from sanctions_model.economies.russia import MEASURES
from sanctions_model.wording import in_words

COALITION = "coalition"
# Judgement: with this many pseudo-counts around the shares, those of the United States lie between
# 0.12 and 0.44 for trade and between 0.39 and 0.75 for finance (5-95 %), about the ranges of the
# rule. What the other issuers hold is known no better.
ISSUER_CONCENTRATION = 20.0
_NAMES = {
    "us": "the United States",
    "eu": "the European Union",
    "uk": "the United Kingdom",
    "others": "the other countries",
}


@cache
def measures_rule() -> Rule:
    """Return the bundled rule of the measures."""
    return load_rule()


@cache
def _held() -> pd.DataFrame:
    """Part of each measure by component and issuer, where every level is 1."""
    return issuer_levels(measures_rule(), load_events(), measures_rule().cap.date)


@cache
def issuer_shares() -> pd.DataFrame:
    """Share of each measure's full level that each issuer could lift alone.

    By the rule of the measures, on the day on which every level is 1.

    Returns
    -------
    pandas.DataFrame
        Index: the measures. Columns ``us``, ``eu``, ``uk``, ``others``; rows add up to 1.

    Examples
    --------
    >>> issuer_shares()["eu"].round(2).to_dict()
    {'trade': 0.53, 'finance': 0.27, 'energy': 0.46, 'transport': 0.45, 'assets': 0.47}
    """
    measure = [component.measure for component in measures_rule().components]
    return _held().groupby(measure).sum().loc[list(MEASURES)]


def issuer_words(issuers: Collection[str]) -> str:
    """Say who lifts.

    >>> issuer_words(("eu", "uk")), issuer_words(("coalition",))
    ('the European Union and the United Kingdom alone', 'all who impose them')
    """
    if COALITION in issuers or set(issuers) == set(ISSUERS):
        return "all who impose them"
    return f"{in_words([_NAMES[name] for name in ISSUERS if name in issuers])} alone"


@dataclass(frozen=True, slots=True)
class Reach:
    """What one design can lift: components of the rule, and the parts of some issuers of them."""

    components: frozenset[str]
    issuers: frozenset[str]


def draw_parts(
    reaches: Sequence[Reach], generator: np.random.Generator, size: int
) -> Mapping[str, list[tuple[tuple[int, ...], np.ndarray]]]:
    """Draw the parts of each measure that the same designs can lift.

    `reaches`: one a design. `generator`: source of all randomness; none is used where a part does
    not hang on who lifts. `size`: number of draws. Returns: by measure: positions of the designs
    that can lift a part, and its size, shape ``(size,)``.
    """
    found: dict[str, list[tuple[tuple[int, ...], np.ndarray]]] = {}
    for measure in MEASURES:
        alike: dict[tuple[int, ...], list[str]] = {}
        for component in measures_rule().components:
            if component.measure == measure:
                who = tuple(k for k, r in enumerate(reaches) if component.id in r.components)
                alike.setdefault(who, []).append(component.id)
        for designs, components in alike.items():
            if designs:
                parts = _by_issuer(reaches, designs, components, generator, size)
                found.setdefault(measure, []).extend(parts)
    return found


def _by_issuer(
    reaches: Sequence[Reach],
    designs: tuple[int, ...],
    components: list[str],
    generator: np.random.Generator,
    size: int,
) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """Split components that the same designs reach by who of the issuers is in which design."""
    held = _held().loc[components].sum()
    classes: dict[tuple[int, ...], float] = {}
    for issuer in ISSUERS:
        lifts = tuple(k for k in designs if issuer in reaches[k].issuers)
        classes[lifts] = classes.get(lifts, 0.0) + float(held[issuer])
    whole = sum(classes.values())
    if len(classes) == 1:
        drawn = np.full((1, size), whole)
    else:
        shape = ISSUER_CONCENTRATION * np.array(list(classes.values()))[:, None] / whole
        drawn = generator.standard_gamma(np.broadcast_to(shape, (len(classes), size)))
        drawn *= whole / drawn.sum(axis=0)
    return [(lifts, part) for lifts, part in zip(classes, drawn, strict=True) if lifts]


@cache
def composite_weights() -> dict[str, float]:
    """Weights of the measures in the rule's first composite."""
    return dict(next(iter(measures_rule().composites.values())))
