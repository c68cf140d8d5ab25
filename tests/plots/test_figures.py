"""Figures: what they say, that it can be read, and that nothing overlaps or is cut off."""

from itertools import combinations
from pathlib import Path

import arviz_base
import matplotlib as mpl
import numpy as np
import pytest
from figure_tables import claims_table
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text
from strategies import models, random_draws

from sanctions_model import plots
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.inference.fit import sample_prior_predictive
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.plots import (
    main_figures,
    plot_chain,
    plot_channels,
    plot_graph,
    plot_prior_posterior,
    plot_responses,
    plot_scorecard,
    plot_waterfall,
    save_figures,
)
from sanctions_model.plots.parts.diagram import diagram
from sanctions_model.plots.parts.graph_layout import layered_layout
from sanctions_model.plots.parts.signs import Sign, link_signs
from sanctions_model.queries.effects import channel_effects, total_effect
from sanctions_model.queries.reading.headlines import spoken
from sanctions_model.queries.reading.tables import lasting_effects
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import pin
from sanctions_model.scm.variables import Hold, Variable
from sanctions_model.units import belief_unit

RULE = "89 % interval"


@pytest.fixture(scope="module")
def prior_draws(growth_problem):
    return sample_prior(growth_problem.scm, growth_problem.absolute, draws=300, random_seed=1)


@pytest.fixture(scope="module")
def draws(prior_draws):
    """Stand-in for a posterior: other draws of the prior, closer to their mean."""
    return prior_draws.isel(draw=slice(0, 200)) * 0.5 + prior_draws.mean("draw") * 0.5


@pytest.fixture(scope="module")
def claims():
    return claims_table()


@pytest.fixture(scope="module")
def tiny():
    return StructuralCausalModel(
        equations=(
            Exogenous(variable=Variable(name="tariff"), continuation=Hold(1.0)),
            Linear(
                variable=Variable(name="price", label="domestic price", unit="% a quarter"),
                parents=("tariff", "tariff[1]", "price[1]"),
            ),
        )
    )


@pytest.fixture(scope="module")
def tiny_draws(tiny):
    values = {"tariff -> price": 2.0, "tariff[1] -> price": -0.5, "price[1] -> price": 0.5}
    return pin(tiny, values)


@pytest.fixture(scope="module")
def figures(growth_problem, draws, prior_draws, claims):
    scm, priors = growth_problem.scm, growth_problem.absolute
    return {
        "graph": plot_graph(scm, draws, prior_draws),
        "chain": plot_chain(total_effect(scm, draws), scm=scm),
        "prior_posterior": plot_prior_posterior(scm, prior_draws, draws, priors),
        "responses": plot_responses(
            total_effect(scm, draws), total_effect(scm, prior_draws), scm=scm
        ),
        "channels": plot_channels(channel_effects(scm, draws), scm=scm),
        "scorecard": plot_scorecard(claims),
        "waterfall": plot_waterfall(channel_effects(scm, draws), scm=scm),
    }


def texts(figure):
    found = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text for text in found if text.get_text().strip()]


def words(figure):
    """All text of a figure with its line breaks undone."""
    return " ".join(" ".join(text.get_text().split()) for text in texts(figure))


def boxes(figure, artists):
    renderer = figure.canvas.get_renderer()
    return [artist.get_window_extent(renderer) for artist in artists]


def overlapping(pairs, tolerance=1.0):
    """Pairs whose bounding boxes share more than a pixel in both directions."""
    return [
        (a, b)
        for a, b in pairs
        if min(a.x1, b.x1) - max(a.x0, b.x0) > tolerance
        and min(a.y1, b.y1) - max(a.y0, b.y0) > tolerance
    ]


def assert_graph_is_readable(figure):
    figure.canvas.draw()
    axes = figure.axes[0]
    nodes = boxes(figure, [p for p in axes.patches if isinstance(p, FancyBboxPatch)])
    labels = boxes(figure, [text for text in axes.texts if text.get_gid() == "link"])
    assert not overlapping(combinations(nodes, 2))
    assert not overlapping(combinations(labels, 2))
    assert not overlapping((node, label) for node in nodes for label in labels)


