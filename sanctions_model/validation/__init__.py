"""Whether the model can be believed: calibration, back-tests, scores, ranges.

Knows no figure and no page.
"""
