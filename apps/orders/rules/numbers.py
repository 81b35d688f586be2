"""Order numbers: short, random, and hard to misread."""

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs without 0, 1, I and O."""

LENGTH = 8
BITS = 5 * LENGTH


def order_number(random_bits: int) -> str:
    """Return the number that belongs to ``BITS`` random bits."""
    return "".join(ALPHABET[random_bits >> (5 * place) & 31] for place in range(LENGTH))
