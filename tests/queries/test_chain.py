"""The chain as a whole: joint probabilities of normal effects, and the step at which it breaks."""

import numpy as np
import pytest
from arviz_base import rc_context
from laboratory import variable
from oracle import close

from sanctions_model.errors import QuestionError
from sanctions_model.queries.chain import chain_of, chain_table, own_channel_sentence
from sanctions_model.queries.claims import Claim, load_claims
from sanctions_model.queries.effects import channel_effects
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold

NAMES = ("a", "b", "c")
RHO = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
SCM = StructuralCausalModel(
    equations=(
        Exogenous(variable=variable("tariff"), continuation=Hold(1.0)),
        *(Linear(variable=variable(name), parents=("tariff",)) for name in NAMES),
    ),
    entries={"tariff": tuple(f"tariff -> {name}" for name in NAMES)},
)


def effects(values):
    """Draws whose relief of the tariff moves a, b and c by the columns of `values`."""
    one = pin(SCM, {f"tariff -> {name}": 1.0 for name in NAMES})
    count = len(values)
    drawn = one.isel(draw=np.zeros(count, int)).assign_coords(draw=np.arange(count))
    drawn["coefficient"] = (("chain", "draw", "link"), -np.asarray(values)[None])
    return drawn


def claims(material=0.5, steps=(1, 2, 3), signs=(1, 1, 1)):
    return {
        name: Claim(
            statement=f"{name} rises.",
            outcome=name,
            sign=sign,
            horizon=1,
            material=material,
            measures=("tariff",),
            ramp=1,
            step=step,
        )
        for name, step, sign in zip(NAMES, steps, signs, strict=True)
    }


@pytest.fixture(scope="module")
def normal():
    generator = np.random.default_rng(5)
    return generator.multivariate_normal(np.zeros(3), RHO, size=40_000)


def test_the_joint_probability_of_three_normal_signs_is_that_of_the_orthant(normal):
    found = chain_table(SCM, effects(normal), claims())
    angles = np.arcsin([RHO[0, 1], RHO[0, 2], RHO[1, 2]])
    expected = 1 / 8 + angles.sum() / (4 * np.pi)
    assert abs(found.joint - expected) < 4 * found.joint_error
    close(found.joint_error, np.sqrt(found.joint * (1 - found.joint) / 40_000), rtol=0.05)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        pair = 1 / 4 + np.arcsin(RHO[first, second]) / (2 * np.pi)
        assert abs(found.pairs.iloc[first, second] - pair) < 0.01
        assert found.pairs.iloc[first, second] == found.pairs.iloc[second, first]
    close(np.diag(found.pairs), found.steps["prob"])


def test_effects_that_matter_together_are_counted_on_the_same_draws(normal):
    found = chain_table(SCM, effects(normal), claims(material=0.3))
    close(found.material, np.mean((normal > 0.3).all(axis=1)))
    close(found.steps["prob_material"], np.mean(normal > 0.3, axis=0))
    assert found.material < found.joint


def test_the_chain_breaks_at_its_first_failure(normal):
    found = chain_table(SCM, effects(normal), claims()).steps
    holds = normal > 0
    first = np.where(holds.all(axis=1), 3, np.argmin(holds, axis=1))
    close(found["breaks_here"], [np.mean(first == place) for place in range(3)])
    close(found["prob_given"].iloc[1], np.mean(holds[holds[:, 0], 1]))
    joint = chain_table(SCM, effects(normal), claims()).joint
    close(found["breaks_here"].sum() + joint, 1.0)
    close(found["prob_given"].prod(), joint)


def test_signs_alone_count_not_the_size_of_the_effects(normal):
    """Any transformation that leaves signs leaves the joint probability."""
    plain, bent = (chain_table(SCM, effects(v), claims()) for v in (normal, normal**3))
    assert plain.joint == bent.joint
    assert plain.pairs.equals(bent.pairs)
    with rc_context({"stats.ci_prob": 0.5}):
        assert chain_table(SCM, effects(normal), claims()).steps.equals(plain.steps)


def test_steps_that_are_one_thing_count_once(normal):
    same = effects(np.repeat(normal[:, :1], 3, axis=1))
    found = chain_table(SCM, same, claims())
    close(found.joint, np.mean(normal[:, 0] > 0))
    assert found.steps["breaks_here"].tolist()[1:] == [0.0, 0.0]


def test_the_order_of_the_steps_is_theirs_not_that_of_the_file(normal):
    turned = chain_table(SCM, effects(normal), claims(steps=(3, 1, 2)))
    assert turned.steps["claim"].tolist() == ["b", "c", "a"]
    assert turned.joint == chain_table(SCM, effects(normal), claims()).joint


def test_the_chain_says_where_it_breaks_in_words():
    values = np.array([[1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], dtype=float)
    first, second = chain_table(SCM, effects(values), claims()).sentences
    assert first.startswith("All 3 steps have the sign that the article gives them")
    found = chain_table(SCM, effects(values), claims())
    assert f"probability 0.25 ± {2 * found.joint_error:.2f}, and all" in first
    assert f"matter with {found.material:.2f} ± {2 * found.material_error:.2f} (two" in first
    assert second.startswith("It breaks most often at step 2, the first one that fails in 50 %")
    sure = chain_table(SCM, effects(np.ones((4, 3))), claims()).sentences
    assert sure[1] == "It breaks under no draw."


def test_without_two_different_steps_there_is_no_chain():
    with pytest.raises(QuestionError, match=r"two or more claims with different steps; got \[\]"):
        chain_of(claims(steps=(None, None, None)))
    with pytest.raises(QuestionError, match=r"got \[1, 1, 2\]"):
        chain_of(claims(steps=(1, 1, 2)))
    with pytest.raises(ValueError, match="a target is no link of a chain"):
        Claim(statement="x", outcome="a", sign=1, horizon=2, target=1.0, when="in 2", step=1)
    with pytest.raises(QuestionError, match="names no chain of its own"):
        own_channel_sentence(SCM, effects(np.ones((2, 3))), claims()["a"])


def test_the_articles_own_channel_is_reported_net_of_its_offset(growth_problem, growth_draws):
    scm, claim = growth_problem.scm, load_claims()["gdp_along_the_chain"]
    said = own_channel_sentence(scm, growth_draws, claim)
    parts = channel_effects(scm, growth_draws, horizon=12, outcomes=["gdp_level"]).sel(horizon=12)
    along, offset = (
        parts.sel(channel=name, outcome="gdp_level") for name in ("article_chain", "chain_offset")
    )
    net = 100 * np.expm1(float((along + offset).median()) / 100)
    assert f"moves the GDP level by {net:+.2f} % (" in said
    assert f"{100 * np.expm1(float(along.median()) / 100):+.2f} along the chain" in said


def test_the_bundled_chain_is_the_articles_conjunction(growth_problem, growth_draws):
    steps = chain_of(load_claims())
    assert len(steps) == 10
    assert "gdp_along_the_chain" not in steps  # the same effect again, of one channel
    found = chain_table(growth_problem.scm, growth_draws, steps)
    assert 0 <= found.material <= found.joint <= found.steps["prob"].min()
