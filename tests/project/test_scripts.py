"""The README's tables are written from a run's tables, and from nothing else."""

import base64
import importlib.util
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from anchored_economy import anchored_draws, anchored_problem
from PIL import Image

import sanctions_model as sm
from sanctions_model.validation.published_effects import totals_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HORIZONS = (4, 8, 12)


def load_script(name="readme_tables"):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


readme_tables = load_script()


def effect(outcome, horizon, numbers, below=0.25, relief=1.0, channel="total"):
    median, lower, upper = numbers
    return {
        "outcome": outcome,
        "relief": relief,
        "horizon": horizon,
        "channel": channel,
        "median": median,
        "lower": lower,
        "upper": upper,
        "prob_below_zero": below,
    }


@pytest.fixture
def results(tmp_path):
    small, large = (-0.125, -1.5, 0.004), (7.06, 1.8, 16.14)
    rows = [
        effect(outcome, horizon, large if outcome == "rouble" else small)
        for outcome in readme_tables.OUTCOMES
        for horizon in HORIZONS
    ]
    rows += [
        effect("rouble", 12, (99.0, 99.0, 99.0), relief=0.5),
        effect("rouble", 12, (99.0, 99.0, 99.0), channel="import_premium"),
        effect("rouble", 20, (99.0, 99.0, 99.0)),
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "effects.csv", index=False)
    claims = {
        "claim": ["lower_prices", "gdp_growth"],
        "statement": ["Prices fall.", "The premium falls."],
        "prob_prior": [0.941, 0.999],
        "prob": [0.885, 1.0],
        "prob_material": [0.736, 0.5],
        "information": [0.171, 0.014],
        "basis": ["mixed", "assumed"],
        "sign_assumed": [False, True],
    }
    pd.DataFrame(claims).to_csv(tmp_path / "claims.csv", index=False)
    return tmp_path


def test_effects_are_medians_and_intervals_of_full_relief(results):
    lines = readme_tables.effects_lines(pd.read_csv(results / "effects.csv"))
    assert lines[0] == "| full relief over a year, after | 4 quarters | 8 | 12 | P(higher) at 12 |"
    assert lines[2].startswith("| consumer prices, % | -0.12 (-1.50; +0.00) |")
    assert lines[2].endswith("| 0.75 |")
    rouble = next(line for line in lines if line.startswith("| rouble"))
    assert "+7.1 (+1.8; +16.1)" in rouble
    assert "99" not in "".join(lines)


def test_a_sign_that_the_prior_sets_is_marked(results):
    lines = readme_tables.claims_lines(pd.read_csv(results / "claims.csv"))
    assert lines[2] == "| Prices fall. | 0.94 | 0.89 | 0.74 | 0.17 | mixed |"
    assert lines[3] == "| The premium falls. † | >0.99 | >0.99 | 0.50 | 0.01 | assumed |"


def test_the_finding_is_said_from_the_tables(results):
    sizes, _, odds = readme_tables.finding_lines(results)
    assert "consumer prices **-0.1 %** (-1.5; +0.0); key rate **-0.1 pp**" in sizes
    assert "has probability >0.99" in odds
    assert "gave >0.99: the data hardly moved it" in odds
    assert "Of the sizes of 2 claims none are settled by the data, 1 by data and beliefs" in odds


