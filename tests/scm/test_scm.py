"""What makes a structural causal model, and what is refused with which words."""

import dataclasses

import pytest
from hypothesis import given
from oracle import close
from strategies import models

from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import CyclicGraphError, SpecError, UnknownVariableError
from sanctions_model.scm import equations, interventions, variables
from sanctions_model.scm import model as model_module
from sanctions_model.scm.equations import (
    Accumulator,
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from sanctions_model.scm.graph import Edge
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Affine, Crisis, Variable


def variable(name):
    return Variable(name=name)


def outside(name):
    return Exogenous(variable=variable(name))


def effective(name, measure):
    return AsymmetricAdjustment(variable=variable(name), measure=measure)


def latent(name, *parents):
    return LatentAdjustment(variable=variable(name), parents=parents)


def identity(name, **terms):
    return Identity(variable=variable(name), terms=terms)


def combination(name, terms):
    return Identity(variable=variable(name), terms=terms)


def partial(name, *parents):
    return PartialAdjustment(variable=variable(name), parents=parents)


def linear(name, *parents):
    return Linear(variable=variable(name), parents=parents)


def model(*equations, **options):
    return StructuralCausalModel(equations=equations, **options)


REFUSED = {
    "no equations": ((), SpecError, "has no equations; give at least one"),
    "a cycle": (
        (linear("a", "b"), linear("b", "c"), linear("c", "a")),
        CyclicGraphError,
        "Links within one period form a cycle: .*a.* -> ",
    ),
    "a cycle through an identity": (
        (linear("a", "i"), identity("i", a=1.0)),
        CyclicGraphError,
        "form a cycle: (a -> i -> a|i -> a -> i)",
    ),
    "a variable that is its own parent": (
        (linear("a", "a"),),
        CyclicGraphError,
        "a -> a",
    ),
    "a measure without a child": (
        (outside("trade"), linear("y")),
        SpecError,
        "'trade' has no child that leads to an observed variable",
    ),
    "a measure whose effect ends unobserved": (
        (outside("trade"), effective("e", "trade"), latent("state", "e"), linear("y")),
        SpecError,
        "'trade' has no child that leads to an observed variable",
    ),
    "an effective measure without a child": (
        (outside("trade"), effective("e", "trade"), linear("y", "trade")),
        SpecError,
        "'e' has no child",
    ),
    "an unknown parent": (
        (outside("key_rate"), linear("y", "key_rte[1]")),
        UnknownVariableError,
        "Unknown name 'key_rte' in the equation of 'y'.*Did you mean 'key_rate'",
    ),
    "an unknown measure": (
        (outside("trade"), effective("e", "trad"), linear("y", "trade", "e")),
        UnknownVariableError,
        "Did you mean 'trade'",
    ),
    "an own lag in a partial adjustment": (
        (partial("y", "y[1]"),),
        SpecError,
        r"own lag is its persistence; drop 'y\[1\] -> y' or use Linear",
    ),
    "a later own lag in a partial adjustment": (
        (partial("y", "y[2]"),),
        SpecError,
        r"drop 'y\[2\] -> y' or use Linear",
    ),
    "an own lag in a latent state": (
        (outside("x"), latent("state", "x", "state[1]"), linear("y", "state")),
        SpecError,
        "own lag is its persistence",
    ),
    "an identity that refers to itself": (
        (linear("y"), combination("i", {"y": 1.0, "i[1]": 1.0})),
        SpecError,
        "Identity 'i' refers to itself; use Level to cumulate",
    ),
    "identities that cycle through lags": (
        (
            linear("y"),
            combination("i", {"y": 1.0, "j[1]": 1.0}),
            combination("j", {"i[2]": 0.5}),
        ),
        SpecError,
        "depend on each other through lags: (i -> j|j -> i)",
    ),
    "latent states that cycle through lags": (
        (
            outside("x"),
            latent("a", "x", "b[1]"),
            latent("b", "a"),
            linear("y", "b"),
        ),
        SpecError,
        "depend on each other through lags: (a -> b|b -> a)",
    ),
    "two equations for a variable": (
        (linear("y"), partial("y")),
        SpecError,
        "y has more than one equation; give each variable one",
    ),
    "a parent given twice": (
        (outside("x"), linear("y", "x", "x")),
        SpecError,
        "A parent of 'y' is given twice: x -> y, x -> y",
    ),
    "a parent given twice in two ways": (
        (outside("x"), linear("y", "x", "x[0]")),
        SpecError,
        "A parent of 'y' is given twice",
    ),
    "an effective measure of an endogenous variable": (
        (linear("y"), effective("e", "y"), linear("z", "e")),
        SpecError,
        "'e' follows 'y', which is not exogenous",
    ),
    **{
        f"a variable called {name}": (
            (outside("x"), linear(name, "x")),
            SpecError,
            f"'{name}' has the name or the column '{name}', which tables and results use",
        )
        for name in ("all", "base", "time", "Date")
    },
    "a reserved name of a parameter": (
        (linear("y"), combination("i", {"y": Affine("persistence")})),
        SpecError,
        "Parameter 'persistence' of an identity has a reserved name; rename it",
    ),
}


@pytest.mark.parametrize(("equations", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_model_is_refused(equations, error, message):
    with pytest.raises(error, match=message):
        model(*equations)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"periods_per_year": 0}, SpecError, "periods_per_year is 0; expected 1 or more"),
        (
            {"levels": (Level(variable=variable("gdp"), flow="growht"),)},
            UnknownVariableError,
            "'growht' in the level 'gdp'.*Did you mean 'growth'",
        ),
        (
            {"levels": (Level(variable=variable("growth"), flow="growth"),)},
            SpecError,
            "growth has more than one equation",
        ),
        (
            {"entries": {"direct": ("x -> growht",)}},
            UnknownVariableError,
            "in channel 'direct'.*Did you mean 'x -> growth'",
        ),
        ({"entries": {"total": ("x -> growth",)}}, SpecError, "channel 'total' has the name of"),
        ({"chain": ("x[1] -> growth",)}, UnknownVariableError, "in channel 'chain'"),
        ({"chain_offset": ("y -> growth",)}, UnknownVariableError, "in channel 'chain_offset'"),
        (
            {"headline": ("grwth",)},
            UnknownVariableError,
            "in the headline outcomes.*Did you mean 'growth'",
        ),
    ],
)
def test_what_does_not_belong_to_the_equations_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        model(outside("x"), linear("growth", "x"), **options)


