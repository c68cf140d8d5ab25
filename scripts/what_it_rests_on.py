"""Ask what the answers rest on, with every refit that it takes.

Named prior sets, other transmissions with their predictive weights, placebos, random common causes
and subsamples. Some 40 fits; it says which one it is at. Tables go to
the folder of the fit. Run it from the checkout, after `sanctions-model run`:

    python scripts/what_it_rests_on.py [results/russia] [--placebos 8] [--draws 1000]
"""

import argparse
import logging
import time
from pathlib import Path

import pandas as pd

from sanctions_model.cli.parts.console import configure, show
from sanctions_model.data.observations import load_observations
from sanctions_model.economies.registry import ANCHORED, GROWTH, economy_of
from sanctions_model.elsewhere.prediction import LIFTINGS, predict
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.inference.storage import load
from sanctions_model.report.views import View
from sanctions_model.robustness.graphs.alternatives import (
    Alternative,
    compare_alternatives,
    fit_alternatives,
    prior_alternatives,
)
from sanctions_model.robustness.graphs.graph_mixture import graph_mixture, mixture_sentence
from sanctions_model.robustness.graphs.model_weights import leave_future_out, loo_weights
from sanctions_model.robustness.graphs.variants import transmission_alternatives
from sanctions_model.robustness.implied_evidence import load_implied_evidence
from sanctions_model.robustness.ranking import fair_sentences, rank_factors
from sanctions_model.robustness.refutation import (
    placebo_table,
    placebo_verdict,
    placebos,
    random_causes,
)
from sanctions_model.robustness.sensitivity import claim_effects, headline_claims
from sanctions_model.robustness.subsamples import leave_out_periods
from sanctions_model.units import percent_unit
from sanctions_model.validation.placebos import placebo_reference

_LOG = logging.getLogger("sanctions_model.scripts")


def main() -> None:
    """Read the options, refit, write the tables and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("results/russia"))
    parser.add_argument("--placebos", type=int, default=8, help="placebo dates, and measures")
    parser.add_argument("--draws", type=int, default=1000, help="draws a chain of each refit")
    asked = parser.parse_args()
    configure(quiet=False)
    base = load(asked.folder / "posterior.nc")
    others = alternatives(base, asked.folder, asked.draws)
    refutations(base, asked.folder, asked.placebos, asked.draws)
    claims = headline_claims()
    ranking = rank_factors(
        base,
        claims,
        observations=load_implied_evidence(),
        alternatives=others,
        liftings=predict(LIFTINGS["settlement, all senders"]),
    )
    ranking.to_csv(asked.folder / "rests_on.csv", index=False, float_format="%.6g")
    shown = ranking[ranking["rank"] <= 10].drop(columns=["outcome", "sources"])
    show(View(table=shown, title="What the answers rest on"))
    for sentence in fair_sentences(base, claims, ranking, alternatives=others):
        _LOG.info("%s", sentence)


def alternatives(base: Fit, folder: Path, draws: int) -> pd.DataFrame:
    """Prior sets, transmissions and the other economy: 13 to 14 fits."""
    data, priors = base.problem.observations, base.problem.priors
    chosen = prior_alternatives(base.scm.with_centres({}), data, priors)
    chosen += transmission_alternatives(data, priors, base.scm.with_centres({}))
    chosen.append(rival(base))
    fits = _fits(chosen, draws)
    table = compare_alternatives(fits, headline_claims())
    table.to_csv(folder / "alternatives.csv", index=False, float_format="%.6g")
    show(View(table=table.drop(columns=["ci_prob", "ci_kind"]), title="Beliefs and equations"))
    scores = weigh(base, fits, folder)
    mixed = graph_mixture(table, scores=scores)
    mixed.to_csv(folder / "mixture.csv", index=False, float_format="%.6g")
    asked = headline_claims().items()
    units = {n: percent_unit(base.scm.variables[c.outcome].unit) for n, c in asked}
    for row in mixed.to_dict("records"):
        _LOG.info("%s: %s", row["claim"], mixture_sentence(row, units[row["claim"]]))
    return table


def rival(base: Fit) -> Alternative:
    """Return the other bundled economy: its equations, data and beliefs."""
    economy = GROWTH if economy_of(base.scm) is ANCHORED else ANCHORED
    scm = economy.transmission()
    return Alternative(
        name=scm.name,
        kind="economy",
        rationale="Another way to write the whole economy: growth rates, or levels with an anchor.",
        scm=scm,
        observations=load_observations(scm=scm),
        priors=load_priors(economy=economy.name),
    )


def weigh(base: Fit, fits: list[tuple[Alternative, Fit]], folder: Path) -> dict[str, float]:
    """Weigh the graphs by what they predict: a cell left out, and each of the last twelve quarters.

    Their equations start at different dates, so that a cell counts where all of them predict it.
    """
    graphs = {"stated": base} | {a.name: f for a, f in fits if a.kind == "equations"}
    cells = loo_weights(graphs, common=True)
    cells.to_csv(folder / "weights_loo.csv", index=False, float_format="%.6g")
    show(View(table=cells, title="Weights by leaving out one cell"))
    scores = leave_future_out(graphs)
    scores.table.to_csv(folder / "weights_future.csv", index=False, float_format="%.6g")
    caption = f"{len(scores.periods)} quarters one step ahead, {scores.refits} refits"
    show(View(table=scores.table, title="Weights by leaving out the future", caption=caption))
    return dict(zip(cells["model"], cells["weight"], strict=True))


def refutations(base: Fit, folder: Path, number: int, draws: int) -> None:
    """Placebos and noise in the equation of output, and the sample without each episode."""
    claims = {"gdp_growth": headline_claims()["gdp_growth"]}
    chosen = placebos(base.problem, claims["gdp_growth"], dates=number, measures=number)
    chosen += random_causes(base.problem, claims["gdp_growth"])
    table = placebo_table(_fits(chosen, draws), claims, claim_effects(base.scm, base.draws, claims))
    table.to_csv(folder / "placebos.csv", index=False, float_format="%.6g")
    steps = table[table["kind"] == "placebo measure"]["prob_lowers"].tolist()
    # Placebos of one data set share its shocks: what do they show where they do nothing?
    there = placebo_reference(base.problem, base.draws, claims["gdp_growth"])
    there.to_csv(folder / "placebo_reference.csv", index=False, float_format="%.6g")
    verdict = placebo_verdict(steps, there["prob_lowers"].tolist())
    caption = (
        f"P over placebo measures: {verdict['mean']:.2f}; in {len(there)} data sets that the model "
        f"made without a placebo {verdict['reference_mean']:.2f} on average, and as far out with "
        f"P = {verdict['reference_p']:.2f}"
    )
    show(View(table=table.drop(columns=["ci_prob", "ci_kind"]), title="Placebos", caption=caption))
    episodes = leave_out_periods(base.problem, base.draws, headline_claims(), refit=True)
    episodes.to_csv(folder / "subsamples.csv", index=False, float_format="%.6g")
    show(View(table=episodes.drop(columns=["ci_prob", "ci_kind"]), title="Subsamples"))


def _fits(chosen: list[Alternative], draws: int) -> list[tuple[Alternative, Fit]]:
    began, found = time.perf_counter(), []
    for alternative, fitted in fit_alternatives(chosen, draws=draws, tune=draws):
        found.append((alternative, fitted))
        _LOG.info("%s done after %.0f s", alternative.name, time.perf_counter() - began)
    return found


if __name__ == "__main__":
    main()
