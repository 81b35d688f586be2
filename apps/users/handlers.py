"""What the users service does when something happens elsewhere."""
