"""Forms of the shop and the back office; each module is one subject."""
