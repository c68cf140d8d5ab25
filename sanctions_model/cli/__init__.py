"""Thin verbs of the command line.

Knows options and where answers go, and computes nothing.
"""
