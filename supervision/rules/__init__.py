"""Pure rules, one file per topic; each names its legal source."""
