"""The dial of beliefs: weights from the stated ones towards a sceptic's and an optimist's."""

from dataclasses import dataclass

import numpy as np

from sanctions_model.errors import ReweightingError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.reweighting import importance_weights, prior_log_ratio
from sanctions_model.report.page.compiled import packed
from sanctions_model.robustness.graphs.alternatives import load_prior_sets

ENDS = ("sceptic", "optimist")
DIAL_STEPS = 10


@dataclass(frozen=True, kw_only=True)
class Dial:
    """Log ratios of two sets of beliefs to the stated ones, and how far weights can be trusted.

    `log_ratios`: of the sets `ENDS`, shape ``(2, chain * draw)``. `reliable`: whether the weights
    hold at each of `DIAL_STEPS` equal steps towards each set, shape ``(2, step)``.
    """

    log_ratios: np.ndarray
    reliable: np.ndarray

    def data(self) -> dict[str, object]:
        """Return it for the page's scripts."""
        return {
            "rows": packed(self.log_ratios),
            "reliable": [[bool(one) for one in row] for row in self.reliable],
        }


def belief_dial(fit: Fit) -> Dial | None:
    r"""Return the weights by which the page turns a fit's beliefs, None where there are none.

    At the share t of the way the prior is proportional to :math:`p^{1-t} p'^t`, so that a draw's
    weight is :math:`\exp(t r)` with r the log ratio of the two priors.

    Returns: none for a fit of the prior alone, and where a set speaks of what the model lacks or
    the draws do not reach.
    """
    if fit.is_prior_only:
        return None
    stated, sets = fit.problem.priors, load_prior_sets()
    rows = []
    for name in ENDS:
        form = sets[name].form_for(fit.scm)
        if form is None:
            return None
        changed = Problem.of(fit.scm, fit.problem.observations, stated.replace(form))
        try:
            row = prior_log_ratio(fit.scm, fit.draws, fit.problem.absolute, changed.absolute)
        except ReweightingError:
            return None
        rows.append(row - row.max())
    reliable = [
        [importance_weights(step / DIAL_STEPS * row).holds for step in range(1, DIAL_STEPS + 1)]
        for row in rows
    ]
    return Dial(log_ratios=np.array(rows), reliable=np.array(reliable))
