"""The sections of the validation report, in Markdown: sentences and tables from tables of numbers.

Sentences follow from the numbers: what failed is said because a number says it. Computes nothing
that a table does not hold.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sanctions_model.report.validation.adviser import half_a_page
from sanctions_model.report.validation.backtests import back_test_section, failures
from sanctions_model.report.validation.elsewhere import elsewhere_failures, elsewhere_section
from sanctions_model.report.validation.words import (
    SERIES,
    converged_words,
    effect_words,
    fit_words,
    is_true,
    markdown_table,
    number,
    quantity_words,
    rows_of,
    series_words,
    span,
    truth_of,
)
from sanctions_model.summaries import ERRORS, interval_rule
from sanctions_model.validation.misses import miss_pattern
from sanctions_model.validation.origins.rolling import MODEL, score_summary
from sanctions_model.validation.stated_backtests import load_back_tests
from sanctions_model.wording import chance, decimals, error_words, figure

if TYPE_CHECKING:
    from sanctions_model.validation.run import Validation


def markdown_report(
    found: "Validation", *, command: str, figures: str, drawn: Sequence[str]
) -> str:
    """Return the report's text.

    `figures`: folder of the figures as links name it. `drawn`: names of the figures that there are.
    """
    pictures = {name: f"![{name.replace('_', ' ')}]({figures}/{name}.png)" for name in drawn}
    opening = half_a_page(found, pictures.pop("validation_totals", ""))
    parts = [
        "# Can it be believed?",
        opening,
        _made(found, command),
        _failed(found),
        _data_and_prior(found),
        _claims(found),
        _stability(found),
        _sensitivity(found),
        _calibration(found, pictures),
        _predictive(found, pictures),
        _rolling(found, pictures),
        *(back_test_section(found, name, pictures) for name in load_back_tests()),
        _totals(found, pictures),
        _sanity(found),
        elsewhere_section(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _made(found: "Validation", command: str) -> str:
    manifest = found.fit.manifest
    version = manifest["versions"]["sanctions-model"]
    packages = ", ".join(
        f"{name} {manifest['versions'][name]}" for name in ("pymc", "nutpie", "arviz", "numpy")
    )
    return f"""## How this was made

Made by `{command}` with sanctions-model {version} ({packages}), seed {found.plan.random_seed}, \
from {fit_words(found.fit)}. Remade by \
the same command; `make validate` also runs the slow tests. Intervals of effects and claims are \
those of every table ({interval_rule()}), those of forecasts as wide, with equal tails; checks \
with a stated bound name the quantile that they read."""


def _failed(found: "Validation") -> str:
    lines = [f"- {line}" for line in (*failures(found), *elsewhere_failures())]
    return "## What failed, and what cannot be shown\n\n" + "\n".join(lines)


def _data_and_prior(found: "Validation") -> str:
    table = found.tables["headline"]
    shown = pd.DataFrame(
        {
            "effect of full relief": [
                effect_words(row.outcome, row.horizon, found.fit.scm) for row in rows_of(table)
            ],
            "unit": table["unit"],
            "prior": [span(r.prior_median, r.prior_lower, r.prior_upper) for r in rows_of(table)],
            "posterior": [span(r.median, r.lower, r.upper) for r in rows_of(table)],
            "information": [number(value) for value in table["information"]],
            "likelihood share": [number(value) for value in table["likelihood_share"]],
            "rests on": table["basis"],
        }
    )
    links = found.tables["links"]
    links = links[(links["kind"] == "long_run") & np.isfinite(links["information"].astype(float))]
    most = links.sort_values("information", ascending=False)
    silent = most[most["information"] < 0.1]["link"].tolist()
    known = most[most["information"] > 0.5]["link"].tolist()
    return f"""## What is data and what is prior

{markdown_table(shown)}

Information: 1 - exp(-2 KL), KL from prior to posterior of the effect, 0 where the data said \
nothing. Likelihood share: its part of how far the effect moves with prior and likelihood. The \
data speak clearly (information above 0.5) of {len(known)} links: {_code(known)}. They hardly \
speak (below 0.1) of {len(silent)}: \
{_code(silent)}. No measure but `assets` has fallen in the sample, so that what relief gives \
back, and how fast, is prior."""


def _claims(found: "Validation") -> str:
    table = found.tables["claims"]
    shown = pd.DataFrame(
        {
            "claim": table["statement"],
            "horizon": table["horizon"],
            "P prior": [chance(p) for p in table["prob_prior"].astype(float)],
            "P posterior": [chance(p) for p in table["prob"].astype(float)],
            "P large enough to matter": [chance(p) for p in table["prob_material"].astype(float)],
            "sign assumed": np.where(truth_of(table["sign_assumed"]), "by the prior", ""),
            "verdict": table["verdict"],
        }
    )
    return f"""## The article's claims, before and after the data

{markdown_table(shown)}

Where the sign is assumed by the prior, its probability is an assumption and no finding."""


def _stability(found: "Validation") -> str:
    table = found.tables["stability"]
    shown = table.assign(
        median=[decimals(v, 3) for v in table["median"]],
        largest=[decimals(v, 3) for v in table["largest"]],
    )
    return f"""## Stability

