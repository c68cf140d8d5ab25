"""Designs and axes: which points there are, what each changes, what is refused."""

from pathlib import Path

import laboratory
import numpy as np
import pytest
from laboratory import MODEL, PRIORS

from sanctions_model.data.observations import load_observations
from sanctions_model.economies.registry import default_transmission
from sanctions_model.errors import QuestionError, SanctionsModelError, UnknownVariableError
from sanctions_model.inference.priors.families import Beta, Fixed, LogNormal, Normal
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.scm.variables import Noise
from sanctions_model.sweeps.axes import Known
from sanctions_model.sweeps.design import SweepDesign
from sanctions_model.sweeps.settings import Setting, unseen

SCRIPTS = Path(__file__).parents[2] / "scripts"

FULL = """
format_version = 1
label = "everything at once"
random_seed = 5
outcomes = ["price_level", "key_rate"]
horizon = 8
kept_draws = 50

[layout]
kind = "sobol"
number = 6

[relief]
depth = 0.5
ramp = 2
start = 1
measures = ["trade"]

[base]
number = 3

[sampling]
draws = 500

[[axis]]
kind = "prior"
name = "pass_through"
parameter = "premium -> inflation"
argument = "median"
lower = 0.2
upper = 0.8
log = true

[[axis]]
kind = "prior_shift"
name = "moved"
parameter = "trade -> growth"
lower = -1.0
upper = 1.0

[[axis]]
kind = "prior_width"
name = "width"
parameter = "persistence[inflation]"
lower = 0.5
upper = 2.0

[[axis]]
kind = "prior_set"
name = "beliefs"
values = ["stated", "sceptic"]

[[axis]]
kind = "known"
name = "recoverable"
parameter = "recoverable_share"
values = [0.2, 0.9]

[[axis]]
kind = "relief"
name = "start"
argument = "start"
lower = 1
upper = 4

[[axis]]
kind = "window"
name = "from"
edge = "first"
values = ["2000-01-01", "2002-01-01"]

[[axis]]
kind = "noise"
name = "shocks"
values = ["student_t", "gaussian"]

[[axis]]
kind = "link"
name = "feedback"
link = "growth[1] -> inflation"
values = [true, false]

[[axis]]
kind = "horizon"
name = "read_at"
lower = 4
upper = 12

[prior_set.sceptic."trade -> growth"]
family = "Normal"
mu = 0.0
sigma = 0.1
"""


def stated(design):
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    bare = Setting(scm=MODEL, observations=observations, priors=PRIORS, futures={})
    return design.stated(bare)


def design_of(*axes, **settings):
    given = {"label": "test", "relief": {"measures": ("trade",)}, "axis": axes}
    return SweepDesign.model_validate(given | settings)


def axis(kind, **settings):
    return {"kind": kind, "name": "x", **settings}


def changed(setting_axis, value, **settings):
    design = design_of(setting_axis, **settings)
    return design.setting(stated(design), {"x": value})


def test_a_design_with_every_kind_of_axis_survives_the_round_trip(tmp_path):
    (tmp_path / "one.toml").write_text(FULL, encoding="utf-8")
    design = SweepDesign.from_toml(tmp_path / "one.toml")
    again = SweepDesign.from_toml(design.to_toml(tmp_path / "two.toml"))
    assert again == design
    assert again.sha256 == design.sha256
    design.check(stated(design))
    points = design.points()
    assert len(points) == 6
    assert all(0.2 <= p["pass_through"] <= 0.8 and p["start"] in (1, 2, 3, 4) for p in points)
    assert again.points() == points


def test_a_grid_has_every_combination_with_the_last_axis_fastest():
    design = design_of(
        axis("relief", argument="depth", values=[0.5, 1.0]),
        {"kind": "horizon", "name": "y", "values": [4, 8, 12]},
    )
    assert design.shape == (2, 3)
    assert [(p["x"], p["y"]) for p in design.points()] == [
        (0.5, 4), (0.5, 8), (0.5, 12), (1.0, 4), (1.0, 8), (1.0, 12),
    ]  # fmt: skip


def test_a_sobol_design_fills_each_half_evenly_and_starts_alike_when_longer():
    plane = [
        {"kind": "relief", "name": n, "argument": "depth", "lower": 0.0, "upper": 1.0}
        for n in ("a", "b")
    ]
    design = design_of(*plane, layout={"kind": "sobol", "number": 64})
    found = np.array([list(point.values()) for point in design.points()])
    assert ((found < 0.5).sum(axis=0) == 32).all()
    longer = design_of(*plane, layout={"kind": "sobol", "number": 100})
    assert longer.points()[:64] == design.points()
    other = design_of(*plane, layout={"kind": "sobol", "number": 64}, random_seed=1)
    assert other.points() != design.points()


