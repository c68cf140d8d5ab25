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
# # Does it give another package's numbers on another country's real data?
#
# **Takes** half a minute; needs no fit of Russia. **You learn** to bring real data of another
# country, to state a vector autoregression as a graph, and to check a new tool in the way that
# convinces: against somebody else's numbers, digit by digit, before using it where nobody else has
# numbers.
#
# The data are quarterly series of the United States, 1959 to 2009, that come with `statsmodels`.
# The other package is `statsmodels` itself, whose vector autoregressions have been used and
# checked for years.

# %%
# %matplotlib inline
import os
import shutil
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from statsmodels.datasets import macrodata
from statsmodels.tsa.api import VAR

import sanctions_model as sm
from sanctions_model.plots import plot_graph, plot_responses
from sanctions_model.summaries import interval, interval_rule

plt.rcParams["figure.dpi"] = 130
draws = int(os.environ.get("SANCTIONS_MODEL_DRAWS", "1000"))
folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## The data first
#
# Growth of output and of consumer prices in % a quarter, and the rate on Treasury bills. The
# seventies and Volcker's disinflation are easy to see; so is the crisis at the end.

# %%
raw = macrodata.load_pandas().data
quarters = pd.PeriodIndex.from_fields(
    year=raw["year"].astype(int), quarter=raw["quarter"].astype(int), freq="Q"
)
table = pd.DataFrame(
    {
        "output": 100 * np.log(raw["realgdp"]).diff(),
        "prices": 100 * np.log(raw["cpi"]).diff(),
        "bill_rate": raw["tbilrate"],
        "spending": 100 * np.log(raw["realgovt"]).diff(),
    }
).set_axis(quarters)[1:]
figure, axes = plt.subplots(3, 1, figsize=(7, 4), sharex=True, layout="constrained")
for axis, name in zip(axes, ("output", "prices", "bill_rate"), strict=True):
    axis.plot(table.index.to_timestamp(), table[name], color="black", lw=1)
    axis.set_title(name, fontsize=9, loc="left")

# %% [markdown]
# ## A vector autoregression is a graph without arrows within a quarter
#
# Two lags of three variables. In `statsmodels` that is one call. Here each variable is a `Linear`
# equation whose parents are the lags of all three: eighteen arrows.

# %%
names, lags = ["output", "prices", "bill_rate"], 2
theirs = VAR(table[names]).fit(lags)
parents = tuple(f"{name}[{lag}]" for lag in range(1, lags + 1) for name in names)
ours = sm.StructuralCausalModel(
    name="vector autoregression",
    equations=tuple(
        sm.Linear(variable=sm.Variable(name=name, unit="%"), parents=parents) for name in names
    ),
    headline=tuple(names),
)
len(ours.links)

# %% [markdown]
# Read it as a causal claim, and the claim is bold: nothing moves anything within a quarter, and
# whatever moves together is luck of the shocks. Nobody believes that, which is why a vector
# autoregression is mostly used to describe and to forecast, and why its shocks need an ordering
# before they may be called causes.
#
# ## Number by number: impulse responses
#
# What both packages can say without any ordering is how a shock to one equation travels on through
# the lags.
#
# Put the coefficients that `statsmodels` estimated into our graph, and ask both for the response
# to each shock. Nothing is sampled: it is the same arithmetic or it is not.

# %%
coefficients = {
    f"{name}[{lag}] -> {child}": float(theirs.params.loc[f"L{lag}.{name}", child])
    for child in names
    for lag in range(1, lags + 1)
    for name in names
}
pinned = sm.pin(ours, coefficients)
expected = theirs.irf(12).irfs
gaps = []
for position, cause in enumerate(names):
    response = sm.impulse_response(ours, pinned, cause=cause, size=1.0, horizon=13, outcomes=names)
    answer = response.squeeze(("chain", "draw")).transpose("horizon", "outcome")
    gaps.append(np.abs(answer.to_numpy() - expected[:, :, position]).max())
