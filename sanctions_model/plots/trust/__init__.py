"""Figures about how far an answer can be trusted: priors, robustness, validation."""
