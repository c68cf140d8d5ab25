"""Figures of the past and the future: what they say, where their lines lie, what stands out."""

from itertools import combinations

import arviz_base
import laboratory
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Patch, Rectangle
from pictures import drawn_texts, faults_of, key_labels, line, panel, texts, words

from sanctions_model import dims
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import QuestionError, UnknownVariableError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import complete_from_prior
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.plots import (
    plot_counterfactual,
    plot_decomposition,
    plot_forecast,
    plot_required_relief,
    plot_variance_decomposition,
)
from sanctions_model.plots.parts.groups import driver_groups, shock_groups
from sanctions_model.plots.parts.observed_past import (
    completed_periods,
    decimal_years,
    drawn_histories,
    known_periods,
    level_from,
    observed_values,
    period_name,
    periods_per_year,
)
from sanctions_model.queries.conditional import Condition, conditional_forecast
from sanctions_model.queries.counterfactuals import counterfactual, episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.effects import relief_paths
from sanctions_model.queries.forecasts import forecast_error_variance_decomposition, simulate
from sanctions_model.queries.reading.headlines import spoken
from sanctions_model.queries.required import RequiredRelief, Target, required_relief
from sanctions_model.scm.equations import Exogenous, Linear
from sanctions_model.scm.interventions import Relief, SetTo, ShiftBy
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Variable

RULE = "89 % interval"


def percent(log_points):
    return 100 * np.expm1(log_points / 100)


PATHS = ("inflation_yoy", "key_rate", "gdp_level", "rouble", "import_premium")
FORECAST = ("inflation_yoy", "key_rate", "gdp_growth", "gdp_level", "rouble", "import_premium")
HORIZON = 8


@pytest.fixture(scope="module")
def draws(growth_problem):
    """Draws of the prior, closer to their mean, with the missing cells completed."""
    scm, priors = growth_problem.scm, growth_problem.absolute
    prior = sample_prior(scm, priors, draws=40, random_seed=1)
    return complete_from_prior(growth_problem, prior * 0.5 + prior.mean("draw") * 0.5, 2)


@pytest.fixture(scope="module")
def recent(growth_problem, draws):
    return episode(growth_problem, draws, start="2022Q1")


@pytest.fixture(scope="module")
def held(growth_problem, recent):
    """History with the measures as they were before 2022."""
    values = {m: growth_problem.observations[m].to_numpy()[recent.first - 1] for m in MEASURES}
    frozen = [SetTo(variable=name, value=float(value)) for name, value in values.items()]
    return counterfactual(recent, interventions=frozen, outcomes=PATHS)


@pytest.fixture(scope="module")
def parts(recent):
    return historical_decomposition(recent, outcomes=["inflation_yoy", "key_rate", "gdp_level"])


@pytest.fixture(scope="module")
def futures(growth_problem, draws):
    return simulate(growth_problem, draws, horizon=HORIZON, random_seed=1, outcomes=FORECAST)


@pytest.fixture(scope="module")
def by_relief(growth_problem, draws):
    paths = [relief_paths(growth_problem.scm, Relief(depth=d), HORIZON) for d in (0.0, 1.0)]
    stacked = {name: np.stack([path[name] for path in paths]) for name in MEASURES}
    return simulate(
        growth_problem,
        draws,
        horizon=HORIZON,
        exogenous=stacked,
        random_seed=1,
        outcomes=["key_rate", "import_premium"],
    )


CUT = (Condition(variable="key_rate", values=dict.fromkeys(range(1, 5), 12.0)),)


@pytest.fixture(scope="module")
def cut(growth_problem, draws):
    return conditional_forecast(
        growth_problem,
        draws,
        CUT,
        horizon=HORIZON,
        random_seed=1,
        outcomes=["inflation_yoy", "key_rate"],
        gibbs_steps=5,
    )


@pytest.fixture(scope="module")
def shares(growth_problem, draws):
    outcomes = ["inflation_yoy", "key_rate", "gdp_growth"]
    return forecast_error_variance_decomposition(
        growth_problem.scm, draws, horizon=12, outcomes=outcomes
    )


@pytest.fixture(scope="module")
def required():
    depths = np.round(np.arange(0.0, 1.005, 0.01), 2)
    return RequiredRelief(
        target=Target(outcome="key_rate", value=12.0, below=True, when="by 8", probability=0.6),
        depths=depths,
        probability=0.5 + 0.2 * depths,
        standard_error=np.full(depths.size, 0.01),
    )