NAMES = ("graph", "prior_posterior", "responses", "channels", "scorecard", "waterfall")


@pytest.mark.parametrize(
    ("plot", "query"),
    [
        (plot_responses, "total_effect"),
        (plot_chain, "total_effect"),
        (plot_channels, "channel_effects"),
        (plot_waterfall, "channel_effects"),
    ],
)
def test_a_model_and_draws_are_answered_with_the_effect_to_ask_for(
    plot, query, growth_problem, draws
):
    with pytest.raises(TypeError, match=f"got StructuralCausalModel; .*sm.{query}"):
        plot(growth_problem.scm, draws)


@pytest.mark.parametrize("name", [*NAMES, "chain"])
def test_a_figure_fits_a_column_in_readable_type_with_nothing_cut_off(figures, name):
    figure = figures[name]
    figure.canvas.draw()
    assert figure.get_size_inches()[0] == 7.0
    assert figure.get_size_inches()[1] < 10.6
    assert min(text.get_fontsize() for text in texts(figure)) >= 7.0
    drawn, page = figure.get_tightbbox(figure.canvas.get_renderer()), figure.get_size_inches()
    assert drawn.x0 >= 0
    assert drawn.y0 >= 0
    assert drawn.x1 <= page[0]
    assert drawn.y1 <= page[1]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "graph"])
def test_a_figure_says_the_interval_rule(figures, name):
    assert RULE in words(figures[name])


@pytest.mark.parametrize("name", ["responses", "channels", "waterfall"])
def test_a_figure_of_relief_says_the_contrast(figures, name):
    change = " change" if name == "responses" else ""
    asked = f"full relief of all measures in 4 equal steps{change}, against sanctions unchanged"
    assert asked in words(figures[name])


def test_no_text_overlaps_in_the_graph(figures):
    assert_graph_is_readable(figures["graph"])


def test_lines_of_one_box_do_not_overlap(figures):
    axes = figures["graph"].axes[0]
    found = boxes(figures["graph"], [text for text in axes.texts if text.get_gid() == "box"])
    assert not overlapping(combinations(found, 2), tolerance=3.0)


def test_the_graph_shows_every_link_once(growth_problem, draws):
    scm = growth_problem.scm
    picture = diagram(scm, draws, link_signs(scm, growth_problem.absolute, None))
    drawn = [term.edge.label for line in picture.lines for term in line.terms]
    assert len(drawn) == len(set(drawn))
    noted = sum(len(box.notes) for box in picture.boxes.values())
    links = {link.label for link in scm.links}
    beside = {link for link in links if link.split("[")[0].split(" ")[0] not in picture.boxes}
    hidden = {link for link in beside if link.startswith(("war", "pandemic"))}
    assert links - hidden <= set(drawn)
    assert noted == len(hidden) + 1  # and the inflation target in expected inflation


def test_the_graph_writes_the_median_long_run_effect(growth_problem):
    scm = growth_problem.scm
    drawn = sample_prior(scm, growth_problem.absolute, draws=1)
    drawn["coefficient"].loc[{"link": "key_rate -> lending_rate"}] = 0.87
    assert "+0.87" in words(plot_graph(scm, drawn))


def test_the_graph_without_draws_has_no_numbers(growth_problem):
    said = words(plot_graph(growth_problem.scm))
    assert "+" not in said
    assert "consumer price inflation" in said


def test_the_graph_says_when_it_cannot_know_what_the_prior_assumed(growth_problem, draws, figures):
    assert "sign assumed by the prior" in words(figures["graph"])
    without = words(plot_graph(growth_problem.scm, draws))
    assert "no prior was given" in without
    assert "sign assumed by the prior" not in without


def test_prior_draws_tell_the_same_signs_as_the_priors(growth_problem, prior_draws):
    scm = growth_problem.scm
    by_priors = link_signs(scm, growth_problem.absolute, None)
    by_draws = link_signs(scm, None, prior_draws)
    differing = {label for label, sign in by_priors.items() if by_draws[label] is not sign}
    # A free sign that hardly any prior draw takes cannot be told from an assumed one.
    assert all(by_priors[label] is Sign.FREE for label in differing)


