"""What the page says in other languages: each English text with its places for numbers and names.

The page puts a text into another language where it shows it; digits are those of the English text.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from sanctions_model.errors import QuestionError
from sanctions_model.report.brief.language import LANGUAGES, load_language

_FILES = (
    *("page", "background", "findings", "checks", "builder", "labels", "story", "events"),
    *("rationales", "ledger", "parameters", "words"),
)
_PLACE = re.compile(r"\{#?(\w+)\}")


@cache
def page_texts() -> tuple[dict[str, str], ...]:
    """Return every text with its form in each language, in the order in which they are tried.

    Returns: keys are those of `LANGUAGES`; the English one has ``{name}`` for any text and
    ``{#name}`` for numbers, the others ``{name}``. Raises `QuestionError` if a text lacks a
    language, stands twice, or its places differ between languages.
    """
    folder = files("sanctions_model.report.lab") / "texts"
    found: list[dict[str, str]] = []
    for name in _FILES:
        table = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        found += table["text"]
    for text in found:
        places = [set(_PLACE.findall(text.get(code, ""))) for code in LANGUAGES]
        if set(text) != set(LANGUAGES) or any(own != places[0] for own in places):
            raise QuestionError(
                f"The page's text {text.get('en')!r} has {sorted(text)} with places {places}; "
                "expected the same places in each of the languages."
            )
    english = [text["en"] for text in found]
    if twice := {text for text in english if english.count(text) > 1}:
        raise QuestionError(f"The page's texts name {sorted(twice)} twice; keep one of each.")
    return tuple(found)


def languages_data() -> dict[str, Any]:
    """Return the languages for the page's scripts.

    Returns: ``codes``; ``decimal`` and ``percent`` by code; ``texts``, one list a text in the order
    of the codes.
    """
    return {
        "codes": list(LANGUAGES),
        **{
            mark: {code: load_language(code).texts[mark] for code in LANGUAGES}
            for mark in ("decimal", "percent")
        },
        "texts": [[text[code] for code in LANGUAGES] for text in page_texts()],
    }


def require_page_language(code: str) -> str:
    """Return the code of a language that the page speaks.

    Raises `QuestionError` if it does not speak it.
    """
    return load_language(code).code
