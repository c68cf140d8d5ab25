"""Effects under two vintages: the parts add up, and each is what was put in."""

import dataclasses

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import LIFTED, MODEL, PRIORS, as_observations, pinned, relief_effect

from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.queries.basis import Basis
from sanctions_model.queries.forecasts import nowcast_table
from sanctions_model.robustness.vintages import (
    compare_vintages,
    differ_in_data_alone,
    fit_revised,
    require_revised,
    revised_history,
    vintage_of,
)
from sanctions_model.scm.serialization import spec_hash
from sanctions_model.scm.variables import Noise

DIRECT = "trade -> growth"
MANIFEST = {
    "spec_sha256": spec_hash(MODEL),
    "priors": {"sha256": "p"},
    "data": {"sha256": "d" * 64},
    "settings": {"draws": 200, "tune": 200, "chains": 2, "random_seed": 3},
}


@pytest.fixture(scope="module")
def problem():
    truth = laboratory.draw_truth(2)
    return Problem.of(MODEL, laboratory.observe(truth, 3), PRIORS)


@pytest.fixture(autouse=True)
def without_power_scaling(monkeypatch):
    """Draws that are pinned, not sampled, have no density that could be scaled."""
    monkeypatch.setattr(Basis, "_weights", None)


def made_fit(problem, centre, spread=0.05, **changes):
    """A fit whose draws differ in the direct link alone, symmetric around `centre`."""
    one = pinned(scm=problem.scm)
    many = one.isel(draw=np.zeros(400, dtype=int)).assign_coords(draw=np.arange(400))
    both = xr.concat([many, many], dim="chain").assign_coords(chain=[0, 1])
    chance = np.random.default_rng(17)
    half = chance.normal(0.0, spread, 400)
    coefficient = both["coefficient"].transpose("chain", "draw", "link").copy()
    at = list(coefficient["link"].to_numpy()).index(DIRECT)
    values = coefficient.to_numpy().copy()
    values[..., at] = centre + np.concatenate([half, -half]).reshape(2, 400)
    both["coefficient"] = coefficient.copy(data=values)
    idata = xr.DataTree.from_dict({"posterior": both, "prior": both})
    return Fit(problem=problem, idata=idata, manifest={**MANIFEST, **changes})


def closed_form(direct, outcome, horizon):
    truth = {
        "recoverable_share[trade]": 0.7,
        "recovery_speed[trade]": 0.4,
        "persistence[premium]": 0.5,
        "persistence[inflation]": 0.6,
        "persistence[key_rate]": 0.7,
        "effective_trade -> premium": 4.0,
        "premium -> inflation": 0.4,
        "growth[1] -> inflation": 0.3,
        "inflation -> key_rate": 1.2,
        "growth[1] -> growth": 0.2,
        "key_rate[1] -> growth": -0.3,
        DIRECT: direct,
    }
    return relief_effect(truth, horizon)[outcome][horizon - 1]


def test_the_change_is_split_into_revisions_and_new_periods(problem):
    old, revised, new = (made_fit(problem, centre) for centre in (-1.0, -1.6, -2.0))
    table = compare_vintages(
        old, new, revised, relief=LIFTED, horizons=(2, 8), outcomes=("growth", "inflation")
    )
    assert len(table) == 4
    for row in table.itertuples():
        at = {
            name: closed_form(value, row.outcome, row.horizon)
            for name, value in (("old", -1.0), ("revised", -1.6), ("new", -2.0))
        }
        assert row.old == pytest.approx(at["old"], abs=1e-9)
        assert row.new == pytest.approx(at["new"], abs=1e-9)
        assert row.due_to_revisions == pytest.approx(at["revised"] - at["old"], abs=1e-9)
        assert row.due_to_new_periods == pytest.approx(at["new"] - at["revised"], abs=1e-9)
        assert row.due_to_revisions + row.due_to_new_periods == pytest.approx(row.change)
        # The outcomes are linear in the link: 0.6 of its move of 1.0 came with the revisions.
        assert row.share_revisions == pytest.approx(0.6)
        assert row.share_new_periods == pytest.approx(0.4)
        assert row.old_lower < row.old < row.old_upper
        assert row.error_revisions > 0
        # The draws of the three are equally wide, so no part is more certain than the change.
        assert row.error_revisions == pytest.approx(row.monte_carlo_error, rel=0.3)
        assert row.error_new_periods == pytest.approx(row.monte_carlo_error, rel=0.3)


def test_the_error_of_a_share_is_that_of_a_ratio_of_uncertain_differences(problem):
    old, revised, new = (made_fit(problem, centre) for centre in (-1.0, -1.6, -2.0))
    row = compare_vintages(
        old, new, revised, relief=LIFTED, horizons=(4,), outcomes=("growth",)
    ).iloc[0]
    # From the three pairs of errors to those of the three medians.
    ab, ar, rb = (
        (row[name] / 2) ** 2
        for name in ("monte_carlo_error", "error_revisions", "error_new_periods")
    )
    sizes = np.sqrt([(ab + ar - rb) / 2, (ar + rb - ab) / 2, (ab + rb - ar) / 2])
    medians = np.array([row["old"], row["old"] + row["due_to_revisions"], row["new"]])
    drawn = np.random.default_rng(4).normal(medians, sizes, (200_000, 3))
    share = (drawn[:, 1] - drawn[:, 0]) / (drawn[:, 2] - drawn[:, 0])
    assert row["error_share"] == pytest.approx(2 * share.std(), rel=0.02)


