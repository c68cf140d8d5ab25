"""The side of the misses: on which side of published figures the model lies, and how soon."""

import pandas as pd

from sanctions_model.wording import chance

_SOON = 8  # quarters


def miss_pattern(table: pd.DataFrame) -> str:
    """Say on which side the misses lie: one-sided ones are a fault, not noise.

    `table`: from `totals_table`. Returns: counts of hard and soft misses, their sides, and how many
    are asked within two years.

    >>> rows = {"miss": ["hard", "soft"], "size": ["too small", "too large"], "horizon": [4, 12]}
    >>> miss_pattern(pd.DataFrame(rows)).partition(";")[0]
    'Hard misses: 1 (1 too small, 0 too large, 1 within two years)'
    """
    said = []
    for kind in ("hard", "soft"):
        own = table[table["miss"] == kind]
        small = int((own["size"] == "too small").sum())
        soon = int((own["horizon"].astype(float) <= _SOON).sum())
        large = len(own) - small
        sides = f"{small} too small, {large} too large"
        said.append(f"{kind} misses: {len(own)} ({sides}, {soon} within two years)")
    missed = table[table["miss"].isin(["hard", "soft"])]
    small = int((missed["size"] == "too small").sum())
    side = max(small, len(missed) - small)
    counts = "; ".join(said).capitalize()
    if len(missed) < 2:
        return f"{counts}."
    from scipy.stats import binomtest

    by_luck = float(binomtest(side, len(missed), 0.5).pvalue)
    return (
        f"{counts}. Were the misses independent and either side as likely, one so "
        f"one-sided would come with probability {chance(by_luck)}."
    )
