"""The sentences that explain a call, in the reader's language; sheet and JSON say the same."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from cdrpipe.billing.allowance_line import ALLOWANCE_ID
from cdrpipe.cdr.suspense import SuspenseReason
from cdrpipe.language import N_, _
from cdrpipe.money import MICROS_PER_YUAN, exact_text, yuan_of_micros
from cdrpipe.rating.explain import CallExplanation, ShareExplanation
from cdrpipe.rating.rate_choice import MATCHERS, WeighedRate
from cdrpipe.rating.reckoning import decimals_kept
from cdrpipe.report.explain_call import ExplainedRecord, IncludedTime
from cdrpipe.tariff.rate_plan import Rate
from cdrpipe.tariff.region_word import area_word, province_word

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PARTY_NAMES = {"enterprise": N_("Enterprise"), "caller": N_("Caller")}
ROUNDING_NAMES = {
    "none": N_("half up to the micro"),
    "up": N_("up"),
    "half_up": N_("half up"),
    "half_even": N_("half to even"),
    "down": N_("down"),
}
_CASE_SENTENCES = {
    "no_time": N_("No billable time by this party's clock: neither fee nor minimum is owed."),
    "free_number": N_("The caller's number is one of the plan's free numbers: nobody pays."),
    "no_rates": N_("The plan prices no caller's share: the caller owes nothing."),
}
_VERDICTS = {
    "won": N_("prices the call"),
    "holds_later": N_("prices a later part: its band holds then"),
    "band_not_active": N_("band {band} does not hold at the start"),
    "lower_priority": N_("band {band} gives way to one of higher priority"),
    "below_bands": N_("names no band, and a band holds"),
    "shorter_prefix": N_("its prefix is shorter"),
    "names_less": N_("does not name {matcher}, which the rate above does"),
    "stands_later": N_("names as much and stands later in the plan"),
    "does_not_match": N_("does not match: {matcher}"),
}


def outcome_sentence(record: ExplainedRecord) -> str:
    """Say what became of a record that has no charges; "" of a rated call."""
    row = record.row
    match row["outcome"]:
        case "unanswered":
            return _("The platform never answered this call: it costs nobody anything.")
        case "merged":
            return _("The record is part of call {call}, which bears the price.").format(
                call=row["belongs_to"]
            )
        case "duplicate":
            return _("The record came again with the same key and content; it counts once.")
        case "suspended":
            sentence = SuspenseReason[row["suspense_reason"]].sentence
            return _("Held back, {reason}: {sentence}").format(
                reason=row["suspense_reason"], sentence=_(sentence)
            )
    return ""


def outcome_hint(record: ExplainedRecord) -> str:
    """Say what to do about a record that has no charges; "" where there is nothing to do."""
    row = record.row
    if row["outcome"] == "suspended":
        return _(
            "docs/suspense.md says what to do; its like:  cdrpipe suspense list --reason {reason}"
        ).format(reason=row["suspense_reason"])
    if row["outcome"] == "merged" and row["belongs_to"] is not None:
        return f"cdrpipe rate explain {row['belongs_to']}"
    return ""


def share_sentences(record: ExplainedRecord, share: ShareExplanation) -> list[str]:
    """Say what is special about one party's charge; nothing where it is plainly priced."""
    sentences = []
    if share.case == "no_price":
        sentences.append(_("No rate has a price for this party now."))
    elif share.case == "no_time" and _nobody_took(record, share):
        sentences.append(
            _("The number is billed from a person's answer, and nobody took the call.")
        )
    elif share.case != "priced":
        sentences.append(_(_CASE_SENTENCES[share.case]))
    if share.case == "priced" and share.facts.is_continuation:
        sentences.append(_("The record is a continuation: it owes no connect fee."))
    if not share.agrees:
        sentences.append(_difference(share))
    return sentences


def split_sentence(explanation: CallExplanation) -> str:
    """Say how the call's price is shared out between the parties."""
    total, caller = explanation.enterprise.reckoning, explanation.caller.explained_micros
    if explanation.version.split == "independent":
        return _("Split: each party pays by its own rate, whatever the other pays.")
    if total is None or caller is None:
        return _("Split: the enterprise's rate makes the total, of which the caller pays a share.")
    return _(
        "Split: the enterprise's rate makes the total of {total}; the caller pays {caller} of it, "
        "the enterprise the rest."
    ).format(total=yuan_of_micros(total.charge_micros), caller=yuan_of_micros(caller))


def call_sentences(record: ExplainedRecord) -> list[str]:
    """Say what is true of the call as a whole: the split, and why there is no price to compare."""
    explanation = record.explanation
    if explanation is None:
        if not record.is_rated:
            return [outcome_sentence(record)]
        return [
            _(
                "Plan {plan} version {version} is not in the register: what the call was priced by "
                "is not known any more."
            ).format(plan=record.row["plan_id"], version=record.row["plan_version"])
        ]
    sentences = [split_sentence(explanation), *_class_sentence(record), *_carrier_sentence(record)]
    if explanation.reason is not None:
        sentences.append(
            _("As plan and calendar stand now it would be held back: {sentence}").format(
                sentence=_(explanation.reason.sentence)
            )
        )
    if record.included_time is not None and explanation.enterprise.pieces:
        sentences.append(_included(record.included_time))
        sentences += [
            _("Of it {used} s were paid by the prepaid minutes {top_up}.").format(
                used=seconds_of_ms(used_ms), top_up=grant
            )
            for grant, used_ms in record.included_time.paid_by
            if grant != ALLOWANCE_ID
        ]
    return sentences


