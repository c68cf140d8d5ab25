"""Other graphs than the stated one: how they are made, refitted, weighed and mixed."""
