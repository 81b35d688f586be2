"""What the notifications service does when something happens elsewhere."""
