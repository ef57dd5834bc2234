"""Streams of facts, the Merkle log over them, checkpoints, receipts, sealing and signing."""
