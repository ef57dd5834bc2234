"""A tender from its registration to its award: documents, guarantees, bids, opening."""
