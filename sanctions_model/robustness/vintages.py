r"""The headline effects under two vintages, and why they differ.

With :math:`e(D)` the posterior median of an effect given data :math:`D`, old data :math:`A`, new
data :math:`B`, and :math:`R` the new figures of the cells that :math:`A` knows,

.. math:: e(B) - e(A) = [e(R) - e(A)] + [e(B) - e(R)]:

what revised history did, and what new periods and new series did. Figures change without being
revised where a two-sided seasonal filter sees more quarters; that counts as history too. The
order is a choice: history first, as it happens.
"""

import numpy as np
import pandas as pd
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit, beliefs_hash, data_checksum, fit
from sanctions_model.queries.basis import BASIS_COLUMNS, Basis
from sanctions_model.queries.effects import total_effect
from sanctions_model.queries.reading.percent import effects_in_percent
from sanctions_model.scm.interventions import Relief
from sanctions_model.scm.periods import period_after
from sanctions_model.scm.serialization import equations_hash
from sanctions_model.summaries import ERRORS, interval, interval_rule, median_error

_HORIZONS = (4, 12)


def revised_history(old: xr.Dataset, new: xr.Dataset) -> xr.Dataset:
    """Return the new figures of the cells that the old data know.

    `old`, `new`: observations, as `load_observations` returns them, of one frequency. Returns: the
    old periods; NaN where the old data have none, the new figure elsewhere. Raises `QuestionError`
    if the new data lack periods or variables of the old ones.
    """
    if missing := set(old.data_vars) - set(new.data_vars):
        raise QuestionError(
            f"The new data have no {', '.join(sorted(map(str, missing)))}; expected the variables "
            "of the old data, from the same model."
        )
    if not set(old["time"].to_numpy()) <= set(new["time"].to_numpy()):
        raise QuestionError(
            f"The old data run from {_day(old, 0)} to {_day(old, -1)}, the new ones from "
            f"{_day(new, 0)} to {_day(new, -1)}; expected new data that hold all old periods."
        )
    inside = new[list(old.data_vars)].sel(time=old["time"])
    revised = inside.where(np.isfinite(old))
    for name in old.data_vars:
        revised[name].attrs = dict(new[name].attrs)
    title = f"{new.attrs.get('title', '')}, cells of the older data only"
    return revised.assign_attrs({**new.attrs, "title": title})


def vintage_of(fitted: Fit) -> str:
    """Name the data of a fit, with the first twelve digits of their hash."""
    inputs = fitted.manifest.get("inputs", {})
    name = (inputs.get("vintage") or {}).get("name") or inputs.get("data") or "bundled"
    return f"{name} ({data_checksum(fitted.manifest)})"


def require_revised(old: Fit, new: Fit, revised: Fit) -> None:
    """Refuse a fit that is not one of the new figures of the old cells.

    `revised`: as `fit_revised` returned it, perhaps kept in a file since. Raises `QuestionError` if
    its data are others, or the fits differ in more than their data.
    """
    _require_comparable(old, new)
    _require_comparable(old, revised)
    expected = revised_history(old.problem.observations, new.problem.observations)
    found = revised.problem.observations
    if set(found.data_vars) != set(expected.data_vars) or not found.equals(expected):
        raise QuestionError(
            f"The fit of {revised.manifest.get('created', 'an unknown day')} is not one of the new "
            "figures of the old periods of these two; give another file, which is then written."
        )


def fit_revised(old: Fit, new: Fit, *, progress: bool = False) -> Fit:
    """Fit the new figures of the old cells, with the old fit's settings.

    `old`, `new`: of the same equations and priors. `progress`: show a progress bar. Raises
    `QuestionError` if the fits differ in more than their data, or one has prior draws only. Raises
    `ConvergenceError` if sampling did not converge.
    """
    _require_comparable(old, new)
    settings = old.manifest["settings"]
    return fit(
        old.scm.with_centres({}),
        revised_history(old.problem.observations, new.problem.observations),
        old.problem.priors,
        draws=int(settings["draws"]),
        tune=int(settings["tune"]),
        chains=int(settings["chains"]),
        random_seed=int(settings["random_seed"]),
        progress=progress,
    )


