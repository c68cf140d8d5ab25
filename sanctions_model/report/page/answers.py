"""What the report says, as numbers: computed once from a fit, before any word is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.queries.basis import Basis
from sanctions_model.queries.claims import Claim, scorecard
from sanctions_model.queries.effects import measure_effects, total_effect
from sanctions_model.queries.reading.information import information
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.queries.reading.tables import effects_table, links_table
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, one_parameter
from sanctions_model.summaries import IntervalRule, interval, interval_rule, probability

# In the order in which the claimed chain runs, as a reader follows it.
OUTCOMES = (
    "price_level",
    "inflation_yoy",
    "key_rate",
    "lending_rate",
    "real_lending_rate",
    "credit_level",
    "gdp_level",
    "rouble",
    "import_level",
    "real_wage_level",
)
CHANNEL_OUTCOMES = ("price_level", "key_rate", "gdp_level", "rouble")
CHANNEL_HORIZON = 12
# Groups of parameters that say how the economy behaves, not where its series lie.
BEHAVIOUR = ("coefficient", "persistence", "recoverable_share", "recovery_speed", "anchoring")
HORIZON = 24
TABLE_HORIZONS = (4, 8, 12, 20)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """A fit and its answers about one relief of all measures.

    `relief`: full relief of the model's measures in four steps. `by_measure`: effect draws, of
    levels in log points, which add up; dims ``(outcome, lifted, horizon, chain, draw)``.
    `prior_effect`: effect of the relief under the prior, of levels in percent, dims ``(outcome,
    horizon, chain, draw)``; None in prior-only mode. `channels`: columns of ``effects.csv``.
    `claims`: columns of ``claims.csv``. `links`: columns of ``links.csv``. `parameters`: prior and
    posterior of every parameter, see `parameter_table`. `choice`: what other graphs and priors add,
    see `report.graph_choice`.
    """

    fit: Fit
    relief: Relief
    outcomes: tuple[str, ...]
    by_measure: xr.DataArray
    prior_effect: xr.DataArray | None
    channels: pd.DataFrame
    claims: pd.DataFrame
    links: pd.DataFrame
    parameters: pd.DataFrame
    rule: IntervalRule
    choice: pd.DataFrame | None = None

    @property
    def scm(self) -> StructuralCausalModel:
        """The model."""
        return self.fit.scm

    @cached_property
    def effect(self) -> xr.DataArray:
        """Effect of the relief, of levels in percent, dims ``(outcome, horizon, chain, draw)``."""
        return effects_in_percent(self.scm, self.by_measure.sel(lifted="all", drop=True))

    @cached_property
    def summary(self) -> xr.DataArray:
        """Median and bounds of the effect, dims ``(outcome, horizon, summary)``."""
        return interval(self.effect, self.rule)

    @cached_property
    def above(self) -> xr.DataArray:
        """P(effect > 0), dims ``(outcome, horizon)``."""
        return probability(self.effect > 0)

    def median(self, outcome: str, horizon: int) -> float:
        """Return the posterior median of an effect."""
        where = {dims.OUTCOME: outcome, dims.HORIZON: horizon, "summary": "median"}
        return float(self.summary.sel(where))

    def bounds(self, outcome: str, horizon: int) -> tuple[float, float]:
        """Return the interval of an effect."""
        found = self.summary.sel({dims.OUTCOME: outcome, dims.HORIZON: horizon})
        return float(found.sel(summary="lower")), float(found.sel(summary="upper"))

    def prob_above(self, outcome: str, horizon: int) -> float:
        """Return P(effect > 0)."""
        return float(self.above.sel({dims.OUTCOME: outcome, dims.HORIZON: horizon}))

    def channel(self, outcome: str, horizon: int, channel: str) -> Mapping[str, float]:
        """Return median, mean and bounds of an effect's part; an empty mapping if there is none."""
        rows = self.channels
        found = rows[
            (rows["outcome"] == outcome)
            & (rows["horizon"] == horizon)
            & (rows["channel"] == channel)
        ]
        if found.empty:
            return {}
        first = found.iloc[0]
        return {name: float(first[name]) for name in ("median", "mean", "lower", "upper")}


