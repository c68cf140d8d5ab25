"""Print what changes from the growth economy to the anchored one, for docs/economy_anchored.md.

``python scripts/old_against_new.py OLD NEW`` after a run of each economy; ``--write PAGE`` puts the
tables between the page's two markers. Medians with 5 to 95 %, the probability of a rise, one
reason a row.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.fit import Fit
from sanctions_model.queries.claims import load_claims, scorecard
from sanctions_model.queries.effects import measure_effects, total_effect
from sanctions_model.scm.interventions import Relief
from sanctions_model.units import effect_in_percent
from sanctions_model.validation.misses import miss_pattern
from sanctions_model.validation.published_effects import totals_table
from sanctions_model.wording import chance, page_minus
from sanctions_model.workflow import load_results

_BEGIN, _END = "<!-- old against new -->", "<!-- end of old against new -->"
_HORIZONS = (4, 8, 12, 20)
_NEED = "exchange_need"
# Why an effect is another one, in words of the economics.
_REASONS = {
    "price_level": "the lasting premium is smaller (7 points, not 10), and prices follow "
    "expectations, which hold to the target",
    "inflation_yoy": "expectations hold to the target: a fall of the price level is over sooner",
    "key_rate": "the rule lets the risk premium pass through at once; the old one smoothed it",
    "real_lending_rate": "expectations move less than the key rate, and the premium falls at once",
    "credit_level": "credit grows with the trend and reacts to the level of the real rate over "
    "neutral, which falls with the neutral rate itself",
    "gdp_level": "early: a disruption gives something back at once; late: the technology gap has "
    "one size for three measures, and the data leave less of it",
    "rouble": "freed imports need foreign exchange until the balance closes, and exports that were "
    "banned bring it later; the old rouble rose by a judged link alone",
    "import_level": "imports follow income and the real exchange rate to a level; most of what was "
    "lost has been routed around, so that little is left to come back",
    "real_wage_level": "wages grow with what lasts of output, no longer with each quarter's growth",
}
# What lifting one measure does to needs of foreign exchange by the balance of payments.
_MEASURES = ("trade", "energy", "finance", "transport", "assets")


def said(values: xr.DataArray | np.ndarray, *, decimals: int = 1) -> str:
    """Median, 5 to 95 % and P(> 0) of draws."""
    array = np.asarray(values)
    low, middle, high = np.quantile(array, [0.05, 0.5, 0.95])
    told = f"{middle:.{decimals}f} ({low:.{decimals}f}; {high:.{decimals}f})"
    return f"{told}, {chance(np.mean(array > 0))}".replace("-", "−")


def relief_rows(old: Fit, new: Fit) -> Iterator[list[str]]:
    """Effect of full relief on every headline level and rate, both economies."""
    effects = {
        which: total_effect(found.scm, found.draws, horizon=20, outcomes=list(_REASONS))
        for which, found in (("old", old), ("new", new))
    }
    for name, reason in _REASONS.items():
        label = new.scm.variables[name].label
        for which, found in (("old", old), ("new", new)):
            unit = found.scm.variables[name].unit
            cells = [
                said(
                    effect_in_percent(
                        effects[which].sel({dims.OUTCOME: name, dims.HORIZON: quarters}), unit
                    )
                )
                for quarters in _HORIZONS
            ]
            yield [label if which == "old" else "", which, *cells, reason if which == "new" else ""]


def claim_rows(old: Fit, new: Fit) -> Iterator[list[str]]:
    """Each claim before and after: probability and median."""
    tables = [
        scorecard(found.problem, found.prior_draws, found.draws, load_claims()).set_index("claim")
        for found in (old, new)
    ]
    for name in tables[0].index:
        cells = []
        for table in tables:
            row = table.loc[name]
            cells.append(f"{chance(row['prob'])} ({row['median']:.2f})".replace("-", "−"))
        yield [str(name).replace("_", " "), *cells]


def rouble_rows(old: Fit, new: Fit) -> Iterator[list[str]]:
    """P(the rouble is stronger) with one measure lifted, and the sign of the need of exchange."""
    horizon = 20
    found = {
        which: measure_effects(
            fit.scm,
            fit.draws,
            Relief(),
            horizon=horizon,
            outcomes=["rouble", *([_NEED] if _NEED in fit.scm.variables else [])],
        )
        for which, fit in (("old", old), ("new", new))
    }
    for name in (*_MEASURES, "all"):
        cells = [
            chance(float((values.sel(lifted=name, outcome="rouble", horizon=quarters) > 0).mean()))
            for values in found.values()
            for quarters in (4, 12, 20)
        ]
        need = said(found["new"].sel(lifted=name, outcome=_NEED, horizon=4))
        yield [name, *cells, need]


def total_rows(old: Fit, new: Fit) -> Iterator[list[str]]:
    """Distance and kind of miss of each published total, both economies."""
    tables = [totals_table(f.scm, f.prior_draws, f.draws) for f in (old, new)]
    for before, after in zip(*(t.to_dict("records") for t in tables), strict=True):
        if not np.isfinite(before["z"]):
            continue
        cells = []
        for row in (before, after):
            middle = f"{row['median']:.2f} ({row['lower']:.2f}; {row['upper']:.2f})"
            cells += [middle.replace("-", "−"), f"{row['z']:+.1f} {row['miss']}".replace("-", "−")]
        yield [before["title"], before["published"], *cells]
    for which, table in zip(("old", "new"), tables, strict=True):
        yield [f"**{which}.** {miss_pattern(table)}", *[""] * 5]


def markdown(head: list[str], rows: Iterator[list[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def report(old: Fit, new: Fit) -> str:
    """All tables, as the page has them."""
    relief = markdown(
        ["full relief", "", *(f"after {q}" for q in _HORIZONS), "why it changes"],
        relief_rows(old, new),
    )
    claims = markdown(
        ["claim", "old: P (median)", "new: P (median)"],
        claim_rows(old, new),
    )
    quarters = (4, 12, 20)
    rouble = markdown(
        [
            "lifted alone",
            *(f"{which}, P stronger after {q}" for which in ("old", "new") for q in quarters),
            "new: need of foreign exchange after 4, log points",
        ],
        rouble_rows(old, new),
    )
    totals = markdown(
        ["published total", "published", "old", "z", "new", "z"],
        total_rows(old, new),
    )
    return "\n\n".join(
        (
            "Medians (5 to 95 %), P(> 0); levels in %, rates in points. *Old* is the growth "
            "economy, *new* the anchored one.",
            relief,
            claims,
            rouble,
            totals,
        )
    )


def main() -> None:
    """Read two folders of results and print, or write into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path, help="folder of a run of the growth economy")
    parser.add_argument("new", type=Path, help="folder of a run of the anchored economy")
    parser.add_argument("--write", type=Path, help="page whose part between markers is replaced")
    asked = parser.parse_args()
    text = report(load_results(asked.old), load_results(asked.new))
    if asked.write is None:
        print(text)
        return
    page = asked.write.read_text(encoding="utf-8")
    before, after = page.split(_BEGIN)[0], page.split(_END)[1]
    asked.write.write_text(
        f"{before}{_BEGIN}\n\n{page_minus(text)}\n\n{_END}{after}", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
