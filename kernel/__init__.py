"""Values that every package speaks: errors, life cycles, periods, money, codes, text. Pure."""