def test_parts_that_work_against_each_other_have_shares_outside_zero_to_one(problem):
    old, revised, new = (made_fit(problem, centre) for centre in (-1.0, -2.0, -1.5))
    table = compare_vintages(old, new, revised, relief=LIFTED, horizons=(4,), outcomes=("growth",))
    assert table["share_revisions"].item() == pytest.approx(2.0)
    assert table["share_new_periods"].item() == pytest.approx(-1.0)


def test_a_change_within_its_monte_carlo_error_has_no_shares(problem):
    old, new = made_fit(problem, -1.0, spread=1.0), made_fit(problem, -1.001, spread=1.0)
    table = compare_vintages(old, new, new, relief=LIFTED, horizons=(4,), outcomes=("growth",))
    assert abs(table["change"].item()) < table["monte_carlo_error"].item()
    assert np.isnan(table["share_revisions"].item())
    assert np.isnan(table["error_share"].item())
    # Two standard errors of the median of 800 normal draws, on either side.
    scale = abs(closed_form(-1.0, "growth", 4) - closed_form(0.0, "growth", 4))
    expected = 2 * np.sqrt(2) * 1.2533 * scale / np.sqrt(800)
    assert table["monte_carlo_error"].item() == pytest.approx(expected, rel=0.35)


def test_without_revisions_the_whole_change_is_due_to_new_periods(problem):
    old, new = made_fit(problem, -1.0), made_fit(problem, -2.0)
    table = compare_vintages(old, new, old, relief=LIFTED, horizons=(4,), outcomes=("growth",))
    assert table["share_revisions"].item() == 0.0
    assert table["share_new_periods"].item() == 1.0


def of_another(fitted, what):
    """The same draws under a model with other noise, or under one belief that differs."""
    scm, priors = fitted.scm, fitted.problem.priors
    if what == "equations":
        noise = next(own for own in Noise if own is not MODEL.noise)
        scm = dataclasses.replace(MODEL, noise=noise)
    else:
        group, own = next((g, own) for g, own in priors.entries.items() if own)
        label, prior = next(iter(own.items()))
        other = {label: Fixed(value=0.5, unit=prior.unit, rationale="", sources="judgement")}
        entries = {**priors.entries, group: {**own, **other}}
        priors = priors.model_copy(update={"entries": entries})
    problem = dataclasses.replace(fitted.problem, scm=scm, priors=priors)
    return dataclasses.replace(fitted, problem=problem)


@pytest.mark.parametrize("what", ["equations", "priors"])
def test_fits_that_differ_in_more_than_their_data_are_refused(problem, what):
    old, words = made_fit(problem, -1.0), f"differ in their {what} too"
    new = of_another(old, what)
    with pytest.raises(QuestionError, match=words):
        compare_vintages(old, new, old)
    with pytest.raises(QuestionError, match=words):
        fit_revised(old, new)


def test_fits_without_a_posterior_are_refused(problem):
    fitted = made_fit(problem, -1.0)
    prior = dataclasses.replace(fitted, idata=fitted.idata.filter(lambda n: n.name != "posterior"))
    with pytest.raises(QuestionError, match="The second fit has prior draws only"):
        compare_vintages(fitted, prior, fitted)


def test_revised_history_has_the_new_figures_of_the_old_cells_and_no_others():
    old = as_observations({"a": [1, 2, np.nan, np.nan], "b": [np.nan, 5, 6, 7]})
    new = as_observations({"a": [1, 2.5, 3, 4, 5], "b": [4, 5, 6, np.nan, 8], "c": [0] * 5})
    found = revised_history(old, new)
    np.testing.assert_array_equal(found["time"], old["time"])
    np.testing.assert_array_equal(found["a"], [1, 2.5, np.nan, np.nan])
    np.testing.assert_array_equal(found["b"], [np.nan, 5, 6, np.nan])
    assert set(found.data_vars) == {"a", "b"}
    assert found.attrs["freq"] == "Q"


def test_a_fit_is_taken_for_the_third_one_only_with_its_data(problem):
    newer = problem.observations
    older = newer.isel(time=slice(0, -4)).copy(deep=True)
    older["growth"][5:9] += 1.0
    with_data = {
        name: dataclasses.replace(made_fit(problem, -1.0), problem=Problem.of(MODEL, data, PRIORS))
        for name, data in (
            ("old", older),
            ("new", newer),
            ("revised", revised_history(older, newer)),
        )
    }
    old, new, revised = with_data.values()
    require_revised(old, new, revised)
    assert differ_in_data_alone(old, new)
    assert not differ_in_data_alone(old, old)
    assert not differ_in_data_alone(old, of_another(new, "equations"))
    for other in (old, new):
        with pytest.raises(QuestionError, match="is not one of the new figures of the old periods"):
            require_revised(old, new, other)


