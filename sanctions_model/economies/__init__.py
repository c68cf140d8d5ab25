"""The economies: the only room that knows Russia's equations.

Knows no data and no sampler; `registry` says which there are and which is the default.
"""