def compare_vintages(
    old: Fit,
    new: Fit,
    revised: Fit,
    *,
    relief: Relief | None = None,
    horizons: tuple[int, ...] = _HORIZONS,
    outcomes: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """Tabulate effects of a relief under two vintages side by side.

    Parameters
    ----------
    old, new : Fit
        Of the same equations and priors, on two vintages.
    revised : Fit
        On `revised_history` of the two, see `fit_revised`.
    relief : Relief, optional
        Full relief in four steps by default.
    horizons : tuple of int
        Periods after the start.
    outcomes : tuple of str, optional
        The headline ones by default.

    Returns
    -------
    pandas.DataFrame
        One row an outcome and horizon: ``outcome``, ``unit``, ``horizon`` and the periods of the
        calendar that it is, ``old_period`` and ``new_period``; ``old`` and ``new`` (posterior
        medians) with ``_lower`` and ``_upper``; ``change`` and ``within_error``: it is not beyond
        ``monte_carlo_error``; ``due_to_revisions`` and ``due_to_new_periods``, which add up to it;
        ``share_revisions`` and ``share_new_periods``, not a number where the change is within its
        Monte-Carlo error; ``monte_carlo_error``, ``error_revisions``, ``error_new_periods`` and
        ``error_share`` (two standard errors of the change, of its parts and of either share);
        ``ci_prob``, ``ci_kind``; what either effect rests on, ``old_basis`` and ``new_basis`` with
        their numbers, as in ``effects.csv``; ``old_vintage``, ``new_vintage``. Shares outside 0
        to 1 mean that the two worked against each other.

    Raises
    ------
    QuestionError
        If the fits differ in more than their data, or one has prior draws only.
    """
    _require_comparable(old, new)
    _require_comparable(old, revised)
    rule = interval_rule()

    def asked(fitted: Fit, draws: xr.Dataset) -> xr.DataArray:
        effect = total_effect(fitted.scm, draws, relief, horizon=max(horizons), outcomes=outcomes)
        return effects_in_percent(fitted.scm, effect.sel(horizon=list(horizons)))

    found = {
        name: asked(fitted, fitted.draws)
        for name, fitted in (("old", old), ("new", new), ("revised", revised))
    }
    beside = {
        name: Basis.of_fit(own).beside(asked(own, own.prior_draws), found[name])
        for name, own in (("old", old), ("new", new))
    }
    summaries = {name: interval(effect, rule) for name, effect in found.items()}
    rows = []
    for outcome in found["old"]["outcome"].to_numpy():
        for horizon in horizons:
            where = {"outcome": outcome, "horizon": horizon}
            median = {
                name: float(summary.sel(summary="median", **where))
                for name, summary in summaries.items()
            }
            change = median["new"] - median["old"]
            parts = median["revised"] - median["old"], median["new"] - median["revised"]
            errors = {name: median_error(effect.sel(where)) for name, effect in found.items()}
            noise = ERRORS * float(np.hypot(errors["old"], errors["new"]))
            clear = abs(change) > noise
            share = parts[0] / change if clear else np.nan
            # To first order, with s = (e(R) - e(A)) / (e(B) - e(A)) and three independent errors.
            moved = errors["revised"], (1 - share) * errors["old"], share * errors["new"]
            row: dict[str, object] = {
                **where,
                **_periods(old, new, horizon),
                "unit": old.scm.variables[str(outcome)].unit,
                **{
                    column: float(summaries[name].sel(summary=bound, **where))
                    for name in ("old", "new")
                    for column, bound in (
                        (name, "median"),
                        (f"{name}_lower", "lower"),
                        (f"{name}_upper", "upper"),
                    )
                },
                "change": change,
                "within_error": not clear,
                "due_to_revisions": parts[0],
                "due_to_new_periods": parts[1],
                "share_revisions": share,
                "share_new_periods": parts[1] / change if clear else np.nan,
                "error_share": ERRORS * float(np.linalg.norm(moved)) / abs(change)
                if clear
                else np.nan,
                "monte_carlo_error": noise,
                "error_revisions": ERRORS * float(np.hypot(errors["old"], errors["revised"])),
                "error_new_periods": ERRORS * float(np.hypot(errors["revised"], errors["new"])),
                "ci_prob": rule.prob,
                "ci_kind": rule.kind,
                **{
                    f"{name}_{column}": own[column].sel(where).item()
                    for name, own in beside.items()
                    for column in BASIS_COLUMNS
                },
                "old_vintage": vintage_of(old),
                "new_vintage": vintage_of(new),
            }
            rows.append(row)
    return pd.DataFrame(rows)


def _periods(old: Fit, new: Fit, horizon: int) -> dict[str, str]:
    """Name the periods that a horizon is under either vintage: newer data start it later."""
    return {
        f"{name}_period": period_after(
            fitted.draws.attrs[dims.Said.START], horizon, fitted.scm.periods_per_year
        )
        for name, fitted in (("old", old), ("new", new))
    }


def differ_in_data_alone(old: Fit, new: Fit) -> bool:
    """Say whether two fits have other data and the same equations and priors."""
    known = [fitted.problem.observations for fitted in (old, new)]
    return (
        not old.is_prior_only
        and not new.is_prior_only
        and not _differing(old, new)
        and not known[0].equals(known[1])
    )


def _differing(old: Fit, new: Fit) -> list[str]:
    pair = old, new
    hashes = {
        "equations": [equations_hash(fitted.scm) for fitted in pair],
        "priors": [beliefs_hash(fitted.problem.priors) for fitted in pair],
    }
    return [what for what, (one, two) in hashes.items() if one != two]


def _require_comparable(old: Fit, new: Fit) -> None:
    for name, fitted in (("first", old), ("second", new)):
        if fitted.is_prior_only:
            raise QuestionError(
                f"The {name} fit has prior draws only, which no data can change; fit it."
            )
    if differing := _differing(old, new):
        raise QuestionError(
            f"The two fits differ in their {' and '.join(differing)} too, so their difference is "
            "not one of the data alone; fit both with the same."
        )


def _day(observations: xr.Dataset, at: int) -> str:
    return str(observations["time"].to_numpy()[at])[:10]
