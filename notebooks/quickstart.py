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
# # If sanctions on Russia are lifted, what happens to prices, the key rate and output?
#
# **Takes** about a minute on two cores, most of it compiling the density, which happens once on a
# machine. **You learn** to go the whole way once: look at the data, look at the beliefs, fit,
# check the fit, ask, and say the answer with its doubt. **You need** nothing but the installed
# package: the data come with it, and no step asks a network.
#
# The question comes from a political-science article: once sanctions go, imports normalise, prices
# fall, the Bank of Russia lowers its key rate, loans become affordable, output and real incomes
# rise. The library writes that chain down as equations with unknown numbers in them, takes
# published estimates as beliefs about these numbers, and updates the beliefs on quarterly data.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt

import sanctions_model as sm
from sanctions_model.plots import plot_responses, plot_scorecard
from sanctions_model.summaries import interval_rule

plt.rcParams["figure.dpi"] = 130
draws = int(os.environ.get("SANCTIONS_MODEL_DRAWS", "1000"))

# %% [markdown]
# ## The data first
#
# Before any model, the figures. Five measures of sanctions are built from dated legal acts, 1
# being the regime in force at the end of 2025. Two things stand out. They rise twice, a little in
# 2014 and steeply in 2022; and they hardly ever fall. What relief does cannot be read off a
# history without relief: it has to come from what imposition did, and from beliefs about how much
# of it can be undone.

# %%
scm = sm.default_transmission()
observations = sm.load_observations(scm=scm)
figure, axes = plt.subplots(3, 1, figsize=(7, 5.5), sharex=True, layout="constrained")
for measure in scm.measures:
    axes[0].plot(observations.time, observations[measure], label=measure)
axes[0].set_title("measures, 1 = end of 2025", fontsize=10, loc="left")
axes[0].legend(fontsize=8, frameon=False, ncols=5)
for axis, name in zip(axes[1:], ("inflation", "key_rate"), strict=True):
    axis.plot(observations.time, observations[name], color="black")
    variable = scm.variables[name]
    axis.set_title(f"{variable.label}, {variable.unit}", fontsize=10, loc="left")

# %% [markdown]
# Inflation and the key rate jump in 2014-15 and in 2022, when measures were imposed; they also
# moved in 2008, when none were. In 2022 there was a war as well, and later a boom of public
# spending. No regression on 85 quarters can tell these apart by itself. The table says which
# equation has how many quarters of its own series, and from when to when.

# %%
sm.coverage(observations, scm)

# %% [markdown]
# ## What is believed before the data
#
# Each parameter has a belief with a unit, a reason and its sources (`sanctions-model priors`
# prints them). A belief is best judged by what it says about something that one can picture. So
# draw parameters from the beliefs alone, and ask them what full relief would do to GDP. No series
# has been looked at yet.

# %%
prior = sm.sample_prior_predictive(scm, observations, sm.load_priors(), draws=500)
before = sm.total_effect(prior.scm, prior.draws, horizon=12, outcomes=["gdp_level"])
low, middle, high = before.sel(horizon=12).quantile([0.055, 0.5, 0.945]).to_numpy()
print(f"Before the data: GDP {middle:+.1f} % after three years ({low:+.1f}; {high:+.1f}).")

# %% [markdown]
# The literature, put through the equations, expects a gain, and is unsure by several per cent how
# large. Keep this in mind for later: an answer that looks the same after the data is agreement
# with the literature, not a discovery.
#
# ## The fit
#
# Four chains. Draws that did not converge are refused with an error, so that no later cell can
# quote them by accident. (`allow_unconverged` is on only where the notebook is run with few
# draws.)

# %%
fit = sm.fit(
    scm,
    observations,
    sm.load_priors(),
    draws=draws,
    tune=draws,
    random_seed=20260101,
    allow_unconverged=draws < 1000,
    sampler=sm.Nutpie(low_rank=True),
)
fit.diagnostics

# %% [markdown]
# `r_hat` near 1 says that the chains agree; the effective sample sizes say how many independent
# draws they are worth; no divergence says that the sampler saw no cliff.
#
# ## Does the fitted model look like the data?
#
# Replay the series from the fitted equations: each quarter is predicted from what was observed
# before it. The black line should leave the blue band about one time in ten, and the grey band of
# the prior should be wider, since it did not know the data.


