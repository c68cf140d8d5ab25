"""Fonts that hold a language's letters, found where matplotlib finds fonts."""

from contextlib import suppress
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from sanctions_model.errors import QuestionError
from sanctions_model.report.brief.language import Language

_PLAIN = "DejaVu Sans"  # comes with matplotlib: Latin and Cyrillic letters
# In the order of preference; what holds the letters is asked of the font itself.
_CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "SimHei",
    "Arial Unicode MS",
)


def families(language: Language) -> list[str]:
    """Return the font families that a language is set in, first choice first.

    Returns: names that matplotlib knows. Raises `QuestionError` if no font on this machine holds
    the language's letters; the message says how to get one.
    """
    if language.code != "zh":
        return [_PLAIN]
    letters = set("".join(_texts(language.texts)))
    # Matplotlib remembers the fonts of its first run: what was installed since is looked for.
    found = _first_that_holds(letters) or (_look_again() and _first_that_holds(letters))
    if found:
        return [found, _PLAIN]
    raise QuestionError(
        "No font with Chinese letters was found; install one (Debian and Ubuntu: `apt-get install "
        "fonts-noto-cjk`; others: Noto Sans CJK SC from fonts.google.com/noto) or leave out `zh`."
    )


def _first_that_holds(letters: set[str]) -> str | None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    fitting = (name for name in _CHINESE if name in installed and _holds(name, letters))
    return next(fitting, None)


def _look_again() -> bool:
    """Make fonts known that came after matplotlib's list of them; whether there were any."""
    known = {Path(font.fname) for font in font_manager.fontManager.ttflist}
    new = [path for path in font_manager.findSystemFonts() if Path(path) not in known]
    for path in new:
        with suppress(OSError, RuntimeError):  # what matplotlib cannot read, as pictures of letters
            font_manager.fontManager.addfont(path)
    return bool(new)


def _texts(found: object) -> list[str]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in _texts(value)]
    if isinstance(found, list):
        return [text for value in found for text in _texts(value)]
    return [str(found)]


def _holds(family: str, letters: set[str]) -> bool:
    """Whether a font has every Chinese letter among these."""
    properties = font_manager.FontProperties(family=[family])
    file = font_manager.findfont(properties)
    index = getattr(file, "face_index", 0)
    try:
        font = FT2Font(file, face_index=index)
    except TypeError:  # before matplotlib 3.11 a collection is read at its first face
        font = FT2Font(file)
    there = font.get_charmap()
    return all(ord(letter) in there for letter in letters if "\u4e00" <= letter <= "\u9fff")
