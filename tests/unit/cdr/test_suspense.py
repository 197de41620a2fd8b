"""Reasons are numbered once and for ever, and each says what it claims."""

from cdrpipe.cdr.suspense import SuspenseReason


def test_numbers_are_unique_and_without_gap() -> None:
    assert sorted(SuspenseReason) == list(range(1, len(SuspenseReason) + 1))


def test_every_reason_has_one_sentence_of_its_own() -> None:
    sentences = [reason.sentence for reason in SuspenseReason]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") for sentence in sentences)
