import itertools
import random
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.rules.similarity import (
    THIN,
    Document,
    StandardText,
    compare,
    containment_of,
    prepared,
)
from supervision.rules.similarity_fingerprints import (
    GRAM,
    MOST_BIDS,
    SHORTEST_RUN,
    WINDOW,
    Fingerprints,
    Index,
    covered_by,
    gram_hashes,
)
from supervision.rules.similarity_normalising import is_compared, normalised
from supervision.rules.similarity_passages import Run, shared_runs, stretches
from supervision.rules.similarity_sentences import longest_rising
from webapp.factory import create_app

ODD = (
    "甲乙丙 ,。()()ABcⅣ⑩①㈱…ﾊﾟカ゛"
    "e\u0301\u0300ᄀ\u1161\u11a8\u200b\ufeff\ufe0f㎡½\U00030000\U000e0100\u09c7\u09be"
)


def prose(length: int, seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chr(0x4E00 + chance.randrange(8000)) for _ in range(length))


def compared(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text) if is_compared(each))


def codes(text: str) -> np.ndarray:
    return np.array([ord(each) for each in text], dtype=np.uint32)


def run(*arguments):
    return create_app().test_cli_runner().invoke(args=["supervision", "similarity", *arguments])


@settings(deadline=None)  # The first call makes the table of characters.
@given(st.text(st.sampled_from(ODD) | st.characters(), max_size=60))
def test_compared_is_the_nfkc_form_without_what_nobody_sees(text):
    result = normalised(text)

    assert "".join(map(chr, result.codes)) == compared(text)
    assert all(0 <= a < b <= len(text) for a, b in zip(result.starts, result.ends, strict=True))
    assert (np.diff(result.starts) >= 0).all()


@pytest.mark.parametrize(
    ("hidden", "plain"),
    [
        ("投\u200b标 文\n件", "投标文件"),
        ("投标,文件。", "投标文件"),
        ("ABC１２", "ABC12"),
        ("投\ufe0f标\U000e0100文件\U000e0041", "投标文件"),
        ("\ufeff投标\r\n", "投标"),
        ("㎡⑩", "m210"),
    ],
)
def test_width_breaks_marks_and_invisible_characters_hide_nothing(hidden, plain):
    assert "".join(map(chr, normalised(hidden).codes)) == plain


def test_traditional_characters_and_case_are_left_alone():
    assert "".join(map(chr, normalised("標标Aa").codes)) == "標标Aa"


def test_a_standard_text_shorter_than_a_run_leaves_nothing_out():
    text = Document(prose(600, 1))

    found = compare(text, text, [StandardText("短", text.text[:19])])

    assert found.left_out[0].a == ()
    assert found.containment == 1.0


def test_two_marks_melt_into_one_character():
    result = normalised("甲e\u0323\u0301乙")

    assert "".join(map(chr, result.codes)) == unicodedata.normalize("NFKC", "甲e\u0323\u0301乙")
    assert result.span(1, 2) == (1, 4)


def test_the_range_of_a_melted_character_is_its_whole_cluster():
    assert normalised("甲e\u0301乙").span(1, 2) == (1, 3)


@settings(max_examples=150, deadline=None)
@given(st.text("ab", max_size=70), st.text("ab", max_size=70), st.integers(2, 12))
def test_runs_cover_exactly_what_both_sides_share(one, other, shortest):
    runs = shared_runs(codes(one), codes(other), shortest)

    grams = [
        {text[i : i + shortest] for i in range(len(text) - shortest + 1)} for text in (one, other)
    ]
    for text, side in ((one, "a"), (other, "b")):
        expected, mine = set(), set()
        for i in range(len(text) - shortest + 1):
            if text[i : i + shortest] in grams[0] & grams[1]:
                expected |= set(range(i, i + shortest))
        for each in runs:
            start = getattr(each, side)
            mine |= set(range(start, start + each.length))
        assert mine == expected
    for each in runs:
        assert each.length >= shortest
        assert one[each.a : each.a + each.length] == other[each.b : each.b + each.length]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(0, 60), st.integers(SHORTEST_RUN, 40))
