"""Writing the brief: a page, a picture and HTML for each language."""

from collections.abc import Sequence
from pathlib import Path

from sanctions_model.errors import QuestionError, reading_fault
from sanctions_model.files import whole_file
from sanctions_model.inference.fit import Fit
from sanctions_model.report.brief.drawing.fonts import families
from sanctions_model.report.brief.drawing.saving import save_drawings
from sanctions_model.report.brief.facts import Facts, brief_facts
from sanctions_model.report.brief.html import page
from sanctions_model.report.brief.language import Language, load_language
from sanctions_model.report.brief.said import said


def write_brief(
    fit: Fit,
    folder: Path | str,
    languages: Sequence[str] = ("en",),
    *,
    results: Path,
    validation: Path | None = None,
) -> list[Path]:
    """Write the brief of a fit in each language, as PDF (one page of A4), HTML and picture.

    `folder`: made if it is not there; files ``brief_LANG.pdf``, ``.html`` and ``.png`` (1200 x
    630). `languages`: some of `LANGUAGES`. `results`: results folder of the fit, see `brief_facts`.
    `validation`: folder that ``sanctions-model validate`` wrote. Returns: the files written. Raises
    `QuestionError` if a language is unknown, no font holds its letters, the fit has nothing to say,
    or a file cannot be written.
    """
    chosen = [load_language(code) for code in require_languages(languages)]
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise QuestionError(f"{target} is a file; give a folder for the brief.")
    facts = brief_facts(fit, results, validation)
    written = []
    for language in chosen:
        written += write_facts(facts, language, target)
    return written


def require_languages(codes: Sequence[str]) -> list[str]:
    """Return the languages, each once, if there are texts and a font on this machine for each.

    Asked first: nothing is computed for what cannot be written.

    Raises `QuestionError` if a language is unknown, or no font holds its letters.
    """
    chosen = list(dict.fromkeys(code.strip() for code in codes))
    for code in chosen:
        families(load_language(code))
    return chosen


def write_facts(facts: Facts, language: Language, folder: Path) -> list[Path]:
    """Write the three files of one language."""
    texts = said(facts, language)
    stem = folder / f"brief_{language.code}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_drawings(facts, texts, stem)
        with whole_file(stem.with_suffix(".html")) as part:
            part.write_text(page(facts, texts), encoding="utf-8")
    except OSError as error:
        raise QuestionError(f"Cannot write {stem}: {reading_fault(error)}.") from None
    return [stem.with_suffix(ending) for ending in (".pdf", ".html", ".png")]
