"""The numbers that the kernel of owners and clocks knows are the ones written down elsewhere."""

from cdrpipe._fast import clock
from cdrpipe.cdr.duplicate import Verdict
from cdrpipe.cdr.schema import NUMBER_KINDS, OUTCOMES, RELATIONS
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.cdr.validate import CALL_MS_MAX, FUTURE_TOLERANCE_US


def test_codes_are_those_of_the_words() -> None:
    for codes, words in (
        (clock.KIND_CODES, NUMBER_KINDS),
        (clock.RELATION_CODES, RELATIONS),
        (clock.OUTCOME_CODES, OUTCOMES),
    ):
        assert codes == {word: words.index(word) for word in codes}
    assert set(clock.RELATION_CODES) == set(RELATIONS)
    assert {name: SuspenseReason[name] for name in clock.REASON_CODES} == clock.REASON_CODES
    assert {name: Verdict[name] for name in clock.VERDICT_CODES} == clock.VERDICT_CODES


def test_limits_are_those_of_the_validation() -> None:
    assert (clock.CALL_MS_MAX, clock.FUTURE_TOLERANCE_US) == (CALL_MS_MAX, FUTURE_TOLERANCE_US)
