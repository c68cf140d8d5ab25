"""Saved fits whose draws are of the prior, for verbs that read a folder."""

import xarray as xr

import sanctions_model as sm
from sanctions_model.inference.density import complete_from_prior, log_likelihood
from sanctions_model.inference.fit import Fit


def fit_of(priors, folder, seed):
    """Draws of the prior in the place of a posterior: the verbs read them as they read any."""
    base = sm.sample_prior_predictive(
        sm.growth_transmission(),
        sm.load_observations(scm=sm.growth_transmission()),
        priors,
        draws=120,
        random_seed=seed,
    )
    drawn = sm.inference.sample_prior(
        base.scm, base.problem.absolute, draws=60, chains=4, random_seed=seed + 1
    )
    drawn = complete_from_prior(base.problem, drawn, seed)
    groups = {name: node.to_dataset() for name, node in base.idata.children.items()}
    groups |= {
        "posterior": drawn,
        "log_likelihood": log_likelihood(base.problem, drawn).to_dataset(),
    }
    found = Fit(problem=base.problem, idata=xr.DataTree.from_dict(groups), manifest=base.manifest)
    folder.mkdir()
    sm.save(found, folder / "posterior.nc")
    return found