def test_a_list_needs_a_value_for_each_axis():
    axes = [axis("relief", argument="depth"), {"kind": "horizon", "name": "y"}]
    points = [{"x": 0.1, "y": 4}, {"x": 1.0, "y": 8}]
    assert design_of(*axes, layout={"kind": "list", "points": points}).points() == points
    with pytest.raises(ValueError, match="no value for y"):
        design_of(*axes, layout={"kind": "list", "points": [{"x": 0.1}]})
    with pytest.raises(ValueError, match=r"no axis is called 'depht'; there is x, y\."):
        design_of(*axes, layout={"kind": "list", "points": [{"x": 1, "y": 1, "depht": 2}]})


def test_an_argument_replaces_and_a_shift_moves_by_its_own_deviation():
    link = "trade -> growth"  # Normal(-1, 0.5)
    found = changed(axis("prior", parameter=link, argument="sigma", values=[2.0]), 2.0)
    assert found.problem.absolute[link] == Normal(mu=-1.0, sigma=2.0)
    found = changed(axis("prior_shift", parameter=link, values=[1.0]), 1.0)
    assert found.problem.absolute[link] == Normal(mu=-0.5, sigma=0.5)
    found = changed(axis("prior_width", parameter=link, values=[2.0]), 2.0)
    assert found.problem.absolute[link] == Normal(mu=-1.0, sigma=1.0)
    slope = "premium -> inflation"  # LogNormal(0.4, 0.4)
    found = changed(axis("prior_shift", parameter=slope, values=[-1.0]), -1.0)
    assert found.problem.absolute[slope].median == pytest.approx(0.4 * np.exp(-0.4))


def test_a_beta_moves_and_widens_by_its_own_moments():
    address = "recoverable_share[trade]"  # Beta(6, 3)
    before = PRIORS.entries["recoverable_share"]["trade"]

    def moments(prior):
        assert isinstance(prior, Beta)
        size = prior.alpha + prior.beta
        mean = prior.alpha / size
        return mean, np.sqrt(mean * (1 - mean) / (size + 1))

    mean, deviation = moments(before)
    found = changed(axis("prior_shift", parameter=address, values=[0.5]), 0.5)
    assert moments(found.problem.absolute[address])[0] == pytest.approx(mean + 0.5 * deviation)
    found = changed(axis("prior_width", parameter=address, values=[0.5]), 0.5)
    assert moments(found.problem.absolute[address]) == pytest.approx((mean, 0.5 * deviation))


def test_one_equation_can_leave_what_is_stated_for_all():
    found = changed(axis("prior_width", parameter="persistence[inflation]", values=[0.5]), 0.5)
    assert found.problem.absolute["persistence[key_rate]"] == Beta(alpha=6.0, beta=4.0)
    assert found.problem.absolute["persistence[inflation]"].alpha > 6.0
    found = changed(axis("prior", parameter="scale", argument="sigma", values=[0.1]), 0.1)
    assert found.problem.absolute["scale[growth]"] == LogNormal(median=0.6, sigma=0.1)


def test_what_the_data_cannot_see_is_left_to_the_question_and_what_they_see_is_fixed():
    found = changed(axis("known", parameter="recoverable_share", values=[0.2]), 0.2)
    assert found.known == {"recoverable_share[trade]": 0.2}
    assert isinstance(found.problem.absolute["recoverable_share[trade]"], Beta)
    found = changed(axis("known", parameter="persistence[inflation]", values=[0.2]), 0.2)
    assert found.problem.absolute["persistence[inflation]"] == Fixed(value=0.2)


def test_a_link_noise_and_window_change_the_problem():
    found = changed(axis("link", link="trade -> growth"), value=False)
    assert found.problem.absolute["trade -> growth"] == Fixed(value=0.0)
    found = changed(axis("noise", values=["gaussian"]), "gaussian")
    assert found.problem.scm.noise is Noise.GAUSSIAN
    found = changed(axis("window", edge="first", values=["2005-01-01"]), "2005-01-01")
    weight = found.problem.cases.weight
    assert weight[:20].sum() == 0
    assert weight[25:40].all(axis=0).sum() >= 3
    np.testing.assert_array_equal(
        found.observations["trade"], stated(design_of(axis("horizon", values=[1])))
        .observations["trade"],
    )  # fmt: skip
    found = changed(axis("window", edge="last", values=["2010-01-01"]), "2010-01-01")
    assert str(found.problem.cases.time[-1])[:10] == "2010-01-01"


