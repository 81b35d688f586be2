"""Ways to pay: one small port, and what answers it."""
