"""The room's public names, where they live."""

__all__ = [
    "Alternative",
    "Comparison",
    "JointFigure",
    "answer_after",
    "compare",
    "compare_alternatives",
    "compare_vintages",
    "confounding_curve",
    "evidence_draws",
    "evidence_effects",
    "evidence_table",
    "evidence_weights",
    "fair_sentences",
    "fit_alternatives",
    "graph_mixture",
    "headline_claims",
    "implied_independences",
    "independent_figures",
    "joint_figure",
    "leave_future_out",
    "leave_one_link_out",
    "leave_out_periods",
    "liftings_effects",
    "liftings_error",
    "load_implied_evidence",
    "load_prior_sets",
    "loo_weights",
    "mixture_sentence",
    "overlapping_evidence",
    "parameter_swings",
    "placebo_table",
    "placebo_verdict",
    "placebos",
    "pooled_priors",
    "power_scaling",
    "prior_alternatives",
    "random_causes",
    "rank_factors",
    "relief_averages",
    "relief_weights",
    "tipping_point",
    "tipping_table",
    "tornado",
    "transmission_alternatives",
    "wide_priors",
    "wide_recovery",
    "with_driver",
    "with_liftings_elsewhere",
]

from .comparison import Comparison, compare
from .confounding import confounding_curve, tipping_point, tipping_table
from .graphs.alternatives import (
    Alternative,
    compare_alternatives,
    fit_alternatives,
    load_prior_sets,
    pooled_priors,
    prior_alternatives,
)
from .graphs.graph_mixture import graph_mixture, mixture_sentence
from .graphs.model_weights import leave_future_out, loo_weights
from .graphs.variants import transmission_alternatives
from .implied_evidence import load_implied_evidence
from .liftings_error import liftings_error
from .observed_relief import (
    JointFigure,
    answer_after,
    independent_figures,
    joint_figure,
    liftings_effects,
    overlapping_evidence,
    relief_averages,
    relief_weights,
    wide_priors,
    wide_recovery,
    with_liftings_elsewhere,
)
from .ranking import fair_sentences, rank_factors, tornado
from .refutation import (
    implied_independences,
    placebo_table,
    placebo_verdict,
    placebos,
    random_causes,
    with_driver,
)
from .sensitivity import headline_claims, leave_one_link_out, parameter_swings, power_scaling
from .subsamples import leave_out_periods
from .system_priors import evidence_draws, evidence_effects, evidence_table, evidence_weights
from .vintages import compare_vintages
