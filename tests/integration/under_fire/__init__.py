"""Everything at once, in numbers that find what a pair of threads does not."""
