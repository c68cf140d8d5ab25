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
# # What did the measures of 2022 do, what moved prices and rates since 2014, and what comes next?
#
# **Takes** some thirty seconds; needs a fit (`make run` writes one to `results/russia`). **You
# learn** the three things that a fitted model can do with history: replay it with one thing
# changed, split what happened into what caused it, and run on beyond its end. And you learn where
# each of them stops being trustworthy, which is sooner than the figures suggest.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt
import numpy as np

import sanctions_model as sm
from sanctions_model.plots import (
    plot_counterfactual,
    plot_decomposition,
    plot_forecast,
    plot_required_relief,
)
from sanctions_model.summaries import interval, interval_rule

plt.rcParams["figure.dpi"] = 130
fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
problem, draws = fit.problem, fit.draws


# %%
def middle(array, digits=1):
    return "{} ({}; {})".format(*(f"{x:+.{digits}f}" for x in interval(array).to_numpy()))


# %% [markdown]
# ## The two years in question
#
# Inflation and the key rate around 2014-15 and around 2022, on one clock: quarters since the
# measures began to rise. Both times the bank raised its rate steeply and cut it again within the
# year; both times prices jumped with the rouble. In 2022 the measures were many times larger, and
# the fall of output was not. Something other than measures moved these series, in both episodes.

# %%
series = problem.observations
figure, axes = plt.subplots(1, 3, figsize=(7.5, 2.6), layout="constrained")
for start, colour in (("2014-01-01", "tab:grey"), ("2021-10-01", "tab:red")):
    first = int(np.flatnonzero(series.time == np.datetime64(start))[0])
    window = series.isel(time=slice(first, first + 10))
    for axis, name in zip(axes, ("inflation", "key_rate", "finance"), strict=True):
        axis.plot(np.arange(window.sizes["time"]), window[name], color=colour, label=start[:4])
        axis.set_title(problem.scm.variables[name].label, fontsize=9, loc="left")
_ = axes[0].legend(fontsize=8, frameon=False)

# %% [markdown]
# ## Is the fit fit to be asked?
#
# Three numbers come before any answer. R-hat compares the spread between chains with the spread
# within them and is near 1 when they agree. Effective draws say how many independent draws the
# correlated ones are worth, in the middle and in the tails. A divergence marks a place that the
# sampler could not follow, where a corner of the posterior may have been missed.
#
# A replay has one more test, which no other question has: with nothing changed it must give the
# data back exactly, shock by shock. The library is held to that, so what you see below differs
# from the past by the change that was asked for and by nothing else.

# %%
print(fit.diagnostics)
observed = fit.idata["observed_data"]["observed"]
for group in ("prior_predictive", "posterior_predictive"):
    drawn = fit.idata[group]["observed"]
    low, high = drawn.quantile(interval_rule().tails, ("chain", "draw"), skipna=False)
    share = ((observed >= low) & (observed <= high)).where(np.isfinite(observed)).mean()
    print(f"{group}: {float(share):.2f} of all quarters inside the {interval_rule()}")

# %% [markdown]
# ## 2022 without the new measures
#
# Three steps. *Abduct*: for each draw of the parameters, find the shocks that make the equations
# give exactly what happened. *Act*: keep the five measures at their level of the end of 2021.
# *Predict*: run the same shocks through again. What differs is what the measures did, by the
# channels that the model has.

# %%
past = sm.episode(problem, draws, start="2022Q1")
levels = {m: float(problem.observations[m].sel(time="2021-10-01")) for m in fit.scm.measures}
other = sm.counterfactual(
    past,
    interventions=[sm.SetTo(variable=m, value=level) for m, level in levels.items()],
    outcomes=["price_level", "key_rate", "gdp_level", "rouble"],
)
plot_counterfactual(other, problem)

# %%
change = other["difference"]
end = {name: middle(change.sel(outcome=name).isel(time=-1)) for name in change.outcome.to_numpy()}
in_2022 = middle(change.sel(outcome="gdp_level", time="2022-10-01"))
print(
    f"Without the measures of 2022 and after, GDP at the end of the data would be "
    f"{end['gdp_level']} %, consumer prices {end['price_level']} %, the key rate "
    f"{end['key_rate']} pp (medians, {interval_rule()}). In the "
    f"fourth quarter of 2022 the difference of GDP is {in_2022} %."
)

