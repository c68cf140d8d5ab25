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
# # Which equations carry sanctions into prices, the key rate and output?
#
# **Takes** some ten seconds; needs a fit (`make run` writes one to `results/russia`). **You
# learn** the economy behind the default answers, as one economist would tell it to another: what
# is anchored, which block does what, which parameters matter, and what the model is silent about.
# The equations stand in `sanctions_model/economies/anchored/`, the beliefs with their sources
# in `data/priors_anchored.toml`, and `docs/economy_anchored.md` has the decisions with their
# reasons.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sanctions_model as sm
from sanctions_model.plots import plot_graph, plot_impulse_response
from sanctions_model.summaries import interval, interval_rule

plt.rcParams["figure.dpi"] = 130
fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
scm, problem, draws = fit.scm, fit.problem, fit.draws

# %% [markdown]
# ## The series that it has to explain
#
# A small open economy that sells oil, with a central bank that has a target of 4 % since 2015. Log
# levels are zero on average over 2021. Output fell in 2009, 2015, 2020 and 2022, and each time for
# another reason; the real exchange rate went with oil until the budget rule of 2017, and hardly
# since.

# %%
shown = ["log_gdp", "log_imports", "log_rer", "key_rate", "inflation", "household_expectation"]
figure, axes = plt.subplots(3, 2, figsize=(7.5, 5.5), sharex=True, layout="constrained")
for axis, name in zip(axes.flat, [n for n in shown if n in problem.observations], strict=False):
    axis.plot(problem.observations.time, problem.observations[name], color="black", lw=1)
    variable = scm.variables[name]
    axis.set_title(f"{variable.label}, {variable.unit}", fontsize=8, loc="left")

# %% [markdown]
# ## The graph
#
# Orange are the measures, blue the states that have no data of their own, white what is observed.
# Arrows within a quarter form no cycle; feedback (rates to demand to prices to rates) runs through
# lags. The graph is an assumption. What it leaves out, it leaves out: fiscal rules that react,
# banks that ration, expectations of measures to come.

# %%
plot_graph(scm, draws, fit.prior_draws, priors=problem.absolute)

# %% [markdown]
# ## Four blocks
#
# **Prices.** A Phillips curve around expectations, without an intercept: inflation has no place of
# its own to go to but the one that people expect. Expectations are a weighted mean of the target
# and of last year's inflation; the weight $\lambda$ (`anchoring`) is measured, up to a bias, by
# the survey of households.
#
# $$\pi_t = \rho\,\pi_{t-1} + (1-\rho)\bigl(\tfrac14 E_{t-1} + \kappa\,gap_{t-1} + \ldots\bigr),
# \qquad E_t = \lambda\,\tau_t + (1-\lambda)\,\pi^{year}_t$$
#
# **Demand.** Output adjusts around potential and answers to the real lending rate over its neutral
# level. Potential is a trend with slowly changing growth, less what the technology gap takes.
#
# **Policy.** The key rate moves towards neutral real rate plus expectations, and reacts to the
# deviation of expectations from the target and to the gap; loans cost the key rate plus a margin.
#
# **Trade.** Exports follow oil, imports follow income and the real exchange rate, and a lasting
# need of foreign exchange weakens the rouble until it is gone.
#
# Sanctions enter at two speeds. A disruption jumps with the measures and is routed around within
# quarters. The premium on imports, the technology gap, the risk premium and the discount on oil
# build up, and stay as long as the measures do.
#
# ## The parameters that an economist asks for first
#
# Prior and posterior, median and interval. Compare widths: where they are alike, the data were
# silent.

# %%
rows = {}
for name in ("anchoring", "neutral_real_rate", "lending_margin"):
    if name in draws:
        both = (interval(fit.prior_draws[name]), interval(draws[name]))
        rows[name] = [float(number) for band in both for number in band.to_numpy()]
columns = pd.MultiIndex.from_product([["prior", "posterior"], ["median", "lower", "upper"]])
pd.DataFrame.from_dict(rows, orient="index", columns=columns).round(2)

# %% [markdown]
# ## Is there an anchor?
#
# The test of a nominal anchor is not whether inflation looks calm but where it goes. Raise the
# target by one point, for good: in the long run inflation and the key rate should be one point
# higher, and output where it was. Without an intercept in the Phillips curve and with neutral
# rates that follow expectations, this holds in every draw; it is arithmetic and no finding.