# %%
def against_data(axis, name):
    seen = fit.idata["observed_data"]["observed"].sel(equation=name)
    for group, colour in (("prior_predictive", "grey"), ("posterior_predictive", "tab:blue")):
        drawn = fit.idata[group]["observed"].sel(equation=name)
        band = drawn.quantile(interval_rule().tails, ("chain", "draw"), skipna=False)
        axis.fill_between(seen.time, *band, color=colour, alpha=0.3, lw=0, label=group)
    axis.plot(seen.time, seen, color="black", lw=1)
    axis.set_title(scm.variables[name].label, fontsize=10, loc="left")


figure, axes = plt.subplots(1, 2, figsize=(7, 2.8), layout="constrained")
for axis, name in zip(axes, ("inflation", "key_rate"), strict=True):
    against_data(axis, name)
axes[0].set_ylim(-5, 15)
axes[1].set_ylim(-10, 40)
_ = axes[1].legend(fontsize=7, frameon=False)

# %% [markdown]
# ## Full relief over four quarters
#
# Now the question. All measures go in four equal steps; nothing else changes, and the same shocks
# hit both worlds. What is drawn is the difference. Dashed lines are what the beliefs said before
# the data: where the blue band fills the space between them, the data said little about the size.

# %%
believed = sm.total_effect(fit.scm, fit.prior_draws)
plot_responses(sm.total_effect(fit.scm, fit.draws), believed, scm=fit.scm)

# %% [markdown]
# ## The claims, before and after the data
#
# One row a claim of the article: the probability that it has its sign, before and after; the
# probability that it is large enough to matter; what the data added to its size; and in a word
# what the size rests on. A sign can be near certain and its size negligible: read both.

# %%
claims = sm.scorecard(fit.problem, fit.prior_draws, fit.draws).set_index("claim")
claims[["prob_prior", "prob", "prob_material", "median", "lower", "upper", "basis"]].round(2)

# %%
plot_scorecard(claims.reset_index())

# %% [markdown]
# ## One measure alone
#
# Which measures go first decides the sign of the rouble: lifting finance brings capital back and
# strengthens it, lifting trade lets imports in, and imports have to be paid for.

# %%
alone = sm.measure_effects(fit.scm, fit.draws, horizon=12, outcomes=["rouble", "price_level"])
alone.sel(horizon=12).median(("chain", "draw")).to_pandas().round(2)

# %% [markdown]
# ## The finding in words

# %%
prices, rate, output = (
    claims.loc[name] for name in ("lower_prices", "lower_key_rate", "gdp_growth")
)
print(
    f"Full relief makes consumer prices {prices['median']:+.1f} % and the key rate "
    f"{rate['median']:+.1f} pp after two years, GDP {output['median']:+.1f} % after three "
    f"({output['lower']:+.1f}; {output['upper']:+.1f}). The size of the answer "
    f"on GDP is {output['basis']}: information gained from the data {output['information']:.2f}. "
    f"Its sign had probability {output['prob_prior']:.2f} before the data and has "
    f"{output['prob']:.2f} after them."
)

# %% [markdown]
# Three things this does not say. It is no forecast: it is the difference that relief makes to
# whatever else happens. Its interval holds doubt about the numbers in the equations, not about the
# equations. And since no large measure ever fell in these data, how much relief gives back stays a
# belief, however long the fit runs.
#
# ## An exercise
#
# Believe that less of what trade measures did can be undone: change one prior and ask the prior
# alone, as above, with `sm.load_priors().replace({"recoverable_share[trade]": sm.Beta(alpha=2,
# beta=8)})`. By how much does the effect on GDP after three years shrink, and the one on the key
# rate? Which of the two rests more on trade? Then fit with it and see whether the data object.
# (They can hardly object: why?)
#
# ## Where to go on
#
# - [`the_model`](the_model.ipynb): the equations, by an economist for economists.
# - [`chain_and_priors`](chain_and_priors.ipynb): what each link rests on, estimate, judgement or
#   data.
# - [`effects_and_channels`](effects_and_channels.ipynb): through which channel, and what if the
#   central bank did not follow.
# - On the command line `sanctions-model claims`, `effects` and `report` give the same answers from
#   a saved fit.

# %%
fit.manifest["versions"]
