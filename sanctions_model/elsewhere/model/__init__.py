"""The panel of liftings as a Bayesian model: cells, likelihood, statement, sampling."""
