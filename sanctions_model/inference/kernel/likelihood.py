"""The likelihood of the cells given their means, and its derivatives, in machine code."""

import math

import numpy as np

from sanctions_model.inference.kernel.compiled import compiled

_WIDE = 200.0  # from so many degrees of freedom on, differences of log-gammas are series


@compiled
def _digamma(x):
    """Return the derivative of the log-gamma function for x > 0; Abramowitz & Stegun 6.3.18."""
    found = 0.0
    while x < 10.0:
        found -= 1.0 / x
        x += 1.0
    y = 1.0 / (x * x)
    tail = y * (
        1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y * 691 / 32760))))
    )
    return found + math.log(x) - 0.5 / x - tail


@compiled
def _tails(nu):
    """Return log-gamma((nu + 1) / 2) - log-gamma(nu / 2) - log(nu pi) / 2 and its derivative.

    With many degrees of freedom the first two cancel; there stands their asymptotic series,
    Tricomi and Erdelyi (1951), https://doi.org/10.2140/pjm.1951.1.133.
    """
    if nu < _WIDE:
        value = math.lgamma(0.5 * (nu + 1.0)) - math.lgamma(0.5 * nu)
        slope = 0.5 * (_digamma(0.5 * (nu + 1.0)) - _digamma(0.5 * nu))
        return value - 0.5 * math.log(nu * math.pi), slope - 0.5 / nu
    y = 1.0 / (nu * nu)
    value = (-1 / 4 + y * (1 / 24 - y * (1 / 20 - y * 17 / 112))) / nu
    slope = y * (1 / 4 - y * (1 / 8 - y * (1 / 4 - y * 17 / 16)))
    return value - 0.5 * math.log(2.0 * math.pi), slope


@compiled
def _student_t(y, mean, weight, own, times, nu, above, by_times):
    """Return the weighted log density of an equation's cells and its derivatives by scale and nu.

    The scale of a period is the own one times `times`, whose logarithms `likelihood` takes off once
    for all equations. Writes the derivatives by the means to
    `above` and adds those by the logarithms of `times` to `by_times`.
    """
    total, by_scale, by_nu, cells = 0.0, 0.0, 0.0, 0.0
    half = 0.5 * (nu + 1.0)
    for t in range(y.size):
        if weight[t] == 0.0:
            continue
        scale = own * times[t]
        z = (y[t] - mean[t]) / scale
        q = z * z / nu
        log, pull = math.log1p(q), (nu + 1.0) * z / (nu * (1.0 + q))
        total -= weight[t] * half * log
        above[t] = weight[t] * pull / scale
        by_log = weight[t] * (pull * z - 1.0)
        by_scale += by_log
        by_times[t] += by_log
        by_nu += weight[t] * 0.5 * (pull * z / nu - log)
        cells += weight[t]
    constant, slope = _tails(nu)
    total += cells * (constant - math.log(own))
    return total, by_scale / own, by_nu + cells * slope


@compiled
def _gaussian(y, mean, weight, own, times, above, by_times):
    """Do for Gaussian shocks what `_student_t` does."""
    total, by_scale, cells = 0.0, 0.0, 0.0
    for t in range(y.size):
        scale = own * times[t]
        z = (y[t] - mean[t]) / scale
        total -= weight[t] * 0.5 * z * z
        above[t] = weight[t] * z / scale
        by_log = weight[t] * (z * z - 1.0)
        by_scale += by_log
        by_times[t] += by_log
        cells += weight[t]
    return total - cells * (math.log(own) + 0.5 * math.log(2.0 * math.pi)), by_scale / own


@compiled
def likelihood(given, theta, mean, above, gradient):
    """Return the log likelihood; write its derivatives by means, add those by scale and tails."""
    total = 0.0
    times, by_times = np.ones(mean.shape[1]), np.zeros(mean.shape[1])
    for t in range(times.size):
        if given.crisis[t] >= 0:
            times[t] = theta[given.crisis[t]]
    for e in range(mean.shape[0]):
        scale, tails = given.noise[e, 0], given.noise[e, 1]
        y, weight = given.outcomes[e], given.weight[e]
        if tails < 0:
            value, by_scale = _gaussian(y, mean[e], weight, theta[scale], times, above[e], by_times)
        else:
            value, by_scale, by_nu = _student_t(
                y, mean[e], weight, theta[scale], times, theta[tails], above[e], by_times
            )
            gradient[tails] += by_nu
        gradient[scale] += by_scale
        total += value
    for t in range(times.size):
        if given.crisis[t] >= 0:
            total -= math.log(times[t]) * given.weight[:, t].sum()
            gradient[given.crisis[t]] += by_times[t] / times[t]
    return total
