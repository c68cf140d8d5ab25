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
# # Which assumption moves the answer most, and how far does relief go if little can be undone?
#
# **Takes** some twenty seconds; needs a fit (`make run` writes one to `results/russia`). Nothing
# is sampled here. **You learn** to ask one question at hundreds of settings, to know for each
# setting whether its answer holds, and to read a map of answers instead of one number.
#
# A sweep answers each setting by the cheapest route that holds. Where a setting changes only the
# question, the draws are *propagated* again. Where it changes a belief, they are *weighed anew*,
# and a diagnostic says whether the weights can be trusted. Where neither holds, the model is
# *fitted again*.

# %%
# %matplotlib inline
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import sanctions_model as sm
from sanctions_model.plots import plot_along_axis, plot_response_surface, plot_sweep_tornado
from sanctions_model.summaries import interval_rule
from sanctions_model.sweeps import SweepDesign, run_sweep
from sanctions_model.sweeps.store import routes_table

plt.rcParams["figure.dpi"] = 130
fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
problem, folder = fit.problem, Path(tempfile.mkdtemp())
model = (problem.scm, problem.observations, problem.priors)

# %% [markdown]
# ## What the data know of the quantity in doubt
#
# The share of a measure's damage that relief gives back: prior in grey, posterior in blue, one
# panel a measure. They lie on each other, except perhaps for `assets`, which fell a little in
# 2019. A quantity that the data never saw is exactly one to sweep over, because a reader may hold
# any value of it.

# %%
shares = {"prior": fit.prior_draws["recoverable_share"], "post": fit.draws["recoverable_share"]}
measures = list(shares["post"].measure.to_numpy())
figure, axes = plt.subplots(1, len(measures), figsize=(7.5, 1.9), layout="constrained")
for axis, measure in zip(axes, measures, strict=True):
    for values, colour in zip(shares.values(), ("grey", "tab:blue"), strict=True):
        drawn = values.sel(measure=measure).to_numpy().ravel()
        axis.hist(drawn, bins=30, density=True, color=colour, alpha=0.5)
    axis.set_title(measure, fontsize=8, loc="left")

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
# ## Depth of relief and recoverable share
#
# The four measures with slow relief never fell in the sample, so the data say nothing about the
# share of the damage that can be undone. Setting it leaves the posterior as it is: every point is
# propagated.

# %%
steps = [0.0, 0.25, 0.5, 0.75, 1.0]
relief_map = SweepDesign.model_validate(
    {
        "label": "depth of relief and recoverable share",
        "outcomes": ["price_level", "key_rate", "gdp_level", "rouble"],
        "axis": [
            {"kind": "relief", "name": "depth", "argument": "depth", "values": steps},
            {
                "kind": "known",
                "name": "share",
                "parameter": "recoverable_share",
                "values": [0.0, 0.5, 1.0],
            },
        ],
    }
)
surface = run_sweep(relief_map, folder / "map", *model, given=fit)
surface.drop_vars("seconds")

# %% [markdown]
# Read the map by its lines of equal height: along one of them, a deep relief of which little comes
# back and a shallow one of which much comes back give the same answer. Without relief or without
# recovery the effect is not exactly zero everywhere: asset prices respond to the measures
# themselves.

# %%
plot_response_surface(surface, "depth", "share")

# %%
plot_along_axis(surface.sel(share=0.5), "depth")

# %% [markdown]
# Look at the left edge: no relief, no effect, whatever comes back. Look at the lower edge: a full
# relief of which nothing comes back still moves what listens to the measures themselves, the risk
# premium and so the rouble and the key rate. The two edges are a check that one can do in one's
# head, and worth doing on every map.
#
# ## Four beliefs, held more or less firmly
#
# A belief is not a number but a distribution. Moving its centre by a part of its own width asks:
# what if the studies behind it had come out a little otherwise?
#
# Other prior arguments are answered by Pareto-smoothed importance sampling from the fit at hand.
# Forced onto that route here, so that nothing is sampled; k-hat above 0.7 or an effective sample
# size below 400 marks the points that a free choice of route would fit again. A weight that holds
# is as good as a refit; one that does not is worse than nothing, because it looks like an answer.