@pytest.fixture(scope="module")
def figures(growth_problem, draws, held, parts, futures, by_relief, cut, shares, required):
    return {
        "counterfactual": plot_counterfactual(
            held, growth_problem, outcomes=PATHS, title="What with measures of 2021?"
        ),
        "decomposition": plot_decomposition(parts, scm=growth_transmission()),
        "decomposition_apart": plot_decomposition(
            parts, outcomes=["key_rate"], drivers_together=False, scm=growth_transmission()
        ),
        "forecast": plot_forecast(futures, growth_problem, draws, outcomes=FORECAST),
        "scenarios": plot_forecast(
            by_relief, growth_problem, draws, scenario_labels=["measures stay", "full relief"]
        ),
        "conditional": plot_forecast(cut, growth_problem, draws, conditions=CUT),
        "variance": plot_variance_decomposition(shares, scm=growth_transmission()),
        "required": plot_required_relief(required, scm=growth_transmission()),
    }


@pytest.fixture(scope="module")
def small():
    """A model that the growth economy does not know, with one draw."""
    observations = laboratory.observe(laboratory.draw_truth(4), 5)
    problem = Problem.of(laboratory.MODEL, observations, laboratory.PRIORS)
    return problem, complete_from_prior(problem, laboratory.pinned(scm=problem.scm), 1)


def circles(axes):
    return [
        (artist.get_xdata()[0], artist.get_ydata()[0])
        for artist in axes.lines
        if artist.get_marker() == "o"
    ]


INK, BLUE = "#222222", "#0072B2"
NAMES = (
    "counterfactual",
    "decomposition",
    "decomposition_apart",
    "forecast",
    "scenarios",
    "conditional",
    "variance",
    "required",
)


# Every figure


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


@pytest.mark.parametrize("name", NAMES)
def test_no_texts_overlap(figures, name):
    figure = figures[name]
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in drawn_texts(figure)]
    for (first, a), (second, b) in combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 1 or down <= 2, (first, second)


@pytest.mark.parametrize("name", ["counterfactual", "forecast", "scenarios", "conditional"])
def test_fans_say_the_interval_rule(figures, name):
    assert f"50 % interval{'; dashed lines:' if name == 'scenarios' else ' and'} {RULE}" in words(
        figures[name]
    )
    assert {"50 % interval", "89 % interval"} <= set(key_labels(figures[name]))


def test_intervals_follow_the_settings(growth_problem, draws, held, futures):
    with arviz_base.rc_context({"stats.ci_prob": 0.8, "stats.ci_kind": "hdi"}):
        for figure in (
            plot_counterfactual(held, growth_problem),
            plot_forecast(futures, growth_problem, draws, outcomes=["key_rate"]),
        ):
            assert "80 % highest-density interval" in words(figure)
            assert "80 % interval" in key_labels(figure)


def test_figures_of_prior_draws_say_so(growth_problem, draws, held, parts, futures, shares):
    for figure in (
        plot_counterfactual(held, growth_problem, drawn_from="prior"),
        plot_decomposition(parts, drawn_from="prior", scm=growth_transmission()),
        plot_forecast(futures, growth_problem, draws, drawn_from="prior"),
        plot_variance_decomposition(shares, drawn_from="prior", scm=growth_transmission()),
    ):
        assert "prior m" in words(figure) or "each prior draw" in words(figure)
        assert "posterior" not in words(figure)


@pytest.mark.parametrize("plot", [plot_decomposition, plot_variance_decomposition])
def test_an_outcome_that_the_result_lacks_is_refused(parts, shares, plot):
    result = parts if plot is plot_decomposition else shares
    with pytest.raises(UnknownVariableError, match="Did you mean 'key_rate'"):
        plot(result, outcomes=["key_rat"], scm=growth_transmission())


# The past that they show


def test_what_data_alone_say_of_a_variable(growth_problem):
    data, origin = growth_problem.observations, 60
    inflation = data["inflation"].to_numpy()
    yoy = observed_values(growth_problem, "inflation_yoy", origin)
    np.testing.assert_allclose(yoy[50], inflation[47:51].sum())
    assert np.isnan(yoy[:3]).all()
    assert np.isnan(yoy[-1])
    level = observed_values(growth_problem, "rouble", origin)
    growth = data["depreciation"].to_numpy()
    assert level[origin] == 0
    np.testing.assert_allclose(level[origin + 2], -growth[origin + 1 : origin + 3].sum())
    np.testing.assert_allclose(level[origin - 2], growth[origin - 1 : origin + 1].sum())
    for name in ("import_premium", "expected_inflation", "real_lending_rate"):
        assert np.isnan(observed_values(growth_problem, name, origin)).all()


