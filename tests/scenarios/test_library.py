"""Scenario files: the bundled one, and every way in which a file can be wrong."""

import tomllib

import numpy as np
import pytest

from sanctions_model.data.bundled import data_path
from sanctions_model.data.sanctions.measures import intensities, load_events, load_rule
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import Beta
from sanctions_model.scenarios.issuers import (
    ISSUER_CONCENTRATION,
    composite_weights,
    issuer_shares,
)
from sanctions_model.scenarios.library import load_scenario, load_scenarios
from sanctions_model.scenarios.quantities import bounds, draw
from sanctions_model.scenarios.relief import ReliefDesign
from sanctions_model.scm.interventions import SetTo

# What the rule of the measures states for the end of 2025: share and range.
STATED = {
    "trade": (0.26, 0.13, 0.40),
    "finance": (0.57, 0.35, 0.75),
    "energy": (0.40, 0.20, 0.55),
    "transport": (0.37, 0.20, 0.50),
    "assets": (0.19, 0.08, 0.35),
}

FUTURES = """
[futures]
order = ["open", "closed"]
status_quo = "closed"
initial = [0.4, 0.6]
transition = [[0.9, 0.1], [0.2, 0.8]]
"""
RELIEF = """
[scenario.open]
label = "open"
[[scenario.open.relief]]
measures = ["trade"]
phase = [{ start = 1, ramp = 4, depth = 0.5 }]
"""
CLOSED = """
[scenario.closed]
label = "closed"
"""


