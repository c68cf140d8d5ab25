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
# # Reset, limited cooperation, status quo or deterioration: what would each do, and does it matter?
#
# **Takes** one to two minutes; needs a fit (`make run` writes one to `results/russia`). **You
# learn** to ask about politics without pretending to know it: futures with odds, reliefs that are
# partial, opposed or reversed, sentences about the future with probabilities, and how much of all
# doubt is about politics.
#
# The article has four futures for the relations of two countries: a reset, limited cooperation,
# more of the same, and deterioration. What each means for the measures, how likely it is and how
# one turns into another stand in `data/scenarios.toml`. The sizes there are judgement and say so;
# put in your own.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt
import numpy as np

import sanctions_model as sm
from sanctions_model.plots import (
    plot_forecast,
    plot_future_effects,
    plot_odds,
    plot_sectors,
    plot_spread,
)
from sanctions_model.summaries import interval, interval_rule

plt.rcParams["figure.dpi"] = 110
fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
problem, draws, scm = fit.problem, fit.draws, fit.scm
library, seed, horizon = sm.load_scenarios(), 20260101, 20
outcomes = ["price_level", "inflation_yoy", "key_rate", "gdp_level", "rouble", "real_wage_level"]

# %% [markdown]
# ## The futures themselves, before any effect
#
# What the measure `finance` does in each future: thirty drawn paths, thin, and the median. A
# future is a cloud, because its depth, its timing, opposition in Washington and firms that
# hesitate are drawn too. Check whether the clouds look like what you would call a reset, before
# reading what follows from them.

# %%
names = library.process().order
generator = np.random.default_rng(seed)
figure, axes = plt.subplots(1, len(names), figsize=(7.5, 2.4), sharey=True, layout="constrained")
for axis, name in zip(axes, names, strict=True):
    drawn = sm.scenarios.draw_scenario_paths(
        library.named(name), paths=30, horizon=horizon, generator=generator
    )
    path = drawn.law[scm.measures.index("finance")]
    axis.plot(path, color="tab:blue", lw=0.5, alpha=0.5)
    axis.plot(np.median(path, axis=1), color="black")
    axis.set_title(library.named(name).label, fontsize=8, loc="left")

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
# ## What each future does while it lasts
#
# Every draw of the parameters meets its own path of each future: depth, timing, opposition in
# Washington, firms that hesitate. An announcement acts on asset prices alone: part of the fall of
# the risk premium comes with it, and the rouble's move in that quarter is topped up to what was
# seen in February 2025, which then fades. Nothing else anticipates.

# %%
lasting = sm.compare_futures(
    problem, draws, library, horizon=horizon, outcomes=outcomes, random_seed=seed
)
plot_future_effects(lasting, scm=scm)

# %%
print("\n\n".join(sm.report.compare_sentences(lasting, scm)))

# %% [markdown]
# Two things to notice. A lasting reset and a lasting deterioration are not mirror images:
# tightening acts at once, relief slowly and in part. And the intervals overlap a great deal,
# because the same doubt about the economy sits in each of them; the *difference* between two
# futures within one draw is far better known than either of them.
#
# ## The packages alone
#
# Where each enters: reserves are half of the measure `assets`; machinery, equipment and aviation
# parts are parts of `trade` and `transport`; the Northern Sea Route is a shift of GDP from the
# third year and enters no measure.

# %%
for name in ("partial_lifting", "unfreezing", "machinery", "northern_sea_route"):
    scenario = library.named(name)
    effect = sm.scenarios.designed_effect(
        scm, draws, scenario, horizon=horizon, random_seed=seed, outcomes=outcomes
    )
    last = interval(effect.isel(horizon=-1))
    parts = [
        "{} {:+.2f} ({:+.2f}; {:+.2f})".format(o, *last.sel(outcome=o).to_numpy())
        for o in ("gdp_level", "price_level", "key_rate", "rouble")
    ]
    print(f"{scenario.label}, after {horizon} quarters: {'; '.join(parts)} ({interval_rule()}).\n")

# %% [markdown]
# ## The mixture: futures that slide into each other
#
# Nobody lives in one future for five years. Each quarter a future may turn into another, by odds
# that stand in the file. The forecast is then a mixture, and its fan holds politics, parameters
# and shocks.

# %%
sliding = sm.compare_futures(
    problem,
    draws,
    library,
    horizon=horizon,
    outcomes=[*outcomes, "gdp_growth"],
    random_seed=seed,
    transitions=True,
)
together = sm.scenarios.mixture(sliding, random_seed=seed)
levels = together["path"].assign_attrs(together.attrs)
plot_forecast(
    levels, problem, draws, outcomes=["inflation_yoy", "key_rate", "gdp_growth", "rouble"]
)

# %% [markdown]
# Sentences about this fan have probabilities. Note the difference between *by* and *in*: a rate
# that touches 10 once and comes back satisfies the first and not the second.

# %%
texts = [
    "key_rate <= 10 by 2028Q4",
    "key_rate <= 10 in 2028Q4",
    "gdp_level >= 0.5 against status quo in 2030Q4",
    "gdp_level >= 2 against status quo in 2030Q4",
]
statements = [sm.scenarios.Statement.parse(text, start=sliding.attrs["start"]) for text in texts]
sm.scenarios.statement_probabilities(sliding, statements).round(3)

