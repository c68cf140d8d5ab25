"""The interactive page: one file that answers by itself.

Computes nothing that a query does not.
"""
