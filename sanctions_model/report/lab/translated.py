"""The page put into another language before it is written, for readers without a script.

The same rule as in the page's script (``language.js``): a text is found by its English form, what
it quotes is put into the language in turn, and what is marked as another language stays.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from html.parser import HTMLParser

from sanctions_model.report.brief.language import LANGUAGES, load_language
from sanctions_model.report.lab.languages import page_texts
from sanctions_model.report.page.markup import Html, english, tag
from sanctions_model.wording import true_minus

_ATTRIBUTE = re.compile(r'(aria-label|data-label)="([^"]*)"')
_VOID = {"br", "col", "hr", "img", "input"}
_NUMBERS = re.compile(r"[-+−\d.,;:()%\s→†P=<>]+")
_DECIMAL = re.compile(r"(?<![.\d])(\d+)\.(\d+)(?!\d*\.\d)")  # not within a version, as in 0.1.0
_COMMA = re.compile(r"(?<=\d),(?=\d)")
_PLACE = re.compile(r"\{(#?)(\w+)\}")
_APART = re.compile(r"(P(?:\([^()<>]*\)|（[^（）<>]*）)?) (=|&[lg]t;) (?=\d)")
_PERCENT = re.compile(r"(?<=\d) %")
_INTERVAL = re.compile(r"(\([-+−]?\d[\d.,]*;) (?=[-+−]?\d)")
_UNIT = re.compile(r"(\d) (?=%|pp\b|п\.п\.)")


def bound(text: str) -> str:
    r"""Return HTML in which no line breaks within ``P = 0.83``, an interval, or before a unit.

    The page's script does the same with what it puts into a language (``language.js``).

    >>> bound("GDP (P &gt; 0.99), 4 %") == "GDP (P\xa0&gt;\xa00.99), 4\xa0%"
    True
    """
    whole_intervals = _INTERVAL.sub("\\1\xa0", text)
    return _UNIT.sub("\\1\xa0", _APART.sub("\\1\xa0\\2\xa0", whole_intervals))


def translator(code: str) -> Callable[[str], str]:
    """Return what puts an English text of the page into a language.

    Returns: a text that has no form in the language comes back as it is.

    >>> translator("ru")("+0.54")
    '+0,54'
    """
    own = load_language(code).texts
    mark, percent = own["decimal"], own["percent"]
    exact, patterns = dict[str, str](), list[tuple[re.Pattern[str], list[str], str]]()
    for text in page_texts():
        names = _PLACE.findall(text["en"])
        if not names:
            exact[text["en"]] = text[code]
            continue
        fixed = [re.escape(part) for part in re.split(r"\{#?\w+\}", text["en"])]
        source = fixed[0]
        for (number, _), part in zip(names, fixed[1:], strict=True):
            source += (r"([-+−\d.,; ()P=<>]+?)" if number else "(.+?)") + part
        patterns.append((re.compile(source, re.DOTALL), [name for _, name in names], text[code]))

    def put(text: str) -> str:
        if code == LANGUAGES[0]:
            return text
        if text in exact:
            return exact[text]
        if _NUMBERS.fullmatch(text):
            return _PERCENT.sub(percent, _DECIMAL.sub(rf"\1{mark}\2", text))
        for pattern, names, form in patterns:
            if found := pattern.fullmatch(text):
                values = {n: put(v) for n, v in zip(names, found.groups(), strict=True)}
                return _PLACE.sub(lambda place: values[place[2]], form)  # noqa: B023
        return text

    return put


@cache
def _put_by_language() -> tuple[Callable[[str], str], ...]:
    return tuple(translator(code) for code in LANGUAGES[1:])


@cache
def _put_whole() -> frozenset[str]:
    return frozenset(text["en"] for text in page_texts() if not _PLACE.search(text["en"]))


def whole(text: str) -> Html:
    """Return a text as an element; one that the page has not word for word is marked as English.

    For what may be anybody's: of a rationale that it does not know, a pattern would turn a part.

    >>> whole("Wide judgement."), whole("Prices and rates, by my own judgement.")
    ('<span>Wide judgement.</span>', '<i lang="en">Prices and rates, by my own judgement.</i>')
    """
    said = true_minus(" ".join(text.split()))
    return tag("span", said) if said in _put_whole() else english(said)


def spoken(text: str) -> str:
    """Return a text that the page has in every language, or as `Html` that is marked as English.

    >>> spoken("export trend"), spoken("an act of my own")
    ('export trend', '<i lang="en">an act of my own</i>')
    """
    return text if all(put(text) != text for put in _put_by_language()) else english(text)


class _Translated(HTMLParser):
    """Writes HTML again with its texts in another language, and keeps the English ones in order."""

    def __init__(self, put: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.put, self.parts, self.open = put, list[str](), list[tuple[str, bool]]()
        self.english: dict[str, list[str]] = {"text": [], "aria-label": [], "data-label": []}

    def _stays(self) -> bool:
        return any(stays for _, stays in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        stays = tag in {"script", "style"} or "lang" in dict(attrs)
        raw = self.get_starttag_text() or ""
        if not (stays or self._stays()):
            raw = _ATTRIBUTE.sub(self._attribute, raw)
        self.parts.append(raw)
        if tag not in _VOID:
            self.open.append((tag, stays))

    def _attribute(self, found: re.Match[str]) -> str:
        english = html.unescape(found[2])
        if not self._silent():
            self.english[found[1]].append(english)
        return f'{found[1]}="{html.escape(self.put(english))}"'

    def _silent(self) -> bool:
        return any(tag == "noscript" for tag, _ in self.open)

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if self._stays() or not text:
            inside_script = bool(self.open) and self.open[-1][0] in {"script", "style"}
            self.parts.append(data if inside_script else html.escape(data))
            return
        if not self._silent():
            self.english["text"].append(text)
        self.parts.append(html.escape(data.replace(text, self.put(text))))


def translated(body: str, code: str) -> tuple[Html, dict[str, list[str]]]:
    """Put HTML into a language.

    `body`: as `markup.tag` writes it: every element is closed. Returns: the English texts in the
    order of the document, and those of the labels by attribute; what only a reader without a script
    sees is not among them.

    >>> translated('<p>Odds</p><p lang="en">Odds</p>', "ru")
    ('<p>Шансы</p><p lang="en">Odds</p>', {'text': ['Odds'], 'aria-label': [], 'data-label': []})
    """
    parser = _Translated(translator(code))
    parser.feed(body)
    parser.close()
    return Html("".join(parser.parts)), parser.english


def packed(english: Mapping[str, Sequence[str]]) -> dict[str, list[str] | list[int]]:
    """Say each English text once, and nothing of those that are numbers.

    `english`: from `translated`. Returns: ``words``, and for each kind of text where in them it
    stands, -1 for numbers, which the script reads from the page: a comma between digits is the
    decimal mark of its language.

    >>> packed({"text": ["Odds", "0.3", "Odds", "1,000"]})
    {'words': ['Odds', '1,000'], 'text': [0, -1, 0, 1]}
    """
    words: dict[str, int] = {}
    places = {
        kind: [
            -1
            if _NUMBERS.fullmatch(text) and not _COMMA.search(text)
            else words.setdefault(text, len(words))
            for text in texts
        ]
        for kind, texts in english.items()
    }
    return {"words": list(words), **places}
