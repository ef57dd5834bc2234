"""Checks an evidence bundle off-line. Imports nothing of the server nor of the client."""
