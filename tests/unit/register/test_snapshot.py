from cdrpipe.register.accounts import import_accounts
from cdrpipe.register.numbers import import_numbers
from cdrpipe.register.snapshot import RegisterSnapshot, load_snapshot, register_revision


def test_a_new_register_is_empty_at_revision_nought(register):
    assert load_snapshot(register) == RegisterSnapshot(
        accounts=(), ownerships=(), subscriptions=(), plan_versions=(), revision=0
    )


def test_the_revision_counts_imports_with_an_effect(register, write_file):
    accounts = write_file("a.csv", "account_id,name\nA,a\n")
    numbers = write_file("n.csv", "service_number,account_id,valid_from\n95588,A,2026-01-01\n")
    seen = [register_revision(register)]
    for _ in range(2):
        import_accounts(register, [accounts], now_us=0)
        seen.append(register_revision(register))
        import_numbers(register, [numbers], now_us=0, known_area_codes={})
        seen.append(register_revision(register))
    assert seen == [0, 1, 2, 2, 2]
    assert load_snapshot(register).revision == 2


def test_a_snapshot_stands_in_the_order_of_its_keys(register, write_file):
    accounts = write_file("a.csv", "account_id,name\nB,b\nA,a\n")
    numbers = write_file(
        "n.csv",
        "service_number,account_id,valid_from,valid_until\n"
        "95588,B,2026-02-01,\n95588,A,2026-01-01,2026-02-01\n1002,B,2026-01-01,\n",
    )
    import_accounts(register, [accounts], now_us=0)
    import_numbers(register, [numbers], now_us=0, known_area_codes={})
    snapshot = load_snapshot(register)
    assert [account.account_id for account in snapshot.accounts] == ["A", "B"]
    assert [(each.service_number, each.account_id) for each in snapshot.ownerships] == [
        ("1002", "B"),
        ("95588", "A"),
        ("95588", "B"),
    ]
