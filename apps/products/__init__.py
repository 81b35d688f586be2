"""The catalogue, and the only authority over stock."""
