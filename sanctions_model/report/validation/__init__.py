"""The validation report as a document.

Reads results; computes none.
"""
