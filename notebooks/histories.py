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
# Needs a fit: `make run` writes one to `results/russia`.

# %%
# %matplotlib inline
import os

import sanctions_model as sm
from sanctions_model.plots import (
    plot_counterfactual,
    plot_decomposition,
    plot_forecast,
    plot_required_relief,
)
from sanctions_model.summaries import interval, interval_rule

fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
problem, draws = fit.problem, fit.draws


# %%
def middle(array, digits=1):
    return "{} ({}; {})".format(*(f"{x:+.{digits}f}" for x in interval(array).to_numpy()))


# %% [markdown]
# ## 2022 without the new measures
#
# The shocks that happened stay; the five measures stay at their level of the end of 2021.

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
    f"fourth quarter of 2022 the difference of GDP is only {in_2022} "
    "%: the sudden stop of that spring is in the shocks, which stay, although sanctions caused "
    "part of them, and the model's own links from measures to output are slow. Read it as what the "
    "modelled channels carry, not as all that sanctions did in that year."
)

# %% [markdown]
# ## Inflation and the key rate since 2014

# %%
since = sm.episode(problem, draws, start="2014Q1")
parts = sm.historical_decomposition(since, outcomes=["inflation_yoy", "key_rate"])
plot_decomposition(parts, scm=problem.scm)

# %%
rate = parts.sel(outcome="key_rate").isel(time=-1)
measures = rate.sel(part=[p for p in parts.part.to_numpy() if p in fit.scm.measures]).sum("part")
print(
    f"At the end of the data the measures add {middle(measures)} pp to the key rate and the war "
    f"term {middle(rate.sel(part='war'))} pp. The two run together after 2022, so quarterly data "
    "hardly tell them apart, and what the decomposition calls a shock is whatever the equations do "
    "not explain: most of the movement, as the bars show."
)

# %% [markdown]
# ## A forecast from the ragged edge
#
# Series that end before the last quarter are completed with their posterior, and the forecast of a
# draw starts from the completed history of that draw. Measures and the war term stay.

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
    f"%, the key rate {after['key_rate']} %, quarterly GDP growth {after['gdp_growth']} %. The "
    "medians lean on one assumption: the war term, which raises growth and the key rate, is held "
    "for ever. The model has no return of rates to a target beyond its reaction function and no "
    "slowing of the boom, so growth and rates after the first year are scenario figures, not a "
    "judgement."
)

# %% [markdown]
# ## The relief that a target requires

# %%
target = sm.Target(outcome="key_rate", value=12.0, below=True, when="through 5-8", probability=0.55)
required = sm.required_relief(problem, draws, target, random_seed=20260101)
plot_required_relief(required, scm=problem.scm)

# %%
print(required.verdict)

# %%
fit.manifest["versions"]
