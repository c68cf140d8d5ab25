"""Scores of probabilistic forecasts: log score, CRPS and the probability integral transform.

Every forecast here, of the model and of its rivals, is a mixture over draws of one location-scale
density: given a draw of parameters and of the path so far, the next value is Student-t or Gaussian
around its mean. The log score and the transform are therefore exact averages over draws, at any
horizon; CRPS uses the simulated values. This module knows numbers, not models.
"""

from dataclasses import dataclass

import numpy as np

from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import student_t_log_density
from sanctions_model.summaries import continuous_ranked_probability_score


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """A predictive distribution as equal parts of location-scale densities.

    `location`, `scale`: shape ``(draw,)``, in the unit of the outcome. `freedom`: degrees of
    freedom, shape ``(draw,)``; infinite for Gaussian parts. `drawn`: one value drawn from each
    part, shape ``(draw,)``. Raises `QuestionError` if the shapes differ or a scale is not positive.
    """

    location: np.ndarray
    scale: np.ndarray
    freedom: np.ndarray
    drawn: np.ndarray

    def __post_init__(self) -> None:
        shapes = {np.shape(a) for a in (self.location, self.scale, self.freedom, self.drawn)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise QuestionError(f"A mixture of shapes {shapes}; expected one length for all.")
        if not np.all(self.scale > 0):
            raise QuestionError("A mixture has a scale that is not positive.")

    def log_score(self, outcome: float) -> float:
        """Log of the predictive density at the outcome; larger is better."""
        from scipy.special import logsumexp

        density = student_t_log_density(
            np.full_like(self.location, outcome), self.location, self.scale, self.freedom
        )
        return float(logsumexp(density) - np.log(density.size))

    def transform(self, outcome: float) -> float:
        """Probability of a smaller value than the outcome: uniform for a right forecast."""
        from scipy.special import ndtr, stdtr

        z = (outcome - self.location) / self.scale
        heavy = np.isfinite(self.freedom)
        tails = np.where(heavy, self.freedom, 1.0)
        return float(np.mean(np.where(heavy, stdtr(tails, z), ndtr(z))))

    def crps(self, outcome: float) -> float:
        """Continuous ranked probability score, in the unit of the outcome; smaller is better."""
        return continuous_ranked_probability_score(self.drawn, outcome)

    def interval(self, prob: float) -> tuple[float, float]:
        """Return the equal-tailed interval of the drawn values."""
        lower, upper = np.quantile(self.drawn, [(1 - prob) / 2, (1 + prob) / 2])
        return float(lower), float(upper)
