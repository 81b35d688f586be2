"""HTTP to one service or selector call."""
