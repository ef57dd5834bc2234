"""Pages and JSON endpoints, one blueprint per audience."""
