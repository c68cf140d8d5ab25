"""Every key of a scenario file: what the models check is what table, template and schema say."""

import tomllib

import pytest

from sanctions_model.scenarios.keys import scenario_keys, scenario_schema, scenario_template
from sanctions_model.scenarios.library import load_scenario


def uncommented(text):
    """The template with one way of each choice, everything else taken in."""
    alternatives = ("components =", "hazard =", "until =", "absorbing =", "without_shocks =")
    kept = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        stated = bare.startswith("[") or (" = " in bare and bare.partition(" = ")[0].isidentifier())
        kept.append(bare if stated and not bare.startswith(alternatives) else line)
    body = "\n".join(kept)
    return body.partition("\n# A path of any variable")[0]  # designs or interventions, not both


def test_every_key_says_what_it_means():
    keys = scenario_keys()
    silent = keys[keys["says"] == ""]
    assert not len(silent), silent[["table", "key"]].to_string()
    assert {"relief.snap_back", "relief.phase", "tightening", "condition"} <= set(keys["table"])


def test_the_template_is_a_scenario_and_so_is_all_of_it(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(scenario_template(), encoding="utf-8")
    assert load_scenario(path).relief[0].phase[0].start == "2027Q1"
    path.write_text(uncommented(scenario_template()), encoding="utf-8")
    made = load_scenario(path)
    design = made.relief[0]
    assert design.snap_back.probability == 0.3
    assert design.opposition.defeat == 0.3
    assert made.tightening[0].rise == 0.1
    assert made.level[0].stop == "2029Q4"
    assert made.release_assets[0].over == 8


def test_the_template_has_every_key():
    text = scenario_template()
    nested = {"relief", "phase", "announcement", "opposition", "snap_back", "unpredictability"}
    nested |= {"tightening", "level", "release_assets", "intervention", "condition"}
    for key in set(scenario_keys()["key"]) - nested:
        assert f"\n{key} = " in text or f"\n# {key} = " in text, key


def test_a_default_that_is_a_distribution_is_said_in_words():
    keys = scenario_keys().set_index(["table", "key"])
    assert keys.loc[("release_assets", "sold"), "default"] == "Beta(2, 4)"


def test_lines_of_the_template_fit_a_screen():
    assert max(map(len, scenario_template().splitlines())) <= 100


def test_the_schema_takes_what_is_read_and_refuses_what_is_not():
    jsonschema = pytest.importorskip("jsonschema")
    schema = scenario_schema()
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    good = tomllib.loads(scenario_template())
    assert not list(validator.iter_errors(good))
    assert list(validator.iter_errors(good | {"colour": "red"}))
    relief = [good["relief"][0] | {"issuer": "eurozone"}]
    assert list(validator.iter_errors(good | {"relief": relief}))


def test_the_schema_describes_every_key():
    parts = scenario_schema()["$defs"]
    for name in ("Scenario", "ReliefDesign", "Phase", "SnapBack", "LevelShift"):
        for key, field in parts[name]["properties"].items():
            assert field.get("description"), (name, key)
