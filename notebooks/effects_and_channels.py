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
# # What would full relief do, through which channel, and if the Bank of Russia did not follow?
#
# **Takes** some twenty seconds; needs a fit (`make run` writes one to `results/russia`). **You
# learn** to take an effect apart: by channel, by measure, along one chain alone, and with the
# central bank's hands tied. Every effect is the difference between two worlds that share
# parameters and shocks, draw by draw; its interval is doubt about the parameters.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt
import numpy as np

import sanctions_model as sm
from sanctions_model.plots import plot_channels, plot_responses
from sanctions_model.summaries import interval, interval_rule

plt.rcParams["figure.dpi"] = 130
fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
scm, draws = fit.scm, fit.draws


# %%
def middle(array, digits=2):
    return "{} ({}; {})".format(*(f"{x:+.{digits}f}" for x in interval(array).to_numpy()))


# %% [markdown]
# ## What is lifted: the two paths of each measure
#
# Before any effect, the question itself. Left, the history of the measures; right, the two futures
# that are compared: measures as they are, and measures lifted in four equal steps. The *effective*
# measure, dashed, is what the economy feels: it comes down later, and not all the way, because
# routes, contracts and trust do not come back the day that an act is repealed. How far and how
# fast is a belief, since no large measure has ever fallen in these data.

# %%
figure, axes = plt.subplots(1, 2, figsize=(7.5, 2.8), sharey=True, layout="constrained")
for measure in scm.measures:
    axes[0].plot(fit.problem.observations.time, fit.problem.observations[measure], label=measure)
felt = [name for name in scm.variables if name.startswith("effective_")]
kept = sm.total_effect(scm, draws, horizon=12, outcomes=[*scm.measures[:1], *felt])
lifted = 1 + kept.median(("chain", "draw"))
axes[1].plot(lifted.horizon, lifted.sel(outcome=scm.measures[0]), color="black", label="stated")
for name in felt:
    axes[1].plot(lifted.horizon, lifted.sel(outcome=name), "--", lw=1, label=name)
axes[0].set_title("what happened", fontsize=10, loc="left")
axes[1].set_title("full relief, quarters after the start", fontsize=10, loc="left")
for axis in axes:
    axis.legend(fontsize=7, frameon=False)

# %% [markdown]
# ## Is the fit fit to be asked?
#
# Chains that agree, enough effective draws, no divergence, no explosive draw; and predictive bands
# that hold about nine quarters in ten.

# %%
print(fit.diagnostics)
observed = fit.idata["observed_data"]["observed"]
for group in ("prior_predictive", "posterior_predictive"):
    drawn = fit.idata[group]["observed"]
    low, high = drawn.quantile(interval_rule().tails, ("chain", "draw"), skipna=False)
    share = ((observed >= low) & (observed <= high)).where(np.isfinite(observed)).mean()
    print(f"{group}: {float(share):.2f} of all quarters inside the {interval_rule()}")

# %% [markdown]
# ## The total effect
#
# Full relief of all five measures in four equal steps, over five years. Blue is the posterior,
# dashed the prior: where they agree, the data said little. Prices make one step down and stay
# there; inflation is lower only while they do. "Inflation stops" is not among the things that
# relief can bring about.

# %%
believed = sm.total_effect(scm, fit.prior_draws)
plot_responses(sm.total_effect(scm, draws), believed, scm=scm)

# %% [markdown]
# Three readings of the same picture. The *shape* in time comes mostly from persistences, which the
# data know well. The *size* comes mostly from what the measures do to premium, technology and
# risk, which the data know badly. And the *width* of the band is about the second, not about the
# first: more quarters of calm data would narrow it little.
#
# ## By channel
#
# A channel is the first variable behind the effective measures. Everything behind them is linear,
# so the channels add up to the total in every draw: no order has to be chosen, and no remainder is
# hidden.

# %%
outcomes = ["price_level", "key_rate", "gdp_level", "rouble"]
split = sm.channel_effects(scm, draws, horizon=12, outcomes=outcomes)
entries = split.sel(channel=list(scm.entries)).sum("channel")
gap = float(abs(entries - split.sel(channel="total")).max())
print(f"Largest difference between the sum of the channels and the total, any draw: {gap:.1e}")

# %%
plot_channels(split, scm=scm)

