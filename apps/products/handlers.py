"""What the products service does when something happens elsewhere."""
