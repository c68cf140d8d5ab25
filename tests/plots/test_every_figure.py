"""Every figure of the package: a finding with a number, a question, a source, text one can read."""

from collections.abc import Mapping

import laboratory
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from anchored_economy import anchored_draws, anchored_problem
from figure_tables import (
    EPISODES,
    FACTORS,
    NAMED,
    PREDICTIVE,
    X,
    Y,
    claims_table,
    made,
    yearly_table,
)
from pictures import faults_of

from sanctions_model import plots
from sanctions_model.data.observations import coverage as coverage_table
from sanctions_model.inference.priors.pools import load_pools, pool_studies
from sanctions_model.queries.claims import Claim
from sanctions_model.queries.counterfactuals import counterfactual, episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.effects import channel_effects, total_effect
from sanctions_model.queries.estimands import load_quantities
from sanctions_model.queries.forecasts import forecast_error_variance_decomposition, simulate
from sanctions_model.queries.reading.exceedance import exceedance_table
from sanctions_model.queries.reading.yearly_forces import yearly_forces
from sanctions_model.queries.required import RequiredRelief, Target
from sanctions_model.queries.responses import impulse_response
from sanctions_model.robustness.confounding import TippingPoint
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.filtering import odds_by_spread
from sanctions_model.scenarios.odds.mixture import compare_futures, expected_by_odds
from sanctions_model.scenarios.odds.regimes import draw_scenario_paths
from sanctions_model.scenarios.odds.variance import spread_split
from sanctions_model.scenarios.sectors import sector_premiums
from sanctions_model.scm.interventions import ShiftBy

ASKED = ("key_rate", "gdp_level")
DEPTHS = np.array([0.0, 0.5, 1.0])
PLANE = made(3.0 * X[:, None] + Y, ("x", "y"), {"x": X, "y": Y})
CLAIM = Claim(
    statement="Prices fall.",
    outcome="price_level",
    sign=-1,
    horizon=4,
    material=0.5,
)