def test_every_shared_run_of_twenty_characters_leaves_a_common_fingerprint(seed, i, j, length):
    shared = prose(length, seed)
    one = prose(i, seed + 1) + shared + prose(30, seed + 2)
    other = prose(j, seed + 3) + shared + prose(30, seed + 4)

    marks = [prepared(Document(text)).fingerprints() for text in (one, other)]
    table = Index(marks).shared_marks()

    assert SHORTEST_RUN == GRAM + WINDOW - 1 == 20
    assert table[0, 1] >= 1
    assert Index(marks[:1]).shared_with(marks[1])[0] == table[0, 1]
    assert any(p.length >= length for p in compare(Document(one), Document(other)).passages)


@pytest.mark.parametrize(("length", "found"), [(19, 0), (20, 1)])
def test_a_run_of_nineteen_is_not_reported_one_of_twenty_is(length, found):
    shared = prose(length, 1)
    one, other = Document("甲" + shared + "乙"), Document("丙" + shared + "丁")

    assert len(compare(one, other).passages) == found


def test_a_run_beside_left_out_text_still_leaves_a_fingerprint():
    tender, shared = prose(300, 1), prose(20, 2)
    standard = StandardText("t", tender)
    bids = [Document(prose(50, i) + shared + tender + prose(50, i + 9)) for i in (3, 4)]

    marks = [prepared(bid, [standard]).fingerprints() for bid in bids]

    assert Index(marks).shared_marks()[0, 1] >= 1


def test_all_pairs_agree_with_sets_and_one_more_bid_costs_no_new_pairs():
    common = [prose(60, seed) for seed in range(5)]
    texts = [prose(100, 50 + i) + "".join(common[:i]) + prose(40, 70 + i) for i in range(5)]
    bids = [prepared(Document(text)).fingerprints() for text in texts]
    sets = [set(bid.marks.tolist()) for bid in bids]
    expected = [[len(one & other) for other in sets] for one in sets]

    table = Index(bids).shared_marks()
    one_more = Index(bids[:4]).shared_with(bids[4])

    shared_only = [[expected[a][b] if a != b else 0 for b in range(5)] for a in range(5)]
    np.fill_diagonal(table, 0)
    assert table.tolist() == shared_only
    assert one_more.tolist() == expected[4][:4]


def test_bids_without_common_text_share_nothing():
    empty = Fingerprints(np.empty(0, np.uint64), 0)
    lone = prepared(Document(prose(100, 1))).fingerprints()

    assert Index([empty, lone]).shared_marks()[0, 1] == 0
    assert Index([]).shared_with(lone).tolist() == []
    assert prepared(Document("短")).fingerprints().marks.size == 0


def test_more_bids_than_the_index_can_name_are_refused():
    empty = Fingerprints(np.empty(0, np.uint64), 0)

    with pytest.raises(ValueError, match="4096"):
        Index([empty] * (MOST_BIDS + 1))


def test_kept_fingerprints_come_back_unchanged():
    bid = prepared(Document(prose(500, 1))).fingerprints()

    again = Fingerprints.from_bytes(bid.to_bytes())

    assert again.length == bid.length == 500
    assert (again.marks == bid.marks).all()


@pytest.mark.parametrize("kept", [b"", b"ZBFP1\n", b"ZBFP1\n" + bytes(9), b"other" + bytes(11)])
def test_bytes_that_are_no_fingerprints_are_refused(kept):
    with pytest.raises(ValueError, match="fingerprints"):
        Fingerprints.from_bytes(kept)


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 20))
def test_equal_runs_have_equal_hashes_and_others_do_not(values, length):
    hashes = gram_hashes(np.array(values, dtype=np.uint32), length).tolist()

    grams = [tuple(values[i : i + length]) for i in range(len(values) - length + 1)]
    assert len(hashes) == len(grams)
    assert len(set(hashes)) == len(set(grams))


def test_cover_and_stretches_are_half_open():
    flags = covered_by(np.array([False, True, False, False]), 3)

    assert flags.tolist() == [False, True, True, True, False, False]
    assert stretches(flags) == [(1, 4)]


def test_planted_passage_has_its_place_in_the_original_and_its_share():
    shared = prose(300, 1)
    one = "\ufeff" + prose(700, 2) + "\r\n" + shared[:100] + "，\n" + shared[100:]
    other = prose(100, 3) + shared[:150] + " " + shared[150:] + prose(900, 4)

    found = compare(Document(one), Document(other))

    assert [(each.a, each.b) for each in found.passages] == [((703, 1005), (100, 401))]
    assert found.passages[0].text == one[703:1005]
    assert found.containment == 0.3
    assert found.lengths == (1000, 1300)


