"""Watching, alerts, orders, agency conduct, the dossier and the public log."""
