"""What a version of a rate plan prices by: its rates, in the plan and in decks, and their words."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from cdrpipe.cdr.normalize import normalize
from cdrpipe.errors import Fault, TariffError
from cdrpipe.numbering.region import every_area_table
from cdrpipe.tariff.band_section import read_bands
from cdrpipe.tariff.deck_csv import read_deck
from cdrpipe.tariff.rate_collection import RateCollection
from cdrpipe.tariff.rate_plan import BAND_OPTIONS, PREFIX_SOURCES, Band, Rate, Zone
from cdrpipe.tariff.rate_section import DefinedNames, read_rate
from cdrpipe.tariff.toml_table import TomlTable
from cdrpipe.tariff.zone_section import read_zones

# Gives the text of a deck by the name that a plan calls it; raises TariffError where it cannot.
ReadDeck = Callable[[str], str]

FREE_NUMBERS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plan is read among: the decks beside it, and the calendars there are (None: any)."""

    read_deck: ReadDeck | None = None
    calendars: Collection[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a version says of prices, as RatePlanVersion has it."""

    rates: tuple[Rate, ...]
    bands: tuple[Band, ...]
    zones: tuple[Zone, ...]
    band_option: str
    prefix_of: str
    calendar: str | None
    free_numbers: tuple[int, ...]


def read_prices(version: TomlTable, surroundings: Surroundings) -> tuple[Prices, RateCollection]:
    """Read all prices of a version, and where the rates stand; faults go to the document's list."""
    defined = DefinedNames(bands=read_bands(version), zones=read_zones(version))
    collection = RateCollection(version.faults)
    _read_sections(version, collection, defined)
    _read_decks(version, collection, defined, surroundings.read_deck)
    collection.refuse_rivals(defined.bands, defined.zones)
    band_option = version.choice("band_option", BAND_OPTIONS) or "by_start"
    if band_option == "split" and defined.bands:
        collection.refuse_inexact()
    prices = Prices(
        rates=tuple(collection.rates),
        bands=tuple(band for band in defined.bands.values() if band),
        zones=tuple(zone for zone in defined.zones.values() if zone),
        band_option=band_option,
        prefix_of=version.choice("prefix_of", PREFIX_SOURCES) or "answering_number",
        calendar=_read_calendar(version, surroundings.calendars),
        free_numbers=_read_free_numbers(version),
    )
    return prices, collection


def _read_sections(version: TomlTable, collection: RateCollection, defined: DefinedNames) -> None:
    sections = version.tables("rate")
    for section in sections:
        rate, is_right = read_rate(section, defined)
        if is_right:
            collection.add(rate, collection.places_of(rate), section.line_of())
        else:
            collection.left_out.append(rate)
    is_for_enterprise = any(section.peek("party") == "enterprise" for section in sections)
    if not is_for_enterprise and "deck" not in version:
        version.fault(None, "the plan has no rate for the enterprise", code="PARTY_WITHOUT_RATE")


def _read_decks(
    version: TomlTable, collection: RateCollection, defined: DefinedNames, read: ReadDeck | None
) -> None:
    for name in version.list_of("deck") or ():
        if not isinstance(name, str) or not name.strip() or {"/", "\\"} & set(name):
            version.wrong("deck", "the name of a file beside the plan such as national.csv", name)
            collection.leave_out_any()
            continue
        text = _deck_text(version, name, read)
        if text is None:
            collection.leave_out_any()
        else:
            folder, slash, _ = version.faults.file.rpartition("/")
            read_deck(text, file=folder + slash + name, collection=collection, defined=defined)


def _deck_text(version: TomlTable, name: str, read: ReadDeck | None) -> str | None:
    if read is None:
        version.fault("deck", f"the deck {name} cannot be read: the plan was handed in alone")
        return None
    try:
        return read(name)
    except TariffError as error:
        own = (Fault(error.message, code=error.code, where=error.where, hint=error.hint),)
        line = version.faults.line_of((*version.path, "deck"))
        version.faults.take_over(line, error.faults or own)
        return None


def _read_calendar(version: TomlTable, calendars: Collection[str] | None) -> str | None:
    name = version.text("calendar")
    if name is not None and calendars is not None and name not in calendars:
        version.fault(
            "calendar",
            f'`calendar`: there is no calendar "{name}"',
            hint=f"there is {', '.join(sorted(calendars))}; the setting `calendar_files` adds more",
        )
    return name


def _read_free_numbers(version: TomlTable) -> tuple[int, ...]:
    values = version.list_of("free_numbers") or ()
    if len(values) > FREE_NUMBERS_MAX:
        version.fault("free_numbers", f"expected at most {FREE_NUMBERS_MAX} numbers")
    numbers = set()
    for value in values:
        is_word = isinstance(value, (str, int)) and not isinstance(value, bool)
        # Free numbers are known by their digits, not by where they are at home.
        read = normalize(str(value) if is_word else "", trunk_area="", regions=every_area_table())
        if read.number is None:
            version.wrong("free_numbers", 'full numbers such as "13800138000"', value)
        else:
            numbers.add(read.number)
    return tuple(sorted(numbers))
