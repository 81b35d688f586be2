"""What the web throws at a shop, on every address and against the real server."""