def test_what_rests_on_a_completed_cell(growth_problem):
    last = growth_problem.cases.time.size - 1
    marked = {
        name: np.flatnonzero(completed_periods(growth_problem, name, last - 4)).tolist()
        for name in ("inflation", "inflation_yoy", "price_level", "key_rate", "import_level")
    }
    assert marked == {
        "inflation": [last],
        "inflation_yoy": [last],
        "price_level": [last],
        "key_rate": [],
        "import_level": [last - 1, last],
    }
    assert completed_periods(growth_problem, "real_lending_rate", last)[last]
    assert not completed_periods(growth_problem, "import_premium", last).any()


def test_a_level_is_known_as_far_as_its_flow_is_without_a_gap(growth_problem):
    first = np.flatnonzero(growth_problem.cases.available["credit_growth"])[0]
    after = known_periods(growth_problem, "credit_level", first + 3)
    assert after[first - 1 :].all()  # its growth gives the level before, too
    assert not after[: first - 1].any()
    assert not known_periods(growth_problem, "credit_level", first - 5)[first:].any()


def test_drawn_histories_are_the_data_where_there_are_data(growth_problem, draws):
    found = drawn_histories(growth_problem, draws)
    yoy = observed_values(growth_problem, "inflation_yoy", 0)
    seen = np.isfinite(yoy)
    np.testing.assert_allclose(found["inflation_yoy"][0, seen], yoy[seen])
    np.testing.assert_allclose(
        found["inflation"][:, -1],
        draws["missing_cell"].sel(missing="inflation[2026-01-01]").to_numpy().ravel(),
    )


@pytest.mark.parametrize(("months", "per_year"), [(1, 12), (3, 4), (12, 1)])
def test_periods_have_names_and_places(months, per_year):
    time = np.datetime64("2021-01", "M") + months * np.arange(5)
    assert periods_per_year(time.astype("datetime64[ns]")) == per_year
    assert decimal_years(time, per_year)[0] == 2021 + 0.5 / per_year
    expected = {12: "2021-02", 4: "2021Q2", 1: "2022"}
    assert period_name(time[1], per_year) == expected[per_year]


# Counterfactual


def test_a_counterfactual_stands_beside_what_happened(figures, growth_problem, recent, held):
    left, right = panel(figures["counterfactual"], "key rate")
    years, happened = line(left, INK, 1.3)
    first = recent.first - 8
    np.testing.assert_allclose(happened, growth_problem.observations["key_rate"][first:])
    assert years[0] == 2020.125
    _, other = line(left, BLUE, 1.5)
    paths = held["counterfactual"].sel(outcome="key_rate")
    np.testing.assert_allclose(other[1:], paths.median((dims.CHAIN, dims.DRAW)))
    assert other[0] == happened[7]  # the fan leaves the last period before the window
    assert not circles(left)
    places, median = line(right, BLUE, 1.5)
    gap = held["difference"].sel(outcome="key_rate").median((dims.CHAIN, dims.DRAW))
    np.testing.assert_allclose(median, [0.0, *gap.to_numpy()])
    assert places[0] == 2021.875
    assert right.get_title(loc="left") == "difference"


def test_a_counterfactual_says_labels_units_contrast_and_window(figures, growth_problem):
    figure = figures["counterfactual"]
    said = words(figure)
    assert "What with measures of 2021?" in said
    for name in PATHS:
        assert spoken(growth_problem.scm.variables[name].label) in said
    for unit in ("pp", "% of the border price", "% a year"):
        assert unit in said
    assert "the window 2022Q1 to 2026Q1 (shaded)" in said
    assert "Levels are relative to 2021Q4." in said
    left, _ = panel(figure, "key rate")
    shaded = [p for p in left.patches if isinstance(p, Rectangle)]
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in shaded] == [(2022.0, 2026.25)]


def test_completed_cells_are_open_circles(figures, held):
    left, _ = panel(figures["counterfactual"], "inflation, year on year")
    median = percent(held["factual"].sel(outcome="inflation_yoy").isel(time=-1)).median()
    assert circles(left) == [(2026.125, pytest.approx(float(median)))]
    assert "estimated, 89 % interval" in key_labels(figures["counterfactual"])
    assert "figures that are not out" in words(figures["counterfactual"])