np.testing.assert_allclose(gaps, 0, atol=1e-10)
print(f"Largest difference over 3 shocks, 3 outcomes, 13 quarters: {max(gaps):.1e}")

# %% [markdown]
# ## Number by number: estimates
#
# Responses were arithmetic. Estimation is another matter: least squares there, draws from a
# posterior here, by another algorithm written by other people.
#
# Now estimate. With priors so wide that they say nothing and nearly normal shocks, the posterior
# should be centred where ordinary least squares is, with the same spread. The differences below
# are in units of the standard errors that `statsmodels` reports.
#
# The table of diagnostics comes first, because draws that have not converged can sit near least
# squares by luck. Read three columns: R-hat near 1, hundreds of effective draws, no divergence.
# Priors this wide and shocks this close to normal make a posterior that is nearly a normal
# distribution, which is the easiest thing that a sampler can meet. If a tool fails here, it fails
# everywhere; that it passes here says only that the plumbing is right.

# %%
file = folder / "united_states.csv"
table.round(6).rename_axis("quarter").to_csv(file)
wide = sm.Priors.from_addresses(
    {
        **{address: sm.Normal(mu=0, sigma=5) for address in coefficients},
        "intercept": sm.Normal(mu=0, sigma=10),
        "scale": sm.HalfNormal(sigma=5),
        "degrees_of_freedom": sm.Gamma(alpha=400, beta=4, shift=2),
    }
)
settings = {"draws": draws, "tune": draws, "random_seed": 1, "allow_unconverged": draws < 1000}
fit = sm.fit(ours, sm.load_observations(file, scm=ours), wide, **settings)
fit.diagnostics

# %%
drawn = fit.draws["coefficient"]
rows = {}
for address, value in coefficients.items():
    parent, child = address.split(" -> ")
    error = float(theirs.stderr.loc[f"L{parent[-2]}.{parent[:-3]}", child])
    own = drawn.sel(link=address)
    rows[address] = [value, float(own.mean()), error, float(own.std())]
compared = pd.DataFrame.from_dict(
    rows, orient="index", columns=["least squares", "posterior mean", "standard error", "deviation"]
)
compared["apart"] = (compared["posterior mean"] - compared["least squares"]).abs() / compared[
    "standard error"
]
compared.round(3)

# %% [markdown]
# They are the same to a small part of a standard error: what is left is Monte-Carlo error and
# shocks that are not exactly normal.
#
# ## Does it look like the data?
#
# Prior predictive: beliefs that say nothing predict nonsense, which is what "uninformative" means.
# Posterior predictive: the band should hold nine quarters in ten.

# %%
observed = fit.idata["observed_data"]["observed"]
for group in ("prior_predictive", "posterior_predictive"):
    drawn = fit.idata[group]["observed"]
    low, high = drawn.quantile(interval_rule().tails, ("chain", "draw"), skipna=False)
    share = ((observed >= low) & (observed <= high)).where(np.isfinite(observed)).mean()
    width = float((high - low).median())
    print(f"{group}: {float(share):.2f} inside, median width {width:.1f}")

# %% [markdown]
# ## What a graph adds
#
# A vector autoregression cannot say what government spending *causes*: an ordering has to be
# chosen afterwards, and the answer depends on it. A graph says it beforehand, arrow by arrow, and
# can be wrong arrow by arrow. Here spending comes from outside and moves output; the bill rate
# answers to prices and output; output answers to last quarter's rate. Eighteen arrows have become
# six, each with a name and a belief: a rate that reacts by more than one to inflation, an output
# that falls when money is dear. What was lost is the fit of a few lags; what was gained is that
# somebody can disagree with an arrow.

