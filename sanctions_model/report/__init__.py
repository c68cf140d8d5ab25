"""Results in words: tables, sentences and pages.

Computes nothing that a query does not.
"""