def test_a_latent_state_has_an_estimated_past(figures):
    left, _ = panel(figures["counterfactual"], "grey-import premium")
    bands = [c for c in left.collections if isinstance(c, PolyCollection)]
    assert sum(c.get_alpha() == 0.13 for c in bands) == 1
    assert not circles(left)
    assert "what happened, estimated, 89 % interval" in key_labels(figures["counterfactual"])


def test_a_series_that_was_not_observed_is_dotted_and_named(growth_problem, draws):
    past = episode(growth_problem, draws, start="2013Q1", end="2016Q4")
    lifted = [SetTo(variable=name, value=0.0) for name in MEASURES]
    outcomes = ["credit_growth", "real_wage_level", "key_rate"]
    result = counterfactual(past, interventions=lifted, outcomes=outcomes)
    figure = plot_counterfactual(result, growth_problem, outcomes=outcomes)
    said = words(figure)
    assert "What would have happened, 2013Q1 to 2016Q4?" in said
    assert "Not observed throughout: real rouble credit to firms, growth; real wage (" in said
    assert "not observed: mean path" in key_labels(figure)
    left, _ = panel(figure, "real rouble credit to firms, growth")
    assert [artist.get_linestyle() for artist in left.lines].count(":") == 1
    _, happened = line(left, INK, 1.3)
    assert np.isnan(happened[8:17]).all()  # the window starts at 8, the series in 2015Q2
    assert np.isfinite(happened[17:]).all()
    left, _ = panel(figure, "key rate")
    assert ":" not in [artist.get_linestyle() for artist in left.lines]


def test_an_outcome_out_of_reach_has_a_flat_difference(growth_problem, recent):
    result = counterfactual(recent, without_shocks=["credit_growth"], outcomes=["key_rate"])
    _, right = panel(plot_counterfactual(result, growth_problem), "key rate")
    np.testing.assert_array_equal(line(right, BLUE, 1.5)[1], 0.0)
    assert right.get_ylim() == (-1.0, 1.0)


def test_a_window_of_other_data_is_refused(growth_problem, held):
    early = held.assign_coords(time=held["time"] - np.timedelta64(365 * 40, "D"))
    with pytest.raises(QuestionError, match="is not inside the data"):
        plot_counterfactual(early, growth_problem)


# Decomposition


def bars(axes):
    """Heights by colour, period by period."""
    found = {}
    for container in axes.containers:
        colour = to_hex(container.patches[0].get_facecolor()).upper()
        found[colour] = np.array([bar.get_height() for bar in container.patches])
    return found


def test_measures_are_summed_to_one_mean(figures, parts):
    figure = figures["decomposition"]
    own = parts.sel(outcome="key_rate", part=list(MEASURES)).sum("part")
    axes, _ = panel(figure, "key rate")
    expected = own.mean((dims.CHAIN, dims.DRAW))
    np.testing.assert_allclose(bars(axes)["#D55E00"], expected, atol=1e-12)
    labels = key_labels(figure)
    assert labels[0] == "actual less base"
    assert labels.count("sanctions measures") == labels.count("war economy") == 1
    apart = key_labels(figures["decomposition_apart"])
    assert "sanctions measures" not in apart
    assert sum(label.endswith("measures") for label in apart) == len(MEASURES)


def test_the_line_is_the_actual_path_less_the_base(figures, parts):
    axes, _ = panel(figures["decomposition"], "GDP")
    own = parts.sel(outcome="gdp_level")
    expected = own.sum("part") - own.sel(part="base")
    years, drawn = line(axes, INK, 1.3)
    np.testing.assert_allclose(drawn, percent(expected).mean((dims.CHAIN, dims.DRAW)))
    assert (years[0], years[-1]) == (2022.125, 2026.125)


@pytest.mark.parametrize("together", [True, False])
def test_bars_add_up_to_the_line_and_stack_without_gaps(parts, together):
    figure = plot_decomposition(parts, drivers_together=together, scm=growth_transmission())
    for axes in figure.axes[:-1]:
        _, drawn = line(axes, INK, 1.3)
        heights = np.array([[b.get_height() for b in c.patches] for c in axes.containers])
        np.testing.assert_allclose(heights.sum(axis=0), drawn, atol=1e-9)
        ends = np.array([[b.get_y() + b.get_height() for b in c.patches] for c in axes.containers])
        np.testing.assert_allclose(ends.max(axis=0).clip(0), np.maximum(heights, 0).sum(axis=0))
        np.testing.assert_allclose(ends.min(axis=0).clip(max=0), np.minimum(heights, 0).sum(axis=0))


