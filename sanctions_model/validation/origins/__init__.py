"""Forecasts made again from origins of the past, with baselines and scores."""
