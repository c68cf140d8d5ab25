"""The layout of the panel and the likelihood against plain numpy and finite differences."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from sanctions_model.elsewhere import ReliefData
from sanctions_model.elsewhere.model.cells import (
    HORIZONS,
    LEADS,
    OUTCOMES,
    REGRESSORS,
    build_cells,
    outcome_cube,
)
from sanctions_model.elsewhere.model.likelihood import CELL_ARRAYS, log_density, one_pass
from sanctions_model.elsewhere.model.panel_model import COVARIATES, covariates, redrawn_means
from sanctions_model.errors import ObservationError


def at(cells, outcome, iso3, year):
    """Place of one cell."""
    found = np.flatnonzero(
        (cells.outcome == OUTCOMES.index(outcome))
        & (cells.country == cells.countries.index(iso3))
        & (cells.year == year)
    )
    assert len(found) <= 1
    return int(found[0]) if len(found) else None


def entries(cells, cell, episode):
    """Weights by column of an episode in a cell."""
    e = [item.episode_id for item in cells.episodes].index(episode)
    chosen = (cells.entry[:, 0] == cell) & (cells.entry[:, 1] == e)
    columns = (*LEADS, *HORIZONS)
    return {
        columns[column]: tuple(weight)
        for column, weight in zip(cells.entry[chosen, 2], cells.weight[chosen], strict=True)
    }


def test_outcomes_and_lags_are_the_panel_s(data, cells):
    row = data.panel.set_index(["iso3", "year"]).loc[("MEX", 1996)]
    before = data.panel.set_index(["iso3", "year"]).loc[("MEX", 1995)]
    gdp, price = at(cells, "gdp", "MEX", 1996), at(cells, "inflation", "MEX", 1996)
    assert cells.value[gdp, 0] == pytest.approx(100 * np.log1p(row["gdp_growth"] / 100))
    pi = before["cpi_inflation"]
    assert cells.value[price, 1] == pytest.approx(100 * pi / (100 + pi))


def test_the_world_s_factor_is_the_median_of_all_economies(data, cells):
    cube, _, years = outcome_cube(data.panel)
    world = np.nanmedian(cube[0], axis=0)
    cell = at(cells, "gdp", "DEU", 2009)
    assert cells.factor[cell, 0] == pytest.approx(
        world[list(years).index(2009)] - world.mean(), abs=1e-12
    )


def test_the_devaluation_of_the_cfa_franc_is_dated(cells):
    column = REGRESSORS.index("cfa_1994")
    marked = cells.regressor[:, column] == 1
    assert set(cells.year[marked]) == {1994}
    assert {cells.countries[i] for i in cells.country[marked]} >= {"CIV", "SEN", "TGO"}


def test_the_gap_is_the_distance_from_the_own_peak(cells):
    gap = REGRESSORS.index("gap")
    growth = {y: cells.value[at(cells, "gdp", "GRC", y), 0] for y in range(2008, 2015)}
    fall = sum(growth[y] for y in range(2009, 2014))  # the peak was in 2008
    assert cells.regressor[at(cells, "gdp", "GRC", 2014), gap] == pytest.approx(fall)
    assert cells.regressor[at(cells, "gdp", "GRC", 2008), gap] == 0


def test_a_lifting_enters_growth_as_the_change_of_its_level(cells):
    # Sudan, lifted in 2017: growth in 2018 is the level a year after less that of the year itself.
    found = entries(cells, at(cells, "gdp", "SDN", 2018), "SDN2017")
    assert found[1] == (1, 0, 0, 0)
    assert found[0] == (-1, 1, 0, 1)  # and this level has moved the gap and the first lag
    assert found[-1] == (0, -1, 1, 0)
    assert found[-2] == (0, 0, -1, 0)


def test_a_lifting_enters_inflation_as_its_level(cells):
    found = entries(cells, at(cells, "inflation", "IND", 2003), "IND2001")
    assert found == {2: (1, 0, 0, 0), 1: (0, 1, 0, 0), 0: (0, 0, 1, 0)}


def test_years_after_a_reimposition_are_left_out(cells):
    assert at(cells, "gdp", "IRN", 2017) is not None
    assert [at(cells, "gdp", "IRN", year) for year in (2018, 2020, 2023)] == [None] * 3
    assert at(cells, "gdp", "IRN", 2024) is not None


def test_covariates_of_episodes(data):
    z = pd.DataFrame(
        covariates(data), index=[e.episode_id for e in data.episodes], columns=list(COVARIATES)
    )
    iran = z.loc["IRN2016"]
    assert iran["oil"] == 1
    assert iran["reimposed"] == 1
    assert iran["war"] == 0
    assert iran["duration"] == pytest.approx(np.log(11 / 10))
    assert z.loc["NPL1990", "financial"] == -0.5
    assert z.loc["PAN1990", "war"] == 1


def test_a_panel_without_three_years_in_a_row_is_refused(data):
    short = data.panel[data.panel["year"] >= 2023]
    with pytest.raises(ObservationError, match="three years in a row"):
        build_cells(ReliefData(episodes=(), panel=short))


@pytest.fixture
def parameters(cells):
    rng = np.random.default_rng(3)
    own = 0.3 * rng.standard_normal((4, len(OUTCOMES), len(cells.countries)))
    own[3] += 1.5
    coefficient = 0.1 * rng.standard_normal((len(OUTCOMES), len(REGRESSORS) + 2))
    level = rng.standard_normal((len(OUTCOMES), len(cells.episodes), cells.n_columns))
    return [own, coefficient, level, np.array([4.0, 5.0, 1.5, 3.0])]


def passed(cells, parameters):
    from numba import njit

    run = njit(one_pass)
    return run(*parameters, *(getattr(cells, name) for name in CELL_ARRAYS))


def test_the_pass_is_the_density_of_plain_numpy(cells, parameters):
    total, *_ = passed(cells, parameters)
    expected = log_density(cells, *parameters).sum()
    assert total[0] == pytest.approx(expected, rel=1e-10)


def test_scales_that_change_do_so_in_both(data, cells, parameters):
    assert (cells.spread == 1).all()
    changing = build_cells(data, changing_scales=True)
    total, *_ = passed(changing, parameters)
    expected = log_density(changing, *parameters).sum()
    assert total[0] == pytest.approx(expected, rel=1e-10)
    assert total[0] != pytest.approx(log_density(cells, *parameters).sum(), rel=1e-3)


def test_scales_change_as_economies_stray_from_their_own_median(data):
    cells = build_cells(data, changing_scales=True)
    cube, _, years = outcome_cube(data.panel)
    gdp = cube[0]
    with np.errstate(invalid="ignore"):
        world = np.nanmedian(gdp, axis=0)
        own = pd.DataFrame(gdp).median(axis=1).to_numpy()
        away = np.nanmedian(np.abs(gdp - own[:, None] - (world - world.mean())), axis=0)
    around = np.array([away[max(t - 5, 0) : t + 6].mean() for t in range(len(years))])
    expected = dict(zip(years, around / np.exp(np.log(around).mean()), strict=True))
    for iso3, year in (("GRC", 2008), ("MEX", 1996), ("USA", 1975)):
        assert cells.spread[at(cells, "gdp", iso3, year)] == pytest.approx(expected[year])


def test_its_derivatives_are_those_of_finite_differences(cells, parameters):
    _, *derivatives = passed(cells, parameters)
    rng, step = np.random.default_rng(4), 1e-5
    for values, derivative in zip(parameters, derivatives, strict=True):
        for _ in range(5):
            place = tuple(rng.integers(size) for size in values.shape)
            middle = values[place]
            sides = []
            for side in (step, -step):
                values[place] = middle + side
                sides.append(log_density(cells, *parameters).sum())
            values[place] = middle
            assert derivative[place] == pytest.approx(
                (sides[0] - sides[1]) / (2 * step), rel=1e-4, abs=1e-3
            )


def test_the_density_is_the_student_t_of_scipy(cells, parameters):
    from scipy.special import gammaln
    from scipy.stats import t as student

    own, coefficient, level, freedom = parameters
    cell = at(cells, "gdp", "FRA", 1990)  # no lifting there
    k, i = cells.outcome[cell], cells.country[cell]
    mean = own[0, k, i] + own[1:3, k, i] @ cells.factor[cell]
    mean += coefficient[k] @ np.concatenate([cells.regressor[cell], cells.value[cell, 1:]])
    nu = freedom[k]
    constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
    expected = student(nu, mean, np.exp(own[3, k, i])).logpdf(cells.value[cell, 0])
    found = log_density(cells, own, coefficient, level, freedom)[cell] + constant
    assert found == pytest.approx(expected)


def test_the_operation_scales_the_derivatives_by_its_cotangent(cells, parameters):
    import pytensor
    import pytensor.tensor as pt
    from pytensor.compile.mode import Mode

    from sanctions_model.elsewhere.model.likelihood import PanelLikelihood

    few = np.unique(cells.entry[:, 0])[:40]  # with liftings among them
    entry = cells.entry[np.isin(cells.entry[:, 0], few)].copy()
    weight = cells.weight[np.isin(cells.entry[:, 0], few)]
    entry[:, 0] = np.searchsorted(few, entry[:, 0])
    arrays = [getattr(cells, name)[few] for name in CELL_ARRAYS[:-2]] + [entry, weight]
    inputs = [pt.as_tensor(value).type() for value in parameters]
    total = 3.0 * PanelLikelihood()(*inputs, *arrays)[0][0]
    plain = Mode(linker="py", optimizer=None)
    run = pytensor.function(inputs, [total, *pt.grad(total, inputs)], mode=plain)
    found, expected = run(*parameters), one_pass(*parameters, *arrays)
    assert found[0] == pytest.approx(3.0 * expected[0][0])
    for value, derivative in zip(found[1:], expected[1:], strict=True):
        np.testing.assert_allclose(value, 3.0 * derivative)


def test_means_drawn_anew_have_their_conditional_by_brute_force():
    values, spread, n = np.array([1.0, 4.0, -0.5]), 2.0, 20_000
    axes = ("chain", "draw", "outcome")
    found = {}
    for name in ("intercept", "world_loading", "region_loading", "log_scale"):
        found[name] = ((*axes, "country"), np.broadcast_to(values, (1, n, 4, 3)))
        found[f"{name}_raw"] = found[name]
        found[f"{name}_sd"] = (axes, np.full((1, n, 4), spread))
        found[f"{name}_mean"] = (axes, np.full((1, n, 4), 99.0))
    drawn = redrawn_means(xr.Dataset(found), np.random.default_rng(0))
    grid = np.linspace(-6, 8, 4001)
    density = stats.norm(1.0, 0.5).pdf(grid)  # the prior of the mean loading on the world
    density *= np.prod([stats.norm(grid, spread).pdf(value) for value in values], axis=0)
    density /= density.sum()
    mean = (grid * density).sum()
    sd = np.sqrt(((grid - mean) ** 2 * density).sum())
    means = drawn["world_loading_mean"]
    assert float(means.mean()) == pytest.approx(mean, abs=0.01)
    assert float(means.std()) == pytest.approx(sd, rel=0.02)
    assert "world_loading_raw" not in drawn
    assert drawn["world_loading"].equals(xr.Dataset(found)["world_loading"])


def test_draws_that_miss_the_gate_are_not_written(tmp_path, monkeypatch, capsys):
    """Chains that stand at four places: `make elsewhere` leaves every file as it is."""
    import sys

    import xarray as xr

    from sanctions_model.data.bundled import data_path
    from sanctions_model.elsewhere import __main__ as command
    from sanctions_model.elsewhere import write_relief_files
    from sanctions_model.elsewhere.model import fitting
    from sanctions_model.errors import ConvergenceError, QuestionError
    from sanctions_model.inference.diagnostics import Diagnostics

    stuck = fitting.ReliefFit(
        cells=None,
        posterior=xr.Dataset(),
        diagnostics=Diagnostics(r_hat=2.0, ess_bulk=5.0, ess_tail=5.0, divergences=0, explosive=0),
        settings={},
    )
    monkeypatch.setattr(fitting, "compile_panel", lambda *given: None)
    monkeypatch.setattr(fitting, "sample_panel", lambda *given, **options: None)
    monkeypatch.setattr(fitting, "gathered", lambda *given: stuck)
    with pytest.raises(ConvergenceError, match=r"did not converge: R-hat 2.000"):
        fitting.fit_relief()
    assert fitting.fit_relief(allow_unconverged=True) is stuck
    with pytest.raises(ConvergenceError, match="did not converge"):
        write_relief_files(stuck, tmp_path)
    shipped = data_path("elsewhere_fit.json")
    before = shipped.read_bytes()
    with pytest.raises(ConvergenceError, match="did not converge"):
        write_relief_files(stuck, shipped.parent, allow_unconverged=True)
    for extra in ([], ["--allow-unconverged", "--out", str(shipped.parent)]):
        monkeypatch.setattr(sys, "argv", ["elsewhere", *extra])
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert ended.value.code == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "did not converge" in line
    assert shipped.read_bytes() == before
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(QuestionError, match="draws is -1"):
        fitting.fit_relief(draws=-1)
