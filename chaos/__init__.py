"""Survival: the whole shop under fire, with what its customers were told as the judge."""
