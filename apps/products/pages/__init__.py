"""The shop's and the back office's pages about products; each module is one subject."""
