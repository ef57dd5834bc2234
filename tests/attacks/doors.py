"""Every door of the address map that changes something, and the mark that a form needs."""

import re

MARK = re.compile(r'name="csrf_token" value="([^"]+)"')


def changing(app):
    """(endpoint, method, address) of every door that changes something."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"GET", "HEAD", "OPTIONS"}):
            values = {name: _value(rule._converters[name]) for name in rule.arguments}
            yield rule.endpoint, method, adapter.build(rule.endpoint, values, method)


def _value(converter):
    return 1 if type(converter).__name__ == "IntegerConverter" else "TD0000000000"