def test_the_odds_of_one_future_leave_the_others_in_proportion():
    futures = [
        {"name": "reset", "probability": 0.2, "measures": ["trade"]},
        {"name": "limited", "probability": 0.6, "depth": 0.5, "measures": ["trade"]},
    ]
    found = changed(axis("mix", future="reset", values=[0.6]), 0.6, future=futures)
    assert found.futures["reset"].probability == 0.6
    assert found.futures["limited"].probability == pytest.approx(0.3)
    found = changed(
        axis("relief", argument="depth", future="limited", values=[0.1]), 0.1, future=futures
    )
    assert found.futures["limited"].relief.depth == 0.1
    assert found.futures["reset"].relief.depth == 1.0


def test_a_component_of_the_rule_takes_its_weight_from_the_others_of_its_measure(
    growth_problem,
):
    from sanctions_model.data.sanctions.measures import load_rule

    first = load_rule().components[0]
    design = design_of(axis("rule_weight", component=first.id, values=[1.0]))
    bare = Setting(
        scm=growth_problem.scm,
        observations=growth_problem.observations,
        priors=growth_problem.priors,
        futures={},
    )
    found = design.setting(design.stated(bare), {"x": 1.0}).observations
    same = design.setting(design.stated(bare), {"x": first.weight}).observations
    others = {str(c.measure) for c in load_rule().components} - {str(first.measure)}
    for name in others:
        np.testing.assert_array_equal(found[name], bare.observations[name])
    measure = str(first.measure)
    np.testing.assert_allclose(same[measure], bare.observations[measure], atol=2e-4)
    assert float(abs(found[measure] - bare.observations[measure]).max()) > 0.05
    # At the end of the sample the anchor is the regime itself, whatever its components weigh.
    assert float(found[measure][-1]) == pytest.approx(1.0, abs=0.02)