def test_the_front_page_counts_published_effects_inside_and_outside(small_fit):
    fit = sm.load(small_fit)
    table = totals_table(fit.scm, fit.prior_draws, fit.draws)
    inside = sum(verdict == "inside" for verdict in table["verdict"])
    outside = sum(verdict == "outside" for verdict in table["verdict"])
    (line,) = readme_tables.totals_lines(small_fit.parent)
    assert line.startswith(f"**Of {inside + outside} published effects")
    assert f"{inside} agree with it and {outside} do not**" in line
    assert f"; {len(table) - inside - outside} more it cannot answer" in line
    page = (readme_tables.ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert "<!-- from results: totals -->" in page


def test_the_example_is_the_row_of_output_alone(results):
    lines = readme_tables.example_lines(pd.read_csv(results / "claims.csv"))
    assert [line[:9] for line in lines] == ["| claim |", "|---|---|", "| The pre"]


def test_a_refit_that_did_not_converge_says_so():
    rows = {
        "kind": ["beliefs", "beliefs", "equations", "equations"],
        "alternative": ["sceptic", "sceptic", "no oil", "no oil"],
        "claim": ["lower_prices", "gdp_growth"] * 2,
        "outcome": ["price_level", "gdp_level"] * 2,
        "horizon": [8, 12] * 2,
        "median": [0.0, 0.14, -1.0, 0.8],
        "lower": [-1.0] * 4,
        "upper": [1.0] * 4,
        "converged": [True, True, False, False],
    }
    header, _, *lines = readme_tables.alternatives_lines(pd.DataFrame(rows))
    assert header.endswith("| consumer prices, %, quarter 8 | GDP, %, quarter 12 |")
    assert lines[0] == "| beliefs | sceptic | +0.00 (-1.00; +1.00) | +0.14 (-1.00; +1.00) |"
    assert lines[1].startswith("| equations | no oil (did not converge) |")
    known = pd.DataFrame(rows).assign(median_error=[0.04, 0.03, 0.2, 0.2])
    line = readme_tables.alternatives_lines(known)[2]
    assert line.endswith("| sceptic | +0.00 ± 0.04 (-1.00; +1.00) | +0.14 ± 0.03 (-1.00; +1.00) |")


def test_the_answer_with_liftings_elsewhere_is_one_row_an_outcome():
    row = {"outcome": "gdp_level", "lower": -0.3, "upper": 1.9, "shift": -0.1, "narrower": 0.14}
    row |= {"k_hat": -0.4, "effective_size": 3194.4, "used": True}
    medians = {0.0: 0.565, 0.5: 0.497, 1.0: 0.443}
    stated = pd.DataFrame([row | {"power": p, "median": m} for p, m in medians.items()])
    wide = stated.iloc[:2].assign(used=[True, False])
    few = pd.DataFrame({"outcome": ["gdp_level"], "median": [0.013]})
    imports = stated.assign(outcome="import_level", median=[8.3, 8.0, 7.9])
    _, _, line, _, held, _, moved, _, counted = readme_tables.liftings_lines(
        stated, wide, few, imports
    )
    assert "the liftings move the medians so: GDP -0.12 ± 0.01 %. The errors" in moved
    assert "imports are +7.90 (-0.30; +1.90) % at 1, where they are +8.30" in counted.replace(
        "+8.00 (-0.30; +1.90) % at 0.5 and ", ""
    )
    assert line.startswith("| GDP, % | +0.56 (-0.30; +1.90) | +0.50 (-0.30; +1.90) | +0.44 (")
    assert line.endswith("| -0.10 | 0.14 | +0.56 (-0.30; +1.90) | refused |")
    assert (
        held
        == "k-hat is at most -0.40, with 3,194 effective draws at a power of 0.5 and 3,194 at 1."
    )


def test_beliefs_and_assumed_signs_are_those_of_the_default_economy():
    priors = sm.load_priors()
    header, _, *rows, _, others = readme_tables.priors_lines()
    assert header == "| belief about | median (89 %) | unit | rests on |"
    (smoothing,) = (row for row in rows if "Inertia of the key rate" in row)
    assert smoothing.endswith("| bank_of_russia_model_smoothing, judgement |")
    assert "0.76 (0.6" in smoothing
    assert "| judgement |" not in "".join(rows)  # these are the other beliefs
    assert "beliefs are judgement alone, and 32 parameters are fixed" in others
    signs = readme_tables.signs_lines()
    assert "- real exchange rate → goods imports" in signs
    free = [
        address
        for address, prior in priors.entries["coefficient"].items()
        if prior.sign and prior.family != "Fixed"
    ]
    assert len(signs) == len(free)


def test_the_page_on_evidence_says_what_the_priors_say():
    page = (readme_tables.ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    written = readme_tables.with_tables(page, Path("nowhere"))
    assert written == page, "run `make readme`: priors or their sources have changed"


def test_only_what_stands_between_the_markers_changes(results, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(README, encoding="utf-8")
    options = ["--results", str(results), "--documents", str(readme), "--no-pictures"]
    assert readme_tables.main([*options, "--check"]) == 1
    assert readme.read_text(encoding="utf-8") == README
    assert readme_tables.main(options) == 0
    assert readme_tables.main([*options, "--check"]) == 0
    assert "README.md" in capsys.readouterr().out
    new = readme.read_text(encoding="utf-8")
    assert outside_markers(new) == outside_markers(README)
    assert "| Prices fall. | 0.94 |" in new


def outside_markers(text):
    return re.sub(r"(?s)(<!-- from results: ([\w .]+) -->).*?(<!-- end of \2 -->)", r"\1\3", text)


def test_a_text_without_markers_or_without_an_end_is_refused(results):
    with pytest.raises(ValueError, match=r"No markers; put them around one of finding"):
        readme_tables.with_tables("no tables here", results)
    with pytest.raises(ValueError, match=r"effects\.csv has no end"):
        readme_tables.with_tables("<!-- from results: effects.csv -->\n| a |", results)


def test_the_pictures_are_drawn_from_the_fit_and_copied_from_the_run(small_fit, tmp_path):
    results, target = tmp_path / "results", tmp_path / "figures"
    (results / "figures").mkdir(parents=True)
    target.mkdir()
    (results / "posterior.nc").write_bytes(small_fit.read_bytes())
    for name in ("chain", "graph", "responses"):
        (results / "figures" / f"{name}.png").write_bytes(name.encode())
    readme_tables.draw_pictures(results, target)
    assert (target / "finding.png").read_bytes()[:4] == b"\x89PNG"
    assert (target / "graph.png").read_bytes() == b"graph"


def test_every_document_has_the_form_that_the_script_writes():
    for path in readme_tables.DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        named = re.findall(r"<!-- from results: ([\w .]+) -->", text)
        assert named, path
        assert set(named) <= set(readme_tables.BLOCKS)
        assert all(f"<!-- end of {name} -->" in text for name in named)
    _, _, rest = README.partition("<!-- from results: effects.csv -->\n")
    assert rest.startswith("| full relief")


def test_the_picture_of_the_house_has_every_room_and_the_script_draws_it():
    script = load_script("house")
    shown = script.PICTURE.read_text(encoding="utf-8")
    assert "docs/figures/house.svg" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = re.findall(r">(\w+)</text>", script.picture())
    assert {"cli", "scm", "economies"} <= set(rooms)
    assert re.findall(r">(\w+)</text>", shown) == rooms


def test_the_house_in_contributing_is_that_of_the_imports():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- house: python scripts/house.py -->\n")[2]
    assert shown.partition("\n<!-- end of house -->")[0] == load_script("house").house()


def test_the_keys_in_the_schema_are_those_of_the_models():
    text = (ROOT / "docs/schema.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- keys: python scripts/scenario_keys.py -->\n")[2]
    assert shown.partition("\n<!-- end of keys -->")[0] == load_script("scenario_keys").keys_table()


def test_the_page_of_histories_tells_each_year_and_its_parts_add_up():
    script = load_script("histories")
    found = SimpleNamespace(problem=anchored_problem(), draws=anchored_draws())
    page = script.page(found)
    table = page.partition("| GDP, growth of the year in % | 2014")[2].partition("\n\n")[0]
    cells = [row.split("|")[2:-1] for row in table.splitlines()[2:]]
    numbers = np.array([[float(c.replace("−", "-")) for c in row] for row in cells])
    assert abs(numbers[0] - numbers[1:].sum(axis=0)).max() < 0.05 * len(numbers)
    assert f"changed by {script.said(numbers[0, 1])} % in 2015" in page
    assert "What moved Russia" in script.PAGE.read_text(encoding="utf-8")


# Claims, first and now


def claims_of_now(**changes):
    row = {
        **{
            "statement": "Imports rise.",
            "outcome": "import_level",
            "verdict": "Likely (P = 0.82): x",
        },
        **{"prob_prior": 0.99, "prob": 0.82, "prior_median": 10.6, "median": 4.0, "lower": -2.7},
        **{"upper": 13.0, "information": 0.8, "basis": "identified"},
    }
    return pd.DataFrame([{"claim": "import_normalisation"} | row | changes])


def test_the_first_answers_are_of_todays_claims_and_read_from_a_notebook():
    import json

    from sanctions_model.queries.claims import load_claims

    script = load_script("claims_old_and_new")
    before = pd.read_csv(script.BEFORE, index_col="claim")
    assert set(before.index) == set(load_claims())
    assert list(before.columns) == list(script.COLUMNS)
    assert before.loc["inflation_at_target", "prob"] == 0.79
    shown = before.rename(columns={"width_share": "another"})
    output = {"data": {"text/html": shown.to_html().splitlines(keepends=True)}}
    notebook = json.dumps({"cells": [{"outputs": []}, {"outputs": [output]}]})
    pd.testing.assert_frame_equal(script.recorded(notebook), before)
    with pytest.raises(ValueError, match="No table of claims"):
        script.recorded(json.dumps({"cells": []}))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "*Well supported* (P 0.99) became *Likely* (P 0.82): imports follow income"),
        ({}, "went from +11 to +4, information gained 0.80"),
        (
            {"verdict": "As sure before the data (P = 0.99): x", "prob": 0.99},
            "the prior alone gave it 0.99",
        ),
        (
            {"verdict": "Well supported (P = 0.99): x", "prob": 0.99, "basis": "mixed"},
            "*Well supported*, P 0.99 and now 0.99: the size was called assumed",
        ),
    ],
)
def test_a_verdict_that_changed_has_a_sentence_with_its_reason(changes, sentence):
    script = load_script("claims_old_and_new")
    before = pd.read_csv(script.BEFORE, index_col="claim").loc[["import_normalisation"]]
    text = script.page(before, claims_of_now(**changes))
    assert sentence in " ".join(text.split())
    assert "## Verdicts that changed: 1 of 1" in text


