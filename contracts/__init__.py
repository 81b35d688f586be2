"""What services promise each other: protocols, plain data and events. Pure Python."""
