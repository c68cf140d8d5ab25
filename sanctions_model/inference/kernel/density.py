"""The log density of every model, and its gradient, as one function in machine code.

A model is data here: arrays that `kernel_inputs` makes of equations, sample and beliefs. So the
function is compiled once on a machine and serves every graph; its gradient is written by hand.

With free numbers x (one for each parameter that is not fixed, then one for each completed cell):

- a parameter is theta_i = v_i(x_i) on its support, see `_parameter`, with log prior density
  l_i(x_i), the Jacobian included; a completed cell is m_j + s_j x_j, without a prior of its own;
- the weight of a column c in the mean of equation e is a polynomial, W_ec = sum of n theta theta
  ..., one term a monomial;
- a column is a known series, or a series that passed through the recursions of latent states,
  p_t = rho p_t-1 + u_t from its steady state p_0 = u_0 / (1 - rho), read at a lag; the series of
  a measure that falls is its effective intensity, see `scm.equations.AsymmetricAdjustment`;
- a column may be multiplied by a known factor of the same period;
- the mean is mu_et = sum of W_ec times column c at t, and each cell of weight w_et adds w_et times
  its log density at z = (y_et - mu_et) / sigma_e: Student-t with nu_e degrees of freedom, or
  Gaussian; in a period of crisis every sigma is times the crisis's multiplier.

The gradient runs the same steps backwards: d/d mu at each cell, then weights and columns, then
the recursions backwards in time, monomials, parameters. The arithmetic is that of IEEE, nothing
reordered: equal inputs give equal bits on every thread.
"""

import math

import numpy as np

from sanctions_model.inference.kernel.arrays import (
    ABOVE,
    BELOW,
    BETA,
    GAMMA,
    MIXTURE,
    NORMAL,
    STUDENT_T,
)
from sanctions_model.inference.kernel.compiled import compiled
from sanctions_model.inference.kernel.likelihood import likelihood

# Parameters


@compiled
def _softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@compiled
def _normal(value, slope, mu, sigma):
    """Log density up to a constant, and its derivative by x."""
    z = (value - mu) / sigma
    return -0.5 * z * z, -z / sigma * slope


@compiled
def _parameter(kind, given, x):
    """Return a parameter at x, its derivative, its log density in x and the derivative of that.

    Supports are reached as PyMC reaches them: above a bound by exp, between bounds by the
    logistic function s.
    """
    first, second, lower, upper = given[0], given[1], given[2], given[3]
    if kind == NORMAL:
        density, by_x = _normal(x, 1.0, first, second)
        return x, 1.0, density, by_x
    if kind == STUDENT_T:
        z, nu = (x - first) / second, lower
        density = -0.5 * (nu + 1.0) * math.log1p(z * z / nu)
        return x, 1.0, density, -(nu + 1.0) * z / (nu + z * z) / second
    if kind in (ABOVE, BELOW):
        distance = math.exp(x)
        value, slope = (
            (lower + distance, distance) if kind == ABOVE else (upper - distance, -distance)
        )
        density, by_x = _normal(value, slope, first, second)
        return value, slope, density + x, by_x + 1.0
    if kind == GAMMA:
        excess = math.exp(x)
        return lower + excess, excess, first * x - second * excess, first - second * excess
    s, log_s, log_rest = 1.0 / (1.0 + math.exp(-x)), -_softplus(-x), -_softplus(x)
    if kind == BETA:
        density = first * log_s + second * log_rest
        return s, s * (1.0 - s), density, first - (first + second) * s
    if kind == MIXTURE:  # its second component relative to the first, on the log scale
        density = first * log_s + second * log_rest
        ahead = lower * log_s + upper * log_rest + given[5] - density
        share = 1.0 / (1.0 + math.exp(-ahead))
        by_first, by_other = first - (first + second) * s, lower - (lower + upper) * s
        by_x = (1.0 - share) * by_first + share * by_other
        return s, s * (1.0 - s), density + _softplus(ahead), by_x
    slope = (upper - lower) * s * (1.0 - s)
    value = lower * (1.0 - s) + upper * s
    density, by_x = _normal(value, slope, first, second)
    jacobian = math.log(upper - lower) + log_s + log_rest
    return value, slope, density + jacobian, by_x + 1.0 - 2.0 * s


