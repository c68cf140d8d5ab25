"""Small tables with known numbers that figures are drawn of."""

import json

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm

from sanctions_model.queries.reading.calendar_years import (
    DIFFERENCE,
    RELIEF,
    UNCHANGED,
    Statistic,
)

EPISODES = pd.DataFrame(
    {
        "episode": ["A", "B", "C"] * 2,
        "outcome": ["gdp"] * 3 + ["imports"] * 3,
        "median": [2.0, -1.0, 0.5, 5.0, 1.0, 3.0],
        "lower": [0.0, -3.0, -1.0, 1.0, -1.0, 0.0],
        "upper": [4.0, 1.0, 2.0, 9.0, 3.0, 6.0],
        "cells": [6, 6, 0, 6, 6, 6],
    }
)
PREDICTIVE = pd.DataFrame(
    {"outcome": ["gdp", "imports"], "median": [0.5, 2.0], "lower": [-4, -9], "upper": [5, 12]}
)
FACTORS = pd.DataFrame(
    {
        "factor": ["a link", "a very long name of a factor that must be broken into lines " * 2],
        "low": [-1.0, 0.2],
        "high": [2.0, 0.5],
        "base": [0.5, 0.5],
    }
)
OUTCOMES = ["price_level", "gdp_level"]
RATE, PRICES = "key_rate", "price_level"
POLL = {2026: (14.0, 14.0), 2027: (9.0, 11.0)}
X, Y = np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0])
NAMED = np.array(["stated", "a_sceptic", "oil -> GDP at 0"], dtype=object)


def made(median, dims, coords):
    """A sweep as `load_sweep` returns it, with known medians and bounds one either side."""
    median = np.stack([median, -2.0 * median], axis=-1)
    summary = np.stack([median, median - 1.0, median + 1.0, np.full_like(median, 0.5)], axis=-1)
    # The first outcome is a level: kept in log points, drawn in the percent that is given here.
    summary[..., 0, :3] = 100.0 * np.log1p(summary[..., 0, :3] / 100.0)
    axes = [
        {"kind": "relief", "name": name, "argument": "depth"}
        if np.asarray(values).dtype.kind == "f"
        else {"kind": "alternative", "name": name}
        for name, values in coords.items()
    ]
    design = {
        "label": "a known plane",
        "axis": axes,
        "horizon": 8,
        "relief": {"depth": 1.0, "ramp": 4, "start": 1, "measures": ["trade"]},
    }
    at = {name: ((dims if dims == ("point",) else name), values) for name, values in coords.items()}
    # The same draws at every point, around its median, whose standard error is 0.1.
    drawn = 0.1 * np.sqrt(400) / np.sqrt(np.pi / 2) * norm.ppf((np.arange(400) + 0.5) / 400)
    unknown = (dims, np.full(median.shape[:-1], np.nan))
    return xr.Dataset(
        {
            "effect": ((*dims, "outcome", "draw"), summary[..., :1] + drawn),
            "effect_summary": ((*dims, "outcome", "summary"), summary),
            "effective_size": unknown,
            "ess_bulk": unknown,
            "base": (dims, np.zeros(median.shape[:-1], dtype=int)),
            "route": (dims, np.full(median.shape[:-1], "propagate", dtype=object)),
        },
        coords={
            **at,
            "outcome": OUTCOMES,
            "unit": ("outcome", ["% (100 log points)", "% a year"]),
            "label": ("outcome", ["consumer price level", "GDP (real)"]),
            "summary": ["median", "lower", "upper", "prob_below_zero"],
        },
        attrs={"design": json.dumps(design), "ci_prob": 0.89, "ci_kind": "eti", "label": "plane"},
    )


def claims_table():
    row = {
        "claim": "lower_prices",
        "statement": "Consumer prices are lower.",
        "cause": "full relief of all measures in 4 steps",
        "outcome": "price_level",
        "horizon": 8,
        "unit": "% (100 log points)",
        "prob_prior": 0.93,
        "prob": 0.89,
        "prob_material": 0.74,
        "median": -1.04,
        "lower": -2.86,
        "upper": 0.35,
        "information": 0.16,
        "basis": "mixed",
        "sign_assumed": False,
        "verdict": "Likely.",
        "ci_prob": 0.89,
        "ci_kind": "eti",
    }
    chain = row | {
        "claim": "chain",
        "statement": "GDP grows because cheaper imports lower prices, the key rate and loan rates.",
        "cause": "full relief, channel article_chain alone",
        "unit": "% a year",
        "median": 0.08,
        "lower": 0.02,
        "upper": 0.26,
        "information": 0.77,
        "basis": "identified",
        "sign_assumed": True,
    }
    return pd.DataFrame([row, row | {"claim": "again", "statement": "Again."}, chain])


def yearly_table():
    said = {RATE: Statistic.MEAN.words, PRICES: Statistic.END.words}
    rows = [
        {"outcome": name, "source": source, "statistic": how, "year": year, "published": ""}
        | {"median": size + year % 10, "lower": size - 1.0, "upper": size + 12.0}
        | {"prob_above": 0.1}
        for name, how in said.items()
        for source, size in ((UNCHANGED, 8.0), (RELIEF, 7.0), (DIFFERENCE, -1.0))
        for year in (2026, 2027)
    ]
    rows += [
        {"outcome": RATE, "source": "analysts' poll", "statistic": "", "year": year}
        | {"median": (low + high) / 2, "lower": low, "upper": high, "published": "2026-07"}
        for year, (low, high) in POLL.items()
    ]
    found = pd.DataFrame(rows)
    found.attrs = {"start": "2026-01-01", "relief": "full relief", "subject": "Full relief"}
    return found
