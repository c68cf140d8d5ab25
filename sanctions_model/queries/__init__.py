"""Causal questions as functions of a model and its draws.

Knows no sampler, no file of scenarios and no country.
"""
