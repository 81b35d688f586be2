"""The services: none imports another."""
