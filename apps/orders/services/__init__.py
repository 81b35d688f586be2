"""What can be done with carts and orders: one function a use case."""