def test_few_prior_draws_assume_no_sign(tiny, tiny_draws):
    assert set(link_signs(tiny, None, tiny_draws).values()) == {Sign.FREE}


def test_small_models_are_drawn(tiny, tiny_draws):
    figure = plot_graph(tiny, tiny_draws)
    assert_graph_is_readable(figure)
    assert "own [1] +0.50" in words(figure)
    assert "+4.0" in words(figure)  # long run: 2 / (1 - 0.5)
    assert_graph_is_readable(plot_graph(tiny))


@settings(max_examples=6)
@given(scm=models(), seed=st.integers(0, 99))
def test_any_model_is_drawn_without_overlaps_of_boxes(scm, seed):
    figure = plot_graph(scm, random_draws(scm, np.random.default_rng(seed)))
    figure.canvas.draw()
    axes = figure.axes[0]
    nodes = boxes(figure, [p for p in axes.patches if isinstance(p, FancyBboxPatch)])
    assert not overlapping(combinations(nodes, 2))


def test_many_causes_of_one_outcome_find_room():
    names = [f"driver_{i}" for i in range(9)]
    scm = StructuralCausalModel(
        equations=(
            *(Exogenous(variable=Variable(name=n, label=f"the {n} of it")) for n in names),
            Linear(variable=Variable(name="y"), parents=tuple(names)),
        )
    )
    assert_graph_is_readable(plot_graph(scm, pin(scm, {f"{n} -> y": 0.5 for n in names})))


def test_forward_lines_run_downwards_and_feedback_upwards():
    sizes = dict.fromkeys("abcd", (1.0, 0.4))
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]
    layout = layered_layout(sizes, edges, [("d", "a")], labels={}, width=6.0)
    assert all(layout.routes[pair][0][1] < layout.routes[pair][-1][1] for pair in edges)
    assert layout.routes["d", "a"][0][1] > layout.routes["d", "a"][-1][1]
    assert layout == layered_layout(sizes, edges, [("d", "a")], labels={}, width=6.0)


def test_the_forest_shows_every_link_with_unit_and_sign(figures, growth_problem, prior_draws):
    said = words(figures["prior_posterior"])
    scm, priors = growth_problem.scm, growth_problem.absolute
    signs = link_signs(scm, priors, None)
    for link in scm.links:
        if signs[link.label] is Sign.FIXED:
            continue
        assert scm.variables[link.parent].label.split(" (")[0] in said
        assert f"on {scm.variables[link.child].label}" in said
        assert belief_unit(priors[link.label].unit) in said
    assumed = [label for label, sign in signs.items() if sign is Sign.ASSUMED]
    assert said.count("†") == len(assumed) + 1  # and once in the caption
    rows = [text.get_text() for text in texts(figures["prior_posterior"])]
    fixed = [label for label, sign in signs.items() if sign is Sign.FIXED]
    assert "fixed" not in rows
    assert (f"{len(fixed)} links fixed by definition" in said) == bool(fixed)
    if fixed:
        asked = plot_prior_posterior(scm, prior_draws, priors=priors, links=fixed[:1])
        assert "fixed" in [text.get_text() for text in texts(asked)]


def test_beliefs_alone_are_titled_by_how_many_leave_the_direction_open(growth_problem, prior_draws):
    scm = growth_problem.scm
    labels = [link.label for link in scm.links]
    sizes = lasting_effects(scm, prior_draws).stack(sample=("chain", "draw"))
    low, high = (sizes.quantile(q, "sample") for q in (0.055, 0.945))
    free = [n for n in labels if float(low.sel(link=n)) < float(high.sel(link=n))]
    either = sum(float(low.sel(link=n)) < 0 < float(high.sel(link=n)) for n in free)
    said = words(plot_prior_posterior(scm, prior_draws, links=free))
    assert f"Beliefs leave open which way {either} of {len(free)} links work" in said


def test_no_bar_of_the_forest_touches_the_end_of_its_axis(figures):
    for axes in figures["prior_posterior"].axes:
        bars = [bar for bar in axes.patches if bar.get_width()]
        if axes.axison and bars:
            low, high = axes.get_xlim()
            assert low < min(bar.get_x() for bar in bars)
            assert max(bar.get_x() + bar.get_width() for bar in bars) < high


