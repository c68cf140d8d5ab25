"""Files of priors that go on from others, and rules for many parameters at once."""

import numpy as np
import pytest
from small_problem import TABLES, as_prior, small_scm

import sanctions_model as sm
from sanctions_model.errors import PriorError
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.inference.priors.patterns import is_pattern, matching

HEAD = 'format_version = 1\nextends = "bundled"\n'
ECONOMIES = {
    "anchored": (sm.anchored_transmission, "real_depreciation -> inflation"),
    "growth": (sm.growth_transmission, "depreciation -> inflation"),
}
MOMENTS = {"anchored": None, "growth": None}


def written(folder, text, name="mine.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def absolute(priors, scm):
    return priors.for_model(scm, dict.fromkeys(scm.stochastic, (0.0, 1.0)))


@pytest.mark.parametrize("economy", ECONOMIES)
@pytest.mark.parametrize("named", ["bundled", "its own name"])
def test_one_changed_number_leaves_every_other_belief(tmp_path, economy, named):
    make, link = ECONOMIES[economy]
    named = economy if named == "its own name" else named
    text = f'format_version = 1\nextends = "{named}"\n[coefficient."{link}"]\nmedian = 0.14\n'
    mine = load_priors(written(tmp_path, text), economy=economy)
    bundled = load_priors(economy=economy)
    before, after = absolute(bundled, make()), absolute(mine, make())
    assert {a for a in before if before[a] != after[a]} == {link}
    assert after[link].arguments == before[link].arguments | {"median": 0.14}
    assert after[link].unit == before[link].unit
    # The sources of the bundled number do not speak for this one, and the ledger says so.
    assert tuple(after[link].sources) == ("judgement",)
    assert after[link].rationale == (
        f"As in priors_{economy}.toml, but median 0.14 in place of 0.07."
    )
    assert mine.origin == f"mine.toml on priors_{economy}.toml"


def test_a_file_goes_on_from_a_file_beside_it(tmp_path):
    link = "real_depreciation -> inflation"
    written(tmp_path, f'{HEAD}[coefficient."{link}"]\nmedian = 0.14\n', "first.toml")
    text = f'format_version = 1\nextends = "first.toml"\n[coefficient."{link}"]\nsigma = 0.3\n'
    found = load_priors(written(tmp_path, text))[link]
    assert found.arguments == {"median": 0.14, "sigma": 0.3}


def test_scalars_and_what_serves_all_change_by_one_number(tmp_path):
    text = f"{HEAD}[anchoring]\nalpha = 5\n[degrees_of_freedom]\nbeta = 0.7\n[scale]\nsigma = 2\n"
    mine, bundled = load_priors(written(tmp_path, text)), load_priors()
    assert mine["anchoring"].alpha == 5
    assert mine["degrees_of_freedom"].arguments["beta"] == 0.7
    scales = list(bundled.entries["scale"])
    assert len(scales) > 5
    assert {mine[f"scale[{label}]"].arguments["sigma"] for label in scales} == {2.0}


def test_a_rule_changes_every_belief_that_it_matches(tmp_path):
    text = f'{HEAD}[coefficient."* -> unemployment"]\nsigma = 0.05\n'
    mine, bundled = load_priors(written(tmp_path, text)), load_priors()
    scm = sm.anchored_transmission()
    before, after = absolute(bundled, scm), absolute(mine, scm)
    changed = {a for a in before if before[a] != after[a]}
    into = {link.label for link in scm.links if link.child == "unemployment"}
    assert changed == {a for a in into if before[a].family != "Fixed"} < into
    assert {after[a].arguments["sigma"] for a in changed} == {0.05}
    assert all(after[a].family == before[a].family for a in changed)


RULE = """
[coefficient."* -> output"]
family = "Normal"
mu = 0.0
sigma = 0.25
rationale = "None of them is known."
sources = ["judgement"]
"""


def base_file(folder):
    """The beliefs of the small model as a file of whole tables."""
    parts = ["format_version = 1"]
    for address, table in TABLES.items():
        name, _, label = address.partition("[")
        if " -> " in address:
            name, label = "coefficient", address
        place = f'[{name}."{label.removesuffix("]") or "*"}"]'
        place = "[anchor]" if address == "anchor" else place
        lines = [place, 'rationale = "r"', 'sources = ["judgement"]']
        for key, value in table.items():
            text = f'"{value}"' if isinstance(value, str) else str(value).lower()
            if isinstance(value, dict):
                text = "{" + ", ".join(f"{k} = {v}" for k, v in value.items()) + "}"
            lines.append(f"{key} = {text}")
        parts.append("\n".join(lines))
    return written(folder, "\n\n".join(parts), "base.toml")


def test_a_whole_rule_replaces_what_it_matches_but_what_the_file_names(tmp_path):
    base_file(tmp_path)
    own = '[coefficient."strain -> output"]\nsigma = 0.9\n'
    text = f'format_version = 1\nextends = "base.toml"\n{RULE}{own}'
    scm = small_scm()
    found = absolute(load_priors(written(tmp_path, text)), scm)
    base = absolute(load_priors(tmp_path / "base.toml"), scm)
    into = {link.label for link in scm.links if link.child == "output"} - {"strain -> output"}
    into = {link for link in into if base[link].family != "Fixed"}
    assert {a for a in found if found[a] != base[a]} == into | {"strain -> output"}
    assert {found[a].arguments["sigma"] for a in into} == {0.25}
    assert found["strain -> output"].arguments == {"mu": -0.2, "sigma": 0.9, "upper": 1.0}


def test_a_rule_in_python_serves_links_without_their_own():
    tables = {a: t for a, t in TABLES.items() if not a.endswith("-> output")}
    kept = {a: as_prior(t) for a, t in tables.items()} | {
        "output[1] -> output": sm.Fixed(value=0.4),
        "* -> output": sm.Normal(mu=0.0, sigma=0.25),
    }
    scm = small_scm()
    found = absolute(sm.Priors.from_addresses(kept), scm)
    assert found["output[1] -> output"] == sm.Fixed(value=0.4)
    for label in ("blend -> output", "price[2] -> output", "strain -> output"):
        assert found[label] == sm.Normal(mu=0.0, sigma=0.25)
    kept["output[1] -> output"] = sm.Normal(mu=0.3, sigma=0.1)
    replaced = sm.Priors.from_addresses(kept).replace({"* -> output": sm.Normal(mu=1, sigma=2)})
    assert absolute(replaced, scm)["output[1] -> output"] == sm.Normal(mu=1, sigma=2)


def test_a_rule_of_beliefs_leaves_definitions(tmp_path):
    bundled = load_priors()
    known = "expected_inflation[1] -> inflation"
    belief = sm.Normal(mu=0, sigma=0.2)
    changed = bundled.replace({"*  ->inflation": belief})  # blanks around an arrow do not matter
    assert changed[known] == bundled[known]
    assert changed["real_depreciation -> inflation"] == belief
    assert bundled.replace({"* -> inflation": sm.Fixed(value=1)})[known] == sm.Fixed(value=1)
    table = 'family = "Normal"\nmu = 0\nsigma = 0.2\nrationale = "x"\nsources = ["judgement"]\n'
    (tmp_path / "mine.toml").write_text(f'{HEAD}[coefficient."* -> inflation"]\n{table}')
    read = load_priors(tmp_path / "mine.toml")
    assert read[known] == bundled[known]
    assert read["real_depreciation -> inflation"].arguments == belief.arguments


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"x -> y": 0.1}, "belief about 'x -> y' is 0.1; expected a prior"),
        ({"x -> y": "Normal(0, 1)"}, "is 'Normal\\(0, 1\\)'; expected a prior"),
        ({1: sm.Fixed(value=1)}, "An address is 1; expected text"),
        (None, "Beliefs are nothing; expected a mapping"),
    ],
)
def test_what_is_no_belief_is_refused_in_our_words(given, words):
    for door in (sm.Priors.from_addresses, load_priors().replace):
        with pytest.raises(PriorError, match=words):
            door(given)