def written(tmp_path, text, name="mine.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def whole(*, futures=FUTURES, relief=RELIEF, closed=CLOSED, more=""):
    return f"format_version = 1\n{futures}{relief}{closed}{more}"


def refusal(tmp_path, text):
    with pytest.raises(QuestionError) as caught:
        load_scenarios(written(tmp_path, text))
    message = str(caught.value)
    assert message.startswith("mine.toml: ")
    assert "\n" not in message
    return message


# The bundled file


def test_the_bundled_futures_hold_what_the_article_says():
    library = load_scenarios()
    process = library.process()
    assert process.order == ("reset", "limited", "status_quo", "deterioration")
    reset, limited, quo, worse = process.initial
    assert min(reset, limited) > max(quo, worse)  # the first two are the most likely
    for row in process.transition[:2]:
        assert min(row[2:]) > 0  # both can slide
    assert process.concentration is not None
    assert library.named("deterioration").tightening
    assert not library.named("status_quo").is_designed
    for name in ("partial_lifting", "unfreezing", "machinery", "northern_sea_route"):
        assert library.named(name).description


def test_packages_enter_where_the_rule_puts_them():
    library = load_scenarios()
    assert library.named("unfreezing").relief[0].components == ("A1",)
    assert library.named("machinery").relief[0].components == ("T1", "T2", "R1")
    assert library.named("machinery").relief[0].reached == ("trade", "transport")
    route = library.named("northern_sea_route")
    assert not route.relief
    (shift,) = route.level
    assert (shift.variable, shift.start) == ("gdp_level", 9)  # year 3
    sizes = draw(shift.size, np.random.default_rng(0), 200_000)
    low, high = np.quantile(sizes, [0.05, 0.95])
    assert abs(sizes.mean() - 0.1) < 0.05
    assert low < 0.02
    assert 0.3 < high < 0.5


def test_a_library_is_made_of_single_scenarios(tmp_path):
    """One schema: a table of a library is a file of its own once it says its format."""
    content = tomllib.loads(data_path("scenarios.toml").read_text(encoding="utf-8"))
    text = 'format_version = 1\nlabel = "held"\n'
    text += '[[intervention]]\nkind = "set"\nvariable = "key_rate"\nvalue = 12.0\n'
    alone = load_scenario(written(tmp_path, text))
    table = "[scenario.held]\n" + text.replace("format_version = 1\n", "").replace(
        "[[intervention]]", "[[scenario.held.intervention]]"
    )
    library = load_scenarios(written(tmp_path, f"format_version = 1\n{table}", "two.toml"))
    assert library.named("held") == alone
    assert library.named("held").interventions == (SetTo(variable="key_rate", value=12.0),)
    assert library.futures is None
    assert set(content["scenario"]) == set(load_scenarios().scenarios)


def test_the_same_content_has_the_same_hash(tmp_path):
    one = load_scenarios(written(tmp_path, whole()))
    two = load_scenarios(written(tmp_path, "# a remark\n" + whole(), "two.toml"))
    other = load_scenarios(written(tmp_path, whole().replace("0.5", "0.6"), "three.toml"))
    assert one.sha256 == two.sha256 != other.sha256


# US shares


def test_us_shares_are_those_of_the_rule():
    shares = issuer_shares()["us"]
    for name, (middle, _, _) in STATED.items():
        assert shares[name] == pytest.approx(middle, abs=0.006)
    import pandas as pd

    last = intensities(load_rule(), load_events(), pd.period_range("2026Q2", periods=1, freq="Q"))
    for name in MEASURES:
        assert shares[name] == pytest.approx(float(last[f"us_share_{name}"].iloc[0]), abs=0.006)


def test_drawn_us_shares_have_the_mean_and_about_the_range_that_the_rule_states():
    design = ReliefDesign(measures=MEASURES, issuer="us", phase=({"depth": 1.0},))
    count = 40_000
    found = design.shares(np.random.default_rng(2), count)
    for name, (_, low, high) in STATED.items():
        mean = issuer_shares()["us"][name]
        error = np.sqrt(mean * (1 - mean) / (ISSUER_CONCENTRATION + 1) / count)
        assert abs(found[name].mean() - mean) < 4 * error
        np.testing.assert_allclose(np.quantile(found[name], [0.05, 0.95]), [low, high], atol=0.07)


def test_us_relief_of_all_measures_is_in_the_published_range_of_what_the_us_can_deliver():
    """Evidence that did not use the rule: 0.11 to 0.60 of full relief, median 0.32."""
    design = ReliefDesign(measures=MEASURES, issuer="us", phase=({"depth": 1.0},))
    found = design.shares(np.random.default_rng(2), 20_000)
    composite = sum(composite_weights()[name] * share for name, share in found.items())
    low, middle, high = np.quantile(composite, [0.05, 0.5, 0.95])
    assert 0.11 < low < high < 0.60
    assert abs(middle - 0.32) < 0.1


def test_a_component_lifts_its_weight_and_the_us_its_share_of_that():
    rule = {component.id: component for component in load_rule().components}
    everyone = ReliefDesign(components=("T1", "R1"), phase=({"depth": 1.0},))
    found = everyone.shares(np.random.default_rng(0), 5)
    np.testing.assert_allclose(found["trade"], rule["T1"].weight)
    np.testing.assert_allclose(found["transport"], rule["R1"].weight)
    alone = everyone.model_copy(update={"issuer": ("us",)})
    drawn = alone.shares(np.random.default_rng(0), 40_000)["trade"]
    assert drawn.mean() == pytest.approx(rule["T1"].weight * rule["T1"].us_share_after, rel=0.02)


# Files that are wrong


def test_quantities_are_numbers_or_distributions(tmp_path):
    text = whole().replace("depth = 0.5", 'depth = { family = "Beta", alpha = 2, beta = 3 }')
    phase = load_scenarios(written(tmp_path, text)).named("open").relief[0].phase[0]
    assert phase.depth == Beta(alpha=2, beta=3)
    assert bounds(phase.depth) == (0.0, 1.0)
    assert bounds(0.3) == (0.3, 0.3)


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("[0.4, 0.6]", "[0.4, 0.5]", ["[futures]: initial", "sum to 0.9"]),
        ("[0.2, 0.8]", "[0.2, 0.9]", ["transition from 'closed'", "sum to 1.1"]),
        ("[[0.9, 0.1], [0.2, 0.8]]", "[[0.9, 0.1]]", ["rows of 2 entries", "expected 2 rows of 2"]),
        ("[0.2, 0.8]]", "[0.2, 0.4, 0.4]]", ["rows of 2, 3 entries"]),
        ("[0.4, 0.6]", "[0.4, 0.3, 0.3]", ["3 probabilities for 2 futures"]),
        ("[0.4, 0.6]", "[-0.4, 1.4]", ["initial.0"]),
        ('["open", "closed"]', '["open", "close"]', ["status_quo 'closed' is not in order"]),
        ('status_quo = "closed"', 'status_quo = "shut"', ["'shut' is not in order"]),
        ('status_quo = "closed"', 'status_quo = "open"', ["the status quo changes nothing"]),
        ('order = ["open"', 'order = ["opn"', ["there is no [scenario.opn]", "Did you mean"]),
        ("depth = 0.5", "depth = -0.2", ["relief.0.phase.0", "a relief that raises the measure"]),
        ("depth = 0.5", "depth = 1.2", ["depth can be 1.2"]),
        (
            "depth = 0.5",
            'depth = { family = "Normal", mu = 0.5, sigma = 0.1 }',
            ["a relief that raises the measure"],
        ),
        ("depth = 0.5", 'depth = { family = "Beta", alpha = 2 }', ["beta"]),
        ("depth = 0.5", 'depth = { family = "Bta", alpha = 2 }', ["family"]),
        ("start = 1,", "start = 0,", ["start can be 0"]),
        ("ramp = 4,", "ramp = 0,", ["ramp can be 0"]),
        (
            "phase = [{ start = 1, ramp = 4, depth = 0.5 }]",
            "phase = [{ start = 1, ramp = 4, depth = 0.5 }, { start = 4, depth = 0.5 }]",
            ["phases overlap", "can last to period 4", "can start in period 4"],
        ),
        (
            "phase = [{ start = 1, ramp = 4, depth = 0.5 }]",
            'phase = [{ start = { family = "Normal", mu = 3, sigma = 1, lower = 1, upper = 6 }, '
            "depth = 0.5 }, { start = 8, depth = 0.5 }]",
            ["phases overlap", "can last to period 9"],
        ),
        ("phase = [{ start = 1, ramp = 4, depth = 0.5 }]", "phase = []", ["phase"]),
        ('measures = ["trade"]', 'measures = ["trad"]', ["unknown measure 'trad'", "did you mean"]),
        ('measures = ["trade"]', 'components = ["T9"]', ["unknown component 'T9'"]),
        ('measures = ["trade"]', "", ["either `measures` or `components`"]),
        ('measures = ["trade"]', 'measures = ["trade", "trade"]', ["named twice"]),
        (
            'measures = ["trade"]',
            'measures = ["trade"]\nissuer = "eurozone"',
            ["relief.0.issuer: unknown issuer 'eurozone'"],
        ),
        ('measures = ["trade"]', 'measures = ["trade"]\nissuer = ["eu", "eu"]', ["named twice"]),
        ('measures = ["trade"]', 'measures = ["trade"]\ndeterred = 0.2', ["nobody is left"]),
        ("start = 1,", 'start = "2027Q7",', ["phase.0.start", "'2027Q7' is no period"]),
        (
            'measures = ["trade"]',
            'measures = ["trade"]\nsnap_back = { probability = 0.3 }',
            ["snap_back", "`probability` with `within`"],
        ),
        (
            'measures = ["trade"]',
            'measures = ["trade"]\nsnap_back = { hazard = 0.1, within = 8 }',
            ["snap_back", "expected `hazard`"],
        ),
        ('measures = ["trade"]', 'measures = ["trade"]\nhazard = 0.1', ["hazard"]),
        (
            'measures = ["trade"]',
            'measures = ["trade"]\nsnap_back = { hazard = 1.5 }',
            ["hazard can be 1.5"],
        ),
        (
            'measures = ["trade"]',
            'measures = ["trade"]\nopposition = { probability = -1 }',
            ["probability can be -1"],
        ),
        (
            'measures = ["trade"]',
            'measures = ["trade"]\nannouncement = { lead = 1 }',
            ["announced up to 1 periods before a start in period 1"],
        ),
        ('measures = ["trade"]', 'measures = ["trade"]\nover_compliance = -1', ["over_compliance"]),
        ("[scenario.open]\n", '[scenario."o/p"]\nlabel = "x"\n[scenario.open]\n', ["'o/p' is not"]),
        ("[scenario.open]\n", '[scenario.con]\nlabel = "x"\n[scenario.open]\n', ["'con' is not a"]),
        ("[scenario.open]\n", '[scenario."..x"]\nlabel = "x"\n[scenario.open]\n', ["not a file"]),
        ('label = "open"', 'label = ""', ["[scenario.open]: label"]),
        ('label = "open"', 'label = "open"\ncolour = "red"', ["[scenario.open]: colour"]),
        ("format_version = 1", "format_version = 2", ["expected format_version = 1"]),
        ("[futures]", "[future]", ["unknown entry 'future'"]),
    ],
)
def test_a_wrong_library_is_refused_with_place_and_reason(tmp_path, old, new, messages):
    text = whole()
    assert old in text
    message = refusal(tmp_path, text.replace(old, new))
    for part in messages:
        assert part in message