{markdown_table(shown)}

Spectral radius of the companion form of every draw; a draw is explosive from 1 on."""


def _sensitivity(found: "Validation") -> str:
    table = found.tables["sensitivity"]
    named = [name for name in table.columns[1:] if f"{name}_error" in table]
    shown = table[["change", *named]].copy()
    for name in named:
        values, errors = (table[own].astype(float) for own in (name, f"{name}_error"))
        near = (values - values[0]).abs() < ERRORS * errors
        near[0] = False
        shown[name] = [
            (f"*{number(value)}*" if same else number(value))
            + (f" ± {error_words(error)}" if np.isfinite(error) else "")
            for value, error, same in zip(values, errors, near, strict=True)
        ]
    shown.columns = [name.replace("_", " ") for name in shown.columns]
    scaled = found.tables["headline"]
    power = pd.DataFrame(
        {
            "effect": [effect_words(r.outcome, r.horizon, found.fit.scm) for r in rows_of(scaled)],
            "prior": [decimals(v, 3) for v in scaled["prior_sensitivity"]],
            "likelihood": [decimals(v, 3) for v in scaled["likelihood_sensitivity"]],
        }
    )
    return f"""## Sensitivity of the headline

Posterior medians of the effects of full relief with one assumption replaced; the fit is not \
repeated. Units: % of the level, pp for rates. Behind ± stands the Monte-Carlo error: of the first \
row's median, below it of the difference from that; *in italics* what differs by less than two.

{markdown_table(shown)}

Power-scaling of the effects themselves (Kallioinen et al. 2024): how fast a distribution moves \
when prior or likelihood is raised to a power near 1. Above 0.05 counts as sensitive; sensitive to \
the prior and not to the likelihood means that the prior decides.

{markdown_table(power)}"""


def _calibration(found: "Validation", pictures: Mapping[str, str]) -> str:
    if "calibration" not in found.tables:
        return (
            "## Calibration of the default model\n\nLeft out of this run; the option `--data-sets` "
            "asks for it. The small known-truth economy is put through simulation-based "
            "calibration by the slow tests in `tests/validation/test_calibration.py`."
        )
    table = found.tables["calibration"]
    inside, covers = truth_of(table["inside"]), truth_of(table["covers"])
    effects = table[table["quantity"].str.startswith("effect on")]
    level = interval_rule().percent
    shown = pd.DataFrame(
        {
            "effect": [quantity_words(name, found.fit.scm) for name in effects["quantity"]],
            "ranks inside the 99 % band": np.where(truth_of(effects["inside"]), "yes", "NO"),
            "p (Kolmogorov)": [decimals(v, 3) for v in effects["p_value"]],
            f"coverage of {level} intervals": [number(v) for v in effects["coverage"]],
            "99 % range of a right one": [
                f"{number(a)} to {number(b)}"
                for a, b in zip(effects["coverage_lower"], effects["coverage_upper"], strict=True)
            ],
        }
    )
    outside = [quantity_words(name, found.fit.scm) for name in table[~inside]["quantity"]]
    names = f" ({'; '.join(outside)})" if outside else ""
    return f"""## Calibration of the default model

{int(table["data_sets"].iloc[0])} data sets were simulated from the prior with the gaps and \
drivers of the real one to {found.plan.last_origin}, and fitted. Of \
{len(table)} quantities (every \
free parameter, estimate of a missing figure and effect) {len(outside)} left the 99 % \
simultaneous band of uniform ranks{names}; by chance {figure(0.01 * len(table))} are expected. \
Intervals covered within their binomial error for {int(covers.sum())} of {len(table)}. \
The small known-truth economy is put through the same check, with 200 data sets and with a lag \
off by one and a wrong scale that it must catch, by the slow tests in \
`tests/validation/test_calibration.py`.

{markdown_table(shown)}

{pictures.get("validation_ranks", "")}"""


def _predictive(found: "Validation", pictures: Mapping[str, str]) -> str:
    table = found.tables["predictive"]
    shown = pd.DataFrame(
        {
            "series": [series_words(str(name), found.fit.scm) for name in table["series"]],
            "n": table["n"],
            "prior coverage": [number(v) for v in table["prior_coverage"]],
            "coverage": [number(v) for v in table["coverage"]],
            "LOO log score": [number(v) for v in table["log_score"]],
            "CRPS": [number(v) for v in table["crps"]],
            "PIT p": [number(v) for v in table["pit_p_value"]],
            "neighbours": [number(v, sign=True) for v in table["neighbours"]],
            "p of none": [number(v) for v in table["serial_p_value"]],
            "lead over random walk": _leads(table, "random walk"),
            "lead over autoregression": _leads(table, "autoregression"),
        }
    )
    unreliable = int(table["unreliable"].sum())
    return f"""## Predictive checks, equation by equation

{markdown_table(shown)}

