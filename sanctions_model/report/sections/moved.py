"""What moved output and prices in the years of the two shocks, by groups of forces."""

import pandas as pd
import xarray as xr

from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.counterfactuals import episode
from sanctions_model.queries.decomposition import historical_decomposition
from sanctions_model.queries.reading.calendar_years import YEAR
from sanctions_model.queries.reading.headlines import spoken_label
from sanctions_model.queries.reading.yearly_forces import FORCE, TOTAL, yearly_forces
from sanctions_model.report.annual import forces_table
from sanctions_model.report.page.markup import Html, charts_figure, join, table, tag
from sanctions_model.report.sections.drawing import COLOURS, Plane, key, shape, titled_chart
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.wording import figure

# The measures of 2014 with the fall of oil, and those of 2022 with the war.
WINDOWS = (("2014Q1", "2016Q4"), ("2022Q1", "2025Q4"))
_OUTCOMES = ("gdp_level", "price_level")


def forces_of_windows(fit: Fit) -> list[xr.DataArray]:
    """Return what moved each calendar year of both windows.

    Returns: one a window, as `yearly_forces` returns it. Raises `QuestionError` if the model names
    no groups of forces or has none of the outcomes.
    """
    names = [name for name in _OUTCOMES if name in fit.scm.variables]
    if not fit.scm.forces or not names:
        raise QuestionError(
            "The model names no groups of forces; `counterfactual decompose --parts` has every "
            "driver and shock."
        )
    found = []
    for start, end in WINDOWS:
        past = episode(fit.problem, fit.draws, start=start, end=end)
        parts = historical_decomposition(past, outcomes=names)
        found.append(yearly_forces(parts, fit.problem, fit.draws))
    return found


def moved_section(fit: Fit) -> Html:
    """Return the section: bars that add up, and a table a window."""
    scm, windows = fit.scm, forces_of_windows(fit)
    forces = [str(force) for force in windows[0][FORCE].to_numpy() if str(force) != TOTAL]
    colours = dict(zip(forces, COLOURS, strict=False))
    tables = pd.concat([forces_table(window) for window in windows], ignore_index=True)
    charts = [
        titled_chart(f"{_label(scm, name)}, points", _bars(tables, name, colours, scm))
        for name in dict.fromkeys(tables["outcome"])
    ]
    said = [_said(window, scm) for window in windows]
    return join(
        [
            *(tag("p", sentence) for sentence in said),
            charts_figure(
                charts,
                "Points of the growth of the average of the year; means over the draws, in which "
                "parts add up. Line: what happened.",
            ),
            key(colours),
            *(_table(tables, name, scm) for name in dict.fromkeys(tables["outcome"])),
            tag(
                "p",
                "“Other shocks” is what the model has no name for. The parts are those of this "
                "model's links: another graph would share the same years out differently.",
            ),
        ]
    )


def _said(forces: xr.DataArray, scm: StructuralCausalModel) -> str:
    """Add a window's years up for the first outcome: the total, then forces from the largest."""
    name, years = str(forces["outcome"].to_numpy()[0]), forces[YEAR].to_numpy()
    sums = forces.sel(outcome=name).sum(YEAR).mean(["chain", "draw"]).to_series()
    parts = sums.drop(TOTAL).sort_values(key=abs, ascending=False)
    listed = ", ".join(f"{force} {figure(value, signed=True)}" for force, value in parts.items())
    return (
        f"From {years[0]} to {years[-1]} the {_label(scm, name)} adds up to "
        f"{figure(sums[TOTAL], signed=True)} points: {listed}."
    )


def _label(scm: StructuralCausalModel, name: object) -> str:
    return f"growth of {spoken_label(scm, str(name))}"


def _table(rows: pd.DataFrame, name: object, scm: StructuralCausalModel) -> Html:
    own = rows[rows["outcome"] == name]
    means = own.pivot_table("mean", FORCE, YEAR, sort=False)
    return table(
        f"What moved {_label(scm, name)}, points, means",
        ["Force", *(str(year) for year in means.columns)],
        [
            [str(force), *(figure(value, signed=True) for value in means.loc[force])]
            for force in means.index
        ],
        numeric=range(1, 1 + means.shape[1]),
        cards=True,
    )


def _bars(
    rows: pd.DataFrame, name: object, colours: dict[str, str], scm: StructuralCausalModel
) -> Html:
    means = rows[rows["outcome"] == name].pivot_table("mean", FORCE, YEAR, sort=False)
    parts = means.drop(index=TOTAL)
    years = [int(year) for year in means.columns]
    low = min(0.0, float(parts.clip(upper=0).sum().min()))
    high = max(0.0, float(parts.clip(lower=0).sum().max()))
    plane = Plane(across=(-0.6, len(years) - 0.4), down=(low, high or 1.0))
    width, drawn = plane.x(0.7) - plane.x(0.0), []
    for place, year in enumerate(years):
        above = below = 0.0
        for force, value in parts[year].items():
            base = above if value >= 0 else below
            top, foot = max(base, base + value), min(base, base + value)
            drawn.append(
                shape(
                    "rect",
                    {
                        "x": plane.x(place) - width / 2,
                        "y": plane.y(top),
                        "width": width,
                        "height": plane.y(foot) - plane.y(top),
                        "fill": colours[str(force)],
                    },
                    said=f"{force}, {year}: {figure(value, signed=True)}",
                )
            )
            above, below = (above + value, below) if value >= 0 else (above, below + value)
        at = plane.y(float(means[year][TOTAL]))
        x = plane.x(place) - width / 2 - 2
        drawn.append(
            shape("path", {"d": f"M{x:.1f},{at:.1f}h{width + 4:.1f}", "stroke": "var(--ink)"})
        )
    ticks = {float(place): str(year) for place, year in enumerate(years)}
    sums = parts.sum(axis=1).sort_values(key=abs, ascending=False)
    said = (
        f"What moved {_label(scm, name)} by year: most of all {sums.index[0]}, "
        f"{figure(sums.iloc[0], signed=True)} points in sum; the table has the numbers"
    )
    return plane.picture(drawn, said, ticks)