def test_a_decomposition_says_what_the_base_is_and_that_its_means_add_up(figures):
    said = words(figures["decomposition"])
    assert "What moved 3 outcomes, 2022Q1 to 2026Q1" in said
    assert "from the state of 2021Q4 without shocks" in said
    assert "means of contributions, which add up to the line" in said
    assert "sanctions measures (trade measures, " in said
    assert " pp " in said
    assert "log" not in said


def test_pandemic_quarters_stand_together():
    scm = growth_transmission()
    names = ["trade", "pandemic_2020q2", "pandemic_2020q3", "war"]
    shares = {name: np.array([0.1]) for name in names}
    found = {g.label: g.members for g in driver_groups(shares, scm, together=True)}
    assert found == {
        "sanctions measures": ("trade",),
        "pandemic": ("pandemic_2020q2", "pandemic_2020q3"),
        "war economy": ("war",),
    }


def test_drivers_that_find_no_colour_stand_together():
    scm = growth_transmission()
    others = [name for name in scm.exogenous if name not in scm.measures]
    drivers = tuple(
        Exogenous(variable=Variable(name=f"d{i}", label=f"driver {i}")) for i in range(6)
    )
    child = Linear(variable=Variable(name="y"), parents=tuple(f"d{i}" for i in range(6)))
    many = StructuralCausalModel(equations=(*drivers, child))
    shares = {f"d{i}": np.array([0.1 * i, 0.0]) for i in range(6)}
    found = driver_groups(shares, many, together=True)
    assert [g.label for g in found] == [
        *("driver 5", "driver 4", "driver 3", "other drivers and trends")
    ]
    assert found[-1].members == ("d0", "d1", "d2")
    assert len({g.colour for g in found}) == 4
    assert len(driver_groups(dict.fromkeys(others, np.array([0.1])), scm, together=True)) <= 4


def test_small_shocks_stand_together_and_each_shock_is_in_one_group():
    scm = growth_transmission()
    sizes = dict.fromkeys(scm.stochastic, 0.01) | {"key_rate": 0.5, "inflation": 0.3}
    shares = {name: np.array([0.0, size]) for name, size in sizes.items()}
    found = shock_groups(shares, scm, room=5)
    assert [g.label for g in found] == [
        "key rate shocks",
        "consumer price inflation shocks",
        "other shocks",
    ]
    assert sorted(name for g in found for name in g.members) == sorted(scm.stochastic)
    many = shock_groups({n: np.array([0.1]) for n in scm.stochastic}, scm, room=5)
    assert len(many) == 6
    assert len({g.colour for g in many}) == 6
    same = {g.members: g.colour for g in many if len(g.members) == 1}
    assert same["inflation",] == found[1].colour  # in another figure, too


def test_what_moves_nothing_is_not_in_the_key(recent):
    found = historical_decomposition(recent, outcomes=["import_premium"])
    assert key_labels(plot_decomposition(found, scm=growth_transmission())) == [
        "actual less base",
        "sanctions measures",
    ]


def test_parts_without_a_base_are_refused(parts):
    with pytest.raises(QuestionError, match="no 'base'"):
        plot_decomposition(parts.drop_sel(part="base"), scm=growth_transmission())


def test_a_model_with_other_names_is_decomposed(small):
    problem, draws = small
    past = episode(problem, draws, start="2007Q1", end="2007Q4")
    found = historical_decomposition(past, outcomes=["growth"])
    figure = plot_decomposition(found, scm=problem.scm)
    assert "weather" in key_labels(figure)
    assert "2007Q1" in words(figure)  # a short axis names its periods


# Forecast


def test_growth_is_shown_over_a_year_with_history(figures, growth_problem, futures):
    axes, _ = panel(figures["forecast"], "real GDP growth, year on year")
    growth = growth_problem.observations["gdp_growth"].to_numpy()
    years, past = line(axes, INK, 1.3)
    assert years[0] == 2021.375
    np.testing.assert_allclose(past[-1], percent(growth[-4:].sum()))
    np.testing.assert_allclose(past[0], percent(growth[-23:-19].sum()))
    ahead, median = line(axes, BLUE, 1.5)
    own = futures.sel(outcome="gdp_growth").isel(scenario=0)
    first = own.sel(horizon=1) + growth[-3:].sum()
    np.testing.assert_allclose(median[1], percent(first).median())
    fifth = own.sel(horizon=slice(2, 5)).sum("horizon")
    np.testing.assert_allclose(median[5], percent(fifth).median())
    assert ahead[0] == years[-1] == 2026.125
    assert axes.get_ylabel() == "% a year"