# %%
structural = sm.StructuralCausalModel(
    name="United States",
    equations=(
        sm.Exogenous(
            variable=sm.Variable(name="spending", unit="% a quarter"), continuation=sm.Hold(0.5)
        ),
        sm.PartialAdjustment(
            variable=sm.Variable(name="output", unit="% a quarter"),
            parents=("spending", "bill_rate[1]"),
        ),
        sm.Linear(
            variable=sm.Variable(name="prices", unit="% a quarter"),
            parents=("prices[1]", "output[1]"),
        ),
        sm.PartialAdjustment(
            variable=sm.Variable(name="bill_rate", unit="% a year"), parents=("prices", "output")
        ),
    ),
    levels=(
        sm.Level(variable=sm.Variable(name="output_level", unit="%"), flow="output"),
        sm.Level(variable=sm.Variable(name="price_level", unit="%"), flow="prices"),
    ),
    headline=("output_level", "price_level", "bill_rate"),
)
plot_graph(structural)

# %%
beliefs = sm.Priors.from_addresses(
    {
        "spending -> output": sm.Normal(mu=0.2, sigma=0.2, unit="% per %"),
        "bill_rate[1] -> output": sm.Normal(mu=-0.1, sigma=0.1, unit="% per pp"),
        "prices[1] -> prices": sm.Normal(mu=0.5, sigma=0.2, unit="% per %"),
        "output[1] -> prices": sm.Normal(mu=0.1, sigma=0.1, unit="% per %"),
        "prices -> bill_rate": sm.Normal(mu=1.5, sigma=0.5, unit="pp per %"),
        "output -> bill_rate": sm.Normal(mu=0.5, sigma=0.5, unit="pp per %"),
        "persistence[output]": sm.Beta(alpha=2, beta=3),
        "persistence[bill_rate]": sm.Beta(alpha=8, beta=2),
        "intercept": sm.Normal(mu=0, sigma=1, relative_to_series=True),
        "scale": sm.HalfNormal(sigma=1, relative_to_series=True),
        "degrees_of_freedom": sm.Gamma(alpha=4, beta=0.5, shift=2),
    }
)
second = sm.fit(structural, sm.load_observations(file, scm=structural), beliefs, **settings)
second.diagnostics

# %% [markdown]
# ## A question to it
#
# Growth of spending falls from 0.5 % a quarter to nothing over a year: a `Relief` of a measure
# called spending. Dashed is what the beliefs said.

# %%
cut = sm.Relief(measures=("spending",), ramp=4)
after, before = (
    sm.total_effect(second.scm, draws, cut, horizon=16)
    for draws in (second.draws, second.prior_draws)
)
plot_responses(after, before, scm=second.scm)

# %% [markdown]
# Half of the drop comes within the year of the cut; the rest builds up as output adjusts, and the
# lower bill rate that follows takes some of it back. That the interval is narrower than the dashed
# one says that these data did speak: spending moved up and down in fifty years, which sanctions on
# Russia did not.
#
# ## The finding in words

# %%
effect = sm.total_effect(second.scm, second.draws, cut, horizon=16, outcomes=["output_level"])
middle, low, high = interval(effect.isel(outcome=0, horizon=-1)).to_numpy()
print(
    f"Impulse responses equal those of statsmodels to {max(gaps):.0e}, and estimates under flat "
    f"priors lie within {compared['apart'].max():.2f} standard errors of least squares. In the "
    f"graph of four equations, spending that stops growing leaves output {middle:+.1f} % "
    f"({low:+.1f}; {high:+.1f}) from where it would be after four years."
)

# %% [markdown]
# The first sentence is a check, and would be the same for anybody. The second is an answer given a
# graph: if spending in truth reacts to output within the quarter, it is wrong, and no fit would
# tell.
#
# ## An exercise
#
# Forecasts can be compared as well: `theirs.forecast(...)` beside `sm.simulate(fit.problem,
# fit.draws, ...)`, whose median should agree and whose fan should be a little wider, because it
# holds doubt about parameters. By how much is it wider one quarter ahead, and how much after
# eight?
#
# ## Where to go on
#
# - [`your_country`](your_country.ipynb): months, and a truth that is known.
# - [`docs/howto/country.md`](../docs/howto/country.md): the same as a recipe.
# - [`docs/identities.md`](../docs/identities.md): which other packages and closed forms check what
#   in the test suite.

# %%
shutil.rmtree(folder)
fit.manifest["versions"]