# %% [markdown]
# ## How much of the spread is politics, and how much economics?
#
# The law of total variance in a stated order: which future begins, how it goes, parameters,
# shocks. Once for the effects of the measures, once for the forecasts.

# %%
split = sm.scenarios.spread_split(
    problem, draws, library, horizon=horizon, outcomes=outcomes, random_seed=seed
)
plot_spread(split, of_effect=True, scm=scm)

# %%
plot_spread(split, scm=scm)

# %%
print("\n\n".join(sm.report.spread_sentences(split, scm)))

# %% [markdown]
# For the effects of the measures, politics is a large part of the doubt. For the economy itself it
# is a small one: most of what is uncertain about output in five years has nothing to do with
# sanctions. Both are true, and a debate that mixes them up goes round in circles.
#
# ## Your own odds
#
# The expected effect against the probability that you give the reset, the others keeping their
# proportions. A flat line is an outcome on which your political judgement does not matter.

# %%
shown = ["gdp_level", "price_level", "key_rate", "rouble"]
odds = sm.scenarios.expected_by_odds(sliding, future="reset", odds=np.linspace(0, 1, 21))
plot_odds(
    odds,
    future=library.named("reset").label,
    probability=library.process().initial[0],
    horizons=[8, 12, 20],
    outcomes=shown,
    scm=scm,
)

# %% [markdown]
# If you hold that the reset has even odds, find 0.5 on the axis; if you think that the exercise is
# silly because nobody knows such odds, note how far the line moves between 0 and 1, and whether it
# would matter.
#
# The lines are straight because a mean over futures is linear in their odds: moving along the axis
# simulates nothing anew. That is also the limit of the picture. Medians and intervals of a mixture
# are not linear, and a future that is likely but mild can matter less than one that is unlikely
# and deep. The odds themselves are not estimated from anything in these data; what can be said
# about them from other countries stands in `docs/elsewhere.md`.
#
# ## Sectors
#
# Grey imports have another weight in each sector. The figures behind this table are judgement in
# part, and their status stands in `data/sectors.csv`.

# %%
size = draws.sizes["chain"] * draws.sizes["draw"]
paths = sm.scenarios.draw_scenario_paths(
    library.named("reset"), paths=size, horizon=horizon, generator=np.random.default_rng(seed)
)
sectors = sm.scenarios.sector_premiums(scm, draws, paths, random_seed=seed)
plot_sectors(sectors, scenario=library.named("reset").label, scm=scm)

# %%
print("\n\n".join(sm.report.sector_sentences(sectors, scm)))

# %% [markdown]
# The premium in a sector is not the price of its goods: it is what detours add, and how much of it
# reaches a buyer depends on the margin that the seller gives up.
#
# ## The finding in words

# %%
end = lasting["effect"].isel(horizon=-1).median(("chain", "draw"))
reset, worse = end.sel(scenario="reset"), end.sel(scenario="deterioration")
gdp = split["effect"].sel(outcome="gdp_level", horizon=horizon, order="future first")
politics = float((gdp / gdp.sum()).sel(source=["future", "path"]).sum())
forecast = split["path"].sel(outcome="gdp_level", horizon=horizon, order="future first")
of_forecast = float((forecast / forecast.sum()).sel(source=["future", "path"]).sum())
slope = float(np.diff(odds.sel(outcome="gdp_level", horizon=horizon).isel(odds=[0, -1]))[0])
gdp_end, price_end = (
    {name: float(own.sel(outcome=outcome)) for name, own in (("reset", reset), ("worse", worse))}
    for outcome in ("gdp_level", "price_level")
)
print(
    f"After {horizon} quarters a lasting reset puts GDP {gdp_end['reset']:+.2f} % and consumer "
    f"prices {price_end['reset']:+.2f} % from the status quo, deterioration "
    f"{gdp_end['worse']:+.2f} % and {price_end['worse']:+.2f} % (medians). Since futures "
    f"slide, ten points more for the reset are worth {slope / 10:+.3f} % of GDP. Politics is "
    f"{100 * politics:.0f} % of what is uncertain about the effect on GDP, but "
    f"{100 * of_forecast:.1f} % of what is uncertain about GDP: shocks and parameters that no "
    "sanction moves are the rest. Hardly any measure has ever been lifted in the sample, so sizes "
    "and signs lean on the published estimates behind the priors."
)

# %% [markdown]
# ## An exercise
#
# Copy `data/scenarios.toml`, halve the depth of the reset, and double the chance that it slides
# back. Load it with `sm.load_scenarios("mine.toml")` and run the notebook on it. Which sentence
# changed most? Then say before you look: does the share of politics in the doubt about GDP go up
# or down?
#
# ## Where to go on
#
# - [`docs/howto/scenario.md`](../docs/howto/scenario.md): write a scenario of your own in a file,
#   with phases and doubt.
# - [`docs/elsewhere.md`](../docs/elsewhere.md): what liftings did in other countries, and how often
#   measures came back.
# - [`what_it_rests_on`](what_it_rests_on.ipynb): the beliefs behind the sizes.

# %%
fit.manifest["versions"]
