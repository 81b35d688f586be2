"""Events: outbox, inbox and the relay between them."""
