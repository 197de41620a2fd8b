"""What the carrier is owed for a call: rates of the party ``carrier``, beside the call's price.

They are matched, banded, stepped and rounded like the enterprise's, by the platform's answer: the
carrier's leg ends there. No payer's charge knows them, a call from a free number costs the same,
and a call that none of them matches has no cost, which holds nothing back.
"""

from dataclasses import replace

from cdrpipe.tariff.rate_plan import RatePlanVersion


def has_carrier_rates(version: RatePlanVersion) -> bool:
    """Tell whether the version says what the carrier is owed."""
    return any(rate.party == "carrier" for rate in version.rates)


def without_carrier_rates(version: RatePlanVersion) -> RatePlanVersion:
    """Give the version as the payers' prices know it."""
    if not has_carrier_rates(version):
        return version
    paid = tuple(rate for rate in version.rates if rate.party != "carrier")
    return replace(version, rates=paid)


def carrier_version(version: RatePlanVersion) -> RatePlanVersion:
    """Give the version in which the carrier's rates are the enterprise's, and there are no others.

    What the enterprise would be charged under it is what the carrier is owed.
    """
    owed = tuple(
        replace(rate, party="enterprise") for rate in version.rates if rate.party == "carrier"
    )
    return replace(version, rates=owed, split="independent", free_numbers=())
