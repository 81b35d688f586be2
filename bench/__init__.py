"""The proof of what is said about speed: each command measures something beside its reference, in one run."""