# %% [markdown]
# Here is the catch. Panic, capital flight and the stop of deliveries in the spring of 2022 were
# partly caused by sanctions, but what the equations do not explain counts as a shock, and shocks
# stay. So read the answer as what the *modelled channels* carry, a lower bound in that first year,
# not as all that sanctions did.
#
# A second reading is worth the time. The replay keeps the shocks, and so the war, the boom of
# spending and every decision of the bank that the rule does not explain. It answers "what if the
# measures had not been there, all else as it was", not "what if there had been no conflict". The
# second question may be the one that people mean; no model of this kind can answer it.
#
# ## Inflation and the key rate since 2014
#
# The same replay, one cause at a time: initial state, measures, war, oil, each equation's own
# shocks. The parts add up to what happened.

# %%
since = sm.episode(problem, draws, start="2014Q1")
parts = sm.historical_decomposition(since, outcomes=["inflation_yoy", "key_rate"])
plot_decomposition(parts, scm=problem.scm)

# %%
rate = parts.sel(outcome="key_rate").isel(time=-1)
names = [str(part) for part in parts.part.to_numpy()]
measures = rate.sel(part=[name for name in names if name in fit.scm.measures]).sum("part")
by_war = rate.sel(part=[name for name in names if name.startswith("war")]).sum("part")
print(
    f"At the end of the data the measures add {middle(measures)} pp to the key rate and the terms "
    f"of the war {middle(by_war)} pp. The two run together after 2022, so quarterly data hardly "
    "tell them apart."
)

# %% [markdown]
# What the decomposition calls a shock is whatever the equations do not explain: most of the
# movement, as the bars show. That is normal for such models, and worth remembering whenever
# someone explains a single quarter in one sentence.
#
# Why not simply ask which series moved first? Because the measures moved with everything else,
# within the same quarter. The split rests on sizes that were believed before (how much a given
# measure raises the premium or the risk), which the replay then applies to the measures as they
# were. It is bookkeeping with beliefs, done draw by draw so that the doubt comes along.
#
# ## A forecast from the ragged edge
#
# Series that end before the last quarter are completed with their posterior, and the forecast of a
# draw starts from the completed history of that draw. Sanctions are unchanged. This is the least
# trustworthy figure here: rolling origins (`docs/validation.md`) show that plain rivals often do
# as well. Its use is as the path that relief is compared with.

# %%
future = sm.simulate(
    problem,
    draws,
    horizon=12,
    random_seed=20260101,
    outcomes=["inflation_yoy", "key_rate", "gdp_growth", "rouble"],
)
plot_forecast(future, problem, draws)

# %%
last = future.isel(scenario=0, horizon=-1)
after = {name: middle(last.sel(outcome=name)) for name in last.outcome.to_numpy()}
print(
    f"After {future.sizes['horizon']} quarters year-on-year inflation is {after['inflation_yoy']} "
    f"%, the key rate {after['key_rate']} %, quarterly GDP growth {after['gdp_growth']} %."
)

# %% [markdown]
# ## The relief that a target requires
#
# Turn the question round: how much relief makes it likely that the key rate is at or below 12 %
# through the whole second year? Shocks count here, because a target is a statement about paths.
# The answer is a curve: probability against depth.

# %%
target = sm.Target(outcome="key_rate", value=12.0, below=True, when="through 5-8", probability=0.55)
required = sm.required_relief(problem, draws, target, random_seed=20260101)
plot_required_relief(required, scm=problem.scm)

# %% [markdown]
# Read the verdict as a price. Each further point of probability costs a further piece of relief,
# and where the curve is flat no piece buys anything. A flat curve says that the target is mostly a
# matter of other things than relief. That is itself an answer, and for rates and inflation it is
# often the right one.
#
# ## The finding in words

# %%
print(
    f"{required.verdict} Had the measures stayed at their level of 2021, GDP would be "
    f"{end['gdp_level']} % from where it is, by the channels that the model has; at the end of the "
    f"data the measures hold the key rate {middle(measures)} pp from where it would be."
)

# %% [markdown]
# ## An exercise
#
# Ask the replay the other way round: what if the measures of 2022 had come in 2014Q3
# (`sm.episode(problem, draws, start="2014Q3")` and `sm.SetTo`)? Compare GDP after two years with
# the published forecasts of 2022, which foresaw a fall of 8 to 15 %. Which of the model's channels
# would have to be how much larger to agree with them, and what did the data of 2022 say about
# that?
#
# ## Where to go on
#
# - [`futures`](futures.ipynb): scenarios with odds in place of one path.
# - [`docs/validation.md`](../docs/validation.md): back-tests of 2014 and 2022, failures first.
# - [`docs/howto/forecast.md`](../docs/howto/forecast.md): conditions and interventions, and why
#   they differ.

# %%
fit.manifest["versions"]