def test_the_forest_shows_a_choice_of_links(growth_problem, prior_draws):
    scm = growth_problem.scm
    figure = plot_prior_posterior(scm, prior_draws, links=["key_rate -> lending_rate"])
    assert "on lending rate" in words(figure)
    assert "technology gap" not in words(figure)
    assert "posterior interval" not in words(figure)
    with pytest.raises(UnknownVariableError, match="Did you mean 'key_rate -> lending_rate'"):
        plot_prior_posterior(scm, prior_draws, links=["key_rate -> lending_rat"])


def test_the_forest_of_a_small_model_makes_its_units(tiny, tiny_draws):
    said = words(plot_prior_posterior(tiny, tiny_draws, tiny_draws))
    assert "% a quarter per unit" in said
    assert "tariff [1]" in said


def test_responses_say_label_unit_and_horizon(figures, growth_problem):
    said = words(figures["responses"])
    for name in ("key_rate", "gdp_level", "rouble", "inflation_yoy"):
        assert spoken(growth_problem.scm.variables[name].label) in said
    assert sum(axes.axison and bool(axes.lines) for axes in figures["responses"].axes) == 4
    assert "pp" in said.split()
    assert "log" not in said


def test_responses_of_levels_are_drawn_in_percent(growth_problem, draws):
    effect = total_effect(growth_problem.scm, draws, horizon=8, outcomes=["rouble"])
    figure = plot_responses(effect, scm=growth_problem.scm)
    axes = next(a for a in figure.axes if a.lines)
    line = axes.lines[0].get_ydata()
    expected = (100 * np.expm1(effect / 100)).median(("chain", "draw")).squeeze().to_numpy()
    np.testing.assert_allclose(line, expected, rtol=1e-10)
    assert axes.get_ylabel() == "%"


def test_responses_say_over_how_long(figures):
    said = words(figures["responses"])
    drawn = [axes for axes in figures["responses"].axes if axes.axison]
    assert all(axes.get_xlim() == (1, 20) for axes in drawn)
    assert "quarters after the start of relief" in said


def test_responses_of_a_monthly_model_count_months(draws):
    monthly = growth_transmission(12)
    effect = total_effect(monthly, draws, outcomes=["key_rate"], horizon=24)
    figure = plot_responses(effect, scm=monthly, drawn_from="prior")
    assert "months after the start of relief" in words(figure)
    assert "prior median" in words(figure)


def test_responses_of_a_small_model_take_its_own_relief(tiny, tiny_draws):
    relief = Relief(measures=("tariff",), ramp=1, depth=0.5)
    said = words(plot_responses(total_effect(tiny, tiny_draws, relief, horizon=4), scm=tiny))
    assert "domestic price" in said
    assert "What does half relief of tariff at once change, against sanctions unchanged?" in said


def test_intervals_follow_the_settings(growth_problem, draws, prior_draws):
    scm = growth_problem.scm

    asked = {"outcomes": ["key_rate"], "horizon": 8}
    effect, split = total_effect(scm, draws, **asked), channel_effects(scm, draws, **asked)

    def lower_edge():
        figure = plot_responses(effect, scm=scm)
        band = figure.axes[0].collections[0].get_paths()[0].vertices
        return band[:, 1].min(), words(figure)

    wide, said = lower_edge()
    assert RULE in said
    with arviz_base.rc_context({"stats.ci_prob": 0.5, "stats.ci_kind": "hdi"}):
        narrow, said = lower_edge()
        assert "50 % highest-density interval" in said
        for figure in (
            plot_channels(split, scm=scm, horizon=8),
            plot_prior_posterior(scm, prior_draws, draws, links=["key_rate -> lending_rate"]),
        ):
            assert "50 % highest-density interval" in words(figure)
    assert narrow > wide


def test_channels_show_entries_chain_and_what_has_no_path(figures, growth_problem):
    figure = figures["channels"]
    said = words(figure)
    for label in ("total", "grey-import premium", "along the chain", "offset of the chain"):
        assert label in said
    assert "after 12 quarters" in said
    assert "no path" in said  # imports do not act on prices
    assert "means, in which channels (blue bars) add up to the total" in said