class Drawn:
    """Each figure of four draws of beliefs, or of a made table."""

    def __init__(self, problem, draws, fit):
        self.problem, self.draws, self.fit, self.scm = problem, draws, fit, problem.scm
        self.past = episode(problem, draws, start="2022Q1")
        self.library = load_scenarios()

    def futures(self):
        return compare_futures(
            self.problem, self.draws, self.library, horizon=4, outcomes=ASKED, random_seed=1
        )

    def main_figures(self):
        return plots.main_figures(self.fit, claims_table())

    def sweep_figures(self):
        return plots.sweep_figures(PLANE)

    def plot_along_axis(self):
        return plots.plot_along_axis(PLANE.sel(y=1.0), "x")

    def plot_annual(self):
        return plots.plot_annual(yearly_table(), anchored_problem(), anchored_draws())

    def plot_by_name(self):
        found = made(np.array([0.5, np.nan, -0.2]), ("alternative",), {"alternative": NAMED})
        return plots.plot_by_name(found, "alternative")

    def plot_chain(self):
        return plots.plot_chain(total_effect(self.scm, self.draws), scm=self.scm)

    def plot_channels(self):
        return plots.plot_channels(channel_effects(self.scm, self.draws), scm=self.scm)

    def plot_counterfactual(self):
        shift = [ShiftBy(variable="key_rate", value=-1.0)]
        found = counterfactual(self.past, interventions=shift, outcomes=ASKED)
        return plots.plot_counterfactual(found, self.problem)

    def plot_coverage(self):
        table = coverage_table(self.problem.observations, self.scm)
        shown = table.rename_axis("series").reset_index()
        asked = {"title": "Two series lack 1 figure", "question": "Which periods are covered?"}
        return plots.plot_coverage(shown, **asked)

    def plot_decomposition(self):
        parts = historical_decomposition(self.past, outcomes=ASKED)
        return plots.plot_decomposition(parts, scm=self.scm)

    def plot_exceedance(self):
        samples = self.fit.prior_draws, self.fit.draws
        return plots.plot_exceedance(exceedance_table(self.scm, *samples, {"prices": CLAIM}))

    def plot_filtered_odds(self):
        labels = {name: self.library.named(name).label for name in self.library.process().order}
        found = odds_by_spread(self.library, 0.01, random_seed=1)
        return plots.plot_filtered_odds(found, labels, title="Rapprochement moved from 20 %")

    def plot_forecast(self):
        paths = simulate(self.problem, self.draws, horizon=4, random_seed=1, outcomes=ASKED)
        return plots.plot_forecast(paths, self.problem, self.draws)

    def plot_forest(self):
        pool, quantity = load_pools()["gdp_2014"], load_quantities()["gdp_2014"]
        drawn = xr.DataArray(np.linspace(-3, 1, 50)[None], dims=("chain", "draw"))
        return plots.plot_forest(quantity, pool, pool_studies(pool), drawn, drawn / 2)

    def plot_future_effects(self):
        return plots.plot_future_effects(self.futures(), scm=self.scm)

    def plot_graph(self):
        return plots.plot_graph(self.scm, self.draws, self.fit.prior_draws)

    def plot_impulse_response(self):
        found = impulse_response(self.scm, self.draws, cause="key_rate", outcomes=ASKED)
        return plots.plot_impulse_response(found, scm=self.scm)

    def plot_independences(self):
        found = pd.DataFrame(
            {
                "variable": ["key_rate", "inflation"],
                "other": ["trade", "oil_price"],
                "lag": [0, 2],
                "correlation": [0.5, -0.2],
                "rejected": [True, False],
                "suspect": [True, False],
            }
        )
        return plots.plot_independences(found, title="The data contradict 1 of 2", scm=self.scm)

    def plot_liftings(self):
        return plots.plot_liftings(EPISODES, PREDICTIVE, {"gdp": (1.0, -1.0, 3.0)})

    def plot_nowcast(self):
        return plots.plot_nowcast(self.problem, self.draws)

    def plot_odds(self):
        found = expected_by_odds(self.futures(), future="reset", odds=[0.0, 1.0])
        asked = {"future": "the reset", "probability": 0.3, "horizons": [4]}
        return plots.plot_odds(found, **asked, scm=self.scm)

    def plot_prior_posterior(self):
        return plots.plot_prior_posterior(self.scm, self.fit.prior_draws, self.fit.draws)

    def plot_required_relief(self):
        found = RequiredRelief(
            target=Target(outcome="key_rate", value=12.0, below=True, when="by 8", probability=0.6),
            depths=DEPTHS,
            probability=0.5 + 0.2 * DEPTHS,
            standard_error=np.full(DEPTHS.size, 0.01),
        )
        return plots.plot_required_relief(found, scm=self.scm)

    def plot_response_surface(self):
        return plots.plot_response_surface(PLANE, "x", "y")

    def plot_responses(self):
        effects = (total_effect(self.scm, draws) for draws in (self.draws, self.fit.prior_draws))
        return plots.plot_responses(*effects, scm=self.scm)

    def plot_revisions(self):
        found = pd.DataFrame({"series": ["cpi_growth"], "n_new": 2, "n_lost": 1, "n_revised": 3})
        asked = {"title": "1 of 4 series differ", "question": "What changed between them?"}
        return plots.plot_revisions(found, **asked)

    def plot_sanity(self):
        sources = ["prior", "posterior", "prior"]
        found = pd.DataFrame({"check": ["stability", "stability", "measures"], "source": sources})
        found = found.assign(inside=[True, False, False], asked=True)
        return plots.plot_sanity(found, title="2 of 3 sanity checks are out of their bounds")

    def plot_scenario_effect(self):
        effect = self.futures()["effect"].sel(scenario="reset")
        return plots.plot_scenario_effect(effect, label="half relief", scm=self.scm)

    def plot_scorecard(self):
        return plots.plot_scorecard(claims_table())

    def plot_sectors(self):
        reset = self.library.named("reset")
        paths = draw_scenario_paths(reset, paths=4, horizon=4, generator=np.random.default_rng(1))
        found = sector_premiums(self.scm, self.draws, paths, random_seed=1)
        return plots.plot_sectors(found, scenario="the reset", scm=self.scm)

    def plot_spread(self):
        asked = {"horizon": 4, "outcomes": ASKED, "paths": 8, "parameters": 4, "random_seed": 1}
        split = spread_split(self.problem, self.draws, self.library, **asked)
        return {
            str(of): plots.plot_spread(split, of_effect=of, scm=self.scm) for of in (True, False)
        }

    def plot_steps(self):
        shares = {"prob": [0.9, 0.5], "prob_given": [0.9, 0.6], "breaks_here": [0.1, 0.36]}
        found = pd.DataFrame({"step": ["1. Prices fall", "2. The key rate falls"], **shares})
        return plots.plot_steps(found, title="The chain holds as a whole with P = 0.54")

    def plot_sweep_tornado(self):
        return plots.plot_sweep_tornado(PLANE)

    def plot_tipping(self):
        strength = np.linspace(-2, 2, 9)
        curve = pd.DataFrame(
            {
                "strength": strength,
                "full_prob": 1 / (1 + np.exp(-strength - 1)),
                "sample_prob": np.full(9, 0.8),
                "used": np.abs(strength) < 1.6,
            }
        )
        known = {"known": "weather", "known_median": 0.5, "known_lower": 0.2, "known_upper": 0.9}
        point = TippingPoint(equation="growth", unit="%", prob=0.73, strength=-1.0, **known)
        return plots.plot_tipping(laboratory.MODEL, laboratory.OUTPUT, curve, point)

    def plot_tornado(self):
        return plots.plot_tornado(FACTORS, title="What moves output?", unit="%")

    def plot_two_fits(self):
        sizes = {
            f"{name}_{of}": [value * (1 + (of == "second")), -value]
            for of in ("first", "second")
            for name, value in (("median", 1.0), ("lower", 0.5), ("upper", 1.5))
        }
        found = pd.DataFrame({"outcome": list(ASKED), "horizon": 4, **sizes})
        title = "1 of 2 effects differ by more than chance"
        return plots.plot_two_fits(found, ("old", "new"), title=title, scm=self.scm)

    def plot_variance_decomposition(self):
        shares = forecast_error_variance_decomposition(self.scm, self.draws, outcomes=ASKED)
        return plots.plot_variance_decomposition(shares, scm=self.scm)

    def plot_waterfall(self):
        return plots.plot_waterfall(channel_effects(self.scm, self.draws), scm=self.scm)

    def plot_yearly_forces(self):
        problem, draws = anchored_problem(), anchored_draws()
        past = episode(problem, draws, start="2014Q1", end="2016Q4")
        parts = historical_decomposition(past, outcomes=ASKED)
        of_named = yearly_forces(parts, problem, draws)
        parts = historical_decomposition(self.past, outcomes=ASKED)
        of_shocks = yearly_forces(parts, self.problem, self.draws)
        return {
            "forces": plots.plot_yearly_forces(of_named, scm=problem.scm),
            "no force named": plots.plot_yearly_forces(of_shocks, scm=self.scm),
        }


@pytest.fixture(scope="module")
def drawn(growth_problem, growth_draws, report_fit):
    return Drawn(growth_problem, growth_draws, report_fit)


@pytest.mark.parametrize("name", sorted(set(plots.__all__) - {"save_figures"}))
def test_a_figure_has_a_finding_a_question_a_source_and_readable_colours(drawn, name):
    # A figure without a case here has no way of its own to be drawn, which fails.
    found = getattr(drawn, name)()
    figures = found if isinstance(found, Mapping) else {name: found}
    assert {own: faults_of(figure) for own, figure in figures.items() if faults_of(figure)} == {}
