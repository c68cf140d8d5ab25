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
    "RequiredRelief",
    "ReweightingError",
    "SanctionsModel",
    "SanctionsModelError",
    "ScaleBy",
    "Scenario",
    "SetTo",
    "ShiftBy",
    "SpecError",
    "StructuralCausalModel",
    "StudentT",
    "TableMapping",
    "Target",
    "UnknownVariableError",
    "Variable",
    "abduct",
    "build",
    "channel_effects",
    "compare_vintages",
    "compile_problem",
    "conditional_forecast",
    "counterfactual",
    "coverage",
    "default_transmission",
    "diff_vintages",
    "effects_table",
    "episode",
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
    "measure_effects",
    "nowcast_table",
    "pin",
    "policy_rule",
    "relief_frontier",
    "replace_equation",
    "required_relief",
    "respond",
    "sample_prior",
    "sample_prior_predictive",
    "sanity_checks",
    "save",
    "scorecard",
    "simulate",
    "spectral_radius",
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
    ReweightingError,
    SanctionsModelError,
    SpecError,
    UnknownVariableError,
)
from .evidence import load_evidence
from .forecasts import forecast_error_variance_decomposition, simulate
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
from .required import RequiredRelief, Target, relief_frontier, required_relief
from .samplers import Nutpie, PyMCSampler
from .sampling import Fit, compile_problem, fit, sample_prior_predictive
from .sanctions import SanctionsModel
from .scenarios import Scenario, load_scenario
from .scm import StructuralCausalModel
from .stability import spectral_radius
from .storage import load, save
from .table_mapping import TableMapping, load_mapping
from .transmission import default_transmission
from .validation import sanity_checks
from .vintage_comparison import compare_vintages
from .vintages import diff_vintages, find_vintage
