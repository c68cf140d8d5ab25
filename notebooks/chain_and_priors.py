# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does each link of the chain rest on: published estimates, judgement or data?
#
# **Takes** some ten seconds; needs a fit (`make run` writes one to `results/russia`). **You
# learn** to read a fitted model link by link: where a number comes from, what the data did to it,
# and which probabilities are no findings because the prior had decided them.
#
# The article's chain runs from sanctions through the price of imports, consumer prices and the key
# rate to loans and output. Each arrow is a number that somebody has estimated, or that nobody has.
# A chain is as strong as its weakest link, and the weakest link is the one that nobody measured.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sanctions_model as sm
from sanctions_model.plots import plot_forest, plot_graph, plot_prior_posterior
from sanctions_model.summaries import interval_rule

plt.rcParams["figure.dpi"] = 130
fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
scm, priors, problem = fit.scm, fit.problem.absolute, fit.problem

# %% [markdown]
# ## The data that could speak
#
# A link can only be learned where its cause moves. Here is how much each measure has moved,
# quarter on quarter, and when. Nearly all movement falls into two years, and nearly all of it is
# upward: whatever a link from a measure says after the fit, it says from a handful of quarters, in
# which much else happened.

# %%
moves = problem.observations[list(scm.measures)].diff("time").to_dataframe()
figure, axis = plt.subplots(figsize=(7, 2.6), layout="constrained")
bottom = np.zeros(len(moves))
for measure in scm.measures:
    axis.bar(moves.index, moves[measure], width=80, bottom=bottom, label=measure)
    bottom = bottom + moves[measure].to_numpy()
axis.set_title("change of the five measures in a quarter", fontsize=10, loc="left")
axis.legend(fontsize=8, frameon=False)
largest = moves.sum(axis=1).sort_values(ascending=False)
falls = moves.where(moves < 0).sum()
pd.DataFrame({"largest rise": moves.max(), "sum of all falls": falls}).round(3)

# %% [markdown]
# ## The graph
#
# Arrows carry the posterior median of the long-run effect; the equations are reviewed files in
# `sanctions_model/`, one a block. Orange are the measures, blue are states without data of their
# own.

# %%
plot_graph(scm, fit.draws, fit.prior_draws, priors=priors)

# %% [markdown]
# ## The chain, link by link
#
# Long-run effects along the article's chain. `information` is what the data added to the prior, 0
# to 1: near 0 the row restates the prior. `sign_assumed` marks the links whose sign the prior
# sets, so that its probability is no finding. Read the first rows: nobody observes the premium on
# grey imports, so the data cannot say how much of it each measure makes.

# %%
links = sm.links_table(scm, priors, fit.prior_draws, fit.draws, problem=problem)
chain = links[(links["kind"] == "long_run") & links["link"].isin(scm.chain)].set_index("link")
numbers = ["prior_median", "prior_lower", "prior_upper", "median", "lower", "upper", "information"]
chain[[*numbers, "basis", "sign_assumed"]].round(2)

# %%
plot_prior_posterior(scm, fit.prior_draws, fit.draws, priors=priors, links=list(chain.index))

# %% [markdown]
# Where the two curves lie on each other, the fit has added nothing, and a reader who doubts the
# prior may doubt the posterior as much. Where the posterior is far narrower, the data spoke; then
# ask whether the equation is right, because a narrow answer to a wrong equation is narrow too.
#
# ## What the data taught most, anywhere
#
# The links with most information lie mostly outside the article's chain: money-market rates to
# loan rates, output to imports. The model has learned the parts of the economy that the article
# does not dispute, and little of those that it does.

# %%
known = links[links["kind"] == "long_run"].sort_values("information", ascending=False)
known.set_index("link")[["prior_median", "median", "information", "basis"]].head(8).round(2)

# %% [markdown]
# ## Beside the literature
#
# A published figure of pass-through is a response of consumer prices to a weaker rouble, feedback
# through the key rate and output included. That is a question to the model, so that its prior and
# its posterior stand in the same unit beside each study and beside the studies pooled. The spread
# between studies stays in the pool: they disagree by more than their errors.

