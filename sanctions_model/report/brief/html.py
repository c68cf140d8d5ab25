"""The brief as one self-contained HTML page: nothing in it is fetched and nothing runs."""

import base64
from collections.abc import Sequence
from string import Template

from sanctions_model.plots.parts.style import figure_bytes, new_figure
from sanctions_model.report.brief.drawing.sheet import draw_fan
from sanctions_model.report.brief.facts import Facts
from sanctions_model.report.brief.said import Said
from sanctions_model.report.page.markup import Html, join, tag

_PAGE = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #222; --faint: #5f5f5f; --rule: #ccc; --ground: #fff;
  --accent: #00598c; --box: #fff4e5; --edge: #b34e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --faint: #b5b5b5; --rule: #555;
  --ground: #16181b; --accent: #7cc4f0; --box: #33281a; --edge: #e59a5c; } }
body { margin: 0 auto; padding: 1rem; max-width: 58rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.45 system-ui, "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .3rem 0 .6rem; }
h2 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
.kicker { color: var(--accent); font-weight: 700; font-size: .8rem; margin: 0; }
.dated, .note, footer { color: var(--faint); font-size: .85rem; }
.dated { margin: .2rem 0; }
.odds { font-weight: 700; }
img { width: 100%; max-width: 34rem; height: auto; background: #fff; }
h1, p, ul, aside { max-width: 46rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; }
/* Beyond the edge of a box that scrolls there is no ground but a cell's own. */
th, td { background: var(--ground); border-bottom: 1px solid var(--rule);
  padding: .2rem .5rem .2rem 0; text-align: left; vertical-align: top; }
th[scope="row"] { min-width: 6rem; }
.number { text-align: right; white-space: nowrap; }
aside { background: var(--box); border: 1px solid var(--edge); padding: 0 1rem .6rem;
  margin-top: 1.4rem; }
ul { padding-left: 1.1rem; margin: 0; }
footer { border-top: 1px solid var(--rule); margin-top: 1.4rem; }
@media print { body { max-width: none; font-size: 9pt; padding: 0; } img { max-width: 10cm; } }
</style>
</head>
<body>
$body
</body>
</html>
""")


def page(facts: Facts, texts: Said) -> str:
    """Return the brief as an HTML document."""
    body = tag("main", content(texts, _picture(facts, texts)))
    return _PAGE.substitute(lang=texts.language.code, title=join([texts.title]), body=body)


def content(texts: Said, picture: Html) -> Html:
    """Return the brief around a picture of the fan, to stand in any page."""
    dated = [
        tag("p", line, attributes={"class": "dated"}) for line in (texts.dated, texts.source[0])
    ]
    question = tag("p", texts.question, attributes={"class": "note"})
    effects = _table(texts.after, [texts.after_columns], texts.after_rows)
    return join(
        [
            tag("p", texts.kicker, attributes={"class": "kicker"}),
            tag("h1", texts.title),
            tag("p", texts.odds, attributes={"class": "odds"}),
            _beside(
                [tag("h2", texts.fan), picture, *dated, question],
                [tag("h2", texts.after), effects],
            ),
            tag("h2", texts.years),
            _years(texts),
            _beside(_section(*texts.must), _section(*texts.mind)),
            tag("aside", _section(*texts.failed)),
            tag("footer", (tag("p", line) for line in texts.source[1:])),
        ]
    )


def _beside(*parts: Sequence[Html]) -> Html:
    """Return parts that stand side by side where the paper is wide."""
    return tag("div", (tag("div", part) for part in parts), attributes={"class": "abreast"})


def _picture(facts: Facts, texts: Said) -> Html:
    figure = new_figure(2.6, 5.4)
    draw_fan(figure, facts, (0.35, 0.1, 4.95, 2.2))
    source = "data:image/svg+xml;base64," + base64.b64encode(figure_bytes(figure)).decode("ascii")
    return tag("img", attributes={"src": source, "alt": texts.alt})


def _section(heading: str, lines: Sequence[str]) -> list[Html]:
    return [tag("h2", heading), tag("ul", (tag("li", line) for line in lines))]


def _years(texts: Said) -> Html:
    count = len(texts.year_columns)
    groups = [tag("td")] + [
        tag("th", name, attributes={"scope": "colgroup", "colspan": str(count), "class": "number"})
        for name in texts.year_groups
    ]
    years = ["", *(str(year) for _ in texts.year_groups for year in texts.year_columns)]
    return _table(texts.years, [years], texts.year_rows, above=tag("tr", groups))


def _table(
    name: str,
    heads: Sequence[Sequence[str]],
    rows: Sequence[Sequence[str]],
    *,
    above: Html | None = None,
) -> Html:
    right = {"class": "number"}
    head = [
        tag(
            "tr",
            [
                tag("th", text, attributes={"scope": "col"} | (right if at else {}))
                if text
                else tag("td")
                for at, text in enumerate(line)
            ],
        )
        for line in heads
    ]
    body = [
        tag(
            "tr",
            [
                tag("th", row[0], attributes={"scope": "row"}),
                *(tag("td", text, attributes=right) for text in row[1:]),
            ],
        )
        for row in rows
    ]
    inside = tag("table", [tag("thead", [*([above] if above else []), *head]), tag("tbody", body)])
    # Focusable, so that the keyboard can scroll it.
    scroll = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name}
    return tag("div", inside, attributes=scroll)
