"""Saved fits whose draws are of the prior, and what validation says, for what reads a folder."""

from dataclasses import replace

import pandas as pd
import xarray as xr

import sanctions_model as sm
from sanctions_model.inference.density import complete_from_prior, log_likelihood
from sanctions_model.inference.fit import Fit
from sanctions_model.report.validation.sections import _made
from sanctions_model.validation.run import Plan, Validation


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


def write_validation(folder, fit, tables, **changed):
    """Write what ``sanctions-model validate`` says of a fit, and some of its tables."""
    of = replace(fit, manifest={**fit.manifest, **changed})
    (folder / "tables").mkdir(parents=True)
    said = _made(Validation(fit=of, plan=Plan(), tables={}), "sanctions-model validate")
    (folder / "validation.md").write_text(said, encoding="utf-8")
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / "tables" / f"{name}.csv", index=False)
