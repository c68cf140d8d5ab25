"""Tables on a terminal of 80 columns, in a pipe, and in other formats."""

import csv
import inspect
import io
import json
import logging
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import call, call_on_terminal, refused, rows_of
from saved_fits import fit_of

from sanctions_model import plots
from sanctions_model.cli.app import app
from sanctions_model.cli.parts import console, options
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.report.views import View
from sanctions_model.robustness.graphs.alternatives import load_prior_sets

DOCS = Path(__file__).parents[2] / "docs"
VERBS = [
    ("annual",),
    ("claims",),
    ("claims", "--chain"),
    ("claims", "--exceed"),
    ("confounding",),
    ("counterfactual", "decompose", "--from", "2014Q1"),
    ("counterfactual", "run", "--from", "2022Q1", "--set", "trade=0"),
    ("data", "nowcast"),
    ("effects",),
    ("effects", "--relief", "0.5", "--measure", "finance"),
    ("elsewhere",),
    ("evidence", "--only", "pass_through_4q"),
    ("fevd",),
    ("forecast", "--horizon", "12"),
    ("graph",),
    ("irf", "key_rate"),
    ("refute",),
    ("scenario", "compare"),
    ("scenario", "mix", "--paths", "20", "--parameters", "4", "--horizon", "12"),
    ("scenario", "require", "--outcome", "key_rate", "--below", "10"),
    ("scenario", "run", "--set", "key_rate=10"),
    ("scenario", "run", "partial_lifting"),
    ("scenario", "sectors", "reset"),
    ("sensitivity",),
    ("validate", "--quick"),
]
WITHOUT_FIT = [("priors",), ("data", "coverage"), ("scenario", "odds")]
OF_TWO_FITS = "compare"
# Verbs that print a table and are not asked here, each with where it is or why not.
ELSEWHERE = {
    "run": "samples; its tables are those of effects, claims, data coverage and data nowcast",
    "sweep": "fits or reweights a design; tests/cli/test_sweep.py",
    "validate": "asked with --quick",
    "report": "writes a page",
    "brief": "writes pages",
    "data build": "writes a table of figures",
    "data update": "fetches from official services; tests/cli/test_data.py",
    "data diff": "needs two vintages; tests/cli/test_data.py",
    "data compare": "needs two fits of two vintages; tests/cli/test_data.py",
    "data check": "needs a table of the user's; tests/cli/test_data.py",
    "data template": "prints a file to fill in",
    "data list": "a list of vintages, no answer",
    "scenario list": "a list of scenarios, no answer",
    "scenario show": "a scenario as its file states it, no answer",
    "scenario template": "prints a file to fill in",
}
# Verbs whose table is written by no option.
WITHOUT_FILE = {("graph",)}
# Verbs that print a table and do not draw, each with the reason.
WITHOUT_FIGURE = {
    "run": "writes its figures into the folder of results",
    "sweep": "--figures draws all that the design allows",
    "data update": "`data diff --figure` draws what a fetch changed",
    "data list": "names of vintages are no sizes",
    "scenario list": "names of scenarios are no sizes",
    "scenario show": "says what a file states; `scenario run --figure` draws what follows from it",
}
# Verbs whose file does not say what an effect rests on, each with the reason.
WITHOUT_WORD = {
    "counterfactual decompose": "splits what happened; no effect of a relief",
    "fevd": "splits the spread of a forecast; no effect of a relief",
    "forecast": "says what comes, not what an act does",
    "data nowcast": "estimates figures that are not yet published",
    "elsewhere": "other countries' liftings, which no draw of the fit enters",
    "refute": "tests the graph",
    "validate": "tests the model; the claims and the headline that it writes have the word",
    "sweep": "its points are other beliefs and other data, whose priors are not drawn: a word of "
    "the fit's own would be that of another number",
    "scenario odds": "of futures, no effect",
    "priors": "of parameters; the word of a link's size stands in `links.csv`",
    "data coverage": "of the data",
}
NOT_SAID = re.compile(
    r"measures that stay|the transmission|\bentry\b|sliders|matrix says|figures say of|"
    r"completed cell|what came|says of|speak for other|equal-tailed|100 dlog|100 log|"
    r"-0\.00\b|\bnan\b",
    re.IGNORECASE,
)


