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
# **Takes** some thirty seconds; needs a fit (`make run` writes one to `results/russia`). The table
# of other beliefs and equations is read if `scripts/what_it_rests_on.py` has written it, because
# it takes some 40 refits. **You learn** five ways to find out what carries an answer: the studies,
# the prior, the ranking of factors, a hidden cause, and what the graph forbids.
#
# No large relief has ever been observed in these data, so the answers lean on published estimates
# and on the structure of the model. That is no secret and no scandal; it has to be made visible,
# so that somebody who believes other studies can see how far they would move the answer.

# %%
# %matplotlib inline
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sanctions_model as sm
from sanctions_model.plots import plot_forest, plot_tipping, plot_tornado
from sanctions_model.summaries import interval_rule

plt.rcParams["figure.dpi"] = 130
file = Path(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
fit = sm.load(file)
problem, draws = fit.problem, fit.draws
claims = sm.robustness.headline_claims()
table = file.parent / "alternatives.csv"
alternatives = pd.read_csv(table) if table.is_file() else None

# %% [markdown]
# ## The effects in question, prior and posterior
#
# First the plain picture: grey is the prior, blue the posterior. If the two shapes of an outcome
# are the same, then all that follows is about the prior, and the data are bystanders.

# %%
figure, axes = plt.subplots(1, len(claims), figsize=(7.5, 2.4), layout="constrained")
for axis, claim in zip(axes, claims.values(), strict=True):
    asked = {"horizon": claim.horizon, "outcomes": [claim.outcome]}
    for drawn, colour in ((fit.prior_draws, "grey"), (draws, "tab:blue")):
        effect = sm.total_effect(fit.scm, drawn, claim.relief, **asked).isel(outcome=0, horizon=-1)
        axis.hist(effect.to_numpy().ravel(), bins=40, density=True, alpha=0.5, color=colour)
    axis.set_title(f"{claim.outcome}, quarter {claim.horizon}", fontsize=8, loc="left")

# %% [markdown]
# ## Is the fit fit to be asked?
#
# Chains that agree, enough effective draws, no divergence; and predictive bands that hold about
# nine quarters in ten under the posterior, nearly all under the prior.

# %%
print(fit.diagnostics)
observed = fit.idata["observed_data"]["observed"]
for group in ("prior_predictive", "posterior_predictive"):
    drawn = fit.idata[group]["observed"]
    low, high = drawn.quantile(interval_rule().tails, ("chain", "draw"), skipna=False)
    share = ((observed >= low) & (observed <= high)).where(np.isfinite(observed)).mean()
    print(f"{group}: {float(share):.2f} of all quarters inside the {interval_rule()}")

# %% [markdown]
# ## Published studies, pooled
#
# Studies of one quantity are pooled by random effects; the spread between them stays in the pool.
# The model's own prior and posterior stand below. Where the posterior lies outside of all studies,
# ask which of the two is wrong; where it lies on the prior, nobody has been asked but the studies.
#
# A pool is no vote, and more studies do not make it narrower by themselves. Most of them share a
# country, a decade and often a data set; random effects let each keep a deviation of its own, and
# the interval that counts for a new case is the one for another study, not the one for their mean.
# The size of a square says how much weight a study has, which is rarely what its fame suggests.

# %%
figures = sm.robustness.load_implied_evidence()
seen = figures["pass_through_4q"]
prior, posterior = (
    sm.queries.quantity_draws(fit.scm, d, seen.quantity) for d in (fit.prior_draws, draws)
)
plot_forest(seen.quantity, seen.pool, seen.pooled, prior, posterior)

# %% [markdown]
# Taken in as an observation of what the model implies, each figure moves the answers by this much.
# They are off unless asked for: most of these studies were in view when the priors were set, and
# would count twice. A figure that would move much is one on which the literature and the model
# disagree.

# %%
moved = sm.robustness.evidence_effects(problem, draws, figures, claims)
moved.pivot_table(index="evidence", columns="claim", values="with_median").round(2)

# %% [markdown]
# ## The ranked table
#
# `low` and `high` are medians of the effect with the factor otherwise; `base` is the median as
# fitted. They are no probabilities and do not add up. The first rows are where an argument about
# the answer should begin: a better estimate of the eighth factor would change nothing that anybody
# sees.

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
# Two kinds of rows are easily confused. A *belief* that moves the answer is an invitation to read
# more studies. A *choice* that moves it (a rule of policy, the part of relief that comes back) is
# part of the question, and no study will settle it.
#
# ## A hidden common cause
#
# Suppose that something drove both the measures and the outcome: the war, the preparation for it,
# a turn of policy. How strong would it have to be to take the answer away? "Tipping" is the
# strength at which the claim is as likely as not, in the unit of the outcome's own shocks.
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
# Given its parents, a variable should not depend on the past of any other. Few of these hundreds
# of statements fail; those that do say where an equation is too simple. A graph that passes is not
# proved: the test sees missing lags and missing parents, not an arrow that points the wrong way.

# %%
tests = sm.robustness.implied_independences(problem, draws)
print(f"{len(tests)} tests, {int(tests['rejected'].sum())} rejected (Holm, 5 %)")
tests.loc[tests["suspect"], ["variable", "other", "lag", "correlation", "p_holm"]].round(3)

# %% [markdown]
# ## What other beliefs and other equations say
#
# Everything so far moved one thing at a time around one fit. The last step changes whole sets: an
# optimist's beliefs, a sceptic's, nearly flat ones, other transmissions.
#
# The table is there once the script has run. A row is a whole refit: other priors, or another
# transmission. If the rows of beliefs differ by more than the rows of equations, then the argument
# is about beliefs, and a better equation will not settle it.

# %%
if alternatives is not None:
    shown = [
        c for c in ("claim", "alternative", "kind", "median", "lower", "upper") if c in alternatives
    ]
    print(alternatives[shown].round(2).head(30).to_string(index=False))

# %% [markdown]
# ## An exercise
#
# Become the sceptic. `data/prior_sets.toml` has the sceptic's beliefs; take one of them, replace
# it with `sm.load_priors().replace({...})`, draw from the prior alone with
# `sm.SanctionsModel(priors=mine).sample_prior_predictive()`, and compare the effect on the price
# level. Which single belief of the sceptic makes most of the difference? Is it the one at the top
# of the ranked table?
#
# ## Where to go on
#
# - [`docs/what_it_rests_on.md`](../docs/what_it_rests_on.md): what the refits said, and what each
#   tool means.
# - [`sweeps`](sweeps.ipynb): the same question at hundreds of settings.
# - [`docs/elsewhere.md`](../docs/elsewhere.md): liftings in other countries, the nearest that data
#   come to relief.
#
# ## The finding in three sentences
#
# Every number in them is computed above.

# %%
for sentence in sm.robustness.fair_sentences(fit, claims, ranking, alternatives=alternatives):
    print(f"- {sentence}\n")