@compiled
def _place_parameters(given, x, theta, slope, gradient):
    """Put the parameters at x among the factors; return the log density of all priors."""
    total = given.constant[0]
    for i in range(given.kind.size):
        value, by_x, density, of_prior = _parameter(given.kind[i], given.arguments[i], x[i])
        sign = given.arguments[i, 4]
        if sign != 0.0:
            value = sign * math.exp(value)
            by_x = by_x * value
        theta[given.place[i]], slope[i] = value, by_x
        gradient[i] = of_prior
        total += density
    return total


@compiled
def natural_values(given, x, values):
    """Write what a draw x means: all parameters in their order, then the completed cells.

    Parameters
    ----------
    given : Inputs
    x : numpy.ndarray
        Shape ``(n + m,)``.
    values : numpy.ndarray
        Written; shape ``(parameter + m,)``.
    """
    free, m = given.kind.size, given.moments.shape[0]
    theta = given.factors.copy()
    _place_parameters(given, x, theta, np.empty(free), np.empty(free))
    count = values.size - m
    for i in range(count):
        values[i] = theta[i]
    for j in range(m):
        values[count + j] = given.moments[j, 0] + given.moments[j, 1] * x[free + j]


# Columns that depend on parameters


@compiled
def _fall(measure, share, speed, by_share, by_speed):
    """Return the effective intensity of a measure; write its derivatives."""
    path = np.empty(measure.size)
    state, peak, d_share, d_speed = measure[0], measure[0], 0.0, 0.0
    path[0], by_share[0], by_speed[0] = state, 0.0, 0.0
    for t in range(1, measure.size):
        now, before = measure[t], measure[t - 1]
        peak = max(peak, now)
        if now > before:
            state, bound = state + now - before, peak
            inside = state <= bound
        else:
            gap = now + (1.0 - share) * (peak - now) - state
            state, bound = state + speed * gap, now
            d_share = (1.0 - speed) * d_share - speed * (peak - now)
            d_speed = (1.0 - speed) * d_speed + gap
            inside = state >= bound
        if not inside:
            state, d_share, d_speed = bound, 0.0, 0.0
        path[t], by_share[t], by_speed[t] = state, d_share, d_speed
    return path


@compiled
def _columns(given, theta, cells, paths, by_share, by_speed):
    """Write each filtered column after each recursion, from the longest lag before the sample."""
    before = paths.shape[2] - given.outcomes.shape[1]
    sources = given.source.copy()
    for i in range(given.behind.shape[0]):
        j, t, f = given.behind[i]
        sources[f, t] += given.parts[i] * cells[j]
    for f in range(given.source.shape[0]):
        series = sources[f]
        if given.falling[f, 0] >= 0:
            share, speed = theta[given.falling[f, 0]], theta[given.falling[f, 1]]
            series = _fall(given.source[f], share, speed, by_share[f], by_speed[f])
        for t in range(paths.shape[2]):
            paths[0, f, t] = series[max(t - before, 0)]
        for d in range(given.filters.shape[1]):
            if given.filters[f, d] < 0:
                for t in range(paths.shape[2]):
                    paths[d + 1, f, t] = paths[d, f, t]
                continue
            rho = theta[given.filters[f, d]]
            value = paths[d, f, 0] / (1.0 - rho)
            paths[d + 1, f, 0] = value
            for t in range(1, paths.shape[2]):
                value = rho * value + paths[d, f, t]
                paths[d + 1, f, t] = value


