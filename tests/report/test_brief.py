"""The brief: the same numbers as the tables in every language, on every surface, on one page."""

import re
import string
import struct
import tomllib
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib import font_manager, rc_context
from saved_fits import write_validation
from typer.testing import CliRunner

from sanctions_model.cli.app import app
from sanctions_model.economies.russia import ANNUAL
from sanctions_model.errors import QuestionError
from sanctions_model.queries.reading.tables import effects_table
from sanctions_model.report.annual import annual_table
from sanctions_model.report.brief import failures
from sanctions_model.report.brief.drawing import fonts, setting
from sanctions_model.report.brief.drawing.card import card
from sanctions_model.report.brief.drawing.fonts import families
from sanctions_model.report.brief.drawing.setting import broken
from sanctions_model.report.brief.drawing.sheet import A4, sheet
from sanctions_model.report.brief.facts import AUTHORS, HEADLINE, HORIZON, YEARLY, brief_facts
from sanctions_model.report.brief.failures import Beliefs, failures_of
from sanctions_model.report.brief.files import require_languages, write_facts
from sanctions_model.report.brief.html import page
from sanctions_model.report.brief.language import LANGUAGES, load_language
from sanctions_model.report.brief.said import said
from sanctions_model.scm.interventions import Relief
from sanctions_model.wording import figure, number

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f'{SCRIPT} $\\frac{{1}}$ & "x"'
ROOT = Path(__file__).parents[2]


def _chinese():
    try:
        return families(load_language("zh"))[0]
    except QuestionError:
        return None