def test_an_effect_that_a_figure_cannot_draw_is_refused(tiny, tiny_draws, growth_problem, draws):
    whole = total_effect(tiny, tiny_draws, Relief(measures=("tariff",)), horizon=4)
    with pytest.raises(QuestionError, match="expected it by channel, as `channel_effects`"):
        plot_channels(whole, scm=tiny)
    with pytest.raises(QuestionError, match="no horizon 12"):
        plot_chain(whole, scm=tiny)
    scm = growth_problem.scm
    split = channel_effects(scm, draws, horizon=8, outcomes=["key_rate"])
    with pytest.raises(QuestionError, match="no horizon 12; it has 1 to 8"):
        plot_waterfall(split, scm=scm)
    with pytest.raises(UnknownVariableError, match="in the outcomes of the result"):
        plot_responses(whole, scm=tiny, outcomes=["output"])


def test_the_scorecard_groups_claims_and_marks_assumed_signs(figures, claims):
    said = words(figures["scorecard"])
    for statement in claims["statement"]:
        assert statement in said
    assert said.count("full relief of all measures in 4 steps") == 1
    assert "channel article chain alone" in said
    assert "lower prices, the key rate and loan rates. †" in said
    assert "−1.0 (−2.9; +0.35) %, after 8 quarters" in said
    assert "pp, after 8 quarters" in said
    assert "mixed" in said
    assert "0.16" in said
    assert "identified" in said


def test_the_scorecard_of_a_prior_says_so(claims):
    prior = claims.assign(prob=np.nan, information=np.nan, basis="assumed")
    assert "prior only, no data used" in words(plot_scorecard(prior, periods="months"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns=["prob", "unit"]), "lacks unit, prob"),
        (lambda table: table.iloc[:0], "has no rows"),
    ],
)
def test_a_table_that_is_no_scorecard_is_refused(claims, change, message):
    with pytest.raises(QuestionError, match=message):
        plot_scorecard(change(claims))


def test_the_main_figures_of_a_prior_only_fit_say_so(growth_problem, claims):
    fit = sample_prior_predictive(
        growth_problem.scm, growth_problem.observations, growth_problem.priors, draws=100
    )
    found = main_figures(fit, claims)
    assert set(found) == {*NAMES, "chain"}
    for name in ("graph", "responses", "channels"):
        assert ("prior means" if name == "channels" else "prior median") in words(found[name])
        assert "posterior" not in words(found[name])


def test_the_steps_of_the_waterfall_lead_to_the_mean_total(growth_problem, draws):
    scm, asked = growth_problem.scm, {"horizon": 8, "outcomes": ["gdp_level", "rouble"]}
    figure = plot_waterfall(channel_effects(scm, draws, **asked), scm=scm, horizon=8)
    total = total_effect(scm, draws, **asked).isel(horizon=-1)
    for axes, outcome in zip(figure.axes, ("gdp_level", "rouble"), strict=True):
        *steps, whole = axes.patches
        place = 0.0
        for step in steps:
            assert step.get_x() == pytest.approx(place, abs=1e-12)
            place += step.get_width()
        mean = float((100 * np.expm1(total.sel(outcome=outcome) / 100)).mean())
        assert place == pytest.approx(mean)
        assert whole.get_width() == pytest.approx(mean)
    assert figure.axes[0].get_yticklabels()[-1].get_text() == "total"


def test_a_saved_figure_has_200_dots_an_inch_and_equal_figures_equal_files(tiny, tmp_path):
    first, second = save_figures({"a": plot_graph(tiny), "b": plot_graph(tiny)}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
    assert first.read_bytes() == second.read_bytes()
    assert int.from_bytes(first.read_bytes()[16:20]) == 1400


def test_a_figure_that_cannot_be_written_leaves_no_file(tmp_path):
    class Broken(Figure):
        def savefig(self, *args, **kwargs):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save_figures({"broken": Broken()}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_figures_use_no_global_state(figures):
    folder = Path(plots.__file__).parent
    # ArviZ makes its figures with pyplot, so the file that calls it has to close them there.
    own = [file for file in folder.glob("*.py") if file.name != "validation.py"]
    assert not [file for file in own if "pyplot" in file.read_text("utf-8")]
    assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]