@compiled
def _columns_backwards(given, theta, paths, above, by_share, by_speed, gradient, by_cell):
    """Take the derivatives by filtered columns, `above`, back to persistences and shares."""
    before = paths.shape[2] - given.outcomes.shape[1]
    for f in range(given.source.shape[0]):
        for d in range(given.filters.shape[1] - 1, -1, -1):
            if given.filters[f, d] < 0:
                continue
            rho = theta[given.filters[f, d]]
            carried, by_rho = 0.0, 0.0
            for t in range(paths.shape[2] - 1, 0, -1):
                carried = above[f, t] + rho * carried
                above[f, t] = carried
                by_rho += carried * paths[d + 1, f, t - 1]
            first = (above[f, 0] + rho * carried) / (1.0 - rho)
            above[f, 0] = first
            gradient[given.filters[f, d]] += by_rho + first * paths[d + 1, f, 0]
        if given.falling[f, 0] >= 0:
            for t in range(before, paths.shape[2]):
                gradient[given.falling[f, 0]] += above[f, t] * by_share[f, t - before]
                gradient[given.falling[f, 1]] += above[f, t] * by_speed[f, t - before]
    for i in range(given.behind.shape[0]):
        j, t, f = given.behind[i]
        by_cell[j] += given.parts[i] * above[f, before + t]


# Means


@compiled
def _weights(given, theta):
    """Return each weight: the sum of its monomials."""
    found, one = np.zeros(given.where.shape[0]), theta.size - 1
    for k in range(given.numbers.size):
        value = given.numbers[k]
        for j in range(given.products.shape[1]):
            if given.products[k, j] == one:
                break
            value *= theta[given.products[k, j]]
        found[given.entry[k]] += value
    return found


@compiled
def _weights_backwards(given, theta, above, gradient):
    """Take the derivatives by weights, `above`, back to the factors of their monomials."""
    one = theta.size - 1
    for k in range(given.numbers.size):
        count = 0
        while count < given.products.shape[1] and given.products[k, count] != one:
            count += 1
        before = above[given.entry[k]] * given.numbers[k]
        for j in range(count):
            value = before
            for i in range(j + 1, count):
                value *= theta[given.products[k, i]]
            gradient[given.products[k, j]] += value
            before *= theta[given.products[k, j]]


@compiled
def _all_columns(given, paths):
    """Return every column of the means, a row for each: known, filtered lag by lag, scaled."""
    known, filtered, periods = given.known.shape[0], given.source.shape[0], given.known.shape[1]
    shifted = known + filtered * given.lags.size
    columns = np.empty((shifted + given.unscaled.size, periods))
    for row in range(known):
        for t in range(periods):
            columns[row, t] = given.known[row, t]
    for lag in range(given.lags.size):
        start = paths.shape[2] - periods - given.lags[lag]
        for f in range(filtered):
            for t in range(periods):
                columns[known + lag * filtered + f, t] = paths[-1, f, start + t]
    for i in range(given.unscaled.size):
        for t in range(periods):
            columns[shifted + i, t] = columns[given.unscaled[i], t] * given.times[i, t]
    return columns


@compiled
def _add_times(number, row, to):
    """Add a number times a row to another."""
    for t in range(row.size):
        to[t] += number * row[t]


@compiled
def _add_eight_times(numbers, rows, wanted, to):
    """Add eight numbers times eight of the rows to another, one after the other."""
    a, b, c, d = rows[wanted[0]], rows[wanted[1]], rows[wanted[2]], rows[wanted[3]]
    e, f, g, h = rows[wanted[4]], rows[wanted[5]], rows[wanted[6]], rows[wanted[7]]
    for t in range(to.size):
        first = to[t] + numbers[0] * a[t] + numbers[1] * b[t] + numbers[2] * c[t]
        then = first + numbers[3] * d[t] + numbers[4] * e[t] + numbers[5] * f[t]
        to[t] = then + numbers[6] * g[t] + numbers[7] * h[t]


@compiled
def _product(first, second):
    """Return the scalar product, as eight sums side by side that a processor makes at once."""
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = first.size - first.size % 8
    for t in range(0, whole, 8):
        a += first[t] * second[t]
        b += first[t + 1] * second[t + 1]
        c += first[t + 2] * second[t + 2]
        d += first[t + 3] * second[t + 3]
        e += first[t + 4] * second[t + 4]
        f += first[t + 5] * second[t + 5]
        g += first[t + 6] * second[t + 6]
        h += first[t + 7] * second[t + 7]
    rest = 0.0
    for t in range(whole, first.size):
        rest += first[t] * second[t]
    return ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest


@compiled
def _means(given, columns, weights, cells):
    """Return the mean of each cell, less its own value where that is completed."""
    mean = np.zeros(given.outcomes.shape)
    k = 0
    while k < weights.size:
        e = given.where[k, 1]
        if k + 7 < weights.size and given.where[k + 7, 1] == e:
            _add_eight_times(weights[k : k + 8], columns, given.where[k : k + 8, 0], mean[e])
            k += 8
        else:
            _add_times(weights[k], columns[given.where[k, 0]], mean[e])
            k += 1
    for i in range(given.reads.shape[0]):
        k = given.reads[i, 2]
        cell = given.shares[i] * cells[given.reads[i, 0]]
        mean[given.where[k, 1], given.reads[i, 1]] += weights[k] * cell
    for j in range(cells.size):
        mean[given.cells[j, 0], given.cells[j, 1]] -= cells[j]
    return mean


@compiled
def _means_backwards(given, columns, weights, cells, above, by_path, by_cell):
    """Take the derivatives by means, `above`, back; return those by weights."""
    found = np.empty(weights.size)
    known, filtered, periods = given.known.shape[0], given.source.shape[0], given.known.shape[1]
    by_column = np.zeros((columns.shape[0] - known, periods))  # known ones have no derivative
    for k in range(weights.size):
        row = above[given.where[k, 1]]
        found[k] = _product(row, columns[given.where[k, 0]])
        if given.where[k, 0] >= known:
            _add_times(weights[k], row, by_column[given.where[k, 0] - known])
    for i in range(given.unscaled.size):
        scaled, made_of = filtered * given.lags.size + i, given.unscaled[i] - known
        for t in range(periods if made_of >= 0 else 0):
            by_column[made_of, t] += by_column[scaled, t] * given.times[i, t]
    for lag in range(given.lags.size):
        start = by_path.shape[1] - periods - given.lags[lag]
        for f in range(filtered):
            for t in range(periods):
                by_path[f, start + t] += by_column[lag * filtered + f, t]
    for i in range(given.reads.shape[0]):
        j, k = given.reads[i, 0], given.reads[i, 2]
        at = given.shares[i] * above[given.where[k, 1], given.reads[i, 1]]
        found[k] += at * cells[j]
        by_cell[j] += at * weights[k]
    for j in range(cells.size):
        by_cell[j] -= above[given.cells[j, 0], given.cells[j, 1]]
    return found


@compiled
def log_density(given, x, gradient):
    """Return the log density at x, priors and Jacobians included, and write its gradient.

    Parameters
    ----------
    given : Inputs
    x, gradient : numpy.ndarray
        Shape ``(n + m,)``.

    Returns
    -------
    float
    """
    free, m = given.kind.size, given.moments.shape[0]
    equations, periods = given.outcomes.shape
    theta, slope = given.factors.copy(), np.empty(free)
    density = _place_parameters(given, x, theta, slope, gradient)
    cells = np.empty(m)
    for j in range(m):
        cells[j] = given.moments[j, 0] + given.moments[j, 1] * x[free + j]

    filtered, depth = given.filters.shape
    length = periods + (given.lags[-1] if filtered > 0 else 0)
    paths = np.empty((depth + 1, filtered, length))
    by_share, by_speed = np.empty((filtered, periods)), np.empty((filtered, periods))
    _columns(given, theta, cells, paths, by_share, by_speed)
    columns, weights = _all_columns(given, paths), _weights(given, theta)
    mean = _means(given, columns, weights, cells)

    by_theta, by_mean = np.zeros(theta.size), np.zeros((equations, periods))
    by_path, by_cell = np.zeros((filtered, length)), np.zeros(m)
    density += likelihood(given, theta, mean, by_mean, by_theta)
    by_weight = _means_backwards(given, columns, weights, cells, by_mean, by_path, by_cell)
    _columns_backwards(given, theta, paths, by_path, by_share, by_speed, by_theta, by_cell)
    _weights_backwards(given, theta, by_weight, by_theta)
    for i in range(free):
        gradient[i] += slope[i] * by_theta[given.place[i]]
    for j in range(m):
        gradient[free + j] = given.moments[j, 1] * by_cell[j]
    return density