def test_the_data_of_a_fit_are_named_with_their_hash(problem):
    vintage = {"name": "2026-07-01", "sha256": "abcdef0123456789"}
    inputs = {"inputs": {"vintage": vintage}}
    assert vintage_of(made_fit(problem, 0.0, **inputs)) == "2026-07-01 (abcdef012345)"
    own = {"inputs": {"vintage": None, "data": "mine.csv"}}
    assert vintage_of(made_fit(problem, 0.0, **own)) == "mine.csv (dddddddddddd)"
    assert vintage_of(made_fit(problem, 0.0)) == "bundled (dddddddddddd)"


def test_new_data_that_do_not_hold_the_old_periods_are_refused():
    old = as_observations({"a": [1, 2, 3]}, "2000Q1")
    with pytest.raises(QuestionError, match="expected new data that hold all old periods"):
        revised_history(old, as_observations({"a": [1, 2, 3]}, "2000Q2"))
    with pytest.raises(QuestionError, match="The new data have no a"):
        revised_history(old, as_observations({"b": [1, 2, 3]}))


@pytest.mark.slow
def test_with_revisions_alone_new_periods_have_no_share():
    """The revised fit is then the new fit, draw by draw."""
    observations = laboratory.study().observations
    old = laboratory.fitted()
    revised = observations.copy(deep=True)
    revised["inflation"][:] = revised["inflation"] * 1.3
    settings = {name: old.manifest["settings"][name] for name in ("draws", "tune", "chains")}
    new = laboratory.refit(revised, **settings, random_seed=7)
    middle = laboratory.refit(revised_history(observations, revised), **settings, random_seed=7)
    table = compare_vintages(old, new, middle, relief=LIFTED, outcomes=("inflation",))
    assert (table["due_to_new_periods"] == 0).all()
    assert (table["share_revisions"].dropna() == 1).all()
    assert len(table["share_revisions"].dropna())


# Nowcasts


def test_a_nowcast_is_the_posterior_of_each_missing_cell(growth_problem, growth_draws):
    table = nowcast_table(growth_problem, growth_draws)
    cells = growth_draws["missing_cell"].stack(sample=("chain", "draw"))
    assert len(table) == len(growth_problem.cases.missing) == 7
    for place, row in enumerate(table.itertuples()):
        values = cells.isel({cells.dims[0]: place}).to_numpy()
        name, at = growth_problem.cases.missing[place]
        assert row.series == name
        if growth_problem.scm.variables[name].logs:
            assert row.unit == "% a quarter"
            values = 100 * (np.exp(values / 100) - 1)
        assert row.period == str(growth_problem.cases.time[at].astype("datetime64[M]")).replace(
            "-10", "Q4"
        ).replace("-01", "Q1")
        assert row.median == pytest.approx(np.median(values))
        assert row.lower == pytest.approx(np.quantile(values, (1 - row.ci_prob) / 2))
        assert row.place == "newest"
    imports = table[table["series"] == "import_growth"]
    assert imports["period"].tolist() == ["2025Q4", "2026Q1"]
    assert set(imports["last_known"]) == {"2025Q3"}


def test_a_hole_is_told_from_a_late_figure(problem):
    from sanctions_model.inference.density import complete_from_prior

    draws = complete_from_prior(problem, pinned(scm=problem.scm), 5)
    table = nowcast_table(problem, draws).set_index(["series", "period"])
    assert table.loc[("growth", "2010Q1"), "place"] == "hole"
    assert table.loc[("growth", "2019Q4"), "place"] == "newest"


def test_data_without_missing_cells_have_no_nowcast():
    truth = laboratory.draw_truth(2)
    series = laboratory.simulate_series(truth, 3)
    whole = Problem.of(MODEL, as_observations(series), PRIORS)
    table = nowcast_table(whole, pinned())
    assert len(table) == 0
    assert "median" in table


def test_a_nowcast_is_drawn_with_a_mark_on_each_missing_cell(growth_problem, growth_draws):
    from sanctions_model.plots import plot_nowcast

    figure = plot_nowcast(growth_problem, growth_draws, drawn_from="prior")
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    series = list(dict.fromkeys(name for name, _ in growth_problem.cases.missing))
    assert [axes.get_title(loc="left") for axes in panels] == [
        growth_problem.scm.variables[name].label for name in series
    ]
    marks = sum(
        line.get_markerfacecolor() == "white" and line.get_marker() == "o"
        for axes in panels
        for line in axes.lines
    )
    assert marks == len(growth_problem.cases.missing)
    assert "prior" in "".join(text.get_text() for text in figure.texts)


def test_a_nowcast_without_missing_cells_is_refused(growth_problem, growth_draws):
    from sanctions_model.plots import plot_nowcast

    with pytest.raises(QuestionError, match=r"no .*nowcast to draw"):
        plot_nowcast(growth_problem, growth_draws, periods=0)
