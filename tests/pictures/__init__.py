"""`python3 bootstrap.py pictures`: every page photographed and judged, for people to look through."""