def test_a_verdict_that_stands_has_no_sentence_and_other_claims_are_refused():
    script = load_script("claims_old_and_new")
    before = pd.read_csv(script.BEFORE, index_col="claim").loc[["import_normalisation"]]
    same = {"verdict": "Well supported (P = 0.99): x", "prob": 0.99, "basis": "assumed"}
    assert "changed: 0 of 1" in script.page(before, claims_of_now(**same))
    with pytest.raises(ValueError, match=r"has import_normalisation, other;"):
        script.page(before.rename({"import_normalisation": "other"}), claims_of_now())


def test_the_choice_of_the_model_is_written_where_refits_are_there(tmp_path):
    text = "a\n<!-- from results: mixture.csv -->\nold\n<!-- end of mixture.csv -->\nb\n"
    assert readme_tables.with_tables(text, tmp_path) == text
    row = {"claim": "gdp_growth", "weights": "equal"}
    row |= {
        f"alone_{n}": v for n, v in zip(("median", "lower", "upper"), (1, 0.5, 1.5), strict=True)
    }
    row |= {"median": 0.8, "lower": -1.0, "upper": 2.0}
    row |= {"share_graph": 0.2, "share_priors": 0.5, "share_parameters": 0.3}
    pd.DataFrame([row]).to_csv(tmp_path / "mixture.csv", index=False)
    shown = readme_tables.with_tables(text, tmp_path)
    assert "+1.0 (+0.5; +1.5)" in shown
    assert "+0.8 (−1.0; +2.0)" in shown
    assert "20 %" in shown
    assert "old" not in shown


