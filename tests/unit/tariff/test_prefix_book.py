import random
from array import array

import pytest

from cdrpipe._fast import destination
from cdrpipe.errors import TariffError
from cdrpipe.tariff.prefix_book import PREFIX_BYTES_MAX, PrefixBooks, build_prefix_books


def nodes(books: PrefixBooks, rows: list[tuple[int, str]]) -> list[int]:
    """Find the node of each (version, text)."""
    encoded = [text.encode() for _, text in rows]
    offsets = array("i", [0])
    for text in encoded:
        offsets.append(offsets[-1] + len(text))
    node = array("i", [99] * len(rows))
    destination.longest_prefix_batch(
        memoryview(array("i", [version for version, _ in rows])),
        memoryview(offsets),
        memoryview(b"".join(encoded)),
        books.book_of_version,
        books.books,
        books.slots,
        books.prefix_offsets,
        books.prefix_text,
        memoryview(node),
    )
    return node.tolist()


def test_the_longest_prefix_of_the_versions_own_book_is_found() -> None:
    books = build_prefix_books([("86", "8610"), (), ("8", "861"), ("86", "8610")])
    assert books.book_of_version.tolist() == [0, -1, 1, 0]
    texts = [
        (0, "861012"),
        (0, "862"),
        (0, "8"),
        (0, ""),
        (1, "861012"),
        (2, "861012"),
        (3, "8610"),
    ]
    assert nodes(books, texts) == [1, 0, -1, -1, -1, 1, 1]


def test_rows_of_no_version_find_nothing() -> None:
    books = build_prefix_books([("1",)])
    assert nodes(books, [(-1, "1"), (1, "1"), (0, "1")]) == [-1, -1, 0]
    assert nodes(build_prefix_books([()]), [(0, "1")]) == [-1]
    assert nodes(books, []) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_search_equals_a_look_at_every_prefix(seed: int) -> None:
    choose = random.Random(seed)
    letters = choose.choice(("0123456789", "01", "aé电"))

    def text(longest: int) -> str:
        return "".join(choose.choices(letters, k=choose.randrange(longest + 1)))

    versions = [
        tuple(sorted({text(size) or "0" for _ in range(choose.choice((1, 20, 2_000)))}))
        for size in (1, 3, 6, 12)
    ]
    rows = [(choose.randrange(4), text(14)) for _ in range(3_000)]
    expected = []
    for version, written in rows:
        matching = [prefix for prefix in versions[version] if written.startswith(prefix)]
        longest = max(matching, key=len, default=None)
        expected.append(-1 if longest is None else versions[version].index(longest))
    assert nodes(build_prefix_books(versions), rows) == expected


def test_prefixes_have_one_to_sixty_bytes() -> None:
    longest = "9" * PREFIX_BYTES_MAX
    assert nodes(build_prefix_books([(longest,)]), [(0, longest + "1"), (0, longest[1:])]) == [
        0,
        -1,
    ]
    with pytest.raises(TariffError, match="expected prefixes of 1 to 60 bytes, got one of 61"):
        build_prefix_books([("1", longest + "9")])
    with pytest.raises(TariffError, match="expected prefixes of 1 to 60 bytes, got one of 0"):
        build_prefix_books([("", "1")])


def test_the_kernel_refuses_columns_that_do_not_belong_together() -> None:
    offsets, text = memoryview(array("i", [0, 1, 2])), memoryview(b"11")
    with pytest.raises(ValueError, match="prefix 1 is empty, longer than 60 bytes or there twice"):
        destination.fill_slots(offsets, text, memoryview(array("Q", [0] * 4)))
    with pytest.raises(ValueError, match="a book needs more slots than prefixes"):
        destination.fill_slots(offsets, text, memoryview(array("Q", [0] * 2)))
    with pytest.raises(ValueError, match="the offsets of the prefixes lead beyond their text"):
        destination.fill_slots(offsets, memoryview(b"1"), memoryview(array("Q", [0] * 4)))
    books = build_prefix_books([("1",)])
    columns = (
        books.book_of_version,
        books.books,
        books.slots,
        books.prefix_offsets,
        books.prefix_text,
    )
    version = memoryview(array("i", [0]))
    with pytest.raises(ValueError, match="columns of one batch must have one length"):
        destination.longest_prefix_batch(version, offsets, text, *columns, version)
    with pytest.raises(ValueError, match="the offsets of the destinations lead beyond their text"):
        destination.longest_prefix_batch(
            version, offsets[:2], memoryview(b""), *columns, memoryview(array("i", [0]))
        )