def test_levels_are_relative_to_the_last_observed_period(figures, growth_problem, draws, futures):
    axes, _ = panel(figures["forecast"], "rouble against the dollar (+ = stronger)")
    assert axes.get_ylabel() == "%, 2025Q4 = 0"
    years, past = line(axes, INK, 1.3)
    assert past[years == 2025.875] == 0
    nowcast = -draws["missing_cell"].sel(missing="depreciation[2026-01-01]")
    assert circles(axes) == [(2026.125, pytest.approx(float(percent(nowcast).median())))]
    _, median = line(axes, BLUE, 1.5)
    moved = futures.sel(outcome="rouble", horizon=3).isel(scenario=0) + nowcast
    np.testing.assert_allclose(median[3], percent(moved).median())
    axes, _ = panel(figures["forecast"], "GDP")
    assert axes.get_ylabel() == "%, 2026Q1 = 0"
    assert not circles(axes)


def test_a_forecast_says_its_start_its_drivers_and_its_units(figures, growth_problem):
    said = words(figures["forecast"])
    assert "What comes, over 8 quarters after 2026Q1?" in said
    assert "Start: 2026Q1" in said
    assert "all measures unchanged; inflation target held at its last value" in said
    assert "pandemic" not in said  # a switch of the model's own
    assert "Growth is that over a year: the sum of 4 quarters." in said
    assert "Open circles: estimates" in said
    assert "past, estimated, 89 % interval" in key_labels(figures["forecast"])
    assert "scenario 1" not in said


def test_scenarios_have_colours_and_names(figures, by_relief, growth_problem, draws):
    axes, _ = panel(figures["scenarios"], "grey-import premium")
    assert sorted(text.get_text() for text in axes.texts) == ["full relief", "measures stay"]
    _, stay = line(axes, BLUE, 1.5)
    _, lifted = line(axes, "#D55E00", 1.5)
    assert stay[0] == lifted[0]
    assert lifted[-1] < stay[-1]
    assert "as given" in words(figures["scenarios"])
    unnamed = plot_forecast(by_relief, growth_problem, draws, outcomes=["key_rate"])
    assert {"scenario 1", "scenario 2"} <= {t.get_text() for t in unnamed.axes[0].texts}
    with pytest.raises(QuestionError, match="1 labels for 2 scenarios"):
        plot_forecast(by_relief, growth_problem, draws, scenario_labels=["one"])


def test_conditions_are_markers_on_the_path(figures, cut):
    figure = figures["conditional"]
    axes, _ = panel(figure, "key rate")
    marks = [
        (artist.get_xdata()[0], artist.get_ydata()[0])
        for artist in axes.lines
        if artist.get_marker() == "D"
    ]
    assert marks == [(2026.125 + h / 4, 12.0) for h in range(1, 5)]
    _, median = line(axes, BLUE, 1.5)
    np.testing.assert_allclose(median[1:5], 12.0)
    said = words(figure)
    assert "What comes under the conditions, over 8 quarters after" in said
    assert "met by all shocks together" in said
    assert f"plausibility {float(cut['plausibility'].median()):.2f}" in said
    assert "condition" in key_labels(figure)


def test_a_variable_with_conditions_keeps_the_unit_of_its_conditions(growth_problem, draws):
    conditions = (
        Condition(variable="gdp_growth", values={1: 0.5}),
        Condition(variable="gdp_growth", values={2: 0.4}),
        Condition(variable="rouble", values={4: -20.0}),
    )
    found = conditional_forecast(
        growth_problem,
        draws,
        conditions,
        horizon=4,
        absorbing=["gdp_growth", "depreciation"],
        random_seed=1,
        outcomes=["gdp_growth", "rouble"],
        gibbs_steps=5,
    )
    figure = plot_forecast(found["path"], growth_problem, draws, conditions=conditions)
    axes, _ = panel(figure, "real GDP growth")
    assert axes.get_ylabel() == "% a quarter"
    np.testing.assert_allclose(line(axes, BLUE, 1.5)[1][1:3], percent(np.array([0.5, 0.4])))
    axes, _ = panel(figure, "rouble against the dollar (+ = stronger)")
    assert axes.get_ylabel() == "%, 2026Q1 = 0"
    np.testing.assert_allclose(line(axes, BLUE, 1.5)[1][[0, 4]], [0.0, percent(-20.0)], atol=1e-9)
    assert not circles(axes)  # all of the past is relative to a completed cell: a band
    figure = plot_forecast(found, growth_problem, draws, conditions=conditions)
    assert "met by the shocks to gdp growth, depreciation" in words(figure)


