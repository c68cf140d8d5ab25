# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What do the answers on prices, the key rate and GDP rest on?
#
# No relief has ever been observed in these data, so the answers lean on published estimates and on
# the structure of the model. This notebook makes the leaning visible. It needs a fit (`make run`
# writes one to `results/russia`); the table of other beliefs and equations is read if
# `scripts/what_it_rests_on.py` has written it, because it takes refits.

# %%
# %matplotlib inline
import os
from pathlib import Path

import pandas as pd

import sanctions_model as sm
from sanctions_model.plots import plot_forest, plot_tipping, plot_tornado

file = Path(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
fit = sm.load(file)
problem, draws = fit.problem, fit.draws
claims = sm.robustness.headline_claims()
table = file.parent / "alternatives.csv"
alternatives = pd.read_csv(table) if table.is_file() else None

# %% [markdown]
# ## Published studies, pooled
#
# Studies of one quantity are pooled by random effects; the spread between them stays in the pool.
# The model's own prior and posterior stand below.

# %%
figures = sm.robustness.load_implied_evidence()
seen = figures["pass_through_4q"]
prior, posterior = (
    sm.queries.quantity_draws(fit.scm, d, seen.quantity) for d in (fit.prior_draws, draws)
)
plot_forest(seen.quantity, seen.pool, seen.pooled, prior, posterior)

# %% [markdown]
# Taken in as an observation of what the model implies, each figure moves the answers by this much.
# They are off unless asked for: most of these studies were in view when the priors were set.

# %%
moved = sm.robustness.evidence_effects(problem, draws, figures, claims)
moved.pivot_table(index="evidence", columns="claim", values="with_median").round(2)

# %% [markdown]
# ## The ranked table
#
# `low` and `high` are medians of the effect with the factor otherwise; `base` is the median as
# fitted. They are no probabilities and do not add up.

# %%
ranking = sm.robustness.rank_factors(fit, claims, observations=figures, alternatives=alternatives)
shown = ["claim", "rank", "factor", "kind", "low", "base", "high", "information", "sign_assumed"]
ranking.loc[ranking["rank"] <= 8, shown].round(2)

# %%
plot_tornado(
    sm.robustness.tornado(ranking, "gdp_growth"),
    title="What the answer rests on: GDP level, 12 quarters",
    unit="%",
    caption=(
        "Contrast: full relief of all measures in 4 steps, against sanctions unchanged. Bars: "
        "medians of the effect with the factor otherwise; no bar is a credible interval."
    ),
)

# %% [markdown]
# ## A hidden common cause
#
# The steep line credits the measures with all that a hidden cause did; the flat one asks what the
# posterior would be had the cause acted in the years of the data. That it is flat is no comfort:
# the data said little in the first place.

# %%
sm.robustness.tipping_table(problem, draws, claims)[
    ["claim", "prob", "tipping", "unit", "known_median", "known_lower", "known_upper"]
].round(2)

# %%
claim = claims["gdp_growth"]
curve = sm.robustness.confounding_curve(problem, draws, claim)
plot_tipping(fit.scm, claim, curve, sm.robustness.tipping_point(fit.scm, draws, claim))

# %% [markdown]
# ## Does the graph hold?
#
# Given its parents, a variable should not depend on the past of any other. Few of these hundreds of
# statements fail; those that do say where an equation is too simple.

# %%
tests = sm.robustness.implied_independences(problem, draws)
print(f"{len(tests)} tests, {int(tests['rejected'].sum())} rejected (Holm, 5 %)")
tests.loc[tests["suspect"], ["variable", "other", "lag", "correlation", "p_holm"]].round(3)

# %% [markdown]
# ## Three sentences
#
# Every number in them is computed above.

# %%
for sentence in sm.robustness.fair_sentences(fit, claims, ranking, alternatives=alternatives):
    print(f"- {sentence}\n")
