"""Small charts as SVG: an area with axes, into which values are put as shapes. Computes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sanctions_model.report.page.markup import Html, tag
from sanctions_model.wording import number

# Okabe and Ito's, told apart by the colour-blind; dark enough on white and light enough on black.
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c", "#a05195",
)  # fmt: skip
_LEFT, _RIGHT, _TOP, _BOTTOM, _FONT_SIZE = 40, 8, 8, 24, 13


def shape(name: str, attributes: Mapping[str, object], *, said: str = "") -> Html:
    """Return a shape.

    `name`: as in ``rect``. `attributes`: by name; numbers are written with one decimal. `said`:
    shown where a pointer rests on it.
    """
    words = {
        key: f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
        for key, value in attributes.items()
    }
    return tag(name, [tag("title", said)] if said else (), attributes=words)


@dataclass(frozen=True, kw_only=True)
class Plane:
    """An area from one range of values across and another one down.

    `across`, `down`: lowest and highest value, which differ. `width`, `height`: of the whole
    picture, its labels included.
    """

    across: tuple[float, float]
    down: tuple[float, float]
    width: int = 340
    height: int = 180

    def x(self, value: float) -> float:
        """Return the place of a value across."""
        low, high = self.across
        return _LEFT + (self.width - _LEFT - _RIGHT) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Return the place of a value down."""
        low, high = self.down
        return _TOP + (self.height - _TOP - _BOTTOM) * (high - value) / (high - low)

    def line(self, xs: Iterable[float], ys: Iterable[float], colour: str) -> Html:
        """Return a line through points."""
        points = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))
        return shape(
            "polyline", {"points": points, "fill": "none", "stroke": colour, "stroke-width": "1.8"}
        )

    def picture(
        self, shapes: Sequence[Html], said: str, ticks: Mapping[float, str], *, rows: bool = True
    ) -> Html:
        """Return the picture with its axes.

        `said`: what it shows, for those who do not see it. `ticks`: labels below, by value across.
        `rows`: whether values down are labelled.
        """
        low, high = self.down
        marks = sorted({low, high, *([0.0] if low < 0 < high else [])})
        zero = min(max(0.0, low), high)
        axes = [
            shape(
                "path",
                {
                    "d": f"M{_LEFT},{self.y(zero):.1f}H{self.width - _RIGHT}",
                    "stroke": "var(--grey)",
                },
            )
        ]
        below = self.height - _BOTTOM + 16
        words = [self._word(self.x(value), below, "below", label) for value, label in ticks.items()]
        if rows:
            words += [
                self._word(_LEFT - 4, self.y(value) + 4.5, "beside", number(value, signed=low < 0))
                for value in marks
            ]
        box = {"viewBox": f"0 0 {self.width} {self.height}", "class": "fan", "aria-hidden": "true"}
        size = f"font-size:min({100 * _FONT_SIZE / self.width:.2f}cqw, 0.875rem)"
        return tag(
            "div",
            [
                tag("svg", [*axes, *shapes], attributes=box),
                tag("div", words, attributes={"style": size}),
            ],
            attributes={"class": "drawing", "role": "img", "aria-label": said},
        )

    def _word(self, x: float, y: float, kind: str, text: str) -> Html:
        """Words are HTML on the page's ground, so that their contrast is certain."""
        place = f"left:{100 * x / self.width:.1f}%;top:{100 * y / self.height:.1f}%"
        return tag("span", text, attributes={"class": kind, "style": place})


def key(entries: Mapping[str, str]) -> Html:
    """Return what the colours mean. `entries`: colour by meaning."""
    marks = [
        tag(
            "span",
            [tag("i", attributes={"style": f"background:{colour}", "aria-hidden": "true"}), words],
        )
        for words, colour in entries.items()
    ]
    return tag("p", marks, attributes={"class": "key"})


def titled_chart(title: str, picture: Html) -> Html:
    """Return a picture under its title."""
    return tag("div", [tag("h3", title), picture], attributes={"class": "chart"})
