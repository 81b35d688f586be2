"""What the orders service does when something happens elsewhere."""
