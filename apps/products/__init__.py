"""The catalogue and its stock: the products service."""
