"""Command-line client and witness program. Imports nothing of the server."""