def test_paths_of_other_draws_are_refused(growth_problem, draws, futures):
    with pytest.raises(QuestionError, match="not of these draws"):
        plot_forecast(futures, growth_problem, draws.isel(draw=slice(0, 5)))


def test_a_small_model_is_forecast(small):
    problem, draws = small
    paths = simulate(problem, draws, horizon=4, random_seed=1, outcomes=["growth", "price_level"])
    figure = plot_forecast(paths, problem, draws)
    axes, _ = panel(figure, "growth, year on year")
    growth = drawn_histories(problem, draws)["growth"][0]
    _, past = line(axes, INK, 1.3)
    np.testing.assert_allclose(past[-1], percent(growth[-4:].sum()))
    assert len(circles(axes)) == 0  # one draw: a completed cell has no spread


def test_a_forecast_can_say_what_it_is_of(growth_problem, draws, futures):
    figure = plot_forecast(
        futures, growth_problem, draws, outcomes=["key_rate"], title="The futures by their odds"
    )
    assert "The futures by their odds: what comes, over 8 quarters after 2026Q1?" in words(figure)


# Variance decomposition


def test_areas_add_up_to_the_whole(figures, shares):
    figure = figures["variance"]
    means = shares.mean((dims.CHAIN, dims.DRAW))
    axes, _ = panel(figure, "key rate")
    areas = [c for c in axes.collections if isinstance(c, PolyCollection)]
    tops = [c.get_paths()[0].vertices[:, 1].max() for c in areas]
    assert max(tops) == pytest.approx(100.0)
    own = 100 * float(means.sel(outcome="key_rate", shock="key_rate", horizon=1))
    colours = {label.get_label(): label for label in legend_patches(figure)}
    colour = to_hex(colours["key rate shocks"].get_facecolor())
    drawn = next(c for c in areas if to_hex(c.get_facecolor()[0]) == colour)
    edge = drawn.get_paths()[0].vertices
    at_first = edge[edge[:, 0] == 1, 1]
    assert at_first.max() - at_first.min() == pytest.approx(own)
    assert axes.get_xlabel() == "quarters ahead"


def test_a_variance_decomposition_has_dates_where_the_start_is_known(shares, growth_problem):
    dated = plot_variance_decomposition(
        shares.assign_attrs(start="2026-01-01"), scm=growth_problem.scm
    )
    axes = next(axes for axes in dated.axes if axes.axison)
    assert [label.get_text() for label in axes.get_xticklabels()][:2] == ["2027Q1", "2028Q1"]
    assert (axes.get_xlabel(), "count from 1" in words(dated)) == ("", False)


def legend_patches(figure):
    legend = next(axes.get_legend() for axes in figure.axes if axes.get_legend())
    return [handle for handle in legend.legend_handles if isinstance(handle, Patch)]


def test_a_variance_decomposition_says_what_it_leaves_out(figures):
    said = words(figures["variance"])
    assert "up to 12 quarters ahead" in said
    assert "% of the variance" in said
    assert "means, which add up to 100" in said
    assert "sanctions are known paths and have no share" in said


def test_an_outcome_without_shocks_and_a_single_horizon_are_drawn(growth_problem, draws):
    found = forecast_error_variance_decomposition(
        growth_problem.scm, draws, horizon=1, outcomes=["import_premium", "key_rate"]
    )
    said = words(plot_variance_decomposition(found, scm=growth_transmission()))
    assert "no shock reaches it" in said
    assert "up to 1 quarter ahead" in said


# Required relief


