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
# # What did lifting sanctions do in other countries, and what would that change for Russia?
#
# **Takes** half a minute; needs a fit for the second half (`make run` writes one to
# `results/russia`). **You learn** what 59 liftings of sanctions since 1962 say of the next one, how
# to tell a spread between countries from an error of a mean, and how to let such evidence into an
# answer without counting it twice.
#
# No relief of this size has been observed in Russia: how much of a loss comes back, and how fast,
# is belief in the model, and the data are silent on it until a measure falls. Other countries have
# seen measures fall. This notebook reads what they say from files, without sampling anything, and
# puts it beside the model's own answer.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import sanctions_model as sm
from sanctions_model.elsewhere.model.panel_model import EFFECT_SCALES, HEAVY
from sanctions_model.elsewhere.prediction import load_trial
from sanctions_model.plots import plot_liftings
from sanctions_model.robustness import answer_after, wide_recovery, with_liftings_elsewhere

plt.rcParams["figure.dpi"] = 130
fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
lifting = "settlement, all senders"
episodes = sm.elsewhere.episodes_table(sm.elsewhere.load_episodes())
how = pd.crosstab(episodes["ended_how"], episodes["extent"])
print(f"{len(episodes)} liftings, {episodes['lift_year'].min()} to {episodes['lift_year'].max()}")
how

# %% [markdown]
# Two things in that table matter before any model. Most liftings followed another government or
# the end of a war, which move an economy by themselves; few were settlements, which is what a
# lifting for Russia would most likely be. And hardly any country was as large, or as much of an
# oil exporter.
#
# ## The data before any model
#
# Growth of GDP in the three years before each lifting and the five after it. Thin lines are
# liftings, the thick one their median, the dashed one the median of all other countries in the same
# years. Look at how wide the lines lie around their median, and at what happened before year 0: a
# path that turns before the lifting was not turned by it.

# %%
growth = sm.elsewhere.load_country_panel().pivot_table(
    index="year", columns="iso3", values="gdp_growth"
)
around = {
    row.episode_id: growth[row.iso3].reindex(range(row.lift_year - 3, row.lift_year + 6)).to_numpy()
    for row in episodes.itertuples()
    if row.iso3 in growth
}
rest = growth.drop(columns=episodes["iso3"].unique(), errors="ignore").median(axis=1)
elsewhere = [rest.reindex(range(y - 3, y + 6)).to_numpy() for y in episodes["lift_year"]]
years = np.arange(-3, 6)
figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
axis.plot(years, np.array(list(around.values())).T, color="grey", lw=0.4, alpha=0.6)
axis.plot(years, np.nanmedian(list(around.values()), axis=0), color="black", label="liftings")
axis.plot(years, np.nanmedian(elsewhere, axis=0), "k--", lw=1, label="other countries, same years")
axis.axvline(0, color="tab:orange", lw=1)
axis.set(ylim=(-20, 25), xlabel="years after the lifting", ylabel="growth of GDP, % a year")
_ = axis.legend(fontsize=8, frameon=False)

# %% [markdown]
# ## The question, and what is counted as an effect
#
# The effect of a lifting is the outcome with the measures lifted less the outcome had the same
# measures stayed, in the years after. It is counted beyond what had already moved in the year
# before, and beyond the rebound that an economy below its own peak makes with or without a
# lifting. Both make the effect smaller than the growth that one sees, on purpose: a war that ends
# and a boom that began earlier are no work of the lifting. The panel has an intercept, loadings on
# the common movements of the world and of the region, two lags, armed conflict and oil for each
# country; an episode's effect is the mean of all, seven covariates and a deviation of its own.
#
# ## Prior predictive: what was believed of a lifting before its outcome
#
# A full lifting's effect on GDP after three years, drawn from the beliefs alone, beside what the
# fitted panel says of a lifting that it has not seen. The belief has no sign. If the second were as
# wide as the first, the panel would have taught nothing; where it is narrower, that is what it
# taught, and most of what remains is the spread between countries.