CHINESE = _chinese()
needs_font = pytest.mark.skipif(
    CHINESE is None, reason="no Chinese font: apt-get install fonts-noto-cjk"
)
DRAWN = ["en", "ru", pytest.param("zh", marks=needs_font)]


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words, self.silent = [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.silent = tag == "style"

    def handle_endtag(self, tag):
        self.silent = False

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.fixture(scope="module")
def facts(report_brief):
    return report_brief


def drawn(figure):
    """All words of a figure without spaces: lines break at other places."""
    return "".join(text.get_text() for text in figure.texts).replace(" ", "")


@cache
def surfaces(facts, code):
    """What can be read on the sheet, on the page and on the picture."""
    language = load_language(code)
    texts = said(facts, language)
    with rc_context({"font.family": families(language)}):
        return {
            "sheet": drawn(sheet(facts, texts)),
            "page": "".join(read(page(facts, texts)).words).replace(" ", ""),
            "card": drawn(card(facts, texts)),
        }


@pytest.mark.parametrize("code", DRAWN)
def test_every_effect_on_every_surface_is_that_of_the_table_of_effects(facts, report_fit, code):
    rows = effects_table(report_fit.scm, report_fit.draws, reliefs=(Relief(),))
    rows = rows[(rows["horizon"] == HORIZON) & (rows["channel"] == "total")].set_index("outcome")
    language, shown = load_language(code), surfaces(facts, code)
    texts = said(facts, language)
    mark = "," if code == "ru" else "."
    for at, outcome in enumerate(facts.outcomes):
        row = rows.loc[outcome]
        _, effect, interval, chance, _ = texts.after_rows[at]
        unit = re.sub(r"^[+−]?[\d.,]+", "", effect)
        assert effect == number(row["median"]).replace(".", mark) + unit
        ends = [number(row[end]).replace(".", mark) for end in ("lower", "upper")]
        assert re.findall(r"[+−]?[\d.,]+", interval) == ends
        prob = row["prob_below_zero"] if row["median"] < 0 else 1 - row["prob_below_zero"]
        assert re.findall(r"\d+", chance) == [str(min(99, round(100 * prob)))]
        for surface in ("sheet", "page") if at > 2 else shown:
            assert (effect + interval).replace(" ", "") in shown[surface], (surface, outcome)
    size = number(abs(rows.loc[HEADLINE, "median"]), signed=False).replace(".", mark)
    for surface, text in shown.items():
        assert size in texts.title
        assert texts.title.replace(" ", "") in text, surface
        for line in (texts.odds, texts.dated, texts.source[0]):
            assert line.replace(" ", "") in text, surface


@pytest.mark.parametrize("code", DRAWN)
def test_every_yearly_figure_is_that_of_the_annual_table(facts, report_fit, code):
    quoted = {name: ANNUAL[name] for name in YEARLY}
    seed = report_fit.manifest["settings"]["random_seed"]
    table = annual_table(report_fit, Relief(), years=4, quoted=quoted, random_seed=seed)
    texts, shown = said(facts, load_language(code)), surfaces(facts, code)
    sources = [
        "sanctions unchanged",
        "with relief",
        "difference",
        "analysts' poll",
        "Bank of Russia",
    ]
    for source, (_, *cells) in zip(sources, texts.year_rows, strict=True):
        plain = [cell.replace(",", ".") for cell in cells]
        places = [(outcome, year) for outcome in YEARLY for year in texts.year_columns]
        for (outcome, year), cell in zip(places, plain, strict=True):
            own = table[(table["outcome"] == outcome) & (table["source"] == source)]
            own = own[own["year"] == year]
            if own.empty:
                assert cell == "–"
            elif own["lower"].item() != own["upper"].item() and source in sources[3:]:
                assert cell == f"{own['lower'].item():.1f}–{own['upper'].item():.1f}"
            else:
                assert cell == figure(own["median"].item(), signed=source == "difference")
        for surface in ("sheet", "page"):
            assert "".join(cells).replace(" ", "") in shown[surface]


def test_the_languages_say_the_same_numbers(facts):
    found = {}
    for code in LANGUAGES:
        texts = said(facts, load_language(code))
        lines = [texts.title, *(line for row in texts.after_rows for line in row[1:4])]
        lines += [line for _, lines in (texts.must, texts.mind, texts.failed) for line in lines]
        numbers = re.findall(r"[+−]?\d+(?:[.,]\d+)?", " ".join(lines))
        found[code] = sorted(text.replace(",", ".") for text in numbers)
    assert found["en"] == found["ru"] == found["zh"]
    assert len(found["en"]) > 40


def test_every_language_has_every_text_with_every_place_for_a_number():
    def flat(table, above=""):
        for key, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, f"{above}{key}.")
            else:
                texts = [value] if isinstance(value, str) else value
                names = {n for text in texts for _, n, *_ in string.Formatter().parse(text) if n}
                yield f"{above}{key}", (len(texts), frozenset(names))

    folder = files("sanctions_model.report.brief") / "texts"
    every = {
        code: dict(flat(tomllib.loads((folder / f"{code}.toml").read_text(encoding="utf-8"))))
        for code in LANGUAGES
    }
    for code in LANGUAGES:
        assert every[code].keys() == every["en"].keys()
        for key in every["en"]:
            if key not in ("months", "quarters", "date"):
                assert every[code][key] == every["en"][key], (code, key)


@pytest.mark.parametrize("code", DRAWN)
def test_the_sheet_is_one_page_of_a4_and_the_picture_has_its_size(facts, tmp_path, code):
    pdf, html, png = write_facts(facts, load_language(code), tmp_path)
    raw = pdf.read_bytes()
    assert raw.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", raw)) == 1
    (box,) = re.findall(rb"/MediaBox \[ ?([\d. ]+)\]", raw)
    np.testing.assert_allclose([float(x) for x in box.split()], [0, 0, 595.3, 841.9], atol=0.5)
    assert struct.unpack(">II", png.read_bytes()[16:24]) == (1200, 630)
    assert f'<html lang="{code}">' in html.read_text(encoding="utf-8")
    if code == "en":
        before = raw, png.read_bytes()
        write_facts(facts, load_language(code), tmp_path)
        assert (pdf.read_bytes(), png.read_bytes()) == before


