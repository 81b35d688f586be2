"""Pages of the orders service, by subject: the shop's basket and till, and the back office."""
