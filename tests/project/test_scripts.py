"""The README's tables are written from a run's tables, and from nothing else."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

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
    assert lines[3] == "| The premium falls. † | 1.00 | 1.00 | 0.50 | 0.01 | assumed |"


def test_only_what_stands_between_the_markers_changes(results, tmp_path, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(README, encoding="utf-8")
    options = ["--results", str(results), "--readme", str(readme)]
    assert readme_tables.main([*options, "--check"]) == 1
    assert readme.read_text(encoding="utf-8") == README
    assert readme_tables.main(options) == 0
    assert readme_tables.main([*options, "--check"]) == 0
    capsys.readouterr()
    new = readme.read_text(encoding="utf-8")
    kept = [line for line in README.splitlines() if not line.startswith("|")]
    assert [line for line in new.splitlines() if not line.startswith("|")] == kept
    assert "| Prices fall. | 0.94 |" in new


def test_a_text_without_markers_is_refused(results):
    with pytest.raises(ValueError, match=r"No markers for effects\.csv"):
        readme_tables.with_tables("no tables here", results)


def test_the_readme_has_the_form_that_the_script_writes():
    for name, header in (("effects.csv", "| full relief"), ("claims.csv", "| claim |")):
        _, _, rest = README.partition(f"<!-- table: {name} -->\n")
        assert rest.startswith(header)
        assert f"<!-- end of {name} -->" in rest


def test_the_house_in_contributing_is_that_of_the_imports():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- house: python scripts/house.py -->\n")[2]
    assert shown.partition("\n<!-- end of house -->")[0] == load_script("house").house()
