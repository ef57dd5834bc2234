"""Use-cases: load, ask the rules, change, record, publish."""
