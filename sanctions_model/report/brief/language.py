"""A language of the brief: its sentences, and how it writes numbers, dates and chances.

Numbers are rounded by `wording.number` (effects) and `wording.figure` (yearly figures) in every
language; a language changes the decimal mark and what stands around a number, never its digits.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pandas as pd

from sanctions_model.errors import QuestionError
from sanctions_model.wording import chance, figure, number, share_words

LANGUAGES = ("en", "ru", "zh")


@dataclass(frozen=True, slots=True)
class Language:
    """Words of a language. `texts`: a file of ``texts/``."""

    texts: Mapping[str, Any]

    @property
    def code(self) -> str:
        """Its name in HTML."""
        return str(self.texts["code"])

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence with its values put in."""
        return str(self.texts["say"][key]).format(**values)

    def columns(self, key: str) -> list[str]:
        """Return the heads of a table's columns."""
        return [str(name) for name in self.texts["say"][key]]

    def label(self, group: str, name: str, otherwise: str) -> str:
        """Return what a name is called, or another text where the language has no word for it."""
        return str(self.texts[group].get(name, otherwise))

    def mark(self, text: str) -> str:
        """Put the language's decimal mark into a number."""
        return text.replace(".", self.texts["decimal"])

    def effect(self, value: float, *, signed: bool = True) -> str:
        """Say an effect without its unit."""
        return self.mark(number(value, signed=signed))

    def size(self, value: float, *, signed: bool = True) -> str:
        """Say an effect in percent."""
        return self.effect(value, signed=signed) + str(self.texts["percent"])

    def figure(self, value: float, *, signed: bool = False) -> str:
        """Say a yearly figure without its unit."""
        return self.mark(figure(value, signed=signed))

    def share(self, value: float) -> str:
        """Say a share between 0 and 1."""
        return self.mark(share_words(value))

    def interval(self, low: str, high: str) -> str:
        """Say an interval of two numbers, in brackets."""
        return str(self.texts["interval"]).format(low=low, high=high)

    def range(self, low: str, high: str) -> str:
        """Say a range of two numbers."""
        return str(self.texts["range"]).format(low=low, high=high)

    def chance(self, prob: float) -> str:
        """Say a probability as a number of cases in 100, never as none or all."""
        text = chance(prob)
        if text[0] in "<>":
            return str(self.texts["less_than_1" if text[0] == "<" else "more_than_99"])
        return str(round(100.0 * float(text)))

    def period(self, period: pd.Period) -> str:
        """Say a quarter; a period of another length as it is written."""
        if not str(period.freqstr).startswith("Q"):
            return str(period)
        return str(self.texts["quarters"][period.quarter - 1]).format(year=period.year)

    def date(self, iso: str) -> str:
        """Say a day, or a month of a year."""
        year, month, *day = (int(part) for part in iso.split("-"))
        name = self.texts["months"][month - 1]
        return str(self.texts["date" if day else "month"]).format(
            day=next(iter(day), ""), month=name, year=year
        )


def load_language(code: str) -> Language:
    """Return a language of the brief.

    Raises `QuestionError` if there is no such language.

    >>> load_language("ru").size(0.789)
    '+0,79 %'
    """
    if code not in LANGUAGES:
        raise QuestionError(f"No language {code!r}; expected some of {', '.join(LANGUAGES)}.")
    file = files("sanctions_model.report.brief") / "texts" / f"{code}.toml"
    return Language(tomllib.loads(file.read_text(encoding="utf-8")))