@pytest.mark.parametrize("code", DRAWN)
def test_nothing_lies_outside_the_paper_or_on_something_else(facts, code):
    language = load_language(code)
    texts = said(facts, language)
    with rc_context({"font.family": families(language)}):
        for drawn_figure in (sheet(facts, texts), card(facts, texts)):
            renderer = drawn_figure.canvas.get_renderer()
            boxes = [text.get_window_extent(renderer) for text in drawn_figure.texts]
            width, height = drawn_figure.bbox.size
            assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)
            assert all(box.y0 >= 0 and box.y1 <= height for box in boxes)
            shrunk = [box.expanded(0.98, 0.6) for box in boxes]
            for at, box in enumerate(shrunk):
                for other, text in zip(shrunk[:at], drawn_figure.texts, strict=False):
                    assert not box.overlaps(other), text.get_text()


def test_a_hostile_name_is_text_everywhere(facts):
    texts = said(facts, load_language("en"))
    texts = replace(
        texts,
        title=HOSTILE,
        alt=HOSTILE,
        source=[HOSTILE, *texts.source[1:]],
        after_rows=[[HOSTILE, *row[1:]] for row in texts.after_rows],
    )
    found = read(page(facts, texts))
    assert "script" not in [name for name, _ in found.tags]
    assert "".join(found.words).count(SCRIPT) == 3 + len(texts.after_rows)
    for name, attributes in found.tags:
        assert not set(attributes) - {
            "alt",
            "aria-label",
            "class",
            "colspan",
            "content",
            "http-equiv",
            "charset",
            "lang",
            "name",
            "role",
            "scope",
            "src",
            "tabindex",
        }
        assert attributes.get("src", "data:").startswith("data:"), name
    for figure_of in (sheet, card):
        shown = figure_of(facts, texts)
        shown.canvas.draw()
        assert HOSTILE.replace(" ", "") in drawn(shown)


