"""What the product does for people, in their words; each sentence is executed."""