# %%
generator, size = np.random.default_rng(20260101), 4000
known = sm.elsewhere.load_effect_draws().isel(chain=0).sel(outcome="gdp")
of_one = generator.standard_t(HEAVY, size=size)
before = EFFECT_SCALES[0] * (
    generator.normal(size=size) + np.abs(generator.normal(size=size)) * of_one
)
drawn = generator.integers(known.sizes["draw"], size=size)
after = (known["effect_mean"][drawn] + known["effect_sd"][drawn] * of_one).to_numpy()
for name, values in (("before", before), ("after", after)):
    low, high = np.quantile(values, [0.055, 0.945])
    print(f"{name} the panel: 89 % of such liftings between {low:+.0f} and {high:+.0f} log points")

# %% [markdown]
# ## Posterior predictive: do the intervals hold what happened?
#
# The episodes were put aside in fifths and predicted from the other four. `inside` is the share of
# outcomes within the 89 % interval, `low` and `high` the shares that a right model would show with
# as many; `gain` is what knowing of the lifting took off the error of the forecast, with its own
# error. Read the last two columns first.

# %%
trial = load_trial()
hidden = trial[(trial["trial"] == "left out") & (trial["outcome"] != "all")]
hidden[["outcome", "n", "inside", "low", "high", "gain", "gain_error"]].round(2)

# %% [markdown]
# The intervals hold about what they should. No outcome is forecast better, by two errors of the
# gain, for whoever knows of the lifting: that sanctions were lifted does not sharpen the forecast
# of a country.
#
# ## Diagnostics
#
# Whether the fit behind the files converged stands in the files as well.
#
# An R-hat near 1 means that chains which began in different places ended in the same one;
# effective draws say how many independent draws the correlated ones are worth, in the middle
# (bulk) and in the tails. Draws that miss these gates are never shipped, so what is left to doubt
# is not the arithmetic but the likeness: whether countries that were let off their sanctions
# resemble the one that may be.

# %%
summary = sm.elsewhere.fit_summary()
worst = {name: round(summary[name], 3) for name in ("r_hat", "ess_bulk", "ess_tail", "divergences")}
print(worst, "failures:", summary["failures"] or "none")

# %% [markdown]
# ## What they predict for a country like Russia
#
# An oil exporter, at war in the year before, under measures for twelve years, not among those that
# were seen. The interval is mostly the spread between countries: were the mean known exactly, it
# would hardly be narrower. When fifths of the episodes were hidden, such intervals held what
# happened about as often as they should, but whoever knew of the lifting predicted no better than
# whoever did not: the liftings say how little is known of the size of an effect.

# %%
predicted = sm.elsewhere.predict(sm.elsewhere.liftings_like_russia()[lifting])
table = sm.elsewhere.predictive_table()
table[table["lifting"] == lifting].drop(columns="lifting").round(2)

# %% [markdown]
# The median of GDP is below zero. It is not a finding that lifting does harm. It is a sum of a
# mean, the slope of oil exporters, that of conflict and that of a long duration, and none of them
# is known to be of either sign:

# %%
draws = sm.elsewhere.load_effect_draws().isel(chain=0)
covariates = sm.elsewhere.liftings_like_russia()[lifting].covariates
parts = {"mean of a full lifting": draws["effect_mean"].sel(outcome="gdp")}
for name, value in zip(draws["covariate"].to_numpy(), covariates, strict=True):
    if value:
        slope = draws["effect_slope"].sel(outcome="gdp", covariate=name)
        parts[f"{name} x {value:.2f}"] = slope * value
parts["sum"] = sum(parts.values())
rows = {name: part.quantile([0.055, 0.5, 0.945]).to_numpy() for name, part in parts.items()}
pd.DataFrame(rows, index=["5.5 %", "median", "94.5 %"]).T.round(2)

# %% [markdown]
# ## The model's answer among them
#
# A dot an episode. The band is what they predict for a country like Russia; the orange bar is the
# model's own answer to full relief.

# %%
after_three = table[(table["lifting"] == lifting) & (table["year"] == 3)]
answer = answer_after(fit.scm, fit.draws, year=3)
caption = (
    "Dots: liftings elsewhere. Blue: what they predict. Orange: full relief in this model. "
    "All with 89 % intervals."
)
plot_liftings(sm.elsewhere.load_episode_effects(), after_three, answer, caption=caption)

