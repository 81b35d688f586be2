"""What needs two services or more, and the facts of the whole house."""
