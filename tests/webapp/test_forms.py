"""Every form that is refused can be shown again: its page asks for nothing that it has not."""

import inspect

from identity.forms import page_of


def test_the_page_of_every_form_needs_no_more_than_the_address_of_the_form_gives(app):
    forms = 0
    for rule in app.url_map.iter_rules():
        page = page_of(app.view_functions[rule.endpoint])
        if page is not None:
            forms += 1
            assert set(inspect.signature(page).parameters) <= rule.arguments, rule
    assert forms > 50
