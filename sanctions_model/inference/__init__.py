"""From equations, data and beliefs to draws.

Knows one model at a time, and no question that is asked of it.
"""