def test_a_bundled_alternative_replaces_beliefs_equations_or_measures():
    scm = default_transmission()
    bare = Setting(
        scm=scm, observations=load_observations(scm=scm), priors=load_priors(), futures={}
    )
    design = SweepDesign.from_toml(SCRIPTS / "what_it_rests_on.toml")
    start = design.stated(bare)
    design.check(start)

    def at(value):
        return design.setting(start, {"alternative": value})

    assert at("stated") is start
    sceptic = at("sceptic")
    assert sceptic.scm is bare.scm
    assert sceptic.observations is bare.observations
    assert sceptic.problem.absolute != start.problem.absolute
    ruled = at("rule smooths around the rate")
    assert ruled.scm.by_name["key_rate"].anchor != bare.scm.by_name["key_rate"].anchor
    assert ruled.observations is bare.observations
    doubled = at("levels of 2014-2021 doubled").observations
    quarter = {"time": "2015-01-01"}
    for name in ("trade", "finance"):
        before = float(bare.observations[name].sel(quarter))
        assert float(doubled[name].sel(quarter)) == pytest.approx(2 * before)
    with pytest.raises(SanctionsModelError, match="Did you mean 'sceptic'"):
        at("skeptic")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (axis("prior", parameter="premium -> inflatoin", argument="mu", values=[1.0]),
         "Did you mean 'premium -> inflation'"),
        (axis("prior", parameter="trade -> growth", argument="median", values=[1.0]),
         "no argument 'median'; it has mu, sigma"),
        (axis("prior", parameter="trade -> growth", argument="sigma", values=[-1.0]),
         "greater than 0"),
        (axis("prior_shift", parameter="degrees_of_freedom", values=[1.0]), "cannot be shifted"),
        (axis("prior_width", parameter="degrees_of_freedom", values=[1.0]), "cannot be widened"),
        (axis("prior_shift", parameter="recoverable_share[trade]", values=[9.0]), "greater than 0"),
        (axis("prior_set", values=["optimist"]), "There is: stated"),
        (axis("known", parameter="recoverable", values=[0.5]), "Unknown name 'recoverable'"),
        (axis("known", parameter="recoverable_share", values=[1.5]), "from 0 to 1"),
        (axis("relief", argument="depth", values=[1.5]), "between 0"),
        (axis("relief", argument="depth", values=[1e-310]), "less than a millionth"),
        (axis("relief", argument="start", values=[1.5]), "whole periods"),
        (axis("mix", future="reset", values=[0.5]), "no future 'reset'; the design has relief"),
        (axis("alternative", values=["optimist"]), "has none of the links that alternative"),
        (axis("rule_weight", component="T99", values=[0.5]), "Unknown name 'T99'"),
        (axis("window", edge="first", values=["1990-01-01"]), "outside the data"),
        (axis("window", edge="first", values=["soon"]), "'soon' is no period"),
        (axis("noise", values=["cauchy"]), "There is: student_t, gaussian"),
        (axis("link", link="trade -> harvest"), "There is: "),
        (axis("horizon", values=[0]), "at least 1"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_before_any_work(wrong, reason):
    design = design_of(wrong)
    with pytest.raises(SanctionsModelError, match=reason):
        design.check(stated(design))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("label = 'x'", "no format_version"),
        ("format_version = 2\nlabel = 'x'", "format_version"),
        ("format_version = 1\nlabel = 'x'\n[[axis]]\nkind = 'colour'\nname = 'a'",
         "'prior', 'prior_shift'"),
        ("format_version = 1\nlabel = 'x'\n[[axis]]\nkind = 'horizon'\nname = 'draw'\nvalues=[1]",
         "'draw', a dimension of the results"),
        ("format_version = 1\nlabel = 'x'\n[[axis]]\nkind = 'horizon'\nname = 'a'",
         "'a' has no values"),
        ("format_version = 1\nlabel = 'x'\n[[axis]]\nkind = 'horizon'\nname = 'a'\nvalues=[1, 1]",
         "same value twice"),
        ("format_version = 1\nlabel = 'x'\nspeed = 3\n[[axis]]\nkind = 'horizon'\nname = 'a'\n"
         "values=[1]", "speed: there is no such field"),
        ("format_version = 1\nlabel = 'x'\n[layout]\nkind='sobol'\nnumber=4\n[[axis]]\n"
         "kind = 'horizon'\nname = 'a'\nlower = 5\nupper = 2", "no range 5.0 to 2.0"),
        ("format_version = 1\nlabel = 'x'\n[relief]\ndepth = 1e-9\n[[axis]]\nkind = 'horizon'\n"
         "name = 'a'\nvalues = [1]", "relief.depth: Relief of 1e-09 lifts less than a millionth"),
        ("not toml", "not a TOML file"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_design_is_refused_with_its_place(tmp_path, text, reason):
    (tmp_path / "design.toml").write_text(text, encoding="utf-8")
    with pytest.raises(QuestionError, match=reason):
        SweepDesign.from_toml(tmp_path / "design.toml")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(QuestionError, match="Cannot read"):
        SweepDesign.from_toml(tmp_path / "none.toml")


def test_bases_are_the_stated_beliefs_and_others_at_their_widest():
    design = design_of(
        axis("prior_shift", parameter="trade -> growth", lower=-1.0, upper=1.0),
        {"kind": "prior_width", "name": "y", "parameter": "trade -> growth", "lower": 0.5,
         "upper": 2.0},
        {"kind": "relief", "name": "z", "argument": "depth", "lower": 0.1, "upper": 1.0},
        layout={"kind": "sobol", "number": 8},
        base={"number": 5},
    )  # fmt: skip
    first, *others = design.base_points()
    assert first == {}
    assert len(others) == 4
    assert all(set(point) == {"x", "y"} and point["y"] == 2.0 for point in others)
    assert min(p["x"] for p in others) < -0.3 < 0.3 < max(p["x"] for p in others)


def test_a_seed_depends_on_content_and_nothing_else():
    design = design_of(axis("horizon", values=[1]))
    assert design.seed({"a": 1, "b": 2}) == design.seed({"b": 2, "a": 1})
    assert design.seed({"a": 1}) != design.seed({"a": 2})
    other = design_of(axis("horizon", values=[1]), random_seed=1)
    assert other.seed({"a": 1}) != design.seed({"a": 1})


def test_an_unknown_name_is_of_the_class_that_callers_catch():
    design = design_of(axis("link", link="nothing"))
    with pytest.raises(UnknownVariableError):
        design.check(stated(design))


def test_a_bare_share_is_that_of_every_measure_and_not_of_what_measures_share():
    from anchored_economy import anchored_problem

    problem = anchored_problem()
    start = Setting(
        scm=problem.scm, observations=problem.observations, priors=problem.priors, futures={}
    )
    axis = Known(name="share", parameter="recoverable_share", values=[0.5])
    known = set(axis.apply(start, 0.5).known)
    assert known == {f"recoverable_share[{name}]" for name in problem.resting}
    assert known <= unseen(problem)