TIGHT = '[scenario.more]\nlabel = "more"\n[[scenario.more.tightening]]\n'


@pytest.mark.parametrize(
    ("more", "messages"),
    [
        (
            f'{TIGHT}measures = ["trade"]\nrise = 1.5\n',
            ["rise can be 1.5", "a measure path above 2"],
        ),
        (
            TIGHT
            + 'measures = ["trade"]\nrise = { family = "LogNormal", median = 0.1, sigma = 1 }\n',
            ["a measure path above 2"],
        ),
        (f'{TIGHT}measures = ["trade"]\nrise = -0.1\n', ["a measure that falls is a relief"]),
        (f'{TIGHT}measures = ["trade", "trade"]\nrise = 0.1\n', ["named twice"]),
        (
            f'{TIGHT}measures = ["trade"]\nrise = 0.1\n[[scenario.more.relief]]\n'
            'measures = ["trade"]\nphase = [{ depth = 0.5 }]\n',
            ["both lifted and tightened"],
        ),
        (
            '[scenario.path]\nlabel = "p"\n[[scenario.path.intervention]]\nkind = "set"\n'
            'variable = "trade"\nvalue = [1.0, -0.2]\n',
            ["[scenario.path]: intervention.0", "a path of 'trade' of -0.2"],
        ),
        (
            '[scenario.path]\nlabel = "p"\n[[scenario.path.intervention]]\nkind = "set"\n'
            'variable = "trade"\nvalue = 2.5\n',
            ["a path of 'trade' of 2.5", "between 0 and 2"],
        ),
        (
            '[scenario.two]\nlabel = "t"\n[[scenario.two.intervention]]\nkind = "set"\n'
            'variable = "key_rate"\nvalue = 12\n[[scenario.two.level]]\n'
            'variable = "gdp_level"\nsize = 1\nstop = 4\n',
            ["make it two"],
        ),
        (
            '[scenario.l]\nlabel = "l"\n[[scenario.l.level]]\nvariable = "gdp_level"\nsize = 1\n'
            "start = 5\nstop = 4\n",
            ["start 5 lies after stop 4"],
        ),
    ],
)
def test_a_wrong_scenario_is_refused_with_place_and_reason(tmp_path, more, messages):
    message = refusal(tmp_path, whole(more=more))
    for part in messages:
        assert part in message


def test_a_future_of_interventions_is_refused(tmp_path):
    relief = (
        '[scenario.open]\nlabel = "o"\n[[scenario.open.intervention]]\nkind = "set"\n'
        'variable = "trade"\nvalue = 0.5\n'
    )
    assert "a future has designs" in refusal(tmp_path, whole(relief=relief))


def test_what_is_no_file_no_toml_or_no_library_is_refused(tmp_path):
    with pytest.raises(QuestionError, match="Cannot read"):
        load_scenarios(tmp_path / "none.toml")
    with pytest.raises(QuestionError, match="not a TOML file"):
        load_scenarios(written(tmp_path, "= 3"))
    with pytest.raises(QuestionError, match="is a library of scenarios"):
        load_scenario(written(tmp_path, whole()))
    with pytest.raises(QuestionError, match="Did you mean 'open'"):
        load_scenarios(written(tmp_path, whole())).named("opn")
