"""What figures are made of: style, panels, layout, marks.

Holds no figure of its own.
"""