# %%
candidates = {  # a name of the anchored economy, and one of the economy in growth rates
    "pass_through": ("import_premium_change -> inflation",),
    "premium": ("premium_size", "effective_trade -> import_premium"),
    "exchange_rate": ("real_depreciation -> inflation", "depreciation -> inflation"),
    "capacity": ("technology_size", "effective_trade -> technology_gap"),
}
present = {link.label for link in problem.scm.links} | set(fit.draws.data_vars)
beliefs = {n: next(own for own in names if own in present) for n, names in candidates.items()}
strength = SweepDesign.model_validate(
    {
        "label": "four beliefs moved by up to half a prior deviation",
        "outcomes": ["price_level", "key_rate", "gdp_level", "rouble"],
        "layout": {"kind": "sobol", "number": 16},
        "route": "reweight",
        "axis": [
            {"kind": "prior_shift", "name": name, "parameter": link, "lower": -0.5, "upper": 0.5}
            for name, link in beliefs.items()
        ],
    }
)
found = run_sweep(strength, folder / "strength", *model, given=fit)
routes_table(found).drop(columns=["seconds", "seconds_each"])

# %%
plot_sweep_tornado(found)

# %% [markdown]
# A bar is how far the median moves as its belief goes from one end of its range to the other, the
# others being somewhere in theirs. Long bars are where reading another study would change the
# answer.
#
# Why Sobol points and not a grid? Four axes with five values each are 625 points, and most of them
# tell the same story. A Sobol sequence fills the space evenly with any number of points, so that
# 16 are enough to rank four beliefs, and more can be added later without throwing these away.
#
# A caution about the ranking: it holds within the ranges that were swept. A belief that nobody
# dares to move gets a short bar, and that says more about us than about the belief.
#
# What would change our mind? A point whose answer has another sign than its neighbours, or a
# k-hat that rises above 0.7 near the middle of a range and not at its end. The first would be a
# fault of the model, the second says that the data and the belief pull in different directions,
# and that the fit has to be made again before the point is quoted. Neither is rare in work of this
# kind, and both are in the table that a sweep writes, point by point, so that they can be looked
# at and not averaged away.
#
# ## The finding in words

# %%
held = (found["k_hat"] <= 0.7) & (found["effective_size"] >= 400)
prices = found["effect_summary"].sel(outcome="price_level", summary="median").where(held)
at = surface["effect_summary"].sel(outcome="price_level", summary="median", depth=1.0)
print(
    f"After three years full relief moves consumer prices by {at.sel(share=0.0).item():+.2f} % if "
    f"nothing can be undone and by {at.sel(share=1.0).item():+.2f} % if everything can; moving "
    f"four beliefs by up to half their deviation moves the median between "
    f"{prices.min().item():+.2f} and {prices.max().item():+.2f} % "
    f"({int(held.sum())} of {found.sizes['point']} points hold)."
)

# %% [markdown]
# ## An exercise
#
# Add an axis to the map: `{"kind": "relief", "name": "ramp", "argument": "ramp", "values": [1, 4,
# 12]}`. How many points are there now, and how long did it take? Then replace `route="reweight"`
# by nothing and widen the shifts to two deviations: which points are refitted, and do their
# answers continue the others?
#
# ## Where to go on
#
# - [`docs/howto/sweep.md`](../docs/howto/sweep.md): every kind of axis, designs in files, the
#   command.
# - [`docs/scaling.md`](../docs/scaling.md): from one machine to a cluster, and what a million
#   points need.
# - [`what_it_rests_on`](what_it_rests_on.ipynb): the ranking behind the choice of axes.

# %%
fit.manifest["versions"]