def answer_report(
    fit: Fit,
    claims: Mapping[str, Claim] | None = None,
    *,
    choice: pd.DataFrame | None = None,
) -> Answers:
    """Ask a fit everything that the report says.

    `fit`: posterior draws, or prior draws in prior-only mode. Raises `QuestionError` if the model
    has no measures or none of the outcomes that the report shows. Raises `UnknownVariableError` if
    a claim names a variable that the model does not have.
    """
    scm = fit.scm
    if not scm.measures:
        raise QuestionError(
            "The model names no measures, and the report is about their relief; name one by what "
            "it enters through, as in entries={'sanctions': ('tariff -> price',)}."
        )
    relief = Relief(measures=scm.measures)
    outcomes = tuple(name for name in OUTCOMES if name in scm.variables)
    if not outcomes:
        raise QuestionError(
            f"The model has none of the outcomes that the report shows: {', '.join(OUTCOMES)}."
        )
    posterior = fit.posterior_draws
    before = None
    if posterior is not None:
        before = total_effect(scm, fit.prior_draws, relief, horizon=HORIZON, outcomes=outcomes)
        before = effects_in_percent(scm, before)
    seed = int(fit.manifest["settings"]["random_seed"])
    basis = Basis.of_fit(fit)
    return Answers(
        fit=fit,
        relief=relief,
        outcomes=outcomes,
        by_measure=measure_effects(scm, fit.draws, relief, horizon=HORIZON, outcomes=outcomes),
        prior_effect=before,
        channels=effects_table(
            scm,
            fit.draws,
            reliefs=(relief,),
            horizons=TABLE_HORIZONS,
            outcomes=outcomes,
            basis=basis,
        ),
        claims=scorecard(
            fit.problem, fit.prior_draws, posterior, claims, random_seed=seed, basis=basis
        ),
        links=links_table(scm, fit.problem.absolute, fit.prior_draws, posterior, basis=basis),
        parameters=parameter_table(fit),
        rule=interval_rule(),
        choice=choice,
    )


def parameter_table(fit: Fit) -> pd.DataFrame:
    """Tabulate every free parameter's prior and posterior interval and the information gained.

    Returns: index ``parameter`` (its address); columns ``group`` (the parameter's name without
    label), ``prior_median``, ``prior_lower``, ``prior_upper``, ``median``, ``lower``, ``upper``,
    ``information`` (the last four not a number in prior-only mode). Units are those of the prior;
    parameters fixed by it are left out.
    """
    rule = interval_rule()
    rows = []
    for address, (name, _) in addresses(fit.scm).items():
        if isinstance(fit.problem.absolute[address], Fixed):
            continue
        row: dict[str, object] = {"parameter": address, "group": name}
        prior = one_parameter(fit.scm, fit.prior_draws, address)
        posterior = prior if fit.is_prior_only else one_parameter(fit.scm, fit.draws, address)
        before, after = interval(prior, rule), interval(posterior, rule)
        for part in ("median", "lower", "upper"):
            row[f"prior_{part}"] = float(before.sel(summary=part))
            row[part] = np.nan if fit.is_prior_only else float(after.sel(summary=part))
        gained = np.nan if fit.is_prior_only else information(prior, posterior).value
        row["information"] = gained
        rows.append(row)
    return pd.DataFrame(rows).set_index("parameter")


def dates(fit: Fit) -> list[str]:
    """Name the periods of the page: the first is the one after the data.

    Returns: one a period of `HORIZON`, as in ``2026Q2``.
    """
    frequency = {4: "Q", 12: "M"}.get(fit.scm.periods_per_year, "Y")
    last = pd.Period(pd.Timestamp(str(fit.problem.cases.time[-1])), freq=frequency)
    return [str(last + ahead) for ahead in range(1, HORIZON + 1)]


def fans(effect: xr.DataArray, rule: IntervalRule) -> dict[str, Mapping[str, list[float]]]:
    """Return each outcome's median and bounds over the horizon.

    `effect`: draws, dims ``(outcome, horizon, chain, draw)``. Returns: by outcome ``median``,
    ``lower``, ``upper``, ``halfLower``, ``halfUpper``.
    """
    wide, half = interval(effect, rule), interval(effect, IntervalRule(0.5, rule.kind))
    parts = {
        "median": wide.sel(summary="median"),
        "lower": wide.sel(summary="lower"),
        "upper": wide.sel(summary="upper"),
        "halfLower": half.sel(summary="lower"),
        "halfUpper": half.sel(summary="upper"),
    }
    return {
        str(name): {
            part: [float(f"{value:.6g}") for value in values.sel({dims.OUTCOME: name}).to_numpy()]
            for part, values in parts.items()
        }
        for name in effect[dims.OUTCOME].to_numpy()
    }
