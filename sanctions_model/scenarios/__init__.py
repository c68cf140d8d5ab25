"""Futures of sanctions policy: who lifts what, when, with what probability.

Knows no sampler and draws no figure.
"""