# %% [markdown]
# Look at the rouble: channels with opposite signs, each of some size, and a total near zero. An
# open sign of a total does not mean that nothing happens. It also means that which measures go
# first decides what one sees.
#
# ## Along the article's chain alone
#
# Sanctions, premium on imports, prices, key rate, loan rates, output: all other links closed. The
# line through expected inflation works against it, because lower expected inflation makes a given
# rate dearer. This is the article's mechanism, isolated; the total holds everything else too.

# %%
gdp = split.sel(outcome="gdp_level", horizon=12)
parts = ["total", "article_chain", "chain_offset", "chain_remainder"]
shown = [part for part in parts if part in gdp.channel]
{part: f"{middle(gdp.sel(channel=part))} %" for part in shown}

# %% [markdown]
# Compare the first two entries. If the article's chain is a small part of the total, then relief
# can raise output while the article's reason for it is of little weight: right about the sign and
# wrong about the mechanism. That matters for policy, because what strengthens the mechanism (say,
# a bank that reacts faster) is then not what strengthens the effect.
#
# ## One measure at a time
#
# Each row lifts one measure and leaves the others; the last lifts all. The rows need not add up
# where relief is felt with delay, but here they do to rounding, because the model is linear behind
# the effective measures.

# %%
alone = sm.measure_effects(scm, draws, horizon=12, outcomes=outcomes).sel(horizon=12)
alone.median(("chain", "draw")).to_pandas().round(2)

# %% [markdown]
# ## If the key rate does not move
#
# The same relief while the central bank keeps the path it would have had: an intervention on an
# endogenous variable, whose own equation then has no say. The difference between the two columns
# is what the reaction of the bank contributes. It is not what the bank "causes": it reacts to
# relief.

# %%
wanted = ["price_level", "gdp_level"]
free = sm.total_effect(scm, draws, horizon=12, outcomes=wanted).sel(horizon=12)
held = sm.total_effect(scm, draws, horizon=12, outcomes=wanted, held=["key_rate"]).sel(horizon=12)
difference = (free - held).sel(outcome="gdp_level")
{name: middle(effect.sel(outcome="gdp_level")) for name, effect in (("free", free), ("held", held))}

# %% [markdown]
# ## Half the relief, half the effect?
#
# Behind the effective measures the answer is proportional to the depth. What is not proportional
# is time: a slower ramp brings the same end later.

# %%
reliefs = {
    "full, in a year": sm.Relief(),
    "half, in a year": sm.Relief(depth=0.5),
    "full, in three years": sm.Relief(ramp=12),
}
for name, relief in reliefs.items():
    path = sm.total_effect(scm, draws, relief, horizon=12, outcomes=["gdp_level"])
    at = path.sel(outcome="gdp_level", horizon=[4, 8, 12]).median(("chain", "draw"))
    shown = ", ".join(f"{value:+.2f}" for value in at.to_numpy())
    print(f"{name}: GDP {shown} % after 1, 2, 3 years")

# %% [markdown]
# Note what proportionality implies: there is no threshold in this model, no point at which relief
# takes off, and no measure that must go before another can work. If you believe in such points, an
# answer to your question is not in here.
#
# ## The finding in words

# %%
total = gdp.sel(channel="total")
prices = split.sel(outcome="price_level", channel="total", horizon=12)
largest = interval(gdp.sel(channel=list(scm.entries))).sel(summary="median").idxmax("channel")
rouble = alone.sel(outcome="rouble").median(("chain", "draw"))
print(
    f"Three years after full relief began GDP is {middle(total)} % and consumer prices are "
    f"{middle(prices)} %. Most of the gain of output enters through {largest.item()}; the reaction "
    f"of the key rate carries {middle(difference)} %. Lifting trade measures alone moves the "
    f"rouble {float(rouble.sel(lifted='trade')):+.1f} %, all of them "
    f"{float(rouble.sel(lifted='all')):+.1f} %."
)

# %% [markdown]
# The channels are names for entries into the graph, and the graph is an assumption. If technology
# and oil in truth reached output in ways that are not drawn, the split would be wrong while the
# total might still be near. A split is as good as its graph.
#
# ## An exercise
#
# Lift `finance` first and `trade` two years later: two reliefs with `start=` and `measures=`, or a
# scenario file (`docs/howto/scenario.md`). What does the rouble do in between? Would an importer
# and an exporter describe the same two years alike?
#
# ## Where to go on
#
# - [`histories`](histories.ipynb): the same machinery run backwards, on what happened.
# - [`futures`](futures.ipynb): reliefs that are partial, opposed, reversed, with odds.
# - [`what_it_rests_on`](what_it_rests_on.ipynb): how much of this split is belief.

# %%
fit.manifest["versions"]