def verbs_of(group, before=()):
    for command in group.registered_commands:
        name = command.name or command.callback.__name__.replace("_", "-")
        yield " ".join((*before, name)), inspect.signature(command.callback).parameters
    for inner in group.registered_groups:
        yield from verbs_of(inner.typer_instance, (*before, inner.name) if inner.name else before)


def test_no_verb_is_forgotten():
    """Every verb of the app is read at 80 columns here, or it is said where or why not."""
    asked = [*VERBS, *WITHOUT_FIT]
    known = {" ".join(words[:2]) for words in asked} | {words[0] for words in asked} | {OF_TWO_FITS}
    verbs = {name for name, _ in verbs_of(app)}
    assert verbs - known - set(ELSEWHERE) == set(), (
        "add to VERBS, with arguments that answer, or to ELSEWHERE with where it is asked"
    )
    assert set(ELSEWHERE) - verbs == set()


def test_every_table_can_be_drawn():
    """A verb that prints a table also draws, unless it is said why not, here and in the docs."""
    lacking = {n for n, own in verbs_of(app) if "as_json" in own and "figure" not in own}
    assert lacking == set(WITHOUT_FIGURE), (
        "give the verb --figure, or a reason here and, in the same words, in docs/howto/report.md"
    )
    page = " ".join((DOCS / "howto" / "report.md").read_text(encoding="utf-8").split())
    for name, reason in WITHOUT_FIGURE.items():
        assert f"`{name}` ({reason})" in page, name


def test_a_file_without_the_word_has_its_reason_in_the_docs():
    page = " ".join((DOCS / "schema.md").read_text(encoding="utf-8").split())
    for name, reason in WITHOUT_WORD.items():
        assert f"`{name}` ({reason})" in page, name
    asked = {" ".join(words) for words in (*VERBS, *WITHOUT_FIT)} | set(ELSEWHERE)
    assert all(any(own.startswith(name) for own in asked) for name in WITHOUT_WORD)


@pytest.mark.parametrize(
    "asked",
    [
        ("refute",),
        ("validate", "--quick"),
        ("claims", "--chain"),
        ("priors",),
        ("data", "coverage"),
    ],
    ids=" ".join,
)
def test_a_table_of_checks_is_drawn(asked, small_fit, tmp_path):
    of_fit = () if asked in WITHOUT_FIT else ("--fit", small_fit.parent)
    done = call(*asked, *of_fit, "--quiet", "--figure", tmp_path / "drawn.png")
    assert done.code == 0, done.err
    assert (tmp_path / "drawn.png").stat().st_size > 10_000


def test_the_figure_of_priors_names_the_file_of_beliefs(tmp_path):
    done = call("priors", "--quiet", "--figure", tmp_path / "drawn.svg")
    assert done.code == 0, done.err
    assert "priors_anchored.toml" in (tmp_path / "drawn.svg").read_text(encoding="utf-8")


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(console, "_terminal_width", lambda: 80)


CHEAP = {"annual", "claims", "data", "effects", "fevd", "forecast", "graph", "irf", "scenario"}
MANY_DRAWS = {"confounding", "elsewhere", "evidence", "sensitivity"}


@pytest.fixture(scope="module")
def large_fit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "fit"
    fit_of(load_priors(economy="growth"), folder, 1)
    return folder


