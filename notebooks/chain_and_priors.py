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
# The article's chain runs from sanctions through the price of imports, consumer prices and the key
# rate to loans and output. Each arrow is a number that somebody has estimated, or that nobody has.
# Needs a fit: `make run` writes one to `results/russia`.

# %%
# %matplotlib inline
import os

import matplotlib.pyplot as plt
import numpy as np

import sanctions_model as sm
from sanctions_model.plots import plot_graph, plot_prior_posterior
from sanctions_model.summaries import interval, interval_rule

fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
scm, priors = fit.scm, fit.problem.absolute

# %% [markdown]
# ## The graph
#
# Arrows carry the posterior median of the long-run effect; the transmission is one reviewed file,
# `sanctions_model/transmission.py`.

# %%
plot_graph(scm, fit.draws, fit.prior_draws, priors=priors)

# %% [markdown]
# ## The chain, link by link
#
# Long-run effects along the article's chain. `information` is what the data added to the
# prior, 0 to 1: near 0 the row restates the prior. `sign_assumed` marks the links
# whose sign the prior sets, so that its probability is no finding.

# %%
links = sm.links_table(scm, priors, fit.prior_draws, fit.draws, problem=fit.problem)
chain = links[(links["kind"] == "long_run") & links["link"].isin(scm.chain)].set_index("link")
numbers = ["prior_median", "prior_lower", "prior_upper", "median", "lower", "upper", "information"]
chain[[*numbers, "basis", "sign_assumed"]].round(2)

# %%
plot_prior_posterior(scm, fit.prior_draws, fit.draws, priors=priors, links=list(chain.index))

# %% [markdown]
# ## Beside the literature
#
# A published pass-through is the response of consumer prices to a depreciation of 1 % after so many
# quarters, feedback through the key rate and output included. That is a question to the model, so
# prior and posterior can stand beside the estimates in the same unit.

# %%
evidence = sm.data.load_evidence().to_frame()
evidence["size"] = evidence["value"].fillna(evidence[["lower", "upper"]].mean(axis=1))
pass_through = evidence[evidence["unit"] == "% of CPI per 1 % of depreciation"]
pass_through[["authors", "year", "sample", "horizon", "size", "status"]]

# %%
shock = {"cause": "depreciation", "size": 1.0, "horizon": 8, "outcomes": ["price_level"]}
responses = {
    "prior": sm.impulse_response(scm, fit.prior_draws, **shock),
    "posterior": sm.impulse_response(scm, fit.draws, **shock),
}
figure, axis = plt.subplots(figsize=(7, 3.6), layout="constrained")
for (name, response), colour in zip(responses.items(), ("tab:grey", "tab:blue"), strict=True):
    band = interval(response.sel(outcome="price_level"))
    axis.plot(band.horizon, band.sel(summary="median"), color=colour, label=name)
    bounds = band.sel(summary="lower"), band.sel(summary="upper")
    axis.fill_between(band.horizon, *bounds, color=colour, alpha=0.25, lw=0)
for quarters, style in ((1, "o"), (4, "s")):
    found = pass_through.loc[pass_through["horizon"].str.startswith(f"{quarters} quarter"), "size"]
    axis.plot(
        [quarters] * len(found), found, style, color="black", label=f"published, {quarters} q"
    )
axis.set(xlabel="quarters after the shock", ylabel="consumer prices, %")
axis.set_title(f"A rouble 1 % weaker, against no shock: median, {interval_rule()}", fontsize=10)
_ = axis.legend(frameon=False, fontsize=9)
# %% [markdown]
# The prior lies below the larger estimates, which are of other years or of shocks that start in the
# risk premium. `docs/evidence.md` says how each group was mapped and what cannot hold at once.

# %%
table = links.set_index(["link", "kind"])[["prior_median", "median", "lower", "upper"]]
beside = {
    "nguyen_phan_williams_2017_short_run": ("key_rate -> lending_rate", "short_run"),
    "nguyen_phan_williams_2017_long_run": ("key_rate -> lending_rate", "long_run"),
    "own_policy_rule_2003_2020_inflation": ("inflation_yoy -> key_rate", "long_run"),
    "own_policy_rule_2010_2020_inflation": ("inflation_yoy -> key_rate", "long_run"),
    "own_policy_rule_depreciation": ("depreciation -> key_rate", "short_run"),
}
compared = table.loc[list(beside.values())].reset_index()
compared.insert(2, "published", evidence.loc[list(beside), "size"].to_numpy())
compared.round(2)

# %% [markdown]
# ## What rests on judgement

# %%
stated = [prior for group in fit.problem.priors.entries.values() for prior in group.values()]
judged = [prior for prior in stated if set(np.atleast_1d(prior.sources)) == {"judgement"}]
used = len(fit.problem.priors.sources)

# %% [markdown]
# ## The answer

# %%
after_a_year = pass_through.loc[pass_through["horizon"] == "4 quarters", "size"]
mostly_prior = chain.index[chain["basis"] == "assumed"]
quarter = interval(responses["posterior"].sel(outcome="price_level", horizon=4)).to_numpy()
print(
    f"The chain has {len(chain)} links with a coefficient; on {len(mostly_prior)} of them the data "
    f"say next to nothing: {', '.join(mostly_prior)}. The sign of "
    f"{int(chain['sign_assumed'].sum())} is set by the prior. A rouble 1 % weaker makes consumer "
    f"prices {quarter[0]:+.2f} % ({quarter[1]:+.2f}; {quarter[2]:+.2f}) after four quarters, where "
    f"published figures run from {after_a_year.min():.2f} to {after_a_year.max():.2f}. Of "
    f"{len(stated)} priors {len(judged)} rest on judgement alone, the others on {used} published "
    "estimates or own calculations."
)

# %%
fit.manifest["versions"]
