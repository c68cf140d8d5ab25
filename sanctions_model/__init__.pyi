"""The public names, where they live; read by type checkers and by lazy_loader at run time."""

__all__ = [
    "Announcement",
    "AssetRelease",
    "AsymmetricAdjustment",
    "Beta",
    "Claim",
    "Condition",
    "ConvergenceError",
    "CyclicGraphError",
    "Exogenous",
    "Fit",
    "FitFileError",
    "Fixed",
    "Gamma",
    "HalfNormal",
    "Hold",
    "Identity",
    "LatentAdjustment",
    "Level",
    "LevelShift",
    "Linear",
    "LogNormal",
    "NoCausalPathError",
    "Normal",
    "Nutpie",
    "ObservationError",
    "Opposition",
    "PartialAdjustment",
    "Phase",
    "PriorError",
    "Priors",
    "QuestionError",
    "Relief",
    "ReliefDesign",
    "ReweightingError",
    "SanctionsModel",
    "SanctionsModelError",
    "ScaleBy",
    "Scenario",
    "SetTo",
    "ShiftBy",
    "SnapBack",
    "SpecError",
    "StructuralCausalModel",
    "StudentT",
    "Target",
    "Tightening",
    "UnknownVariableError",
    "Unpredictability",
    "Variable",
    "anchored_transmission",
    "channel_effects",
    "compare_futures",
    "conditional_forecast",
    "counterfactual",
    "coverage",
    "data",
    "default_transmission",
    "effects_table",
    "elsewhere",
    "episode",
    "fit",
    "forecast_error_variance_decomposition",
    "growth_transmission",
    "historical_decomposition",
    "impulse_response",
    "inference",
    "link_effects",
    "links_table",
    "load",
    "load_claims",
    "load_observations",
    "load_priors",
    "load_scenarios",
    "measure_effects",
    "minnesota",
    "pin",
    "plots",
    "policy_rule",
    "queries",
    "report",
    "required_relief",
    "reweight",
    "robustness",
    "sample_prior_predictive",
    "save",
    "scenarios",
    "scm",
    "scorecard",
    "simulate",
    "step_response",
    "sweeps",
    "total_effect",
    "validation",
]

from . import (
    data,
    elsewhere,
    inference,
    plots,
    queries,
    report,
    robustness,
    scenarios,
    scm,
    sweeps,
    validation,
)
from .data.observations import coverage, load_observations
from .economies.anchored import anchored_transmission
from .economies.growth import growth_transmission
from .economies.registry import default_transmission
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
from .inference.fit import Fit, fit, sample_prior_predictive
from .inference.priors.families import Beta, Fixed, Gamma, HalfNormal, LogNormal, Normal, StudentT
from .inference.priors.ledger import Priors, load_priors
from .inference.priors.minnesota import minnesota
from .inference.reweighted import reweight
from .inference.samplers import Nutpie
from .inference.storage import load, save
from .queries.claims import Claim, load_claims, scorecard
from .queries.conditional import Condition, conditional_forecast
from .queries.counterfactuals import counterfactual, episode
from .queries.decomposition import historical_decomposition
from .queries.effects import channel_effects, measure_effects, total_effect
from .queries.forecasts import forecast_error_variance_decomposition, simulate
from .queries.reading.tables import effects_table, link_effects, links_table
from .queries.required import Target, required_relief
from .queries.responses import impulse_response, step_response
from .scenarios.library import load_scenarios
from .scenarios.odds.mixture import compare_futures
from .scenarios.relief import (
    Announcement,
    Opposition,
    Phase,
    ReliefDesign,
    SnapBack,
    Tightening,
    Unpredictability,
)
from .scenarios.scenario import AssetRelease, LevelShift, Scenario
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
from .scm.surgery import policy_rule
from .scm.variables import Hold, Variable
from .workflow import SanctionsModel

__version__: str
