"""Made-up later quarters of the bundled figures."""

from statistics_server import bundled_figures

NEW = {
    "usd_rub_average_rub": {(2026, 1): 82.5, (2026, 2): 84.0},
    "brent_usd_bbl": {(2026, 2): 71.0},
    "key_rate_average_pct_pa": {(2026, 2): 15.25},
    "lending_rate_firms_pct_pa": {(2026, 1): 17.5, (2026, 2): 16.75},
    "cpi_growth_nsa_pct": {(2026, 1): 2.1, (2026, 2): 0.9},
    "gdp_index_nsa_2021eq100": {(2026, 2): 103.9},
    "imports_goods_sa_usd_bn": {(2025, 4): 78.0, (2026, 1): 74.0},
}


def newer_figures():
    figures = bundled_figures()
    for column, quarters in NEW.items():
        figures[column] |= quarters
    return figures