def test_required_relief_shows_the_curve_the_line_and_the_range(figures, required):
    figure = figures["required"]
    axes = figure.axes[0]
    depths, probability = line(axes, BLUE, 1.5)
    np.testing.assert_array_equal(depths, required.depths)
    np.testing.assert_array_equal(probability, required.probability)
    band = next(c for c in axes.collections if isinstance(c, PolyCollection))
    vertices = band.get_paths()[0].vertices
    assert np.ptp(vertices[vertices[:, 0] == 0.5, 1]) == pytest.approx(0.04)
    shaded = [p for p in axes.patches if isinstance(p, Rectangle)]
    assert len(shaded) == 1
    low, high = required.sufficient[0]
    assert shaded[0].get_x() == pytest.approx(low - 0.005)
    assert shaded[0].get_x() + shaded[0].get_width() == pytest.approx(high)
    asked = next(artist for artist in axes.lines if artist.get_linestyle() == "--")
    assert list(asked.get_ydata()) == [0.6, 0.6]


def test_required_relief_says_the_verdict_and_the_contrast(figures, required):
    said = words(figures["required"])
    assert "With a relief of 50 % the key rate is at most 12 % a year" in said
    assert "12 % a year at some point within 8 quarters with a probability of 0.6" in said
    assert "uniform relief of all measures in 4 equal steps, against sanctions unchanged" in said
    assert "depth of relief, % of every measure lifted" in said
    assert "relief that is enough" in key_labels(figures["required"])
    some = plot_required_relief(
        required, relief=Relief(measures=("trade", "finance"), ramp=1), scm=growth_transmission()
    )
    assert "uniform relief of trade and financial measures at once" in words(some)
    assert "% of trade, finance lifted" in words(some)


def test_a_target_out_of_reach_shades_nothing(growth_problem, draws):
    target = Target(outcome="gdp_level", value=500.0, below=False, when="by 2", probability=0.9)
    found = required_relief(growth_problem, draws, target, random_seed=1)
    figure = plot_required_relief(found, scm=growth_transmission())
    assert "A probability of 0.9 that" in words(figure)
    assert "GDP is at least 500 % at some point within 2 quarters" in words(figure)
    assert not figure.axes[0].patches
    assert "relief that is enough" not in words(figure)


def test_a_probability_that_is_not_monotone_shades_two_ranges(required):
    wave = 0.6 + 0.1 * np.cos(2 * np.pi * required.depths)
    found = RequiredRelief(
        target=required.target,
        depths=required.depths,
        probability=wave,
        standard_error=required.standard_error,
    )
    axes = plot_required_relief(found, scm=growth_transmission()).axes[0]
    assert len([p for p in axes.patches if isinstance(p, Rectangle)]) == 2


def test_level_from_is_the_sum_either_side_of_its_origin():
    flow = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])
    np.testing.assert_array_equal(level_from(flow, -1.0, 0), [[0, -2, -5], [0, -1, 0]])
    np.testing.assert_array_equal(level_from(flow, 1.0, 2), [[-5, -3, 0], [0, 1, 0]])


def test_a_counterfactual_says_what_was_changed(growth_problem, recent, figures):
    said = words(figures["counterfactual"])
    assert "replayed with all measures as in 2021Q4" in said
    result = counterfactual(
        recent,
        interventions=[ShiftBy(variable="key_rate", value=-1.0, start=2, stop=5)],
        without_shocks=["gdp_growth"],
        outcomes=["key_rate"],
    )
    changed = "key rate shifted by −1 from 2022Q2 to 2023Q1, no shocks to gdp growth"
    assert result.attrs["changed"] == changed
    assert f"replayed with {changed}" in words(plot_counterfactual(result, growth_problem))


def test_years_are_ticks_at_their_start_and_periods_at_their_middle(figures, growth_problem, draws):
    left, _ = panel(figures["counterfactual"], "key rate")
    assert dict(zip(left.get_xticks(), tick_labels(left), strict=True)) == {
        float(year): str(year) for year in range(2021, 2027)
    }
    past = episode(growth_problem, draws, start="2024Q3", end="2024Q4")
    result = counterfactual(past, without_shocks=["inflation"], outcomes=["inflation"])
    _, right = panel(plot_counterfactual(result, growth_problem), "consumer price inflation")
    assert dict(zip(right.get_xticks(), tick_labels(right), strict=True)) == {
        2024.375: "2024Q2",
        2024.625: "2024Q3",
        2024.875: "2024Q4",
    }


def tick_labels(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


def test_every_figure_has_finding_question_source_and_readable_colours(figures):
    found = {name: faults_of(figure) for name, figure in figures.items()}
    assert {name: faults for name, faults in found.items() if faults} == {}