Coverage: share of outcomes inside {interval_rule().percent} predictive intervals given observed \
parents, prior and posterior. Leave-one-out scores by Pareto-smoothed importance sampling; \
{unreliable} cells have a Pareto k above 0.7. A lead is the mean difference of log scores on the \
same cells, with its standard error. Neighbours: correlation of leave-one-out ranks one quarter \
apart, as normal scores, with the p value of none at one to four quarters (Ljung and Box). The \
equations read parents of the same quarter, which the \
rivals do not: this says that the equations fit, not that they forecast.

{pictures.get("validation_pit", "")}"""


def _leads(table: pd.DataFrame, rival: str) -> list[str]:
    return [
        f"{number(lead, sign=True)} ± {number(error)}"
        for lead, error in zip(table[f"{rival}: lead"], table[f"{rival}: lead_error"], strict=True)
    ]


def _rolling(found: "Validation", pictures: Mapping[str, str]) -> str:
    if "rolling" not in found.tables:
        return ""
    summary = score_summary(found.tables["rolling"])
    own = summary[summary["forecaster"] == MODEL]
    rows = []
    for row in rows_of(own):
        series, horizon = row.series, row.horizon
        line = {
            "series": SERIES[series].split(",")[0],
            "quarters ahead": horizon,
            "n": int(row.n),
            "coverage": number(row.coverage),
            "CRPS": number(row.crps),
        }
        others = summary[
            (summary["series"] == series)
            & (summary["horizon"] == horizon)
            & (summary["forecaster"] != MODEL)
        ]
        for rival in rows_of(others):
            line[f"CRPS, {rival.forecaster}"] = number(rival.crps)
            line[f"lead over {rival.forecaster}"] = (
                f"{number(rival.lead, sign=True)} ± {number(rival.lead_error)}"
            )
        rows.append(line)
    shown = pd.DataFrame(rows).fillna("")
    origins = found.plan.origins
    return f"""## Forecasts from rolling origins

{len(origins)} origins, {origins[0]} to {origins[-1]}, every {found.plan.every} quarters; the \
model is refitted at each, seasonal adjustment included. Drivers stay at their last \
value, as nobody knew the measures to come; the quarters of the pandemic end. Leads are in log \
score, positive where this model is better, with a standard error that takes outcomes as \
independent. The Minnesota vector autoregression (package `bvar`, two lags, shrinkage 0.2) holds \
the series that start in 2005. {converged_words(found.tables["rolling"], "origin")}

{markdown_table(shown)}

{pictures.get("validation_rolling", "")}"""


def _totals(found: "Validation", pictures: Mapping[str, str]) -> str:
    table = found.tables["totals"]
    rows = []
    for row in rows_of(table):
        answered = row.verdict != "not answered"
        missed = row.miss in ("hard", "soft")
        rows.append(
            {
                "": row.number,
                "total": row.title,
                "published": row.published,
                "prior": span(row.prior_median, row.prior_lower, row.prior_upper)
                if answered
                else "",
                "posterior": span(row.median, row.lower, row.upper) if answered else "",
                "unit": row.unit,
                "verdict": ", ".join([row.verdict, *([f"{row.miss} miss", row.size] * missed)]),
                "z": figure(row.z, signed=True) if answered else "",
                "in sight when priors were set": "yes" if is_true(row.used_for_priors) else "no",
                "why": row.reason,
            }
        )
    counts = table["verdict"].value_counts()
    said = ", ".join(f"{counts.get(v, 0)} {v}" for v in ("inside", "outside", "not answered"))
    return f"""## Published totals

{said}. z: median less the middle of the \
published range (read as 90 %) over both standard deviations, a number without a range taken to be \
uncertain by a quarter. A miss is 1.6 or more standard deviations off, where an \
89 % interval of the difference leaves out zero; it is hard from 2 on. \
{miss_pattern(table)} Meeting a total that was in sight when the priors were set checks the \
mapping from evidence to priors, not the model. `docs/evidence.md` says which of them cannot hold \
at once.

{markdown_table(pd.DataFrame(rows))}

{pictures.get("validation_totals", "")}"""


def _sanity(found: "Validation") -> str:
    table = found.tables["sanity"]
    outside = table[~truth_of(table["inside"])]
    shown = pd.DataFrame(
        {
            "check": outside["check"],
            "number": outside["what"],
            "of": outside["source"],
            "value": [number(v) if np.isfinite(v) else "" for v in outside["value"]],
            "range": [
                f"{number(a)} to {number(b)}" if asked else ""
                for a, b, asked in zip(
                    outside["lower_bound"],
                    outside["upper_bound"],
                    truth_of(outside["asked"]),
                    strict=True,
                )
            ],
            "why": outside["note"],
        }
    )
    listed = markdown_table(shown) if len(shown) else ""
    return f"""## Sanity checks

{len(table) - len(outside)} of {int(truth_of(table["asked"]).sum())} numbers lie in ranges stated \
beforehand, under the prior and under the posterior; `sanctions-model validate --quick` prints all \
of them. Outside, or not asked of this model:

{listed}"""


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