def test_no_chinese_font_is_said_in_one_line_with_what_to_install(monkeypatch):
    latin = [f for f in font_manager.fontManager.ttflist if f.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", latin)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.raises(QuestionError, match="apt-get install fonts-noto-cjk") as error:
        require_languages(["en", "zh"])
    assert "\n" not in str(error.value)
    assert require_languages(["en", " ru", "en"]) == ["en", "ru"]


@needs_font
def test_a_font_that_was_installed_after_matplotlibs_first_run_is_found(monkeypatch):
    latin = [f for f in font_manager.fontManager.ttflist if f.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", latin)
    assert families(load_language("zh")) == [CHINESE, "DejaVu Sans"]


@pytest.mark.parametrize("font", ["DejaVu Sans", CHINESE or "Noto Sans CJK SC"])
def test_a_font_counts_only_if_it_holds_the_letters(monkeypatch, font):
    monkeypatch.setattr(fonts, "_CHINESE", (font,))
    if font == "DejaVu Sans" or CHINESE is None:
        with pytest.raises(QuestionError, match="No font"):
            families(load_language("zh"))
    else:
        assert families(load_language("zh")) == [font, "DejaVu Sans"]


def test_an_unknown_language_is_refused_before_any_work(tmp_path):
    arguments = ["brief", "--fit", str(tmp_path / "none"), "--lang", "en,fr"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, QuestionError)
    assert str(result.exception) == "No language 'fr'; expected some of en, ru, zh."


def test_a_fit_of_the_prior_alone_has_no_brief(report_fit, tmp_path):
    tree = xr.DataTree.from_dict({"/prior": report_fit.prior_draws})
    with pytest.raises(QuestionError, match="draws of the prior alone"):
        brief_facts(replace(report_fit, idata=tree), tmp_path)


@pytest.mark.parametrize(
    "words", ["取消全部制裁（三年后），俄罗斯GDP将提高约1.1%。其中部分。", "a b, c 1 % of it"]
)
@pytest.mark.parametrize("inches", [0.2, 0.5, 1.5])
def test_broken_lines_hold_the_whole_text_and_begin_with_no_closing_mark(
    monkeypatch, words, inches
):
    # As if every letter were a tenth of an inch wide: no font is needed.
    monkeypatch.setattr(setting, "text_inches", lambda text, *_, **__: 0.1 * len(text))
    lines = broken(words, inches, 8)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert not [line for line in lines if line[0] in "，。；：、）%"]
    assert not [line for line in lines if line[-1] == "（"]


@pytest.mark.parametrize(
    ("prob", "expected"),
    [(0.001, "fewer than 1"), (0.43, "43"), (0.855, f"{0.855:.2f}"[2:]), (1.0, "more than 99")],
)
def test_no_chance_is_none_or_certain(prob, expected):
    assert load_language("en").chance(prob) == expected


@pytest.mark.parametrize(
    ("above", "size", "key"),
    [(0.9, 1.0, "title_up"), (0.1, -1.0, "title_down"), (0.5, 0.2, "title_open")],
)
def test_the_title_says_what_was_found(facts, above, size, key):
    draws = np.concatenate(
        [np.full(round(100 * above), 1.0), np.full(round(100 * (1 - above)), -1.0)]
    )
    effect = facts.effect.isel(chain=[0], draw=slice(100)).copy(
        data=np.broadcast_to(draws, facts.effect.isel(chain=[0], draw=slice(100)).shape)
    )
    rows = facts.effects.assign(median=size)
    texts = said(replace(facts, effect=effect, effects=rows), load_language("en"))
    start = load_language("en").texts["say"][key].split("{")[0]
    assert texts.title.startswith(start)


def write_back_tests(folder, fit, **changed):
    rows = [{"forecaster": "this model", "inside": inside} for inside in (True, False, True)]
    rows.append({"forecaster": "random walk", "inside": False})
    write_validation(folder, fit, {"backtest_war_annual": rows}, **changed)


@pytest.fixture
def no_published(monkeypatch):
    """Published effects take seconds and are asked once, in `facts`."""
    monkeypatch.setattr(failures, "_published", lambda _: None)


@pytest.mark.usefixtures("no_published")
def test_tests_on_the_past_count_if_they_are_of_this_fit(report_fit, tmp_path):
    write_back_tests(tmp_path / "own", report_fit)
    write_back_tests(tmp_path / "other", report_fit, created="1999-01-01T00:00:00+00:00")
    own = failures_of(report_fit, tmp_path, tmp_path / "own").back_tests
    assert (own.outside, own.tested) == (1, 3)
    assert failures_of(report_fit, tmp_path, tmp_path / "other").back_tests is None


@pytest.mark.usefixtures("no_published")
def test_other_beliefs_are_read_where_they_were_fitted_and_missed_where_not(
    facts, report_fit, tmp_path
):
    assert facts.failures.beliefs is None
    english = load_language("en")
    assert said(facts, english).failed[1][2] == english("missing_beliefs")
    rows = [
        {
            "alternative": name,
            "outcome": "gdp_level",
            "horizon": 12,
            "median": median,
            "converged": True,
        }
        for name, median in (("sceptic", 0.14), ("optimist", 2.93), ("flat", 1.0))
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "alternatives.csv", index=False)
    found = failures_of(report_fit, tmp_path, None)
    assert found.beliefs == Beliefs(0.14, 2.93, 12)
    texts = said(replace(facts, failures=found), english)
    assert "sceptic's give GDP +0.14 %, an optimist's +2.9 %" in texts.failed[1][2]


def test_the_published_effects_are_counted(facts):
    found = facts.failures.published
    assert 0 < found.outside <= found.answered
    assert found.too_small <= found.outside


def test_the_anchored_economy_answers_published_effects_or_says_that_it_cannot(
    anchored_problem, report_fit
):
    from sanctions_model.inference.fit import sample_prior_predictive

    problem = anchored_problem
    prior = sample_prior_predictive(
        problem.scm, problem.observations, problem.priors, draws=40, random_seed=3
    )
    found = failures_of(prior, Path("none"), None).published
    assert found.answered > 0
    assert found.not_answered > 0


def test_citation_names_the_authors_of_the_citation_file():
    assert f'name: "{AUTHORS}"' in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_half_as_much_given_back_is_half_the_effect_of_what_is_slow(facts):
    """Without news and routing, an effect is proportional to what is given back."""
    full = facts.after(HEADLINE).median
    assert abs(facts.instead["half_share"]) < abs(full)
    assert abs(facts.instead["half_speed"]) < abs(full)


def test_a4_is_a4():
    np.testing.assert_allclose(np.array(A4) * 25.4, [210, 297], atol=0.1)
