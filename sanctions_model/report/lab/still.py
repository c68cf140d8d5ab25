"""Fans that stand still, for a page whose script does not run: the same bands, lines and years."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sanctions_model.report.page.markup import Html, tag
from sanctions_model.wording import number

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 300, 204, 44, 18, 18, 26
_FONT_SIZE = 13


def still_fan(
    fan: Mapping[str, Sequence[float]],
    dates: Sequence[str],
    *,
    mark: Callable[[str], str] = str,
) -> Html:
    """Return a fan, to stand in a ``noscript`` element.

    `fan`: ``median``, ``lower``, ``upper``, ``halfLower``, ``halfUpper``, one value a period.
    `dates`: names of the periods. `mark`: puts a language's decimal mark into a number.
    """
    horizon = len(fan["median"])
    low, high = min(0.0, *fan["lower"]), max(0.0, *fan["upper"])

    def across(period: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * period / horizon

    def down(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / ((high - low) or 1.0)

    def along(values: Sequence[float]) -> list[str]:
        points = enumerate([0.0, *values])
        return [f"{across(at):.1f},{down(value):.1f}" for at, value in points]

    def band(lower: str, upper: str, opacity: str) -> Html:
        edge = [*along(fan[lower]), *reversed(along(fan[upper]))]
        return tag(
            "path",
            attributes={
                "d": f"M{'L'.join(edge)}Z",
                "fill": "var(--blue)",
                "fill-opacity": opacity,
            },
        )

    def word(x: float, y: float, kind: str, text: str) -> Html:
        place = f"left:{100 * x / _WIDTH:.1f}%;top:{100 * y / _HEIGHT:.1f}%"
        return tag("span", text, attributes={"class": kind, "style": place})

    line = {"d": f"M{'L'.join(along(fan['median']))}", "fill": "none", "stroke": "var(--blue)"}
    zero = {"d": f"M{_LEFT},{down(0.0):.1f}H{_WIDTH - _RIGHT}", "stroke": "var(--ink)"}
    years = [
        word(across(at + 1), _HEIGHT - _BOTTOM + 16, "below", date[:4])
        for at, date in enumerate(dates)
        if date.endswith(("Q1", "-01"))
    ]
    ends = [
        word(_LEFT - 4, down(value) + 4.5, "beside", mark(number(value)))
        for value in np.unique([low, 0.0, high])
        # A bound too close to zero would cover it.
        if value == 0.0 or abs(down(value) - down(0.0)) >= _FONT_SIZE
    ]
    parts = [
        band("lower", "upper", "0.2"),
        band("halfLower", "halfUpper", "0.35"),
        tag("path", attributes=zero),
        tag("path", attributes=line | {"stroke-width": "2"}),
    ]
    # Words are HTML above the shapes, as in the drawn charts: their contrast is certain.
    size = {"style": f"font-size:min({100 * _FONT_SIZE / _WIDTH:.2f}cqw, 0.875rem)"}
    shapes = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "class": "fan", "aria-hidden": "true"}
    return tag(
        "div",
        [tag("svg", parts, attributes=shapes), tag("div", [*years, *ends], attributes=size)],
        attributes={"class": "drawing"},
    )
