"""The chain as a whole: a conjunction of claims, and where it breaks.

Each step of the chain is an effect claim. Under a draw of the parameters the chain *holds* if every
step has its sign, and it *breaks* at the first step that has not. Probabilities are shares of
draws of all steps together, so that steps which hold or fail together count once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.queries.claims import Claim, claim_effect
from sanctions_model.queries.effects import CHAIN_PARTS, channel_effects
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.summaries import interval, share_error
from sanctions_model.units import effect_in_percent
from sanctions_model.wording import decimals, difference_unit, error_words, percent, share_words


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Joint probabilities of a chain of claims.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row a step in order: ``claim``, ``statement``, ``prob``, ``prob_given`` (where all steps
        before hold), ``breaks_here`` (share of draws whose first failure it is),
        ``prob_material``, ``material``.
    pairs : pandas.DataFrame
        Probability that two steps have their signs together, rows and columns by claim; the
        diagonal is each step's own.
    joint, joint_error : float
        P(every sign) and its Monte-Carlo standard error.
    material, material_error : float
        P(every effect beyond the smallest size that matters) and its Monte-Carlo standard error.
    """

    steps: pd.DataFrame
    pairs: pd.DataFrame
    joint: float
    joint_error: float
    material: float
    material_error: float

    @property
    def sentences(self) -> list[str]:
        """The chain in two sentences."""
        count = len(self.steps)
        place = int(self.steps["breaks_here"].to_numpy().argmax())
        broken = self.steps.iloc[place]
        said = (
            f"All {count} steps have the sign that the article gives them with probability "
            f"{share_words(self.joint)} ± {error_words(2 * self.joint_error)}, and all are large "
            f"enough to matter with {share_words(self.material)} ± "
            f"{error_words(2 * self.material_error)} (two Monte-Carlo errors; what matters is "
            "judgement)."
        )
        if not broken["breaks_here"]:
            return [said, "It breaks under no draw."]
        return [
            said,
            f"It breaks most often at step {place + 1}, the first one that fails in "
            f"{percent(broken['breaks_here'])} of the draws: {broken['statement']}",
        ]


def chain_of(claims: Mapping[str, Claim]) -> dict[str, Claim]:
    """Return the claims that are steps of the chain, in order.

    `claims`: by name; those with a ``step`` are in the chain. Returns: by name, in the order of the
    steps. Raises `QuestionError` if fewer than two claims have a step, or two have the same.
    """
    steps = {name: claim for name, claim in claims.items() if claim.step is not None}
    places = [claim.step or 0 for claim in steps.values()]
    if len(steps) < 2 or len(set(places)) < len(places):
        raise QuestionError(
            f"A chain needs two or more claims with different steps; got {sorted(places)}: give "
            "`step = 1` and so on to effect claims."
        )
    return dict(sorted(steps.items(), key=lambda item: item[1].step or 0))


def chain_table(
    scm: StructuralCausalModel, draws: xr.Dataset, claims: Mapping[str, Claim]
) -> Chain:
    """Ask how probable the chain is as a whole.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    claims : mapping of str to Claim
        By name; those with a ``step`` make the chain.

    Returns
    -------
    Chain
        Steps, pairs and joint probabilities with their Monte-Carlo errors.

    Raises
    ------
    QuestionError, UnknownVariableError, NoCausalPathError
        If there is no chain, or a claim has no answer as put.
    """
    steps = chain_of(claims)
    signed = {
        name: claim.sign
        * effect_in_percent(claim_effect(scm, draws, claim), scm.variables[claim.outcome])
        for name, claim in steps.items()
    }
    values = np.stack([s.transpose(dims.CHAIN, dims.DRAW).to_numpy() for s in signed.values()])
    least = np.array([claim.material or 0.0 for claim in steps.values()])
    holds, matters = values > 0, values > least[:, None, None]
    so_far = np.logical_and.accumulate(holds, axis=0)
    before = np.concatenate([np.ones_like(holds[:1]), so_far[:-1]])
    reached = before.mean(axis=(1, 2))
    rows = pd.DataFrame(
        {
            "claim": list(steps),
            "statement": [claim.statement for claim in steps.values()],
            "prob": holds.mean(axis=(1, 2)),
            "prob_given": np.divide(
                so_far.mean(axis=(1, 2)),
                reached,
                out=np.full(len(steps), np.nan),
                where=reached > 0,
            ),
            "breaks_here": (before & ~holds).mean(axis=(1, 2)),
            "prob_material": matters.mean(axis=(1, 2)),
            "material": least,
        }
    )
    flat = holds.reshape(len(steps), -1).astype(float)
    pairs = pd.DataFrame(flat @ flat.T / flat.shape[1], index=list(steps), columns=list(steps))
    joint, material = so_far[-1], matters.all(axis=0)
    return Chain(
        steps=rows,
        pairs=pairs,
        joint=float(joint.mean()),
        joint_error=share_error(joint),
        material=float(material.mean()),
        material_error=share_error(material),
    )


def own_channel_sentence(scm: StructuralCausalModel, draws: xr.Dataset, claim: Claim) -> str:
    """Say what the article's own channel comes to, net of its offset.

    `scm`: equations that the draws belong to; with a chain and its offset. `claim`: whose outcome,
    relief and horizon are meant. Returns: median and interval of the net effect, and the medians of
    its two parts. Raises `QuestionError` if the model has no chain.
    """
    if not scm.chain:
        raise QuestionError("This model names no chain of its own; give it `chain`.")
    parts = channel_effects(
        scm, draws, claim.relief, horizon=claim.horizon, outcomes=[claim.outcome]
    ).isel({dims.OUTCOME: 0, dims.HORIZON: -1})
    unit = scm.variables[claim.outcome]
    along, offset = (parts.sel({dims.CHANNEL: name}, drop=True) for name in CHAIN_PARTS[:2])
    own, against, net = (
        interval(effect_in_percent(values, unit)) for values in (along, offset, along + offset)
    )
    said = [_signed(net.sel(summary=part)) for part in ("median", "lower", "upper")]
    medians = [_signed(part.sel(summary="median")) for part in (own, against)]
    label = scm.variables[claim.outcome].label
    short = difference_unit(unit, short=True)
    return (
        f"Net of its offset the article's own channel moves the {label} by {said[0]} {short} "
        f"({said[1]}; {said[2]}) after {scm.count_periods(claim.horizon)}: {medians[0]} along the "
        f"chain, {medians[1]} because lower expected inflation makes loans dearer in real terms."
    )


def _signed(value: xr.DataArray) -> str:
    return decimals(float(value), 2, signed=True)
