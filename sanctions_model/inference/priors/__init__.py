"""Beliefs before the data: families, the ledger of priors, pooled studies.

Knows parameters by their addresses, and no data.
"""