def test_the_tender_document_is_left_out_and_listed():
    tender, shared = prose(400, 1), prose(50, 2)
    one = tender + prose(50, 3) + shared
    other = shared + prose(150, 4) + tender[:200] + tender[200:]
    standard = StandardText("招标文件", tender)

    found = compare(Document(one), Document(other), [standard])

    assert found.containment == 0.5
    assert [each.text for each in found.passages] == [shared]
    assert found.left_out[0].name == "招标文件"
    assert found.left_out[0].a == ((0, 400),)
    assert found.left_out[0].b == ((200, 600),)


def test_a_run_never_bridges_left_out_text():
    tender = prose(100, 1)
    left, right = prose(15, 2), prose(15, 3)
    one = other = left + tender + right

    found = compare(Document(one), Document(other), [StandardText("t", tender)])

    assert found.passages == ()
    assert found.containment == 0


@pytest.mark.parametrize("texts", [("", ""), ("甲乙", ""), ("。。", "甲" * 99)])
def test_nothing_left_to_compare_gives_null_and_abstains(texts):
    found = compare(*map(Document, texts))

    assert found.containment is None
    assert "不足" in found.abstains


def test_identical_texts_contain_each_other_wholly():
    text = prose(1000, 1)

    found = compare(Document(text), Document(text))

    assert found.containment == 1.0
    assert len(found.flags) == 2


def test_repetition_in_one_text_does_not_raise_the_share_above_one():
    piece = prose(40, 1)

    found = compare(Document(piece * 20), Document(piece + prose(2000, 2)))

    assert found.containment == 1.0


@settings(max_examples=30, deadline=None)
@given(st.text("甲乙丙", max_size=120), st.text("甲乙丙", max_size=120))
def test_the_order_of_the_two_documents_does_not_matter(one, other):
    forth, back = compare(Document(one), Document(other)), compare(Document(other), Document(one))

    assert forth.containment == back.containment


def test_of_equally_long_texts_the_larger_share_counts():
    runs = [Run(0, 0, 20), Run(0, 20, 20)]

    assert containment_of(100, 100, runs, (100, 100)) == 0.4
    assert containment_of(99, 100, runs, (99, 100)) == 20 / 99


@pytest.mark.parametrize(("length", "abstains"), [(THIN - 1, True), (THIN, False)])
def test_below_five_hundred_characters_no_conclusion_is_offered(length, abstains):
    text = Document(prose(length, 1))

    found = compare(text, text)

    assert bool(found.abstains) is abstains
    assert bool(found.flags) is not abstains


def test_unrelated_texts_are_not_flagged():
    found = compare(Document(prose(3000, 1)), Document(prose(3000, 2)))

    assert found.flags == ()
    assert found.containment == 0


def test_passages_are_told_in_pages():
    shared = prose(100, 1)
    one = Document(prose(50, 2) + "\f" + shared, (0, 51))

    passage = compare(one, Document(shared)).passages[0]

    assert passage.pages_a == (2, 2)
    assert passage.pages_b is None
    assert one.pages_of((40, 60)) == (1, 2)
    assert one.pages_of((40, 51)) == (1, 1)


def test_shuffled_sentences_are_found_and_named():
    sentences = [prose(12, seed) + "。" for seed in range(60)]
    moved = sentences[10:] + sentences[:10]

    found = compare(Document("".join(sentences)), Document("\n".join(moved)))

    assert len(found.sentences) == 60
    assert sum(each.moved for each in found.sentences) == 10
    assert "有 10 个相同句子次序不同。" in found.flags


@given(st.lists(st.integers(0, 9), max_size=9, unique=True))
def test_longest_rising_leaves_out_as_few_as_possible(values):
    chosen = sorted(longest_rising(values))
    picked = [values[place] for place in chosen]

    subsets = itertools.chain.from_iterable(
        itertools.combinations(values, size) for size in range(len(values) + 1)
    )
    assert picked == sorted(set(picked))
    assert len(picked) == max(len(each) for each in subsets if list(each) == sorted(each))
