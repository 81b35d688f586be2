"""Commands that take the place of Django's own: the first app that has one wins, so this stands before its app."""