# %%
figures = sm.robustness.load_implied_evidence()
seen = figures["pass_through_4q"]
before, after = (
    sm.queries.quantity_draws(scm, draws, seen.quantity) for draws in (fit.prior_draws, fit.draws)
)
plot_forest(seen.quantity, seen.pool, seen.pooled, before, after)

# %% [markdown]
# The same for every figure that the model implies: medians before and after the data.
# `docs/evidence.md` says how each group of estimates was mapped to priors and which of them cannot
# hold at once.

# %%
implied = {
    name: {
        kind: float(sm.queries.quantity_draws(scm, draws, figure.quantity).median())
        for kind, draws in (("prior", fit.prior_draws), ("posterior", fit.draws))
    }
    for name, figure in figures.items()
}
pd.DataFrame(implied).T.round(2)

# %% [markdown]
# ## Are the draws good, and does the fit look like the data?
#
# A table of links from draws that did not converge would look just like this one, so this is worth
# a cell. The second line is the share of observed quarters inside 89 % bands of the prior and of
# the posterior predictive distribution.
#
# Both shares are read together. A prior whose band holds everything is not modest but empty: it
# would not have been surprised by any history. A posterior whose band holds far more than nine
# quarters in ten has shocks that are believed too large, and one that holds far fewer is too sure
# of itself.

# %%
print(fit.diagnostics)
observed = fit.idata["observed_data"]["observed"]
for group in ("prior_predictive", "posterior_predictive"):
    drawn = fit.idata[group]["observed"]
    low, high = drawn.quantile(interval_rule().tails, ("chain", "draw"), skipna=False)
    share = ((observed >= low) & (observed <= high)).where(np.isfinite(observed)).mean()
    print(f"{group}: {float(share):.2f} of all quarters inside the {interval_rule()}")

# %% [markdown]
# ## What rests on judgement

# %%
stated = [prior for group in problem.priors.entries.values() for prior in group.values()]
judged = [prior for prior in stated if set(np.atleast_1d(prior.sources)) == {"judgement"}]
used = len(problem.priors.sources)

# %% [markdown]
# Judgement is not worse than a wrong estimate, but it has to be visible. Each of these priors has
# its rationale in the priors file; whoever judges otherwise changes a line and fits again. Two
# kinds deserve suspicion. A narrow judgement on a link that the data cannot see is an answer in
# disguise. And an estimate from a calm decade, carried over to a war economy, is a judgement too,
# whatever its standard error says: nobody estimated it for the years in which it is used.
#
# One more caution about the word *identified*. It says that the data, through this graph, decide
# on the size. It does not say that the link is causal: that is the graph's assumption, and the
# next notebooks treat it as given.
#
# ## The finding in words

# %%
mostly_prior = chain.index[chain["basis"] == "assumed"]
low, middle, high = after.quantile([0.055, 0.5, 0.945]).to_numpy()
print(
    f"The chain has {len(chain)} links with a coefficient; on {len(mostly_prior)} of them the data "
    f"say next to nothing: {', '.join(mostly_prior)}. The sign of "
    f"{int(chain['sign_assumed'].sum())} is set by the prior. The pass-through of the rouble to "
    f"prices after four quarters is {middle:.2f} ({low:.2f}; {high:.2f}), beside "
    f"{len(seen.pool.studies)} studies. Of {len(stated)} priors {len(judged)} rest on judgement "
    f"alone, the others on {used} published estimates or own calculations."
)

# %% [markdown]
# ## An exercise
#
# Pick the link that you believe least. State your own prior for it with
# `sm.load_priors().replace({...})`, draw from the prior alone with
# `sm.SanctionsModel(priors=mine).sample_prior_predictive()`, and look at the effect on the price
# level with `sm.total_effect`. Did your doubt about one link change the end of the chain? If not,
# what else carries the effect?
#
# ## Where to go on
#
# - [`effects_and_channels`](effects_and_channels.ipynb): which of these links carry the effect of
#   relief.
# - [`what_it_rests_on`](what_it_rests_on.ipynb): what happens to the answers under a sceptic's and
#   an optimist's priors.
# - [`docs/howto/priors.md`](../docs/howto/priors.md): the families, and how to turn an interval in
#   a paper into a prior.

# %%
fit.manifest["versions"]
