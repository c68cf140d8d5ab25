"""The four futures of a scenario file, with the effects that the page mixes by odds."""

from collections.abc import Sequence

from sanctions_model import dims
from sanctions_model.scenarios.mixture import compare_futures
from sanctions_model.report.scenarios import mix_sentences
from sanctions_model.report.page.answers import CHANNEL_HORIZON, CHANNEL_OUTCOMES, HORIZON, OUTCOMES
from sanctions_model.report.page.mixtures import FUTURE, FutureEffects
from sanctions_model.inference.fit import Fit
from sanctions_model.scenarios.library import ScenarioLibrary, load_scenarios

__all__ = ["drawn_futures"]


def drawn_futures(
    fit: Fit,
    library: ScenarioLibrary | None = None,
    *,
    horizon: int = HORIZON,
    outcomes: Sequence[str] = OUTCOMES,
) -> FutureEffects:
    """Draw every future, with its later turns into others, and push it through the draws of a fit.

    Parameters
    ----------
    fit : Fit
        Each of its draws meets its own path of each future.
    library : ScenarioLibrary, optional
        With a process between futures; the bundled one by default.
    horizon : int
        Periods.
    outcomes : sequence of str
        Those that the model lacks are left out.

    Returns
    -------
    FutureEffects
        Labels and initial odds are the library's; the seed is the fit's.

    Raises
    ------
    QuestionError
        If the library has no process, or the model lacks what a future acts on.
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
