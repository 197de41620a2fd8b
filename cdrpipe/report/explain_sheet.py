"""A call's explanation as people read it on a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cdrpipe.language import _, language
from cdrpipe.money import yuan_of_micros
from cdrpipe.rating.charge import PricedShare
from cdrpipe.rating.explain import ShareExplanation
from cdrpipe.rating.rate_choice import RateChoice
from cdrpipe.rating.reckoning import Reckoning
from cdrpipe.report.explain_call import ExplainedRecord
from cdrpipe.report.explain_words import (
    PARTY_NAMES,
    call_sentences,
    exact_yuan,
    instant_of_us,
    named_by,
    outcome_hint,
    rounding_phrase,
    seconds_of_ms,
    share_sentences,
    verdict_phrase,
)
from cdrpipe.report.grid import Column, Grid
from cdrpipe.report.words import KIND_NAMES, OUTCOME_NAMES, RELATION_NAMES
from cdrpipe.tariff.rate_plan import RateStep

_WORDS_WIDTH = 24


def explain_sheet(record: ExplainedRecord, *, tz: str) -> RenderableType:
    """Lay a record's explanation out: what it is, each party's charge, what holds of the whole."""
    row = record.row
    title = Text(str(row["call_id"]), style="bold")
    title.append(f"  {_key(row)}  {_(OUTCOME_NAMES[row['outcome']])}", style="not bold")
    parts: list[RenderableType] = [title]
    if record.is_rated or row["outcome"] == "unanswered":
        parts.append(_facts(record, tz))
    if record.explanation is not None:
        for share in record.explanation.shares:
            parts += _share(record, share, tz)
    parts += [Text(sentence) for sentence in call_sentences(record)]
    if hint := outcome_hint(record):
        parts.append(Text(hint, style="dim"))
    return Group(*parts)


def _key(row: Mapping[str, Any]) -> str:
    """Name the record among those of its call id, and where it came from."""
    words = [row["source"]]
    if row["leg"]:
        words.append(_("leg {leg}").format(leg=row["leg"]))
    if row["partial_no"]:
        words.append(_("part {number}").format(number=row["partial_no"]))
    place = row["file"] or f"{row['topic']}[{row['partition']}]@{row['offset']}"
    return " · ".join([*words, f"{place}:{row['row']}" if row["file"] else place])


def _facts(record: ExplainedRecord, tz: str) -> Table:
    row = record.row
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(_("caller"), _number(row, "calling"))
    table.add_row(_("number"), _dialled(record, tz))
    table.add_row(_("answered by"), _number(row, "answering"))
    table.add_row(_("relation"), _(RELATION_NAMES[row["relation"]]))
    if record.explanation is not None:
        version = record.explanation.version
        bought = _("subscription {subscription}").format(subscription=row["subscription_id"])
        plan = f"{version.plan_id} v{version.version}  {version.name}  {bought}"
        table.add_row(_("plan"), plan)
    return table


def _number(row: Mapping[str, Any], party: str) -> str:
    words = [row[f"{party}_number_text"], _(KIND_NAMES[row[f"{party}_kind"]])]
    if row[f"{party}_region_id"]:
        province = row[f"{party}_province_{'zh' if language() == 'zh' else 'en'}"]
        words += [province, row[f"{party}_area_code"]]
    return "  ".join(word for word in words if word)


def _dialled(record: ExplainedRecord, tz: str) -> str:
    row, owner = record.row, record.ownership
    words = [row["service_number"], row["account_id"], record.account_name]
    if owner is not None:
        since = instant_of_us(owner.valid_from_us, tz).date().isoformat()
        if owner.valid_until_us is None:
            words.append(_("theirs since {since}").format(since=since))
        else:
            until = instant_of_us(owner.valid_until_us, tz).date().isoformat()
            words.append(_("theirs from {since} until {until}").format(since=since, until=until))
    return "  ".join(word for word in words if word)


def _share(record: ExplainedRecord, share: ShareExplanation, tz: str) -> Iterator[RenderableType]:
    heading = Text(_(PARTY_NAMES[share.party]), style="bold")
    length = _("{seconds} s").format(seconds=seconds_of_ms(share.facts.billable_ms))
    if share.facts.start_us is not None:
        began = instant_of_us(share.facts.start_us, tz).isoformat(sep=" ", timespec="milliseconds")
        length = _("{length} from {instant} on").format(length=length, instant=began)
    heading.append(f"  ¥ {yuan_of_micros(share.stored_micros)}  {length}", style="not bold")
    yield Text()
    yield heading
    if share.party in record.choices:
        yield _rates(record.choices[share.party])
    if share.pieces:
        yield _segments(share, tz)
    if share.share is not None and share.reckoning is not None and share.pieces:
        yield _adding_up(share, share.share, share.reckoning)
    for sentence in share_sentences(record, share):
        yield Text(sentence)


def _rates(choice: RateChoice) -> RenderableType:
    columns = [
        Column(name=_("rate"), fold_width=_WORDS_WIDTH),
        Column(name=_("names"), fold_width=_WORDS_WIDTH),
        Column(name=_("why"), fold_width=_WORDS_WIDTH),
    ]
    rows = [
        (
            each.rate.rate_id,
            " · ".join(f"{key} {word}" for key, word in named_by(each.rate).items())
            or _("any call"),
            verdict_phrase(each),
        )
        for each in choice.rates
    ]
    grid = Grid(columns, rows)
    if not choice.others:
        return grid
    return Group(grid, Text(_("and {count} others of the plan").format(count=f"{choice.others:,}")))


def _segments(share: ShareExplanation, tz: str) -> Grid:
    figures = (_("from"), _("billed, s"), _("increments"), _("price, yuan"), _("amount, yuan"))
    columns = [
        Column(name="#", is_right=True),
        Column(name=_("rate"), fold_width=_WORDS_WIDTH),
        Column(name=_("step"), is_right=True),
        *(Column(name=name, is_right=True) for name in figures),
    ]
    rows = []
    for number, piece in enumerate(share.pieces, start=1):
        started_at_us = share.starts_at_us(piece)
        began = f"{seconds_of_ms(piece.start_ms)} s"
        if started_at_us is not None:
            clock = instant_of_us(started_at_us, tz).time().isoformat(timespec="milliseconds")
            began += f" {clock}"
        step = RateStep(
            from_ms=0,
            price_micros=piece.price_micros,
            per_ms=piece.per_ms,
            increment_ms=piece.increment_ms,
        )
        rows.append(
            (
                f"{number}",
                piece.rate_id,
                f"{piece.step_index + 1}",
                began,
                seconds_of_ms(piece.billed_ms),
                f"{piece.increments:,} × {seconds_of_ms(piece.increment_ms)} s",
                _price(step),
                exact_yuan(piece.exact_amount),
            )
        )
    return Grid(columns, rows)


def _price(step: RateStep) -> str:
    return f"{yuan_of_micros(step.price_micros).normalize():f}/{seconds_of_ms(step.per_ms)} s"


def _adding_up(share: ShareExplanation, priced: PricedShare, reckoning: Reckoning) -> Table:
    """Show the steps from the segments to the charge; limits only where the rate has them."""
    rate = priced.rate
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_row(_("Sum of the segments"), exact_yuan(reckoning.pieces_micros))
    if rate.connect_fee_micros:
        table.add_row(_("Connect fee"), f"{yuan_of_micros(reckoning.fee_micros)}")
    if rate.maximum_micros is not None:
        words = _("At most {maximum}").format(maximum=yuan_of_micros(rate.maximum_micros))
        table.add_row(words, exact_yuan(reckoning.capped_micros))
    if rate.minimum_micros is not None:
        words = _("At least {minimum}").format(minimum=yuan_of_micros(rate.minimum_micros))
        table.add_row(words, exact_yuan(reckoning.exact_micros))
    table.add_row(rounding_phrase(share), f"{yuan_of_micros(reckoning.charge_micros)}")
    if share.split_micros:
        words = _("Paid by the caller") if share.party == "enterprise" else _("Beyond the total")
        table.add_row(words, f"{yuan_of_micros(share.split_micros)}")
    if share.explained_micros is not None:
        table.add_row(_("Charge"), f"¥ {yuan_of_micros(share.explained_micros)}")
    return table
