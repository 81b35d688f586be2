"""What can be done with orders at the keyboard."""
