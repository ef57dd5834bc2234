"""Assembly only: application, settings, errors, headers, live channels, commands."""
