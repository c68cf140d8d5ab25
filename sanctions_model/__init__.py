"""Bayesian structural causal model of sanctions and of their relief."""
