"""Effects of named futures, each with its odds, and their mixture. Knows no scenario files."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit
from sanctions_model.report.page.answers import CHANNEL_HORIZON, CHANNEL_OUTCOMES, HORIZON, OUTCOMES
from sanctions_model.report.scenarios import mix_sentences
from sanctions_model.scenarios.library import ScenarioLibrary, load_scenarios
from sanctions_model.scenarios.odds.mixture import compare_futures

FUTURE = "future"


@dataclass(frozen=True, kw_only=True)
class FutureEffects:
    """What each future does, draw by draw, and how likely each is.

    `labels`: what readers call the futures. `odds`: sum to 1. `effect`: against sanctions
    unchanged, dims ``(future, outcome, horizon, chain, draw)``, the draws being those of the fit.
    `sentences`: what the mixture comes to, in words. Raises `QuestionError` if labels, odds and
    effects differ in number, or the odds do not sum to 1.
    """

    labels: tuple[str, ...]
    odds: tuple[float, ...]
    effect: xr.DataArray
    sentences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counts = {len(self.labels), len(self.odds), self.effect.sizes[FUTURE]}
        if len(counts) > 1:
            raise QuestionError(
                f"{len(self.labels)} labels, {len(self.odds)} odds and effects of "
                f"{self.effect.sizes[FUTURE]} futures; give one of each a future."
            )
        if min(self.odds) < 0 or not np.isclose(sum(self.odds), 1.0):
            raise QuestionError(f"Odds {self.odds} of futures; expected shares that sum to 1.")


def drawn_futures(
    fit: Fit,
    library: ScenarioLibrary | None = None,
    *,
    horizon: int = HORIZON,
    outcomes: Sequence[str] = OUTCOMES,
) -> FutureEffects:
    """Draw every future, with its later turns into others, and push it through the draws of a fit.

    `fit`: each of its draws meets its own path of each future. `library`: with a process between
    futures; the bundled one by default. `outcomes`: those that the model lacks are left out.
    Returns: labels and initial odds are the library's; the seed is the fit's. Raises
    `QuestionError` if the library has no process, or the model lacks what a future acts on.
    """
    library = library or load_scenarios()
    result = compare_futures(
        fit.problem,
        fit.draws,
        library,
        horizon=horizon,
        outcomes=[name for name in outcomes if name in fit.scm.variables],
        random_seed=int(fit.manifest["settings"]["random_seed"]),
        transitions=True,
    )
    told = [name for name in CHANNEL_OUTCOMES if name in result[dims.OUTCOME].to_numpy()]
    sentences = mix_sentences(
        result.sel({dims.OUTCOME: told}),
        fit.scm,
        future=library.process().order[0],
        horizon=CHANNEL_HORIZON,
    )
    return FutureEffects(
        labels=tuple(str(label) for label in result["scenario_label"].to_numpy()),
        odds=tuple(float(share) for share in result["probability"].to_numpy()),
        effect=result["effect"].rename({dims.SCENARIO: FUTURE}),
        sentences=tuple(sentences),
    )
