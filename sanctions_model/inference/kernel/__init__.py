"""One compiled log density for every model, and the door through which nutpie samples it.

Knows arrays of numbers; which model they are of, `inputs` says.
"""
