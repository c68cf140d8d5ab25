"""What the page's builder works with: who lifts what, beliefs to weigh by, paths to ask about.

Computes nothing that a query does not.
"""