# %% [markdown]
# ## What would change if Russia were one of them
#
# The draws of the fit are weighed by how well relief under each of them agrees with the
# predictive, on annual averages after one, three and five years. The power says how far Russia is
# taken for one of these countries: 0 leaves them out, 1 takes it for one more of them, 0.5 stands
# between, a judgement. Weights that rest on a few draws are refused and show as missing.

# %%
weighed = with_liftings_elsewhere(fit.scm, fit.draws, predicted)
columns = ["outcome", "power", "median", "lower", "upper", "shift", "k_hat", "effective_size"]
weighed[columns].round(2)

# %% [markdown]
# Published estimates of what relief gives back, and how fast, rest on some of the same liftings
# (Iran in 2016, panels of countries). Whoever takes the liftings in should not count them twice;
# with wide beliefs in the place of the stated ones, any share of the loss may come back:

# %%
wide = with_liftings_elsewhere(fit.scm, wide_recovery(fit.draws), predicted)
both = weighed.merge(wide, on=["outcome", "power"], suffixes=("", "_wide"))
both[["outcome", "power", "median", "median_wide", "lower_wide", "upper_wide"]].round(2)

# %% [markdown]
# ## How often it is undone
#
# Relief that can be undone is worth less to whoever must invest for ten years. The counts are
# small, so groups differ by less than they seem to.

# %%
hazard = sm.elsewhere.reimposition_hazard().set_index("group")
hazard[["episodes", "reimposed", "hazard", "lower", "upper", "within_5"]].round(3)

# %% [markdown]
# ## Relief inside Russia
#
# Twice Russia itself lifted a ban that had stopped a trade altogether, so what came back can be
# counted: deliveries as a share of the last free year, beside what the model believes of trade
# measures. Georgian wine came back faster and further than the model believes, except in 2015,
# when the rouble had halved; Turkish tomatoes came back slowly, because greenhouses had taken
# their place. The beliefs stand between the two. One good each, with Russia as the sender: they
# check a speed and a share, and say nothing of sanctions on finance or technology.

# %%
sm.elsewhere.share_back().round(2)

# %% [markdown]
# Days of news are the other thing seen inside Russia. The mean move of the rouble on days of
# expected relief is within its error of zero, though the day that is quoted most, in February
# 2025, is the largest of them. Shares rose. Days on which something else moved as much (the closed
# market of 2022, the oil shock of March 2026) are left out; the choice of days is judgement.

# %%
moves = sm.elsewhere.news_moves()
moves[moves["kind"] == "expected relief"].round(2)

# %% [markdown]
# ## What it comes to

# %%
gdp, imports = (
    weighed[weighed["outcome"] == name].set_index("power")["median"]
    for name in ("gdp_level", "import_level")
)
back = hazard.loc["lifted in part", "within_5"]
print(
    f"After three years full relief moves GDP by {gdp[0.0]:+.1f} % without the liftings elsewhere "
    f"and by {gdp[0.5]:+.1f} % with half their weight; imports by {imports[0.0]:+.1f} and "
    f"{imports[0.5]:+.1f} %. A lifting in part is undone within five years with probability "
    f"{back:.2f}."
)

# %% [markdown]
# ## An exercise
#
# Predict for a lifting that is not like Russia's: take `sm.elsewhere.liftings_like_russia()`, look
# at the covariates of one, and make a `sm.elsewhere.Lifting` of a country at peace that exports no
# oil. How much of the difference to the table above is the slope of conflict, how much that of
# oil, and is either larger than the spread between countries?
#
# ## Where to go on
#
# - [`docs/elsewhere.md`](../docs/elsewhere.md): where the episodes come from, which were checked,
#   and the trial in full.
# - [`futures`](futures.ipynb): how often relief is undone goes into the odds there.
# - [`what_it_rests_on`](what_it_rests_on.ipynb): the beliefs about recovery that liftings elsewhere
#   speak to.
