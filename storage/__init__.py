"""Where things are kept: transactions, column types, the file vault, due work."""
