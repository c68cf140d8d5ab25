"""The public names, where they live; read by type checkers and by lazy_loader at run time."""

__all__ = [
    "Affine",
    "Alternative",
    "AsymmetricAdjustment",
    "Beta",
    "Claim",
    "Comparison",
    "Condition",
    "Constant",
    "ConvergenceError",
    "CyclicGraphError",
    "DaskEngine",
    "Decay",
    "Episode",
    "Exogenous",
    "Fit",
    "FitFileError",
    "Fixed",
    "FuturePaths",
    "FutureProcess",
    "Gamma",
    "Grow",
    "HalfNormal",
    "Hold",
    "Identity",
    "Indicator",
    "LatentAdjustment",
    "Level",
    "Linear",
    "LogNormal",
    "NoCausalPathError",
    "Noise",
    "Normal",
    "Nutpie",
    "ObservationError",
    "PartialAdjustment",
    "Path",
    "PriorError",
    "Priors",
    "Problem",
    "PyMCSampler",
    "QuestionError",
    "Relief",
    "ReliefDesign",
    "RequiredRelief",
    "ReweightingError",
    "SanctionsModel",
    "SanctionsModelError",
    "ScaleBy",
    "Scenario",
    "ScenarioLibrary",
    "SetTo",
    "ShiftBy",
    "SpecError",
    "Statement",
    "StructuralCausalModel",
    "StudentT",
    "SweepDesign",
    "TableMapping",
    "Target",
    "Tightening",
    "UnknownVariableError",
    "Variable",
    "abduct",
    "build",
    "channel_effects",
    "compare",
    "compare_alternatives",
    "compare_futures",
    "compare_sentences",
    "compare_vintages",
    "compile_problem",
    "conditional_forecast",
    "confounding_curve",
    "counterfactual",
    "coverage",
    "default_transmission",
    "designed_effect",
    "diff_vintages",
    "draw_future_paths",
    "draw_scenario_paths",
    "effects_table",
    "episode",
    "evidence_draws",
    "evidence_effects",
    "evidence_table",
    "evidence_weights",
    "expected_by_odds",
    "fair_sentences",
    "find_vintage",
    "fit",
    "fit_alternatives",
    "forecast_error_variance_decomposition",
    "headline_claims",
    "historical_decomposition",
    "implied_independences",
    "impulse_response",
    "intensities",
    "leave_future_out",
    "leave_one_link_out",
    "leave_one_out_cells",
    "leave_out_periods",
    "link_effects",
    "links_table",
    "load",
    "load_back_tests",
    "load_claims",
    "load_events",
    "load_evidence",
    "load_implied_evidence",
    "load_mapping",
    "load_observations",
    "load_pools",
    "load_prior_sets",
    "load_priors",
    "load_published_totals",
    "load_quantities",
    "load_rule",
    "load_scenario",
    "load_scenarios",
    "load_sectors",
    "load_sweep",
    "loo_weights",
    "measure_effects",
    "mix_sentences",
    "mixture",
    "nowcast_table",
    "parameter_swings",
    "pin",
    "placebo_table",
    "placebo_verdict",
    "placebos",
    "policy_rule",
    "pool",
    "pooled_priors",
    "power_scaling",
    "predictive_table",
    "prior_alternatives",
    "probabilities",
    "quantity_draws",
    "random_causes",
    "rank_factors",
    "relief_frontier",
    "relief_quantities",
    "replace_equation",
    "required_relief",
    "respond",
    "respond_to",
    "reweighted",
    "rolling_scores",
    "run_back_test",
    "run_sweep",
    "sample_prior",
    "sample_prior_predictive",
    "sanity_checks",
    "save",
    "score_summary",
    "scorecard",
    "sector_premiums",
    "sector_sentences",
    "sector_table",
    "simulate",
    "simulation_based_calibration",
    "spectral_radius",
    "spread_sentences",
    "spread_split",
    "statement_probabilities",
    "step_response",
    "tipping_point",
    "tipping_table",
    "tornado",
    "total_effect",
    "totals_table",
    "transmission_alternatives",
    "uniformity",
    "validate",
    "with_driver",
    "with_parameters",
    "write_report",
]

