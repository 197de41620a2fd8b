from cdrpipe.errors import Fault
from cdrpipe.tariff.finding import FINDINGS_OF_A_KIND_MAX, FindingList, Place


def test_findings_are_ordered_by_file_and_line_and_by_when_they_were_found() -> None:
    findings = FindingList()
    findings.note(Place("deck.csv", 2), "BAND_GAP", "a", hint="")
    findings.note(Place("p.toml", 9), "BAND_UNUSED", "b", hint="")
    findings.note(Place("p.toml", 3), "PRICE_PER_OTHER_TIME", "c", hint="")
    findings.note(Place("p.toml", 9), "BAND_GAP", "d", hint="")
    found = findings.in_file_order(["p.toml", "deck.csv"])
    assert [each.message for each in found] == ["c", "b", "d", "a"]


def test_a_fault_keeps_its_place_also_where_it_has_no_line() -> None:
    findings = FindingList()
    findings.take_over((Fault("x", code="X", where="a:b/p.toml:7"), Fault("y", where="d.csv")))
    by_file = {each.file: (each.severity, each.line) for each in findings.in_file_order(["d.csv"])}
    assert by_file == {"a:b/p.toml": ("error", 7), "d.csv": ("error", 0)}


def test_of_a_million_alike_the_first_are_kept_and_the_rest_counted() -> None:
    findings = FindingList()
    for line in range(FINDINGS_OF_A_KIND_MAX + 3):
        findings.note(Place("d.csv", line), "BAND_GAP", "a", hint="")
    *kept, last = findings.in_file_order(["d.csv"])
    assert len(kept) == FINDINGS_OF_A_KIND_MAX
    assert (last.code, last.message) == ("MORE", "3 more findings BAND_GAP are not shown")
