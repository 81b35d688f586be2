"""What is told to whom: the notifications service."""
