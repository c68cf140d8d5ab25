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
# Every effect is against sanctions unchanged, draw by draw. Needs a fit: `make run` writes one to
# `results/russia`.

# %%
# %matplotlib inline
import os

import sanctions_model as sm
from sanctions_model.plots import plot_channels, plot_responses
from sanctions_model.summaries import interval

fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
scm, draws = fit.scm, fit.draws


# %%
def middle(array, digits=2):
    return "{} ({}; {})".format(*(f"{x:+.{digits}f}" for x in interval(array).to_numpy()))


# %% [markdown]
# ## The total effect
#
# Full relief of all five measures in four equal steps, over five years. Blue is the posterior, grey
# the prior: where they agree, the data said little.

# %%
plot_responses(scm, draws, prior_draws=fit.prior_draws)

# %% [markdown]
# ## By channel
#
# A channel is the first variable after the effective measures. Everything behind them is linear, so
# the channels add up to the total in every draw.

# %%
split = sm.channel_effects(
    scm, draws, horizon=12, outcomes=["price_level", "key_rate", "gdp_level", "rouble"]
)
entries = split.sel(channel=list(scm.entries)).sum("channel")
gap = float(abs(entries - split.sel(channel="total")).max())
print(f"Largest difference between the sum of the channels and the total, any draw: {gap:.1e}")

# %%
plot_channels(scm, draws, horizon=12)

# %% [markdown]
# ## Along the article's chain alone
#
# Sanctions, premium on imports, prices, key rate, loan rates, output: all other links closed. The
# line through expected inflation works against it: lower expected inflation makes a rate dearer.

# %%
gdp = split.sel(outcome="gdp_level", horizon=12)
parts = ["total", "article_chain", "chain_offset", "chain_remainder"]
{part: f"{middle(gdp.sel(channel=part))} %" for part in parts}

# %% [markdown]
# ## One measure at a time

# %%
alone = sm.measure_effects(
    scm, draws, horizon=12, outcomes=["price_level", "key_rate", "gdp_level", "rouble"]
).sel(horizon=12)
alone.median(("chain", "draw")).to_pandas().round(2)

# %% [markdown]
# ## If the key rate does not move
#
# The same relief while the central bank keeps the path it would have had: an intervention on an
# endogenous variable, whose own equation then has no say.

# %%
wanted = ["price_level", "gdp_level"]
free = sm.total_effect(scm, draws, horizon=12, outcomes=wanted).sel(horizon=12)
held = sm.total_effect(scm, draws, horizon=12, outcomes=wanted, held=["key_rate"]).sel(horizon=12)
difference = (free - held).sel(outcome="gdp_level")
{name: middle(effect.sel(outcome="gdp_level")) for name, effect in (("free", free), ("held", held))}

# %% [markdown]
# ## The answer

# %%
total, chain = gdp.sel(channel="total"), gdp.sel(channel="article_chain")
prices = split.sel(outcome="price_level", channel="total", horizon=12)
largest = interval(gdp.sel(channel=list(scm.entries))).sel(summary="median").idxmax("channel")
rouble = alone.sel(outcome="rouble").median(("chain", "draw"))
print(
    f"Three years after full relief began GDP is {middle(total)} % and consumer prices are "
    f"{middle(prices)} %. Most of the gain of output enters through {largest.item()}; the "
    f"article's own chain carries {middle(chain)} %, and the reaction of the key rate "
    f"{middle(difference)} %. Lifting trade measures alone moves the "
    f"rouble {float(rouble.sel(lifted='trade')):+.1f} %, all of them "
    f"{float(rouble.sel(lifted='all')):+.1f} %."
)

# %%
fit.manifest["versions"]
