"""Answers put into tables, years, windows, percent and sentences.

Knows answers; computes no effect of its own.
"""
