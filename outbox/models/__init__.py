"""Typed tables, one file per topic."""
