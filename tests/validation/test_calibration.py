"""Simulation-based calibration: right samplers pass, and every wrong one is caught."""

from dataclasses import dataclass, replace
from functools import cache

import laboratory
import numpy as np
import pytest
import xarray as xr
from laboratory import LIFTED, MODEL, PRIORS, RATE_FROM
from scipy import stats

from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.priors.ledger import sample_prior
from sanctions_model.inference.samplers import Nutpie
from sanctions_model.queries.effects import total_effect
from sanctions_model.scm.simulation.shocks import draw_shocks
from sanctions_model.validation.calibration import (
    Calibration,
    relief_quantities,
    simulate_data_sets,
    simulation_based_calibration,
    uniformity,
)

OUTCOMES = ("inflation", "key_rate", "price_level", "output_level")
EFFECTS = relief_quantities(LIFTED, outcomes=OUTCOMES, horizons=(4, 8))


@pytest.fixture(scope="module")
def problem():
    observations = laboratory.observe(laboratory.draw_truth(2), 3)
    return Problem.of(MODEL, observations, PRIORS)


# Simulation


@pytest.fixture(scope="module")
def simulated(problem):
    draws = sample_prior(problem.scm, problem.absolute, draws=6, random_seed=4)
    return draws, simulate_data_sets(problem, draws, random_seed=9)


def test_simulated_data_obey_the_equations_written_by_hand(problem, simulated):
    draws, series = simulated
    shocks = draw_shocks(problem.scm, draws, laboratory.PERIODS, 9)
    weather, trade = (problem.observations[name].to_numpy() for name in ("weather", "trade"))
    centre = problem.cases.centres
    for number in range(6):
        one = draws.isel(chain=0, draw=number)

        def effect(link, one=one):
            return float(one["coefficient"].sel(link=link))

        level = one["intercept"]
        growth, rate = series["growth"][number], series["key_rate"][number]
        t = laboratory.PERIODS - 1
        expected = (
            float(level.sel(equation="growth"))
            + effect("growth[1] -> growth") * (growth[t - 1] - centre["growth[1] -> growth"])
            + effect("key_rate[1] -> growth") * (rate[t - 1] - centre["key_rate[1] -> growth"])
            + effect("trade -> growth") * trade[t]
            + effect("weather -> growth") * weather[t]
            + shocks["growth"][t, number]
        )
        np.testing.assert_allclose(growth[t], expected, rtol=1e-9)
        harvest = series["harvest"][number]
        expected = (
            float(level.sel(equation="harvest"))
            + effect("weather -> harvest") * weather[1:]
            + effect("weather[1] -> harvest") * weather[:-1]
            + shocks["harvest"][1:, number]
        )
        np.testing.assert_allclose(harvest[1:], expected, rtol=1e-9)


def test_cells_without_a_weight_are_taken_as_given(problem, simulated):
    _, series = simulated
    known = problem.cases.values
    weight = dict(zip(problem.cases.columns, problem.cases.weight.T, strict=True))
    for name, values in series.items():
        given = weight[name] == 0
        np.testing.assert_array_equal(
            values[:, given], np.repeat(known[name][None], 6, 0)[:, given]
        )
    assert (weight["key_rate"][:RATE_FROM] == 0).all()


# Samplers whose answer is known without sampling


@dataclass
class PriorSampler:
    """Answers with prior draws whatever the data: calibrated, if uninformed."""

    shift: float = 0.0
    width: float = 1.0
    seen: tuple = ()

    def sample(self, problem, *, draws, tune, chains, random_seed, progress=False):
        self.seen = (*self.seen, problem)
        found = sample_prior(
            problem.scm,
            problem.absolute,
            draws=draws,
            chains=chains,
            random_seed=random_seed + 10_000_000,
        )
        middle = found["coefficient"].median(("chain", "draw"))
        spread = found["coefficient"].std(("chain", "draw"))
        found["coefficient"] = (
            middle + self.width * (found["coefficient"] - middle) + self.shift * spread
        )
        labels = problem.cases.missing_labels
        noise = np.random.default_rng(random_seed).normal(size=(chains, draws, len(labels)))
        found["missing_cell"] = (("chain", "draw", "missing"), noise)
        stats_group = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((chains, draws)))})
        return xr.DataTree.from_dict({"posterior": found, "sample_stats": stats_group})

    def with_target_accept(self, target_accept):
        return self


def calibrate(problem, sampler, **options):
    settings = {"data_sets": 80, "draws": 40, "chains": 2, "thin": 1} | options
    return simulation_based_calibration(problem, quantities=EFFECTS, sampler=sampler, **settings)


def free(table):
    """Without completed cells, which the prior sampler does not know."""
    return table[~table.index.str.contains(r"\[20")]


def test_a_sampler_that_answers_with_the_prior_is_calibrated(problem):
    found = calibrate(problem, PriorSampler())
    table = free(uniformity(found))
    assert table["p_value"].min() > 0.01 / len(table)
    assert table["inside"].mean() > 0.9
    assert table["covers"].mean() > 0.9
    assert found.data_sets == 80
    assert not any("scale[harvest]" in name for name in table.index)  # fixed


@pytest.mark.parametrize("fault", [{"shift": 0.7}, {"width": 0.5}, {"width": 2.0}], ids=str)
def test_a_sampler_that_is_off_is_caught(problem, fault):
    table = uniformity(calibrate(problem, PriorSampler(**fault)))
    wrong = table.loc["weather -> harvest"]
    assert not wrong["inside"]
    assert wrong["excess"] > 0
    if "shift" in fault:
        assert not table.loc["effect on price_level after 8", "inside"]
    # What the fault does not touch stays right.
    assert table.loc["persistence[inflation]", "p_value"] > 1e-4


