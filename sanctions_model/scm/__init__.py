"""Equations and how they run: graph, variables, interventions, propagation.

Knows no data, no beliefs and no country.
"""
