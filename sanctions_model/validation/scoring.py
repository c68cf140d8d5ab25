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

__all__ = ["Mixture", "continuous_ranked_probability_score", "weighted_quantiles"]


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """A predictive distribution as equal parts of location-scale densities.

    Parameters
    ----------
    location, scale : numpy.ndarray
        Shape ``(draw,)``, in the unit of the outcome.
    freedom : numpy.ndarray
        Degrees of freedom, shape ``(draw,)``; infinite for Gaussian parts.
    drawn : numpy.ndarray
        One value drawn from each part, shape ``(draw,)``.

    Raises
    ------
    QuestionError
        If the shapes differ or a scale is not positive.
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


def continuous_ranked_probability_score(
    values: np.ndarray, outcome: float, weights: np.ndarray | None = None
) -> float:
    r"""Score a sample as a forecast of one outcome.

    .. math:: E|X - y| - \tfrac12 E|X - X'|

    Parameters
    ----------
    values : numpy.ndarray
        Draws of the forecast, shape ``(draw,)``.
    outcome : float
    weights : numpy.ndarray, optional
        Of the draws; they are scaled to add up to 1. Equal by default.

    Returns
    -------
    float
        In the unit of the outcome; 0 for a forecast that is sure and right.

    Examples
    --------
    >>> continuous_ranked_probability_score(np.array([1.0, 3.0]), 2.0)
    0.5

    Notes
    -----
    Gneiting and Raftery (2007), Journal of the American Statistical Association 102, eq. 21.
    """
    share = np.full(values.size, 1.0 / values.size) if weights is None else weights / weights.sum()
    order = np.argsort(values)
    ordered, mass = values[order], share[order]
    distance = float(np.sum(share * np.abs(values - outcome)))
    # E|X - X'| / 2 = sum over the sorted draws of w_i x_i (2 W_i - w_i - 1), W the running sum.
    spread = float(np.sum(mass * ordered * (2 * np.cumsum(mass) - mass - 1.0)))
    return distance - spread


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """Quantiles of a weighted sample, by inverting its distribution function.

    Parameters
    ----------
    values, weights : numpy.ndarray
        Shape ``(draw,)``.
    probs : numpy.ndarray

    Returns
    -------
    numpy.ndarray
        Shape of `probs`.
    """
    order = np.argsort(values)
    mass = np.cumsum(weights[order])
    return np.asarray(np.interp(probs, (mass - 0.5 * weights[order]) / mass[-1], values[order]))
