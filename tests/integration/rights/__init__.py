"""Who may do what: the table of docs/rights.md, every address there is, and a shop with people to try them."""
