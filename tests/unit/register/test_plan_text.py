"""The files that plans came in are found by the versions they hold."""

from cdrpipe.register.plan_text import stored_texts, text_of_version
from cdrpipe.register.plans import import_plans


def test_a_plan_is_found_as_it_was_written_in_its_highest_version_unless_one_is_named(
    register, plan_file
):
    first = plan_file("a.toml")
    second = plan_file("b.toml", version=2, valid_from="2026-02-01", price="0.11")
    import_plans(register, [first, second], now_us=0)
    texts = stored_texts(register, plan_id="standard")
    assert [(each.versions, each.text) for each in texts] == [
        ((1,), first.read_text()),
        ((2,), second.read_text()),
    ]
    assert text_of_version(texts, None) == texts[1]
    assert text_of_version(texts, 1) == texts[0]
    assert text_of_version(texts, 3) is None
    assert text_of_version(stored_texts(register, plan_id="other"), None) is None


def test_a_file_of_two_versions_is_one_text_with_its_decks(register, write_file):
    rates = '[[version.rate]]\nparty = "enterprise"\nprice_per_minute = 1\nincrement = 60\n'
    path = write_file(
        "two.toml",
        'id = "two"\n'
        "[[version]]\nversion = 1\nvalid_from = 2026-01-01\nvalid_until = 2026-02-01\n"
        f'deck = "south.csv"\n{rates}'
        f"[[version]]\nversion = 2\nvalid_from = 2026-02-01\n{rates}",
    )
    deck = write_file("south.csv", "prefix,price_per_minute,increment\n86755,0.1,60s\n")
    import_plans(register, [path], now_us=0)
    [text] = stored_texts(register)
    assert (text.plan_id, text.versions) == ("two", (1, 2))
    assert text.decks == {"south.csv": deck.read_text()}