@pytest.mark.parametrize("asked", VERBS, ids=" ".join)
def test_a_verb_is_understood_in_a_minute_at_80_columns(asked, request, monkeypatch, tmp_path):
    """A finding with its number first, then a table that fits, in spoken words, with a date.

    On a real terminal, where notes and tables together are at most 25 lines. Of verbs that answer
    fast, asked one way: what is on the screen is a part of the whole, and no word is cut.
    """
    many = asked[0] in MANY_DRAWS
    fit = request.getfixturevalue("large_fit" if many else "small_fit")
    written, to_file = [], ()
    if asked[:2] not in WITHOUT_FILE and asked[:1] not in WITHOUT_FILE:
        monkeypatch.setattr(options, "write_table", lambda table, path: written.append(table))
        to_file = ("--csv", tmp_path / "table.csv")
    shown = call_on_terminal(*asked, *to_file, "--fit", fit if many else fit.parent)
    read_in_a_minute(shown)
    assert len(written) == bool(to_file)
    monkeypatch.undo()
    for table in written:
        files_agree(table.head(40), tmp_path)
        names_its_periods(table)
        says_what_it_rests_on(asked, table)
    if asked[0] in CHEAP and asked == next(own for own in VERBS if own[0] == asked[0]):
        whole = call(*asked, "--fit", fit.parent, "--quiet")
        assert whole.code == 0, whole.err
        cuts_no_word(shown.out, whole.out)


def says_what_it_rests_on(asked, table):
    """The word stands in the file, or the docs say why this verb's has none."""
    verb = next((name for name in WITHOUT_WORD if " ".join(asked).startswith(name)), None)
    words = [name for name in table if str(name).endswith("basis")]
    assert bool(words) == (verb is None), (
        f"{list(table)}: give the file the column `basis`, or the verb a reason in WITHOUT_WORD "
        "and, in the same words, in docs/schema.md"
    )
    for name in words:
        assert set(table[name].dropna()) <= {"", "identified", "mixed", "assumed"}


def files_agree(table, folder):
    """A workbook, LaTeX and JSON hold the same numbers, and LaTeX can be set as it stands."""
    for ending in ("xlsx", "tex", "json"):
        options.write_table(table, folder / f"table.{ending}")
    told = pd.DataFrame(json.loads((folder / "table.json").read_text(encoding="utf-8")))
    book = pd.read_excel(folder / "table.xlsx")
    text = (folder / "table.tex").read_text(encoding="utf-8")
    assert list(told) == list(book) == [str(name) for name in table]
    assert len(told) == len(book) == len(table)
    assert text.count("{") == text.count("}")
    assert re.search(r"(?<!\\)[%#_$]|[<>−]", text) is None
    rows = [re.split(r"(?<!\\)&", row) for row in text.splitlines() if row.endswith(r"\\")]
    assert {len(row) for row in rows} == {table.shape[1]}
    for place, name in enumerate(table):
        if table.dtypes.iloc[place].kind in "if":
            expected = table[name].to_numpy(dtype=float)
            cells = [row[place].removesuffix(r"\\").strip() for row in rows[1:]]
            set_in_type = [float(cell) if cell else np.nan for cell in cells]
            np.testing.assert_allclose(book[name].to_numpy(dtype=float), expected, rtol=1e-12)
            finite = np.where(np.isfinite(expected), expected, np.nan)  # JSON knows no other
            np.testing.assert_allclose(told[name].to_numpy(dtype=float), finite, atol=1e-9)
            np.testing.assert_allclose(set_in_type, expected, rtol=1e-5)


def names_its_periods(table):
    """Each horizon has the period of the calendar beside it, in a column or one for each fit.

    A published figure, a row of ``evidence`` without a claim, is of a change without a date.
    """
    if "horizon" not in table:
        return
    place = list(table).index("horizon")
    beside = [name for name in table if "period" in str(name)]
    assert str(list(table)[place + 1]) in beside, list(table)
    rows = table[table["claim"].notna()] if "published_median" in table else table
    rows = rows[rows["horizon"].fillna(0) > 0]
    assert len(rows)
    for name in beside:
        assert rows[name].astype(str).str.fullmatch(r"20\d\dQ[1-4]").all(), rows[name]