@pytest.mark.parametrize("text", ["x[-1]", "x [1]", "x[1", "2x", "", "x[1.5]", "x -> y"])
def test_a_parent_that_cannot_be_read_is_refused(text):
    with pytest.raises(SpecError, match="is not of the form name or name"):
        model(outside("x"), linear("y", text))


@pytest.mark.parametrize("name", ["key rate", "1st", "", "key-rate", "x[1]"])
def test_a_variable_name_that_is_no_identifier_is_refused(name):
    with pytest.raises(SpecError, match="is not an identifier"):
        Variable(name=name)


def test_label_and_column_are_the_name_by_default():
    plain = Variable(name="gdp")
    assert (plain.label, plain.column) == ("gdp", "gdp")
    named = Variable(name="gdp", label="output", column="gdp_pct")
    assert (named.label, named.column) == ("output", "gdp_pct")


@given(models())
def test_a_period_is_solved_parents_first(scm):
    outsiders = [*scm.exogenous, *scm.effective]
    order = [*outsiders, *scm.structural]
    assert sorted(order) == sorted(scm.by_name)
    for name, equation in scm.structural.items():
        for edge in equation.edges:
            if edge.lag == 0:
                assert order.index(edge.parent) < order.index(name)


@given(models())
def test_unobserved_variables_follow_all_they_read_at_any_lag(scm):
    order = list(scm.unobserved)
    kinds = Identity | LatentAdjustment | Accumulator
    assert set(order) == {name for name, e in scm.by_name.items() if isinstance(e, kinds)}
    for name, equation in scm.unobserved.items():
        for edge in equation.edges:
            if edge.parent in order and edge.parent != name:
                assert order.index(edge.parent) < order.index(name)


def test_links_carry_coefficients_and_stand_in_the_order_of_the_equations():
    scm = model(
        outside("x"),
        partial("b", "x[2]", "a[1]"),
        combination("i", {"a": 1.0}),
        linear("a", "x", "a[1]"),
    )
    expected = ["x[2] -> b", "a[1] -> b", "x -> a", "a[1] -> a"]
    assert [link.label for link in scm.links] == expected
    edges = {edge.label for edge in scm.graph.edges}
    assert edges == {*expected, "b[1] -> b", "a -> i"}
    assert scm.longest_lag == 2
    assert scm.adjusting == ("b",)


def test_scalars_are_named_once():
    terms = {"y": Affine("anchor"), "y[1]": Affine("anchor", 1.0, -1.0), "y[2]": Affine("other")}
    assert model(linear("y"), combination("i", terms)).scalars == ("anchor", "other")


