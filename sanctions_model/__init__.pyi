"""The public names, where they live; read by type checkers and by lazy_loader at run time."""

__all__ = [
    "Affine",
    "AsymmetricAdjustment",
    "Beta",
    "Claim",
    "Condition",
    "Constant",
    "ConvergenceError",
    "CyclicGraphError",
    "Episode",
    "Exogenous",
    "Fit",
    "FitFileError",
    "Fixed",
    "FuturePaths",
    "FutureProcess",
    "Gamma",
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
    "TableMapping",
    "Target",
    "Tightening",
    "UnknownVariableError",
    "Variable",
    "abduct",
    "build",
    "channel_effects",
    "compare_futures",
    "compare_sentences",
    "compare_vintages",
    "compile_problem",
    "conditional_forecast",
    "counterfactual",
    "coverage",
    "default_transmission",
    "designed_effect",
    "diff_vintages",
    "draw_future_paths",
    "draw_scenario_paths",
    "effects_table",
    "episode",
    "expected_by_odds",
    "find_vintage",
    "fit",
    "forecast_error_variance_decomposition",
    "historical_decomposition",
    "impulse_response",
    "intensities",
    "link_effects",
    "links_table",
    "load",
    "load_claims",
    "load_events",
    "load_evidence",
    "load_mapping",
    "load_observations",
    "load_priors",
    "load_rule",
    "load_scenario",
    "load_scenarios",
    "load_sectors",
    "measure_effects",
    "mix_sentences",
    "mixture",
    "nowcast_table",
    "pin",
    "policy_rule",
    "probabilities",
    "relief_frontier",
    "replace_equation",
    "required_relief",
    "respond",
    "respond_to",
    "reweighted",
    "sample_prior",
    "sample_prior_predictive",
    "sanity_checks",
    "save",
    "scorecard",
    "sector_premiums",
    "sector_sentences",
    "sector_table",
    "simulate",
    "spectral_radius",
    "spread_sentences",
    "spread_split",
    "statement_probabilities",
    "step_response",
    "total_effect",
    "with_parameters",
]

from .claims import Claim, load_claims, scorecard
from .conditional import Condition, conditional_forecast
from .counterfactuals import Episode, abduct, counterfactual, episode, historical_decomposition
from .edits import policy_rule, replace_equation, with_parameters
from .effect_tables import effects_table, links_table
from .effects import (
    channel_effects,
    impulse_response,
    link_effects,
    measure_effects,
    step_response,
    total_effect,
)
from .equations import (
    Affine,
    AsymmetricAdjustment,
    Constant,
    Exogenous,
    Hold,
    Identity,
    Indicator,
    LatentAdjustment,
    Level,
    Linear,
    Noise,
    PartialAdjustment,
    Path,
    Variable,
)
from .errors import (
    ConvergenceError,
    CyclicGraphError,
    FitFileError,
    NoCausalPathError,
    ObservationError,
    PriorError,
    QuestionError,
    SanctionsModelError,
    SpecError,
    UnknownVariableError,
)
from .evidence import load_evidence
from .forecasts import forecast_error_variance_decomposition, simulate
from .future_effects import designed_effect, respond_to
from .future_mixture import compare_futures, expected_by_odds, mixture, probabilities, reweighted
from .future_reading import compare_sentences, mix_sentences, sector_sentences, spread_sentences
from .future_statements import Statement, statement_probabilities
from .futures import FuturePaths, draw_future_paths, draw_scenario_paths
from .interventions import Relief, ScaleBy, SetTo, ShiftBy
from .measures import intensities, load_events, load_rule
from .model import build
from .nowcasts import nowcast_table
from .observations import coverage, load_observations
from .parameters import pin
from .prior_families import Beta, Fixed, Gamma, HalfNormal, LogNormal, Normal, StudentT
from .priors import Priors, load_priors, sample_prior
from .problem import Problem
from .propagate import respond
from .relief_designs import ReliefDesign, Tightening
from .required import RequiredRelief, Target, relief_frontier, required_relief
from .samplers import Nutpie, PyMCSampler
from .sampling import Fit, compile_problem, fit, sample_prior_predictive
from .sanctions import SanctionsModel
from .scenario_files import FutureProcess, ScenarioLibrary, load_scenarios
from .scenarios import Scenario, load_scenario
from .scm import StructuralCausalModel
from .sectors import load_sectors, sector_premiums, sector_table
from .spread import spread_split
from .stability import spectral_radius
from .storage import load, save
from .table_mapping import TableMapping, load_mapping
from .transmission import default_transmission
from .validation import sanity_checks
from .vintage_comparison import compare_vintages
from .vintages import diff_vintages, find_vintage