from .data.evidence import load_evidence
from .data.measures import intensities, load_events, load_rule
from .data.observations import coverage, load_observations
from .data.user_tables import TableMapping, load_mapping
from .data.vintages import diff_vintages, find_vintage
from .errors import (
    ConvergenceError,
    CyclicGraphError,
    FitFileError,
    NoCausalPathError,
    ObservationError,
    PriorError,
    QuestionError,
    ReweightingError,
    SanctionsModelError,
    SpecError,
    UnknownVariableError,
)
from .inference.conditioned import Problem
from .inference.fit import Fit, compile_problem, fit, sample_prior_predictive
from .inference.priors.families import Beta, Fixed, Gamma, HalfNormal, LogNormal, Normal, StudentT
from .inference.priors.ledger import Priors, load_priors, sample_prior
from .inference.priors.meta_analysis import pool
from .inference.priors.pools import load_pools
from .inference.pymc_model import build
from .inference.samplers import Nutpie, PyMCSampler
from .inference.storage import load, save
from .queries.claims import Claim, load_claims, scorecard
from .queries.conditional_forecast import Condition, conditional_forecast
from .queries.counterfactuals import (
    Episode,
    abduct,
    counterfactual,
    episode,
    historical_decomposition,
)
from .queries.effects import channel_effects, measure_effects, total_effect
from .queries.estimands import load_quantities, quantity_draws
from .queries.forecasts import forecast_error_variance_decomposition, nowcast_table, simulate
from .queries.required_relief import RequiredRelief, Target, relief_frontier, required_relief
from .queries.responses import impulse_response, step_response
from .queries.tables import effects_table, link_effects, links_table
from .report.page.page import write_report
from .report.scenarios import compare_sentences, mix_sentences, sector_sentences, spread_sentences
from .robustness.alternatives import (
    Alternative,
    compare_alternatives,
    fit_alternatives,
    load_prior_sets,
    pooled_priors,
    prior_alternatives,
)
from .robustness.comparison import Comparison, compare
from .robustness.confounding import confounding_curve, tipping_point, tipping_table
from .robustness.model_weights import leave_future_out, loo_weights
from .robustness.ranking import fair_sentences, rank_factors, tornado
from .robustness.refutation import (
    implied_independences,
    placebo_table,
    placebo_verdict,
    placebos,
    random_causes,
    with_driver,
)
from .robustness.sensitivity import (
    headline_claims,
    leave_one_link_out,
    parameter_swings,
    power_scaling,
)
from .robustness.subsamples import leave_out_periods
from .robustness.system_priors import (
    evidence_draws,
    evidence_effects,
    evidence_table,
    evidence_weights,
    load_implied_evidence,
)
from .robustness.variants import transmission_alternatives
from .robustness.vintages import compare_vintages
from .scenarios.effects import Scenario, designed_effect, load_scenario, respond_to
from .scenarios.library import FutureProcess, ScenarioLibrary, load_scenarios
from .scenarios.mixture import compare_futures, expected_by_odds, mixture, probabilities, reweighted
from .scenarios.regimes import FuturePaths, draw_future_paths, draw_scenario_paths
from .scenarios.relief import ReliefDesign, Tightening
from .scenarios.sectors import load_sectors, sector_premiums, sector_table
from .scenarios.statements import Statement, statement_probabilities
from .scenarios.variance import spread_split
from .scm.equations import (
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from .scm.interventions import Relief, ScaleBy, SetTo, ShiftBy
from .scm.model import StructuralCausalModel
from .scm.parameters import pin
from .scm.propagate import respond
from .scm.stability import spectral_radius
from .scm.surgery import policy_rule, replace_equation, with_parameters
from .scm.variables import (
    Affine,
    Constant,
    Decay,
    Grow,
    Hold,
    Indicator,
    Noise,
    Path,
    Variable,
)
from .sweeps import DaskEngine, SweepDesign, load_sweep, run_sweep
from .transmission import default_transmission
from .validation.backtests import load_back_tests, run_back_test
from .validation.calibration import relief_quantities, simulation_based_calibration, uniformity
from .validation.predictive import leave_one_out_cells, predictive_table
from .validation.published_effects import load_published_totals, totals_table
from .validation.rolling import rolling_scores, score_summary
from .validation.run import validate
from .validation.sanity import sanity_checks
from .workflow import SanctionsModel