def test_a_linear_form_is_the_arithmetic_of_the_docstring():
    class Numbers:
        def coefficient(self, label):
            return {"x -> y": 2.0, "z[1] -> y": -3.0}[label]

        def intercept(self, equation):
            return 0.5

        def persistence(self, variable):
            return 0.75

        def scalar(self, name):
            return 0.25

    centres = {"z[1] -> y": 10.0}
    form = linear("y", "x", "z[1]").linear_form(Numbers(), centres)
    close(form.constant, 0.5 + 3.0 * 10.0)
    assert [(t.parent, t.lag, t.weight) for t in form.terms] == [("x", 0, 2.0), ("z", 1, -3.0)]
    form = partial("y", "x", "z[1]").linear_form(Numbers(), centres)
    close(form.constant, 0.25 * (0.5 + 3.0 * 10.0))
    assert [(t.parent, t.lag, t.weight) for t in form.terms] == [
        ("x", 0, 0.5),
        ("z", 1, -0.75),
        ("y", 1, 0.75),
    ]
    form = latent("y", "x").linear_form(Numbers(), {})
    assert form.constant == 0.0
    assert [(t.parent, t.weight) for t in form.terms] == [("x", 0.5), ("y", 0.75)]
    form = combination("i", {"x": 3.0, "z[4]": Affine("share", 1.0, -2.0)}).linear_form(
        Numbers(), {}
    )
    assert form.constant == 0.0
    assert [(t.parent, t.lag, t.weight) for t in form.terms] == [("x", 0, 3.0), ("z", 4, 0.5)]


def test_centres_belong_to_a_new_model():
    scm = model(outside("x"), linear("y", "x"))
    centred = scm.with_centres({"x -> y": 1.0})
    assert scm.centres == {}
    assert centred.centres == {"x -> y": 1.0}
    assert centred.equations == scm.equations
    assert centred.graph is scm.graph  # not found out anew, centres have no part in it


@pytest.mark.parametrize("periods_per_year", [4, 12])
def test_in_the_growth_economy_every_measure_reaches_every_outcome(periods_per_year):
    scm = growth_transmission(periods_per_year)
    assert scm.measures == MEASURES
    flows = {level.variable.name: level.flow for level in scm.levels}
    for measure in ("trade", "finance", "energy", "transport", "assets"):
        for outcome in scm.headline:
            # Energy works through the oil price, assets through the risk premium.
            if outcome == "import_premium" and measure in {"energy", "assets"}:
                continue
            assert flows.get(outcome, outcome) in scm.graph.descendants(measure), outcome


@pytest.mark.parametrize("periods_per_year", [4, 12])
def test_the_year_of_the_growth_economy_has_its_number_of_periods(periods_per_year):
    scm = growth_transmission(periods_per_year)
    assert scm.longest_lag == periods_per_year
    yoy = scm.by_name["inflation_yoy"]
    assert [edge.lag for edge in yoy.edges] == list(range(periods_per_year))
    assert set(yoy.terms.values()) == {1.0}


def test_every_entry_starts_right_after_the_effective_measures():
    scm = growth_transmission()
    starts = {*scm.effective, "finance", "assets", "effective_trade_change"}
    by_label = {edge.label: edge for edge in scm.graph.edges}
    labels = [label for entry in scm.entries.values() for label in entry]
    assert len(labels) == len(set(labels))
    assert {by_label[label].parent for label in labels} == starts
    # Without the entries nothing leads from a measure to an outcome.
    cut = [edge for edge in scm.graph.edges if edge.label not in labels]
    reached = set(MEASURES)
    while more := {edge.child for edge in cut if edge.parent in reached} - reached:
        reached |= more
    assert not reached & set(scm.stochastic)
    assert Edge("finance", "risk_premium") in by_label.values()


@pytest.mark.parametrize(("periods_per_year", "lengths"), [(4, (3, 6)), (12, (9, 18))])
def test_each_crisis_is_as_long_as_its_own_periods(periods_per_year, lengths):
    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            Linear(variable=variable("y"), parents=("x",)),
        ),
        crises=(Crisis("first", "2008Q3", "2009Q1"), Crisis("second", "2014Q3", "2015Q4")),
        periods_per_year=periods_per_year,
    )
    assert scm.crisis_lengths == lengths


def test_nothing_that_describes_a_model_can_be_changed():
    """A model is hashed, shared between draws and processes, and stored by what it says."""
    changeable = [
        found.__qualname__
        for module in (equations, interventions, variables, model_module)
        for found in vars(module).values()
        if dataclasses.is_dataclass(found) and not found.__dataclass_params__.frozen
    ]
    assert changeable == []
