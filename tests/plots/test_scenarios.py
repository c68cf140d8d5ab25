"""Figures of the futures: what they say, where their lines lie, that nothing is cut off."""

from itertools import combinations

import numpy as np
import pytest
from pictures import drawn_texts, faults_of, key_labels, line, panel, texts, words

from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import UnknownVariableError
from sanctions_model.plots import (
    plot_future_effects,
    plot_odds,
    plot_scenario_effect,
    plot_sectors,
    plot_spread,
)
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.mixture import compare_futures, expected_by_odds
from sanctions_model.scenarios.odds.regimes import draw_scenario_paths
from sanctions_model.scenarios.odds.variance import spread_split
from sanctions_model.scenarios.sectors import sector_premiums

OUTCOMES = ("gdp_level", "key_rate", "rouble")
HORIZON = 12
BLUE = "#0072B2"


@pytest.fixture(scope="module")
def draws(growth_draws):
    at = np.arange(60) % 2
    return growth_draws.isel(draw=at).assign_coords(draw=np.arange(60))


@pytest.fixture(scope="module")
def result(growth_problem, draws):
    return compare_futures(
        growth_problem,
        draws,
        load_scenarios(),
        horizon=HORIZON,
        outcomes=OUTCOMES,
        random_seed=1,
    )


@pytest.fixture(scope="module")
def split(growth_problem, draws):
    return spread_split(
        growth_problem,
        draws,
        load_scenarios(),
        horizon=HORIZON,
        outcomes=OUTCOMES,
        paths=40,
        parameters=10,
        random_seed=1,
    )


@pytest.fixture(scope="module")
def odds(result):
    return expected_by_odds(result, future="reset", odds=[0.0, 0.5, 1.0])


@pytest.fixture(scope="module")
def figures(growth_problem, draws, result, split, odds):
    drawn = draw_scenario_paths(
        load_scenarios().named("reset"),
        paths=120,
        horizon=HORIZON,
        generator=np.random.default_rng(1),
    )
    sectors = sector_premiums(growth_problem.scm, draws, drawn, random_seed=1)
    return {
        "effects": plot_future_effects(result, drawn_from="prior", scm=growth_transmission()),
        "effect_spread": plot_spread(split, of_effect=True, scm=growth_transmission()),
        "forecast_spread": plot_spread(split, outcomes=["key_rate"], scm=growth_transmission()),
        "odds": plot_odds(
            odds, future="the reset", probability=0.3, horizons=[4, 12], scm=growth_transmission()
        ),
        "sectors": plot_sectors(
            sectors, scenario="the reset", drawn_from="prior", scm=growth_transmission()
        ),
    }


NAMES = ("effects", "effect_spread", "forecast_spread", "odds", "sectors")


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_fits_a_column_in_readable_type_with_nothing_cut_off(figures, name):
    figure = figures[name]
    figure.canvas.draw()
    width, height = figure.get_size_inches()
    assert width == 7.0
    assert height < 10.6
    assert min(text.get_fontsize() for text in texts(figure)) >= 7.0
    drawn = figure.get_tightbbox(figure.canvas.get_renderer())
    assert min(drawn.x0, drawn.y0) >= 0
    assert drawn.x1 <= width
    assert drawn.y1 <= height
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in drawn_texts(figure)]
    for (first, a), (second, b) in combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or down <= 2, (first, second)


def test_effects_are_medians_by_future_with_contrast_interval_and_horizon(figures, result):
    figure = figures["effects"]
    said = words(figure)
    for part in (
        "12 quarters",
        "Against sanctions unchanged",
        "89 % interval",
        "prior medians",
    ):
        assert part in said
    assert set(key_labels(figure)) == {"50 % interval", "89 % interval"}
    axes, _ = panel(figure, "key rate")
    named = {" ".join(text.get_text().split()) for text in axes.texts}
    assert named == {"Rapprochement (reset)", "Limited cooperation", "Deterioration"}
    places, values = line(axes, BLUE, 1.5)
    np.testing.assert_array_equal(places, np.arange(1, HORIZON + 1))
    own = result["effect"].sel(outcome="key_rate", scenario="reset")
    np.testing.assert_allclose(values, own.median(("chain", "draw")))


def test_areas_of_the_spread_fill_the_panel(figures, split):
    axes, _ = panel(figures["effect_spread"], "GDP")
    tops = [area.get_paths()[0].vertices[:, 1].max() for area in axes.collections]
    assert tops[-1] == pytest.approx(100.0)
    variance = split["effect"].sel(order="future first", outcome="gdp_level")
    first = 100 * (variance / variance.sum("source")).sel(source="future")
    assert tops[0] == pytest.approx(float(first.max()))
    assert "shocks" in key_labels(figures["forecast_spread"])
    assert "shocks" not in key_labels(figures["effect_spread"])
    # Politics has no area to be seen in a forecast of the key rate: the key says so.
    assert "which future begins, below 1 %" in key_labels(figures["forecast_spread"])
    assert "which future begins" in key_labels(figures["effect_spread"])


def test_odds_are_lines_by_horizon_with_the_stated_probability_marked(figures, odds):
    axes, _ = panel(figures["odds"], "GDP")
    places, values = line(axes, BLUE, 1.5)
    np.testing.assert_array_equal(places, [0, 50, 100])
    np.testing.assert_allclose(values, odds.sel(outcome="gdp_level", horizon=4))
    assert "the probability one starts from, 30 %" in words(figures["odds"])
    named = [" ".join(text.get_text().split()) for text in axes.texts]
    assert named == ["2027Q1", "2029Q1"]
    assert "in 2029Q1" in words(figures["odds"])


def test_every_title_says_what_is_compared_or_what_is_shared_out(figures):
    for name in ("effects", "odds"):
        assert "against sanctions unchanged" in words(figures[name])
    assert "uncertain about what the measures do to the GDP level" in words(
        figures["effect_spread"]
    )
    assert "uncertain about the forecast of" in words(figures["forecast_spread"])


def test_a_scenario_is_named_in_the_title(result):
    effect = result["effect"].sel(scenario="reset")
    figure = plot_scenario_effect(
        effect, label="half relief", drawn_from="prior", scm=growth_transmission()
    )
    asked = "What does half relief change over 12 quarters, against sanctions unchanged as at the "
    asked += "end of 2025?"
    assert asked in words(figure)


def test_sectors_stand_beside_the_premium_of_the_transmission(figures):
    said = words(figures["sectors"])
    for part in ("machine tools", "sum less the model's", "after 12 quarters", "judgement"):
        assert part in said


def test_an_outcome_that_the_result_lacks_is_refused(result, split):
    for plot, given in ((plot_future_effects, result), (plot_spread, split)):
        with pytest.raises(UnknownVariableError, match="Did you mean 'gdp_level'"):
            plot(given, outcomes=["gdp_levl"], scm=growth_transmission())


def test_every_figure_has_finding_question_source_and_readable_colours(figures):
    found = {name: faults_of(figure) for name, figure in figures.items()}
    assert {name: faults for name, faults in found.items() if faults} == {}
