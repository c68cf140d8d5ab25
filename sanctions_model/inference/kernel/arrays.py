"""What a model is for the kernel of the log density: arrays, and nothing else."""

from typing import NamedTuple

import numpy as np

# Kinds of a parameter: its prior and its support.
NORMAL, ABOVE, BELOW, BETWEEN, STUDENT_T, BETA, GAMMA, MIXTURE = range(8)


class Inputs(NamedTuple):
    """What a model is for the kernel; C-contiguous, whole numbers are int64, others float64.

    Parameters
    ----------
    kind : numpy.ndarray
        Of each free parameter, shape ``(n,)``.
    place : numpy.ndarray
        Of each free parameter among all factors, shape ``(n,)``.
    products : numpy.ndarray
        Factors of each monomial, filled up with the last one, which is 1; ``(monomial, degree)``.
    entry : numpy.ndarray
        Weight that each monomial belongs to, shape ``(monomial,)``.
    where : numpy.ndarray
        Column and equation of each weight, equation by equation; shape ``(entry, 2)``.
    filters : numpy.ndarray
        Place of the persistence of each recursion of a column, innermost first, -1 where there is
        none; shape ``(filtered, depth)``.
    falling : numpy.ndarray
        Places of recoverable share and recovery speed where a column's series is a measure that
        falls, else -1; shape ``(filtered, 2)``.
    lags : numpy.ndarray
        At which filtered columns are read, ascending; known columns come first, then the filtered
        ones lag by lag; shape ``(lag,)``.
    noise : numpy.ndarray
        Places of scale and degrees of freedom, -1 for Gaussian; shape ``(equation, 2)``.
    cells : numpy.ndarray
        Equation and period of each completed cell, shape ``(m, 2)``.
    reads : numpy.ndarray
        Completed cell, period and weight of each reading of a cell as a parent; ``(read, 3)``.
    arguments : numpy.ndarray
        Two arguments of the prior, lower and upper bound (for `STUDENT_T` the third argument in
        place of the lower one, for `MIXTURE` those of the second component), sign if the parameter
        is plus or minus an exponential, else 0, and for `MIXTURE` the log weight of the second
        component over that of the first; shape ``(n, 6)``.
    factors : numpy.ndarray
        All parameters, centres and 1; what is not free has its value. Shape ``(factor,)``.
    numbers : numpy.ndarray
        Before each monomial, shape ``(monomial,)``.
    known, source, outcomes, weight : numpy.ndarray
        Known columns, series of the filtered ones, the equations' own values (0 where completed)
        and weights of the cells; a row for each, periods in columns.
    moments : numpy.ndarray
        Centre and size of the unit of each completed cell, shape ``(m, 2)``.
    constant : numpy.ndarray
        What normalises the priors, shape ``(1,)``.
    unscaled : numpy.ndarray
        Row of what each scaled column is made of; these columns follow all others. ``(scaled,)``.
    times : numpy.ndarray
        What multiplies it, shape ``(scaled, period)``.
    shares : numpy.ndarray
        What multiplies a completed cell where it is read, shape ``(read,)``.
    crisis : numpy.ndarray
        Place of what multiplies all scales of a period, -1 for nothing; shape ``(period,)``.
    behind : numpy.ndarray
        Completed cell, period and filtered column of each place where a recursion reads such a
        cell; ``(place, 3)``.
    parts : numpy.ndarray
        What multiplies the cell there, shape ``(place,)``.
    """

    kind: np.ndarray
    place: np.ndarray
    products: np.ndarray
    entry: np.ndarray
    where: np.ndarray
    filters: np.ndarray
    falling: np.ndarray
    lags: np.ndarray
    noise: np.ndarray
    cells: np.ndarray
    reads: np.ndarray
    arguments: np.ndarray
    factors: np.ndarray
    numbers: np.ndarray
    known: np.ndarray
    source: np.ndarray
    outcomes: np.ndarray
    weight: np.ndarray
    moments: np.ndarray
    constant: np.ndarray
    unscaled: np.ndarray
    times: np.ndarray
    shares: np.ndarray
    crisis: np.ndarray
    behind: np.ndarray
    parts: np.ndarray
