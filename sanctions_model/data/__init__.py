"""From published figures to checked observations.

Knows where figures come from, not what a model does with them.
"""