def test_effects_are_ranked_by_the_engine_that_answers_questions(problem):
    draws = sample_prior(problem.scm, problem.absolute, draws=5, random_seed=1)
    found = EFFECTS(problem.scm, draws)
    effect = total_effect(problem.scm, draws, LIFTED, horizon=8, outcomes=list(OUTCOMES))
    expected = effect.sel(outcome="key_rate", horizon=4).to_numpy().ravel()
    np.testing.assert_array_equal(found["effect on key_rate after 4"], expected)


def test_the_fit_sees_neither_the_truth_of_a_completed_cell_nor_other_data_sets(problem):
    sampler = PriorSampler()
    calibrate(problem, sampler, data_sets=3)
    for own in sampler.seen:
        for name, period in problem.cases.missing:
            assert own.cases.values[name][period] == 0.0
        np.testing.assert_array_equal(own.cases.weight, problem.cases.weight)
        assert own.scm.centres == problem.scm.centres
    first, second = sampler.seen[:2]
    assert not np.array_equal(first.cases.values["growth"], second.cases.values["growth"])


def test_more_data_sets_keep_the_earlier_ones(problem):
    few, more = (calibrate(problem, PriorSampler(), data_sets=count) for count in (2, 3))
    assert few.ranks.shape[1] == more.ranks.shape[1]
    same = few.ranks["quantity"].to_numpy() == more.ranks["quantity"].to_numpy()
    assert same.all()


def test_counts_below_one_are_refused(problem):
    with pytest.raises(QuestionError, match="data_sets is 0; expected at least 1"):
        calibrate(problem, PriorSampler(), data_sets=0)


def ranks_of(values):
    array = xr.DataArray(
        np.asarray(values)[:, None], dims=("data_set", "quantity"), coords={"quantity": ["x"]}
    )
    covered = (array > 0.05) & (array < 0.95)
    return Calibration(
        ranks=array, covered=covered, prob=0.9, divergences=0, unconverged=0, settings={}
    )


def test_the_band_holds_uniform_ranks_and_not_others():
    grid = (np.arange(200) + 0.5) / 200
    exact = uniformity(ranks_of(grid)).loc["x"]
    assert exact["inside"]
    assert exact["excess"] == 0.0
    assert exact["coverage"] == pytest.approx(0.9)
    for bent in (stats.beta(0.5, 0.5), stats.beta(2, 2), stats.beta(2, 1)):
        assert not uniformity(ranks_of(bent.ppf(grid))).loc["x", "inside"]


def test_the_band_is_left_as_often_as_it_says():
    """Over 200 sets of uniform ranks, 1 % leave the 99 % band (0 to 7 with probability 0.999)."""
    generator = np.random.default_rng(1)
    left = sum(
        not uniformity(ranks_of(generator.uniform(size=60))).loc["x", "inside"] for _ in range(200)
    )
    assert left <= 7


# Real posteriors


@dataclass(frozen=True)
class Broken:
    """A sampler whose likelihood is wrong on purpose.

    Reading the driver a period late is a lag off by one. A scale parameter that enters the
    likelihood `stretch` times too large is a model whose scale has a prior stretched as much, the
    draws then divided.
    """

    inner: object
    late: int = 0
    stretch: float = 1.0

    def sample(self, problem, **options):
        values = dict(problem.cases.values)
        if self.late:
            values["weather"] = np.roll(values["weather"], self.late)
        absolute = dict(problem.absolute)
        for address, prior in absolute.items():
            if address.startswith("scale[") and prior.family == "LogNormal":
                absolute[address] = prior.model_copy(update={"median": prior.median * self.stretch})
        wrong = replace(problem, cases=replace(problem.cases, values=values), absolute=absolute)
        tree = self.inner.sample(wrong, **options)
        posterior = tree["posterior"].to_dataset()
        posterior["scale"] = posterior["scale"] / self.stretch
        tree["posterior"] = xr.DataTree(posterior)
        return tree

    def with_target_accept(self, target_accept):
        return replace(self, inner=self.inner.with_target_accept(target_accept))


@cache
def calibrated(data_sets, late=0, stretch=1.0):
    return simulation_based_calibration(
        laboratory.study().problem,
        data_sets=data_sets,
        quantities=EFFECTS,
        sampler=Broken(Nutpie(), late, stretch),
    )


@pytest.mark.slow
def test_a_lag_off_by_one_is_caught():
    table = uniformity(calibrated(60, late=1))
    for name in ("weather -> growth", "weather -> harvest", "weather[1] -> harvest"):
        assert not table.loc[name, "inside"]
        assert table.loc[name, "p_value"] < 1e-4


@pytest.mark.slow
def test_a_wrong_scale_is_caught():
    table = uniformity(calibrated(60, stretch=1.5))
    for name in ("scale[inflation]", "scale[key_rate]", "scale[growth]"):
        assert not table.loc[name, "inside"]
        assert table.loc[name, "p_value"] < 1e-4


@pytest.mark.slow
def test_ranks_of_the_small_model_are_uniform():
    """Over 200 data sets, at the 99 % simultaneous band of each quantity.

    Of some forty dependent quantities one in a hundred may leave its band by chance; none may
    leave it by more than chance over all of them.
    """
    table = uniformity(calibrated(200))
    outside = int((~table["inside"]).sum())
    assert outside <= stats.binom.ppf(0.999, len(table), 0.01)
    assert table["p_value"].min() > 0.01 / len(table)


@pytest.mark.slow
def test_intervals_of_effects_cover_the_truth_nine_times_in_ten():
    """Over 200 data sets, each effect within its binomial error (99 %)."""
    table = uniformity(calibrated(200))
    effects = table[table.index.str.startswith("effect on")]
    assert len(effects) == len(OUTCOMES) * 2
    assert effects["covers"].all()