def test_pictures_of_notebooks_become_lighter_and_stay_pictures(tmp_path):
    script = load_script("light_notebooks")
    shades = np.linspace(0, 255, 400 * 300 * 3).reshape(300, 400, 3).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(shades).save(buffer, "PNG", compress_level=0)
    light = script.lighter(buffer.getvalue())
    assert len(light) < len(buffer.getvalue()) / 5
    with Image.open(io.BytesIO(light)) as picture:
        apart = np.asarray(picture.convert("RGB"), dtype=int) - shades
    assert abs(apart).max() < 8
    file = tmp_path / "a.ipynb"
    png = base64.b64encode(buffer.getvalue()).decode("ascii")
    drawn = {"output_type": "display_data", "data": {"image/png": png, "text/plain": "x"}}
    printed = [
        {"output_type": "stream", "name": name, "text": [text]}
        for name, text in (("stdout", "a\n"), ("stdout", "b\n"), ("stderr", "c\n"))
    ]
    timed = {"execution": {"iopub.execute_input": "2026-01-01T00:00:00Z"}, "tags": ["x"]}
    cell = {"outputs": [drawn, *printed], "source": "é", "metadata": timed, "id": "81b1c76f"}
    file.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    assert script.main([str(file)]) == 0
    read = json.loads(file.read_text(encoding="utf-8"))["cells"][0]
    assert base64.b64decode(read["outputs"][0]["data"]["image/png"]) == light
    assert read["source"] == "é"
    assert read["metadata"] == {"tags": ["x"]}
    assert [output.get("text") for output in read["outputs"]] == [None, ["c\n"], ["a\n", "b\n"]]
    assert read["id"] == "cell-1"