def test_two_fits_are_compared_in_a_minute_at_80_columns(large_fit, tmp_path):
    sceptic = load_prior_sets()["sceptic"].priors
    fit_of(load_priors(economy="growth").replace(sceptic), tmp_path / "other", 1)
    drawn, file = ("--figure", tmp_path / "drawn.png"), tmp_path / "compared.csv"
    two = (OF_TWO_FITS, large_fit, tmp_path / "other")
    read_in_a_minute(call_on_terminal(*two, "--csv", file, *drawn))
    names_its_periods(pd.read_csv(file))
    assert (tmp_path / "drawn.png").is_file()
    said = refused(*two, tmp_path, *drawn)
    assert "draws two fits beside each other and got 3" in said


def read_in_a_minute(shown):
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert rows_of(shown.err) + rows_of(shown.out) <= 25, shown.err + shown.out
    assert max(map(len, lines)) <= 80
    first = shown.out.partition("Question:")[0]
    assert re.search(r"\d", first), first
    assert len(first.split()) >= 5, first
    for asked in re.findall(r"Question: [^─]*?[.?:]\n", shown.out):
        assert asked.endswith("?\n"), asked
    assert "Question: " in shown.out
    assert re.search(r"\b20\d\d", shown.out), shown.out
    assert NOT_SAID.search(shown.out) is None, NOT_SAID.search(shown.out)
    assert "−" not in shown.out  # a shell's minus everywhere
    rule = next(place for place, line in enumerate(lines) if set(line) == {"─"})
    heads = lines[1:rule]
    assert not any("_" in line for line in heads if "Question" not in line), heads


@pytest.mark.parametrize("asked", WITHOUT_FIT, ids=" ".join)
def test_a_table_of_what_is_stated_fits_80_columns(asked):
    shown = call_on_terminal(*asked)
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert rows_of(shown.err) + rows_of(shown.out) <= 25, shown.err + shown.out
    assert max(map(len, lines)) <= 80
    assert re.search(r"\d", lines[0])
    assert "Question: " in shown.out
    assert NOT_SAID.search(shown.out) is None, NOT_SAID.search(shown.out)


def words(text):
    return set(re.findall(r"\S+", text))


def cuts_no_word(shown, whole):
    notes = {
        "Columns",
        "without",
        "room:",
        "more",
        "row:",
        "rows:",
        "sentences:",
        "(--all).",
        "--all.",
    }
    new = {w for w in words(shown) - words(whole) - notes if not set(w) <= set("─")}
    left_out = {w for w in new if re.fullmatch(r"\d+|.*,|.*\(--all\)\.", w)}
    assert new - left_out == set()


def test_everything_is_shown_where_all_is_asked_for(terminal, small_fit):
    few = call("graph", "--fit", small_fit.parent, "--quiet").out
    whole = call("graph", "--fit", small_fit.parent, "--quiet", "--all").out
    assert "more rows: --all." in few
    assert "more rows" not in whole
    assert len(whole.splitlines()) > len(few.splitlines())
    again = call("graph", "--fit", small_fit.parent, "--quiet").out
    assert again == few  # what one call was asked does not stay for the next


def test_a_pipe_gets_every_row_on_a_line_of_its_own(small_fit):
    done = call("graph", "--fit", small_fit.parent, "--quiet")
    rows = [line for line in done.out.splitlines() if line.startswith("key rate, % a year")]
    assert len(rows) == 1
    assert " key_rate " in rows[0]
    assert not re.search("[│┃━─]", done.out)