# %%
target = sm.step_response(
    scm,
    draws,
    cause="inflation_target",
    size=1.0,
    horizon=60,
    outcomes=["inflation_yoy", "key_rate", "gdp_level"],
)
target.sel(horizon=[4, 12, 24, 60]).median(("chain", "draw")).to_pandas().round(2)

# %% [markdown]
# ## What a surprise in the key rate does
#
# One point for one quarter. Prices respond late and little, output within a year: the usual shape.
# The real part of the model is where relief of finance acts, since the risk premium is a part of
# the neutral rate.

# %%
surprise = sm.impulse_response(
    scm,
    draws,
    cause="key_rate",
    size=1.0,
    horizon=20,
    outcomes=["key_rate", "inflation_yoy", "gdp_level", "rouble"],
)
plot_impulse_response(surprise, scm=scm, title="A key rate 1 point higher for a quarter")

# %% [markdown]
# ## Prior and posterior predictive: do the equations fit?
#
# Each quarter predicted from what was observed before it. The share of quarters inside the 89 %
# band should be near 0.89 under the posterior. Under the prior it is near 1, because wide beliefs
# forbid little.

# %%
seen = fit.idata["observed_data"]["observed"]
inside = {}
for group in ("prior_predictive", "posterior_predictive"):
    drawn = fit.idata[group]["observed"]
    low, high = drawn.quantile(interval_rule().tails, ("chain", "draw"), skipna=False)
    held = (seen >= low) & (seen <= high)
    inside[group] = held.where(np.isfinite(seen)).mean("time").to_series()
pd.DataFrame(inside).round(2)

# %% [markdown]
# A series near 1 under the posterior has an equation whose shocks are too large, and one well
# below 0.89 one that is surprised too often. That says that equations describe the past a quarter
# ahead; it says nothing about whether an arrow is causal.
#
# ## Are the draws good?

# %%
fit.diagnostics

# %% [markdown]
# ## What relief does, in this economy
#
# The measures fall over a year. The disruption gives back little, because what was routed around
# or got used to has nothing to return; the premium falls, and the price level with it; a lower
# risk premium lowers the neutral rate and the key rate with it; potential recovers as technology
# comes back, slowly.

# %%
parts = sm.channel_effects(
    scm, draws, horizon=20, outcomes=["gdp_level", "price_level", "key_rate"]
)
table = parts.sel(horizon=12).median(("chain", "draw")).to_pandas().round(2)
table

# %% [markdown]
# ## What it cannot tell you
#
# - **Distribution.** One wage and no households: who gains from cheaper imports is outside.
# - **The budget.** Oil revenue moves the rouble, and the impulse moves demand, but no rule ties
#   the deficit to them.
# - **Anticipation.** Agents expect the target and the past, not the relief that is being
#   negotiated; an announcement is a scenario of its own.
# - **Banks.** Loans cost what they cost; a bank that does not lend at any price is not in it.
#
# ## The finding in words

# %%
end = sm.total_effect(scm, draws, horizon=20, outcomes=["gdp_level", "key_rate"]).sel(horizon=20)
gdp, rate = (interval(end.sel(outcome=name)).to_numpy() for name in ("gdp_level", "key_rate"))
raised = target.sel(horizon=60).median(("chain", "draw"))
inflation, policy, output = (float(raised.sel(outcome=name)) for name in raised.outcome.to_numpy())
print(
    f"A target higher by 1 point raises inflation by {inflation:.2f} and the key rate by "
    f"{policy:.2f} points after 15 years, and output by {output:+.2f} %. Full relief leaves the "
    f"key rate {rate[0]:+.1f} points ({rate[1]:+.1f}; {rate[2]:+.1f}) and output {gdp[0]:+.1f} % "
    f"({gdp[1]:+.1f}; {gdp[2]:+.1f}) from where they would be after five years."
)

# %% [markdown]
# ## An exercise
#
# Make the bank react twice as much to expected inflation: `sm.policy_rule(scm, draws,
# reaction=...)` returns draws with another rule. Does the price level fall more or less under
# relief? And output? Think first: a lower premium is good news about prices, and a bank that
# reacts more to news about prices lowers its rate more.
#
# ## Where to go on
#
# - [`effects_and_channels`](effects_and_channels.ipynb) takes the effect apart channel by channel,
#   with intervals.
# - [`chain_and_priors`](chain_and_priors.ipynb) puts each belief beside the estimates that it came
#   from.
# - [`your_graph`](your_graph.ipynb) builds another economy from nothing;
#   [`united_states`](united_states.ipynb) fits one beside a plain vector autoregression.

# %%
fit.manifest["versions"]
