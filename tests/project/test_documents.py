"""README and docs: every Python block and command runs, every link leads somewhere.

The blocks of a page run in order, in one namespace, in an empty folder with a small fit in
``results/russia``; where a page samples a posterior it gets draws from its prior. The commands
run in the slow tests, and are compared with the command line in all.
"""

import re
import shlex
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from command import call
from laboratory import FakeSampler
from surface import PUBLIC

import sanctions_model
import sanctions_model as sm
from sanctions_model.cli.app import command

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Pages that `scripts/docs` makes when the site is built.
MADE = {"gallery.md", "explorer.md", "commands.md", "lab.md"}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, *languages):
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [body for language, body in found if language in languages]


def shell_lines():
    """Every line of a shell block, comments left out, with its page."""
    for page in PAGES:
        for body in blocks(page, "console", "sh", "bash", "shell"):
            for line in body.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield str(page.relative_to(ROOT)), words


def relative(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=relative)
def test_the_python_of_a_page_runs(page, small_fit, nothing_is_sampled, tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    folder = tmp_path / "results" / "russia"
    folder.mkdir(parents=True)
    (folder / "posterior.nc").write_bytes(small_fit.read_bytes())
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for position, body in enumerate(blocks(page, "python")):
        exec(compile(body, f"{relative(page)}, block {position + 1}", "exec"), namespace)
    plt.close("all")


LINES = list(shell_lines())


@pytest.mark.parametrize(
    ("page", "words"),
    [(page, words) for page, words in LINES if words[0] == "sanctions-model"],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_command_shown_is_one_that_exists(page, words):
    verb, rest = command(), words[1:]
    while hasattr(verb, "commands") and rest and not rest[0].startswith("-"):
        assert rest[0] in verb.commands, f"{page}: no verb {rest[0]!r}"
        verb, rest = verb.commands[rest[0]], rest[1:]
    options = {name for parameter in verb.params for name in parameter.opts} | {"--help"}
    for word in rest:
        if word.startswith("-"):
            assert word.partition("=")[0] in options, f"{page}: {' '.join(words)} has no {word}"
    if "--help" not in rest:
        verb.make_context(words[0], list(rest))  # refuses a value of the wrong kind


_SAVED = re.compile(r"`(\w+\.toml)`[^`]*?\n```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What is shown and not run here, and where it is.
NOT_HERE = {
    "data update": "asks services in the network: `tests/data/test_update.py`, with one of its own",
    "validate": "takes minutes: `tests/validation`",
    "--validation": "reads what `validate` wrote: `tests/report`",
    "--losses": "reads what another package wrote: `tests/scenarios`",
}


def commands(page):
    for shown, words in LINES:
        line = " ".join(words)
        ours = shown == relative(page) and words[0] == "sanctions-model"
        if ours and not any(part in line for part in NOT_HERE):
            yield words[1:]


def fill(table):
    """Give an empty table the bundled figures, in the place of a reader's own."""
    empty = pd.read_csv(table, index_col="period")
    bundled = pd.read_csv(ROOT / "data/russia_quarterly.csv", index_col="quarter")
    known = bundled.reindex(index=empty.index, columns=empty.columns).dropna(axis=1, how="all")
    known.to_csv(table)


@pytest.fixture(scope="module")
def whole_fit(tmp_path_factory):
    """A saved fit of the default economy, draws from its prior, as many as questions ask for."""
    stated = (sm.default_transmission(), sm.load_observations(), sm.load_priors())
    fit = sm.fit(*stated, draws=500, chains=4, sampler=FakeSampler([0]), allow_unconverged=True)
    return sm.save(fit, tmp_path_factory.mktemp("fit") / "posterior.nc")


@pytest.mark.slow  # some eighty commands, as a reader types them
@pytest.mark.parametrize("page", [p for p in PAGES if list(commands(p))], ids=relative)
def test_the_commands_of_a_page_run(page, whole_fit, nothing_is_sampled, tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    for name in ("russia", "mine"):
        (tmp_path / "results" / name).mkdir(parents=True)
        (tmp_path / "results" / name / "posterior.nc").write_bytes(whole_fit.read_bytes())
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    namespace = {"__name__": "__main__"}
    for body in blocks(page, "python"):
        exec(body, namespace)
    plt.close("all")
    for name, body in _SAVED.findall(page.read_text(encoding="utf-8")):
        Path(name).write_text(body, encoding="utf-8")
    (beliefs,) = blocks(ROOT / "docs/howto/priors.md", "toml")
    Path("mine_priors.toml").write_text(beliefs, encoding="utf-8")  # named beside a scenario
    failed = {}
    for words in commands(page):
        done = call(*words)
        if done.code:
            failed[shlex.join(words)] = done.err
        elif words[:2] == ["data", "template"]:
            fill(Path(words[2], "table.csv"))
        elif "--prior-only" in words and "--out" not in words:
            assert call("run").code == 0  # "leave it out and the data have their say"
    assert failed == {}


@pytest.mark.parametrize(
    ("page", "words"),
    [(page, words) for page, words in LINES if words[0] == "make"],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_make_target_shown_is_one_that_exists(page, words):
    for target in words[1:]:
        if "=" not in target:
            assert re.search(rf"^{re.escape(target)}:", MAKEFILE, re.MULTILINE), f"{page}: {target}"


def test_shell_blocks_hold_nothing_that_is_not_checked():
    programs = {words[0] for _, words in LINES}
    assert programs <= {"sanctions-model", "make", ".", "cd", "git", "python", "jupyter", "pip"}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_to_files_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    public = {*PUBLIC, "index"}
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        name = re.fullmatch(r"(?:\.\./)*reference/(\w+)\.md", target)
        if target in MADE:
            continue
        if name:  # made from docstrings when the site is built
            assert name[1] in public, target
        else:
            assert (page.parent / target).exists(), target


def test_every_extra_that_is_named_is_one():
    package = [*(ROOT / "sanctions_model").rglob("*.py"), *(ROOT / "notebooks").glob("*.py")]
    named = {
        (relative(path), extra)
        for path in [*PAGES, *package, ROOT / "Makefile"]
        for text in re.findall(
            r"(?:-e ['\"]\.|sanctions-model)\[([a-z,]+)\]|\bextra ``?(\w+)``?",
            path.read_text(encoding="utf-8"),
        )
        for extra in "".join(text).split(",")
    }
    assert len(named) > 10
    assert {pair for pair in named if pair[1] not in PROJECT["optional-dependencies"]} == set()


def test_the_citation_names_the_version_of_the_package():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in citation
    assert f"\nlicense: {PROJECT['license']}\n" in citation


def test_every_page_is_in_the_navigation():
    mkdocs = pytest.importorskip("mkdocs.config")
    config = mkdocs.load_config(str(ROOT / "mkdocs.yml"))
    navigation = str(load_hooks().on_config(config).nav)
    for page in (ROOT / "docs").rglob("*.md"):
        assert f"'{page.relative_to(ROOT / 'docs').as_posix()}'" in navigation, page
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"'notebooks/{notebook.stem}.md'" in navigation, notebook


def test_every_public_name_has_a_page_of_the_reference():
    pytest.importorskip("mkdocs")
    hooks = load_hooks()
    pages = [name for names in hooks.reference_pages().values() for name in names]
    assert sorted(pages) == sorted(PUBLIC)
    assert "More" not in hooks.reference_pages()


def load_hooks(name="hooks"):
    """A file of `scripts/docs`, with its neighbours at hand as mkdocs has them."""
    import importlib.util
    import sys

    folder = ROOT / "scripts/docs"
    spec = importlib.util.spec_from_file_location(f"docs_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


def test_the_page_of_the_command_line_has_every_verb_and_option():
    page = load_hooks("commands").page()
    for name in ("run", "scenario require", "data update", "irf"):
        assert f"| [`sanctions-model {name}`]" in page
    irf = page.partition("## irf ")[2].partition("\n## ")[0]
    assert "sanctions-model irf CAUSE [OPTIONS]" in irf
    assert re.search(r"^\| `--horizon` \| .+ \| `20` \|$", irf, re.MULTILINE)


def test_the_gallery_has_a_picture_of_each_heading_that_draws():
    markdown = pytest.importorskip("markdown")
    text = "# Why?\n\n## First\n\n![png](n_files/1.png)\n![png](n_files/2.png)\n\n## Second\n"
    text += "\n## Third\n\n![png](n_files/3.png)\n"
    page = load_hooks("gallery").page({"n": text, "silent": "# What?\n"})
    cards = page.partition("markdown>")[2].partition("</div>")[0]
    assert markdown.markdown(cards).count("<li>") == 2
    assert "## Why?" in page
    assert "[![First](notebooks/n_files/1.png)](notebooks/n.md#first)" in page
    assert not {"2.png", "Second", "What?"} & set(re.findall(r"\w+\.png|Second|What\?", page))


def test_the_lab_of_a_run_stands_on_the_home_page_and_on_its_own(tmp_path, monkeypatch):
    pytest.importorskip("mkdocs")
    hooks = load_hooks()
    home = ROOT / "docs/index.md"
    config = SimpleNamespace(docs_dir=home.parent)
    monkeypatch.setattr(hooks, "_LAB", tmp_path / "report.html")
    assert "`make lab`" in hooks.on_page_markdown(home.read_text("utf-8"), config)
    (tmp_path / "report.html").write_text("a lab", encoding="utf-8")
    made = hooks._lab()
    shown = hooks.on_page_markdown(home.read_text("utf-8"), config)
    for page, address in ((made["lab.md"], "report.html"), (shown, "lab/report.html")):
        assert f'<iframe src="{address}"' in page
        (link,) = re.findall(r"\[The whole page\]\((.*?)\)", page)
        assert link in made


def test_a_reference_page_shows_where_its_name_is_at_work():
    uses = load_hooks("uses")
    code = "# A page\n\n```python\nfrom x import load\nfit = sm.load('a')\nloaded(1)\n```\n"
    assert uses.section("load", {"tour.md": code}) == (
        "## At work on the bundled data\n\n- [A page](../tour.md): `fit = sm.load('a')`\n\n"
    )
    assert uses.section("Relief", {"tour.md": code}) == ""


def test_the_page_on_failures_takes_the_misses_from_the_validation_report(tmp_path):
    failures = load_hooks("failures")
    report = """# Title

## Published totals

One inside.

|  | total | published | prior | posterior | unit | verdict | z | why |
|---|---|---|---|---|---|---|---|---|
| 1 | soft | 1 | 2 | 3 | % | outside, soft miss, too small | +1 | a |
| 2 | hard | 1 | 2 | 3 | % | outside, hard miss, too small | +1 | b |
| 3 | held | 1 | 2 | 3 | % | inside | +1 | c |
| 4 | mute | 1 |  |  | % | not answered |  | d |

## What failed

- this
"""
    (tmp_path / "validation.md").write_text(report, encoding="utf-8")
    text = "<!-- from validation.md: outside -->\n<!-- from validation.md: What failed -->"
    lines = failures.filled(text, tmp_path).splitlines()
    assert lines[0] == "Of 3 published totals that it can answer, the model misses 2."
    assert [line.split(" | ")[0] for line in lines[4:6]] == ["| hard", "| soft"]
    assert lines[-1] == "- this"
    with pytest.raises(ValueError, match="No section 'Gone'"):
        failures.filled("<!-- from validation.md: Gone -->", tmp_path)


def test_the_explorer_has_every_series_of_the_bundled_tables():
    pytest.importorskip("plotly")
    page = load_hooks("explorer").page()
    for field in ("real GDP growth", "household", "trade measures", "Urals oil price"):
        assert re.search(rf"^\| [^|]*{field}", page, re.MULTILINE), field
    assert "1st package" in page


def table_rows(text, title):
    """Cells of each row of the table whose header starts with a title."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {title} |"))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_example_of_the_scorecard_is_a_row_of_the_readme():
    page = (ROOT / "docs/howto/scorecard.md").read_text(encoding="utf-8")
    ((_, *shown),) = table_rows(page, "claim")
    rows = table_rows((ROOT / "README.md").read_text(encoding="utf-8"), "claim")
    assert shown in [numbers for claim, *numbers in rows if "level of GDP" in claim]


def test_the_page_on_sweeps_names_every_kind_of_axis():
    from typing import get_args

    from sanctions_model.sweeps.axes import Axis

    page = (ROOT / "docs/howto/sweep.md").read_text(encoding="utf-8")
    named = [
        kind for cells in table_rows(page, "`kind`") for kind in re.findall(r"`(\w+)`", cells[0])
    ]
    union, _ = get_args(Axis.__value__)
    assert sorted(named) == sorted(axis.model_fields["kind"].default for axis in get_args(union))


def test_the_design_on_the_page_on_sweeps_is_one(tmp_path):
    from sanctions_model.sweeps import SweepDesign

    (body,) = blocks(ROOT / "docs/howto/sweep.md", "toml")
    (tmp_path / "design.toml").write_text(body, encoding="utf-8")
    assert SweepDesign.from_toml(tmp_path / "design.toml").size == 9


@pytest.mark.parametrize("position", [0, 1, 2])
def test_the_scenarios_on_their_page_are_ones(tmp_path, position):
    body = blocks(ROOT / "docs/howto/scenario.md", "toml")[position]
    (tmp_path / "mine.toml").write_text(body, encoding="utf-8")
    assert sanctions_model.scenarios.load_scenario(tmp_path / "mine.toml").is_designed


def test_the_question_of_the_page_takes_fifteen_lines_and_one_command(
    small_fit, tmp_path, monkeypatch
):
    page = ROOT / "docs/howto/scenario.md"
    file, asked = blocks(page, "toml")[0], blocks(page, "console")[0]
    python = blocks(page, "python")[0]
    assert max(len(file.splitlines()), len(python.splitlines())) <= 15
    folder = tmp_path / "results" / "russia"
    folder.mkdir(parents=True)
    (folder / "posterior.nc").write_bytes(small_fit.read_bytes())
    monkeypatch.chdir(tmp_path)
    Path("eu.toml").write_text(file, encoding="utf-8")
    done = call(*shlex.split(asked)[1:])
    assert done.code == 0, done.err
    assert "GDP level in 2029Q4" in done.out
    assert Path("eu.png").is_file()
