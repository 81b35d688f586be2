"""One file with everything that a shop keeps: its databases and its uploaded files."""