def test_rules_that_match_nothing_or_conflict_are_refused_in_one_line():
    stated = sm.Priors.from_addresses({a: as_prior(t) for a, t in TABLES.items()})
    scm, other = small_scm(), sm.Normal(mu=0, sigma=3)
    with pytest.raises(PriorError, match=r'\[coefficient."\* -> outptu"\] names no parameter'):
        absolute(stated.replace({"* -> outptu": other}), scm)
    both = sm.Priors.from_addresses({"* -> output": other, "price* -> *": sm.Normal(mu=0, sigma=1)})
    with pytest.raises(PriorError, match="both match 'price\\[2\\] -> output' and differ"):
        both["price[2] -> output"]
    same = sm.Priors.from_addresses({"* -> output": other, "price* -> *": other})
    assert same["price[2] -> output"] == other


REFUSED = {
    "no such base": (
        'extends = "nowhere.toml"\n[anchoring]\nalpha = 3',
        "nowhere.toml'; write 'bun.* is there",
    ),
    "in capitals": ('extends = "Bundled"\n[anchoring]\nalpha = 3', "Did you mean 'bundled'"),
    "itself": ('extends = "mine.toml"\n[anchoring]\nalpha = 3', "goes on from this file itself"),
    "no text": ("extends = 3\n[anchoring]\nalpha = 3", "extends is 3; write 'bundled'"),
    "months": (
        'extends = "bundled"\nperiods_per_year = 12\n[anchoring]\nalpha = 3',
        "periods_per_year is 12, that of priors_anchored.toml 4",
    ),
    "nothing changed": ('extends = "bundled"', "has no priors"),
    "no argument": ('extends = "bundled"\n[anchoring]\nmedian = 3', "Beta of priors_an.* no 'med"),
    "impossible": ('extends = "bundled"\n[anchoring]\nalpha = -3', r"\[anchoring\]: Beta: alpha"),
    "matches nothing": (
        'extends = "bundled"\n[coefficient."* -> inflatoin"]\nsigma = 1',
        "changes nothing: priors_anchored.toml states no prior that it matches",
    ),
    "unknown link": (
        'extends = "bundled"\n[coefficient."depreciation -> inflation"]\nmedian = 0.1',
        "Did you mean 'real_depreciation -> inflation'",
    ),
    "two rules": (
        'extends = "bundled"\n[coefficient."* -> unemployment"]\nsigma = 1\n'
        '[coefficient."* -> unemp*"]\nsigma = 2',
        "both change 'output_gap",
    ),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_goes_on_from_nothing_is_refused(tmp_path, text, reason):
    with pytest.raises(PriorError, match=reason) as caught:
        load_priors(written(tmp_path, f"format_version = 1\n{text}\n"))
    assert "\n" not in str(caught.value)


def test_a_star_between_a_parent_and_its_factor_is_no_rule():
    assert not is_pattern("oil * float -> depreciation")
    labels = ["oil * float -> y", "oil[1] * float -> y", "oil -> y"]
    assert matching("* * float -> y", labels) == ("oil * float -> y", "oil[1] * float -> y")
    assert matching("oil * float -> y", labels) == ("oil * float -> y",)
    assert matching("oil[1]* -> y", labels) == ("oil[1] * float -> y",)


def test_a_fit_under_a_rule_is_saved_and_read_with_it(tmp_path):
    scm = sm.growth_transmission()
    mine = load_priors(economy="growth").replace({"* -> inflation": sm.Normal(mu=0.1, sigma=0.2)})
    drawn = sm.sample_prior_predictive(scm, sm.load_observations(scm=scm), mine, draws=20)
    sm.save(drawn, tmp_path / "posterior.nc")
    again = sm.load(tmp_path / "posterior.nc")
    assert again.problem.priors.entries == mine.entries
    place = [link.label for link in scm.links].index("depreciation -> inflation")
    np.testing.assert_array_equal(
        again.draws["coefficient"][..., place], drawn.draws["coefficient"][..., place]
    )


def test_priors_are_shown_in_a_line():
    shown = repr(load_priors())
    assert shown == str(load_priors())
    assert shown.startswith("Priors('priors_anchored.toml': ")
    assert len(shown) < 100
