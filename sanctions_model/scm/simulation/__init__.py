"""How a model runs: forward along paths, back along history, with drawn shocks.

Knows equations and draws; no data, no beliefs.
"""
