"""Fixtures that several test files share. Hypothesis runs fixed examples without deadlines."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

# `oracle` and `strategies` stand beside the tests and belong to no package.
sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile("suite", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("suite")


PAGES = "tests/report"  # share a page that takes long to write and to open
LONG = {"test_recovery.py", "test_fit.py", "test_storage.py", "test_run.py"}  # they sample


def pytest_collection_modifyitems(items):
    """Begin with the longest pieces of work, so that no worker waits for them at the end.

    One worker has the pages; the other compiles what samples, and nobody compiles it twice.
    """
    items.sort(key=lambda item: (PAGES not in item.path.as_posix(), item.path.name not in LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give a worker whole files, and all files of pages to one."""
    from xdist.scheduler import LoadFileScheduling

    class ByPages(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return PAGES if nodeid.startswith(PAGES) else super()._split_scope(nodeid)

    return ByPages(config, log)


@pytest.fixture(scope="session")
def growth_problem():
    """The growth economy, which is smaller than the default one, with its data and priors."""
    from sanctions_model.data.observations import load_observations
    from sanctions_model.economies.growth import growth_transmission
    from sanctions_model.inference.conditioned import Problem
    from sanctions_model.inference.priors.ledger import load_priors

    return Problem.of(
        growth_transmission(),
        load_observations(scm=growth_transmission()),
        load_priors(economy="growth"),
    )


@pytest.fixture(scope="session")
def growth_draws(growth_problem):
    """Four draws, in two chains, from the bundled priors, missing cells completed."""
    from sanctions_model.inference.density import complete_from_prior
    from sanctions_model.inference.priors.ledger import sample_prior

    draws = sample_prior(
        growth_problem.scm, growth_problem.absolute, draws=2, chains=2, random_seed=20
    )
    return complete_from_prior(growth_problem, draws, 21)


@pytest.fixture(scope="session")
def anchored_problem():
    """The anchored economy, the default one, with its data and priors."""
    from sanctions_model.data.bundled import data_path
    from sanctions_model.data.observations import load_observations
    from sanctions_model.economies.anchored import anchored_transmission
    from sanctions_model.inference.conditioned import Problem
    from sanctions_model.inference.priors.ledger import load_priors

    scm = anchored_transmission()
    priors = load_priors(data_path("priors_anchored.toml"))
    return Problem.of(scm, load_observations(scm=scm), priors)


@pytest.fixture(scope="session")
def anchored_draws(anchored_problem):
    """Four draws, in two chains, of the beliefs of the anchored transmission."""
    from sanctions_model.inference.priors.ledger import sample_prior

    scm, absolute = anchored_problem.scm, anchored_problem.absolute
    return sample_prior(scm, absolute, draws=2, chains=2, random_seed=20)


@pytest.fixture(scope="session")
def vector():
    """A vector autoregression with links within the period, lags up to two, and its one draw."""
    from strategies import variable

    from sanctions_model.scm.equations import Exogenous, Linear, PartialAdjustment
    from sanctions_model.scm.model import StructuralCausalModel
    from sanctions_model.scm.parameters import pin

    scm = StructuralCausalModel(
        equations=(
            Exogenous(variable=variable("x")),
            PartialAdjustment(variable=variable("a"), parents=("x", "c[1]")),
            Linear(variable=variable("b"), parents=("a", "b[1]", "b[2]", "x[1]")),
            PartialAdjustment(variable=variable("c"), parents=("a[1]", "b")),
        )
    )
    values = {
        "x -> a": 1.3,
        "c[1] -> a": -0.4,
        "a -> b": 0.7,
        "b[1] -> b": 0.5,
        "b[2] -> b": -0.3,
        "x[1] -> b": 0.6,
        "a[1] -> c": 0.9,
        "b -> c": -0.8,
        "persistence[a]": 0.35,
        "persistence[c]": 0.6,
        "intercept[a]": 0.2,
        "intercept[b]": -0.1,
        "intercept[c]": 0.4,
    }
    return scm, pin(scm, values)


@pytest.fixture(scope="session")
def growth_judge(growth_problem, growth_draws):
    """The growth economy, its draws, and a judge of both that reads the priors by itself."""
    import tomllib

    from oracle import Judge

    from sanctions_model.data.bundled import data_path

    tables = {}
    for name, group in tomllib.loads(
        data_path("priors_growth.toml").read_text(encoding="utf-8")
    ).items():
        if not isinstance(group, dict):
            continue
        if "family" in group:
            tables[name] = group
            continue
        for label, table in group.items():
            if name == "coefficient":
                tables[label] = table
            else:
                tables[name if label == "*" else f"{name}[{label}]"] = table
    scm, observations = growth_problem.scm, growth_problem.observations
    series = {name: observations[name].to_numpy() for name in (*scm.observed, *scm.exogenous)}
    judge = Judge(scm.with_centres({}), series, observations["time"].to_numpy(), tables)
    return growth_problem, growth_draws, judge


@pytest.fixture(scope="session")
def browser():
    """A Chromium without a window, for tests that are skipped where there is none."""
    from browsing import CHROMIUM, FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def report_fit(growth_problem):
    """A stand-in for a fit: the prior, and draws of it closer to their mean as the posterior."""
    from dataclasses import replace

    import xarray as xr

    from sanctions_model.inference.fit import sample_prior_predictive

    problem = growth_problem
    prior = sample_prior_predictive(
        problem.scm, problem.observations, problem.priors, draws=600, random_seed=3
    )
    draws = prior.prior_draws
    posterior = draws * 0.6 + draws.mean("draw") * 0.4
    tree = xr.DataTree.from_dict({"/prior": draws, "/posterior": posterior})
    found = {"r_hat": 1.001, "ess_bulk": 900.0, "ess_tail": 800.0, "divergences": 0, "explosive": 0}
    return replace(prior, idata=tree, manifest={**prior.manifest, "diagnostics": found})


@pytest.fixture(scope="session")
def report_futures(report_fit):
    """Four futures; each draw has its own depth of relief in each. One has a hostile name."""
    import numpy as np
    import xarray as xr

    from sanctions_model.queries.effects import total_effect
    from sanctions_model.report.page.answers import HORIZON
    from sanctions_model.report.page.mixtures import FutureEffects

    full = total_effect(report_fit.scm, report_fit.draws, horizon=HORIZON)
    generator = np.random.default_rng(5)
    depths = generator.beta(2, 2, (4, full.sizes["chain"], full.sizes["draw"]))
    depths *= np.array([1.0, 0.5, 0.0, -0.3])[:, None, None]
    scale = xr.DataArray(depths, dims=("future", "chain", "draw"))
    labels = ("Reset", "<script>alert(1)</script>", "Status quo", "Worse")
    return FutureEffects(labels=labels, odds=(0.4, 0.3, 0.2, 0.1), effect=full * scale)


@pytest.fixture(scope="session")
def report_answers(report_fit):
    """What the report says about the stand-in, as numbers."""
    from sanctions_model.report.page.answers import answer_report

    return answer_report(report_fit)


@pytest.fixture(scope="session")
def report_file(report_fit, report_futures, report_brief, tmp_path_factory):
    """The report of the stand-in with its futures."""
    from sanctions_model.report.page.page import write_report

    path = tmp_path_factory.mktemp("report") / "new" / "deep" / "report.html"
    return write_report(report_fit, path, report_futures, brief=report_brief)


@pytest.fixture(scope="session")
def report_brief(report_fit, tmp_path_factory):
    """What the brief of the stand-in says, in no language."""
    from sanctions_model.report.brief.facts import brief_facts

    return brief_facts(report_fit, tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def report_draws(report_answers):
    """The few draws that follow a moving slider."""
    from sanctions_model.report.page.page import explorer_positions, kept_draws

    positions = explorer_positions(report_answers)
    return kept_draws(report_answers.fit.draws, positions)


@pytest.fixture(scope="session")
def small_fit(tmp_path_factory):
    """A saved fit of the default economy whose few draws are from its prior."""
    from laboratory import FakeSampler

    import sanctions_model as sm

    fit = sm.fit(
        sm.default_transmission(),
        sm.load_observations(),
        sm.load_priors(),
        draws=20,
        chains=2,
        sampler=FakeSampler([0]),
        allow_unconverged=True,
    )
    # In the place of a fit that converged: of another one every verb says that it did not.
    numbers = {"r_hat": 1.0, "ess_bulk": 400.0, "ess_tail": 400.0, "divergences": 0, "explosive": 0}
    fit = replace(fit, manifest={**fit.manifest, "diagnostics": numbers})
    return sm.save(fit, tmp_path_factory.mktemp("fit") / "posterior.nc")


@pytest.fixture
def nothing_is_sampled(monkeypatch):
    """Sampling gives draws from the prior; all the rest of a fit is real."""
    from laboratory import FakeSampler

    import sanctions_model as sm

    def sample(self, problem, **settings):
        return FakeSampler([0]).sample(problem, **settings)

    monkeypatch.setattr(sm.Nutpie, "sample", sample)
