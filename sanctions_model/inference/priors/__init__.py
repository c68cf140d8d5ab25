"""Beliefs before the data: families, the ledger of priors, pooled studies."""