def test_two_executions_of_a_notebook_become_the_same_file(tmp_path):
    import xarray as xr

    script = load_script("light_notebooks")
    shown = xr.Dataset({"a": ("x", [1.0, 2.0])})
    written = []
    for name in ("first", "second"):
        styled = pd.DataFrame({"a": [1]}).style.to_html()
        texts = [
            shown._repr_html_(),
            styled,
            f"<function at {hex(id(object()))}>",
            shown._repr_html_(),
        ]
        outputs = [
            {"output_type": "display_data", "data": {"text/html": text.splitlines(keepends=True)}}
            for text in texts
        ]
        cells = [{"outputs": outputs, "source": "", "metadata": {}, "id": name}]
        (tmp_path / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")
        assert script.main([str(tmp_path / name)]) == 0
        written.append((tmp_path / name).read_text(encoding="utf-8"))
    assert written[0] == written[1]
    html = "".join(json.loads(written[0])["cells"][0]["outputs"][0]["data"]["text/html"])
    names = re.findall(r"\bid=[\"']([^\"']+)", html)
    assert len(names) == len(set(names)) > 3
    assert set(re.findall(r"\bfor=[\"']([^\"']+)", html)) <= set(names)


def test_delays_of_the_futures_are_scaled_and_nothing_else_is():
    delays = load_script("delays")
    stated = delays.load_scenarios()
    twice = delays.with_delays(stated, 2.0)
    before, after = (library.named("reset").relief[0] for library in (stated, twice))
    assert after.over_compliance.alpha == before.over_compliance.alpha
    means = [own.over_compliance.alpha / own.over_compliance.beta for own in (before, after)]
    assert means[1] == pytest.approx(2 * means[0])
    blocked = [own.opposition.delay.alpha / own.opposition.delay.beta for own in (before, after)]
    assert blocked[1] == pytest.approx(2 * blocked[0])
    same = {"over_compliance": before.over_compliance, "opposition": before.opposition}
    assert after.model_copy(update=same) == before
    with pytest.raises(TypeError, match="expected a number or a Gamma"):
        delays.scaled(sm.Normal(mu=1, sigma=1), 2.0)


def test_the_table_of_delays_has_its_place_on_the_page():
    delays = load_script("delays")
    page = delays.PAGE.read_text(encoding="utf-8")
    new = delays.written(page, ["| new |"])
    assert "| new |" in new
    assert "half the delays" not in new
    with pytest.raises(ValueError, match="No place for the table"):
        delays.written("no markers", ["| new |"])