def read_back(form, text):
    if form == "json":
        return [[str(v) for v in row.values()] for row in json.loads(text)]
    if form == "md":
        cells = [line.strip("|").split("|") for line in text.splitlines()]
        return [[cell.strip() for cell in row] for row in cells[2:]]
    if form == "tex":
        rows = [line.removesuffix(r" \\") for line in text.splitlines() if line.endswith(r"\\")]
        return [[c.strip().replace(r"\%", "%") for c in row.split("&")] for row in rows[1:]]
    return list(csv.reader(io.StringIO(text), delimiter="\t" if form == "tsv" else ","))[1:]


@pytest.mark.parametrize("form", ["md", "csv", "tsv", "json", "tex"])
def test_a_format_holds_the_same_cells(form, capsys, monkeypatch):
    table = pd.DataFrame({"what": ["a, b", "GDP, %"], "size": ["1.5 (0.1; 2.0)", "-2"]})
    monkeypatch.setattr(console.asked_output, "form", form)
    console.show(View(table=table, title="a title"))
    assert read_back(form, capsys.readouterr().out) == table.to_numpy().tolist()


def test_a_format_is_asked_for_on_the_command_line(small_fit):
    done = call("graph", "--fit", small_fit.parent, "--quiet", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {"variable", "unit"} <= set(rows[0])
    said = refused("graph", "--fit", small_fit.parent, "--format", "xls")
    assert said == "--format xls: expected one of table, md, csv, tsv, json, tex."


def test_latex_sets_headers_and_comparisons_as_they_read():
    table = pd.DataFrame({"change, % or a_b": [">0.99 & <1"], "size": [1e-9]})
    text = console.latex(table)
    assert r"change, \% or a\_b & size \\" in text
    assert r"\textgreater{}0.99 \& \textless{}1 & 1e-09 \\" in text
    assert "| 0.30 |" in console.markdown(pd.DataFrame({"P": ["0.30", "0.20"]}))


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_a_note_or_warning_takes_room_from_the_tables_below_it(
    level, terminal, capsys, monkeypatch
):
    monkeypatch.setattr(console, "asked_output", console.Output())
    handlers = logging.getLogger("sanctions_model").handlers[:]
    try:
        console.configure(quiet=False)
        logging.getLogger("sanctions_model").log(level, "w" * 100)
    finally:
        logging.getLogger("sanctions_model").handlers[:] = handlers
    table = pd.DataFrame({"name": [f"row {i}" for i in range(60)]})
    console.show(View(table=table, title="a title"))
    console.show(View(table=table.iloc[:1], title="another"))
    console.print_waiting()
    said = capsys.readouterr()
    assert len(said.out.splitlines()) + 2 == 25  # what is said has two lines of 80 columns
    assert "more rows: --all." in said.out
    assert "another" in said.out


def test_tables_without_room_below_the_first_are_counted(terminal, capsys, monkeypatch):
    monkeypatch.setattr(console, "asked_output", console.Output())
    tall = View(table=pd.DataFrame({"name": ["row"] * 60}), title="a title", caption="so " * 160)
    for _ in range(3):
        console.show(tall)
    console.print_waiting()
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[-1]) == (25, "1 more table: --all.")
    assert lines.count("a title") == 2


def test_columns_share_a_line_without_cutting_a_word(terminal, capsys, monkeypatch):
    monkeypatch.setattr(console, "asked_output", console.Output())
    cells = {f"2027Q{i}": ["+0.58 (+0.03; +1.43)"] * 3 for i in range(1, 5)}
    table = pd.DataFrame(
        {"outcome": ["consumer price level, %"] * 3, **cells, "mean": ["-6.0"] * 3}
    )
    console.show(View(table=table, title="a title"))
    console.print_waiting()
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert words(said) - {"Columns", "without", "room:", "(--all).", "mean"} <= words(
        " ".join(table.to_numpy().ravel()) + " a title outcome mean " + " ".join(cells)
    ) | {word for word in words(said) if set(word) == {"─"}}


