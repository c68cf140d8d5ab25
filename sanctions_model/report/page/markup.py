"""HTML that cannot be broken by what it says: every text is escaped unless it is HTML already.

This module knows tags, not reports.
"""

import html
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from sanctions_model.queries.reading.headlines import PARAMETER_KINDS, in_words_of
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.wording import chance, true_minus

_VOID = frozenset({"br", "col", "hr", "img", "input"})


class Html(str):
    """Text that is HTML, not to be escaped again."""

    __slots__ = ()


def tag(
    name: str, children: str | Iterable[str] = (), *, attributes: Mapping[str, str] | None = None
) -> Html:
    """Return an element; children and attributes that are no `Html` are escaped.

    `name`: as in ``"p"``. `children`: one or several: text, or `Html`.

    >>> tag("p", ["a < b", tag("b", "c")], attributes={"class": "note"})
    '<p class="note">a &lt; b<b>c</b></p>'
    """
    said = "".join(f' {key}="{html.escape(value)}"' for key, value in (attributes or {}).items())
    if name in _VOID:
        return Html(f"<{name}{said}>")
    inside = [children] if isinstance(children, str) else children
    return Html(f"<{name}{said}>{join(inside)}</{name}>")


def join(parts: Iterable[str]) -> Html:
    """Return the parts one after the other, texts escaped."""
    return Html("".join(p if isinstance(p, Html) else html.escape(p) for p in parts))


def english(text: str) -> Html:
    """Return what stays English in every language, as titles of sources do, marked as such."""
    said = text if isinstance(text, Html) else true_minus(text)
    return tag("i", said, attributes={"lang": "en"}) if text else Html("")


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numeric: Iterable[int] = (),
    cards: bool = False,
) -> Html:
    """Return a table whose first column names its rows, in a box that scrolls sideways.

    `rows`: cells as text or `Html`. `numeric`: columns that are aligned as numbers. `cards`: on a
    narrow page each row becomes a card, its cells one below the other with their column.
    """
    right = set(numeric)
    head = [
        tag("th", name, attributes={"scope": "col"} | _aligned(at in right))
        for at, name in enumerate(columns)
    ]
    body = []
    for row in rows:
        first = tag("th", row[0], attributes={"scope": "row"})
        rest = [
            tag("td", cell, attributes={"data-label": columns[at]} | _aligned(at in right))
            for at, cell in enumerate(row[1:], start=1)
        ]
        body.append(tag("tr", [first, *rest]))
    inside = tag(
        "table",
        [tag("caption", caption), tag("thead", tag("tr", head)), tag("tbody", body)],
        attributes={"class": "cards"} if cards else None,
    )
    # Focusable, so that the keyboard can scroll it.
    return tag(
        "div",
        inside,
        attributes={"class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption},
    )


def _aligned(number: bool) -> dict[str, str]:  # noqa: FBT001
    return {"class": "number"} if number else {}


def folded(title: str, inside: str, *, ample: bool = False) -> Html:
    """Return what opens on demand, so that a page is short until a reader asks for more.

    `ample`: open where there is room; the page's script closes it on a phone.
    """
    attributes = {"open": "", "class": "ample"} if ample else None
    return tag("details", [tag("summary", title), inside], attributes=attributes)


def embedded_json(name: str, content: object) -> Html:
    r"""Return data for scripts; nothing in it can end the script element or start a comment.

    Raises `ValueError` if the content holds a number that is not finite, which JSON does not have.

    >>> print(embedded_json("data", {"name": "</script>"}))
    <script type="application/json" id="data">{"name":"\u003c/script\u003e"}</script>
    """
    text = json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(f'<script type="application/json" id="{html.escape(name)}">{text}</script>')


def page_unit(scm: StructuralCausalModel, outcome: str) -> str:
    """Return the unit of an outcome's differences, short; effects on levels are in percent."""
    return scm.effect_unit(outcome)


def chart(
    scm: StructuralCausalModel,
    place: str,
    outcome: str,
    *,
    heading: str = "h3",
    finding: str = "",
    still: Html | None = None,
) -> Html:
    """Return a chart's place under its heading.

    `place`: id by which the script finds it. `heading`: the element of the heading: one level below
    the one it stands under. `finding`: what the picture shows, for its name; the script names those
    that it moves. `still`: what is shown where no script runs.
    """
    label = scm.variables[outcome].short_label
    unit = tag("span", f", {page_unit(scm, outcome)}", attributes={"class": "unit"})
    drawn = {"id": place, "class": "plot", "role": "img"}
    said = f"{label}: {finding}" if finding else label
    drawn["aria-label"] = f"{said}; the table of this section has the numbers"
    inside = () if still is None else tag("noscript", still)
    return tag(
        "div",
        [tag(heading, [label, unit]), tag("div", inside, attributes=drawn)],
        attributes={"class": "chart"},
    )


def charts_figure(charts: Sequence[Html], caption: str, *, wide: bool = False) -> Html:
    """Return charts side by side with one caption that says contrast, horizon and interval."""
    return tag(
        "figure",
        # Focusable, because a narrow page shows the charts as a strip that scrolls sideways.
        [
            tag(
                "div",
                charts,
                attributes={"class": "charts wide" if wide else "charts", "tabindex": "0"},
            ),
            tag("figcaption", caption),
        ],
    )


def parameter_words(scm: StructuralCausalModel, address: str) -> str:
    """Return a link as an arrow between the labels of its variables, another parameter in words.

    >>> from sanctions_model.economies.growth import growth_transmission
    >>> parameter_words(growth_transmission(), "depreciation[1] -> inflation")
    'rouble depreciation[1] → consumer price inflation'
    >>> parameter_words(growth_transmission(), "persistence[key_rate]")
    'inertia of key rate'
    """
    labels = {name: variable.short_label for name, variable in scm.variables.items()}
    if found := re.fullmatch(r"(\w+)\[(\w+)\]", address):
        kind, item = found.groups()
        return PARAMETER_KINDS[kind].format(labels.get(item, item.replace("_", " ")))
    if "->" not in address:
        return in_words_of(scm, address)
    said = re.sub(
        r"[A-Za-z_]\w*",
        lambda found: labels.get(found[0], found[0]),
        address,
    )
    return said.replace("->", "→").replace("_", " ")


def track(before: float, after: float) -> Html:
    """Return two marks on a line from 0 to 1, before and after the data, and the numbers."""
    if not (math.isfinite(before) and math.isfinite(after)):
        return Html("not answered")
    marks = [
        tag("i", attributes={"class": "before", "style": f"left:{100 * before:.0f}%"}),
        tag("i", attributes={"class": "after", "style": f"left:{100 * after:.0f}%"}),
    ]
    return join(
        [
            tag("span", marks, attributes={"class": "track", "aria-hidden": "true"}),
            tag("span", f"{chance(before)} → {chance(after)}", attributes={"class": "nowrap"}),
        ]
    )