def verdict_phrase(weighed: WeighedRate) -> str:
    """Say why a rate prices the call, or why it does not."""
    return _(_VERDICTS[weighed.verdict]).format(
        band=weighed.rate.band or "", matcher=_named(weighed.rate, weighed.matcher)
    )


def named_by(rate: Rate) -> dict[str, str]:
    """Give what a rate names, by the keys and words of a rate plan's file."""
    values = dict(zip(MATCHERS, rate.match, strict=True)) | {"band": rate.band}
    return {key: _word(key, value) for key, value in values.items() if value is not None}


def rounding_phrase(share: ShareExplanation) -> str:
    """Say by which rule the charge was rounded, and whose rule it is."""
    assert share.share is not None
    rate = share.share.rounding_rate
    return _("rounded once, {rule}, to {decimals} decimals (rate {rate})").format(
        rule=_(ROUNDING_NAMES[rate.rounding]), decimals=decimals_kept(rate), rate=rate.rate_id
    )


def exact_yuan(micros: Fraction) -> str:
    """Write micros as yuan: exactly, or with nine decimals and ≈ where the decimals never end.

    >>> exact_yuan(Fraction(240_000)), exact_yuan(Fraction(1_000, 6))
    ('0.240000', '≈ 0.000166667')
    """
    text = exact_text(micros / MICROS_PER_YUAN)
    if "/" in text:
        return f"≈ {Decimal(round(micros * 1_000)).scaleb(-9):f}"
    whole, _point, decimals = text.partition(".")
    return f"{whole}.{decimals:0<6}"


def seconds_of_ms(duration_ms: int) -> str:
    """Write a duration in seconds: whole ones without decimals, others with three.

    >>> seconds_of_ms(120_000), seconds_of_ms(61_200)
    ('120', '61.200')
    """
    seconds, rest_ms = divmod(duration_ms, 1_000)
    return f"{seconds}.{rest_ms:03}" if rest_ms else f"{seconds}"


def instant_of_us(at_us: int, tz: str) -> datetime:
    """Give an instant in a zone."""
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(tz))


def _difference(share: ShareExplanation) -> str:
    if share.explained_micros is None:
        return _(
            "Difference: stored is {stored}, and there is no price to hold against it."
        ).format(stored=yuan_of_micros(share.stored_micros))
    return _(
        "Difference: stored is {stored}; plan and calendar as they stand now make {explained}."
    ).format(
        stored=yuan_of_micros(share.stored_micros),
        explained=yuan_of_micros(share.explained_micros),
    )


def _class_sentence(record: ExplainedRecord) -> list[str]:
    class_micros = record.row["top_up_class_micros"]
    if class_micros is None:
        return []
    return [
        _(
            "The enterprise's prices are those of its prepaid class: it had paid in ¥ {top_up} or "
            "more at one time by then."
        ).format(top_up=yuan_of_micros(class_micros))
    ]


def _carrier_sentence(record: ExplainedRecord) -> list[str]:
    cost_micros = record.row["carrier_cost_micros"]
    if cost_micros is None:
        return []
    return [
        _("The carrier is owed ¥ {cost} for it (rate {rate}); nobody's charge knows that.").format(
            cost=yuan_of_micros(cost_micros), rate=record.row["carrier_rate_id"]
        )
    ]


def _included(included: IncludedTime) -> str:
    if not included.used_ms:
        return _(
            "Included time of {month} paid for nothing of this call: "
            "{left} s of {granted} s were left."
        ).format(
            month=included.month,
            left=seconds_of_ms(included.left_ms),
            granted=seconds_of_ms(included.granted_ms),
        )
    return _(
        "Included time of {month} paid for {used} s of this call, and {left} s of {granted} s were "
        "left; the enterprise owes ¥ {rest} for the rest, once the month is invoiced."
    ).format(
        month=included.month,
        used=seconds_of_ms(included.used_ms),
        left=seconds_of_ms(included.left_ms),
        granted=seconds_of_ms(included.granted_ms),
        rest=yuan_of_micros(included.charge_after_micros),
    )


def _nobody_took(record: ExplainedRecord, share: ShareExplanation) -> bool:
    owner = record.ownership
    return (
        share.party == "enterprise"
        and record.row["bridged_at_us"] is None
        and owner is not None
        and owner.bill_from == "bridged"
    )


def _named(rate: Rate, matcher: str) -> str:
    """Give a matcher with what the rate names in it, if it names any."""
    word = named_by(rate).get(matcher, "")
    return f"{matcher} {word}".rstrip()


def _word(key: str, value: str | int) -> str:
    if isinstance(value, str):
        return value
    return area_word(value) if key.endswith("area") else province_word(value)
