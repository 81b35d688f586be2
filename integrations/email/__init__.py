"""Mail: where it is handed over."""
