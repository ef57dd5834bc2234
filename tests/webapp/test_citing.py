"""Sources of the law, as readers of each language see them."""

import pytest
from flask_babel import force_locale

from webapp.citing import cited

SOURCE = "招标投标法 第23条; 财政部令第87号 第45条第1项、第3项"


@pytest.fixture(autouse=True)
def asking(app):
    with app.test_request_context():
        yield


def test_chinese_readers_get_the_source_as_the_rule_carries_it():
    with force_locale("zh_Hans_CN"):
        assert cited(SOURCE) == SOURCE


def test_other_readers_get_articles_and_items_by_their_words():
    with force_locale("en"):
        shown = cited(SOURCE)

    assert "Art. 23; " in shown
    assert shown.endswith("Art. 45, item 1, item 3")


def test_a_source_that_nobody_knows_stays_as_it_is():
    with force_locale("en"):
        assert cited("某省办法") == "某省办法"
        assert cited("") == ""
