"""One premium instead of two: what the sectors add up to, pooled with the model's own."""

from collections.abc import Callable, Mapping
from typing import Any

from sanctions_model.errors import QuestionError
from sanctions_model.inference.fit import Fit
from sanctions_model.report.page.markup import Html, join, table, tag
from sanctions_model.report.sectors import pooled_sentences
from sanctions_model.scenarios.sectors.pooling import HALF, pool_premium, pooled_effects
from sanctions_model.summaries import interval_rule
from sanctions_model.wording import chance, figure, number

_HORIZON = 12


def pooled_section(fit: Fit) -> Html:
    """Return the section. Raises `SanctionsModelError` if the model has no import premium."""
    scm = fit.scm
    if "price_level" not in scm.variables:
        raise QuestionError("The model has no 'price_level'.")
    seed = int(fit.manifest["settings"]["random_seed"])
    pools = [pool_premium(scm, fit.draws, power=power, random_seed=seed) for power in (HALF, 1.0)]
    found = pooled_effects(scm, fit.draws, pools, outcomes=["price_level"], horizon=_HORIZON)
    rows = []
    for name, own in found.groupby("quantity", sort=False):
        powers = own.to_dict("records")
        first = powers[0]
        label = scm.variables[str(name)].short_label
        when = f"after {scm.count_periods(int(first['horizon']))}" if first["horizon"] else "today"
        say: Callable[[float], str] = number if first["horizon"] else figure
        cells = [_span(first, "", say)] + [
            _span(row, "pooled_", say) if row["used"] else "refused: too few draws"
            for row in powers
        ]
        rows.append([f"{label} {when}, {str(first['unit']).split(' (')[0]}", *cells])
    higher = chance(pools[0].sectors_higher)
    return join(
        [
            tag(
                "p",
                "The import premium is said twice: by the model as a whole, and by the sum of the "
                f"sectors' own figures, which is higher with probability {higher}. Both mean one "
                "quantity, so that the sectors are taken in as evidence of it, by weights on the "
                "draws. The tables above are without; this is what it would change.",
            ),
            *(tag("p", sentence) for sentence in pooled_sentences(found, scm)),
            table(
                f"The premium, and what full relief does to prices, median and {interval_rule()}",
                ["Quantity", "Without", "Sectors at half weight", "Sectors in full"],
                rows,
                numeric=range(1, 4),
                cards=True,
            ),
        ]
    )


def _span(row: Mapping[Any, Any], prefix: str, say: Callable[[float], str]) -> str:
    middle, low, high = (say(row[prefix + part]) for part in ("median", "lower", "upper"))
    return f"{middle} ({low}; {high})"