def test_a_row_within_error_is_grey_on_a_terminal_and_whole_in_a_pipe(
    terminal, capsys, monkeypatch
):
    monkeypatch.setattr(console, "asked_output", console.Output())
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    table = pd.DataFrame({"name": ["told", "alike"], "±": ["0.01", "0.09"]})
    view = View(table=table, title="a title", grey=(False, True), aside=("±",))
    console.show(view)
    console.print_waiting()
    lines = capsys.readouterr().out.splitlines()
    told, alike = (next(x for x in lines if word in x) for word in ("told", "alike"))
    assert "\x1b[2m" in alike
    assert "\x1b[" not in told
    monkeypatch.setattr(console, "_terminal_width", lambda: None)
    console.show(view)
    assert re.search(r"^alike +0\.09$", capsys.readouterr().out, flags=re.MULTILINE)


def test_markup_in_a_cell_is_text(capsys, monkeypatch):
    table = pd.DataFrame({"[bold]name[/bold]": ["persistence[key_rate]"]})
    monkeypatch.setattr(console.asked_output, "form", "table")
    console.show(View(table=table, title="[red]title[/red]"))
    said = capsys.readouterr().out
    assert "[bold]name[/bold]" in said
    assert "[red]title[/red]" in said
    assert "persistence[key_rate]" in said


def test_what_steers_a_terminal_is_printed_nowhere(capsys, monkeypatch):
    steering = "\x1b[31mred\x9b"
    table = pd.DataFrame({f"head{steering}": [f"cell{steering}"]})
    monkeypatch.setattr(console.asked_output, "form", "table")
    console.show(View(table=table, title=f"title{steering}", question=f"asked{steering}"))
    handlers = logging.getLogger("sanctions_model").handlers[:]
    try:
        console.configure(quiet=False)
        logging.getLogger("sanctions_model").warning("warned%s", steering)
    finally:
        logging.getLogger("sanctions_model").handlers[:] = handlers
    said = "".join(capsys.readouterr())
    for place in ("head", "cell", "title", "asked", "warned"):
        assert f"{place}?[31mred?" in said
    assert "\x1b" not in said
    assert "\x9b" not in said


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "json", "md", "tex"])
def test_the_ending_of_a_file_says_how_the_table_is_written(ending, small_fit, tmp_path):
    asked = ("fevd", "--outcome", "key_rate", "--horizon", 2, "--fit", small_fit.parent)
    plain = tmp_path / "plain.csv"
    assert call(*asked, "--csv", plain).code == 0
    expected = pd.read_csv(plain)
    file = tmp_path / f"table.{ending}"
    done = call(*asked, "--csv", file)
    assert done.code == 0, done.err
    if ending == "xlsx":
        found = pd.read_excel(file)
    elif ending == "json":
        found = pd.read_json(file)
    elif ending in {"csv", "tsv"}:
        found = pd.read_csv(file, sep="\t" if ending == "tsv" else ",")
    else:
        rows = read_back(ending, file.read_text(encoding="utf-8"))
        assert len(rows) == len(expected)
        column = list(expected.columns).index("median")
        found = pd.DataFrame({"median": [float(row[column]) for row in rows]})
    np.testing.assert_allclose(found["median"], expected["median"], atol=1e-4)


def test_another_ending_is_refused_before_any_work(small_fit, tmp_path):
    said = refused("fevd", "--fit", small_fit.parent, "--csv", tmp_path / "table.xls")
    assert "ends in .csv or .tsv or .xlsx" in said


def test_all_outcomes_are_drawn_where_all_are_asked_for(small_fit, monkeypatch, tmp_path):
    asked = []
    drawn = plots.plot_responses
    monkeypatch.setattr(
        plots, "plot_responses", lambda *a, **k: asked.append(k["outcomes"]) or drawn(*a, **k)
    )
    said = ("effects", "--fit", small_fit.parent, "--quiet", "--figure", tmp_path / "f.png")
    assert call(*said).code == call(*said, "--all").code == 0
    assert asked[0] is None
    assert len(asked[1]) > 4
