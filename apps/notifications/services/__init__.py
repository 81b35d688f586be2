"""The use cases of messages, by subject."""
