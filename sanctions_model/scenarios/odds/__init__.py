"""Futures weighed against each other: chains of regimes, filters, mixtures, shares of variance.

Knows scenarios and their chances; no sampler.
"""
