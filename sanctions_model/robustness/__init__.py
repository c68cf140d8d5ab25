"""What an answer rests on: beliefs, single studies, unmeasured causes, other equations.

Knows no figure and no country.
"""
