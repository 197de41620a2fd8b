"""The tables of the register: accounts, numbers, plans, prepaid money, rating versions.

Instants are UTC microseconds in columns that end in ``_us``; intervals are half-open, and a null
end means without end. Two intervals of one number never overlap: the imports see to it
(``register/intervals.py``), as SQLite cannot.

A change here needs a migration in ``register/migrations/versions/`` and its name in
``SCHEMA_REVISION``; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

# Newest migration: a register that states it is opened without loading Alembic.
SCHEMA_REVISION = "0003"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# An enterprise that owns numbers and is billed.
account = Table(
    "account",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("opened_on", Date),  # null: not known
    Column("contact", Text),  # null: none given
)

# One account's hold on one service number over one interval.
ownership = Table(
    "ownership",
    metadata,
    Column("service_number", Text, primary_key=True),  # display form, else as dialled
    Column("valid_from_us", BigInteger, primary_key=True, autoincrement=False),
    Column("valid_until_us", BigInteger),
    Column("account_id", Text, ForeignKey("account.account_id"), nullable=False),
    Column("bill_from", Text, nullable=False),  # answered | bridged
    Column("bridged_is_answered_for", Text, nullable=False),  # source names, ";" between, sorted
    Column("home_region_id", Integer, nullable=False),  # numbering/region.py; 0: none
    CheckConstraint("valid_until_us > valid_from_us", name="ends_after_start"),
    CheckConstraint("bill_from IN ('answered', 'bridged')", name="bill_from"),
    Index(None, "account_id"),
)

# A landline or mobile that takes the calls of a service number over one interval.
bound_number = Table(
    "bound_number",
    metadata,
    Column("service_number", Text, primary_key=True),
    Column("bound_number", Text, primary_key=True),  # display form, else as written
    Column("valid_from_us", BigInteger, primary_key=True, autoincrement=False),
    Column("valid_until_us", BigInteger),
    CheckConstraint("valid_until_us > valid_from_us", name="ends_after_start"),
)

# A plan that an account bought, for one number or (null) for all of its numbers.
subscription = Table(
    "subscription",
    metadata,
    Column("subscription_id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.account_id"), nullable=False),
    Column("plan_id", Text, nullable=False),
    Column("service_number", Text),
    Column("valid_from_us", BigInteger, nullable=False),
    Column("valid_until_us", BigInteger),
    CheckConstraint("valid_until_us > valid_from_us", name="ends_after_start"),
    Index(None, "account_id"),
)

# One version of a rate plan, for ever as it was imported.
rate_plan_version = Table(
    "rate_plan_version",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("valid_from_us", BigInteger, nullable=False),
    Column("valid_until_us", BigInteger),
    Column("text", Text, nullable=False),  # the whole file it came in
    Column("sha256", Text, nullable=False),  # of text and decks as UTF-8, 64 hex digits
    Column("imported_at_us", BigInteger, nullable=False),
    Column("decks", Text),  # JSON: the text of each deck by its name; null where it names none
    Column("activated_at_us", BigInteger),  # null: a draft, which prices no call
    CheckConstraint("valid_until_us > valid_from_us", name="ends_after_start"),
)

# Money or minutes that an account has before its calls: paid in, given, or bought as a pool.
top_up = Table(
    "top_up",
    metadata,
    Column("top_up_id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.account_id"), nullable=False),
    Column("kind", Text, nullable=False),  # top_up | gift | pool
    Column("subscription_id", Text),  # minutes name one; of a pool it names the plan
    Column("paid_micros", BigInteger, nullable=False),
    Column("granted_micros", BigInteger),  # exactly one of the two grants is given
    Column("granted_ms", BigInteger),
    Column("valid_from_us", BigInteger, nullable=False),
    Column("valid_until_us", BigInteger),  # null: never void
    CheckConstraint("valid_until_us > valid_from_us", name="ends_after_start"),
    CheckConstraint("kind IN ('top_up', 'gift', 'pool')", name="kind"),
    CheckConstraint("(granted_micros IS NULL) <> (granted_ms IS NULL)", name="one_grant"),
    Index(None, "account_id"),
)

# One re-rating of a period; version 1 is what the path itself rates and stands in no row.
rating_version = Table(
    "rating_version",
    metadata,
    Column("rating_version", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),  # writing | written | active | abandoned
    Column("date_from", Date, nullable=False),  # billing dates, half-open
    Column("date_until", Date, nullable=False),
    Column("account_id", Text),  # null: all accounts
    Column("register_revision", BigInteger, nullable=False),  # what it was rated by
    Column("calls", BigInteger),  # null while it is being written, as below
    Column("unpriced_calls", BigInteger),
    Column("begun_at_us", BigInteger, nullable=False),
    Column("decided_at_us", BigInteger),  # activated or abandoned
    CheckConstraint("date_until > date_from", name="ends_after_start"),
    CheckConstraint("status IN ('writing', 'written', 'active', 'abandoned')", name="status"),
)

# Rating versions that were activated, by account and calendar month; the highest is in force.
rating_in_force = Table(
    "rating_in_force",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("month_on", Date, primary_key=True),  # its first day
    Column(
        "rating_version",
        Integer,
        ForeignKey("rating_version.rating_version"),
        primary_key=True,
        autoincrement=False,
    ),
)

# One row: how often the register has changed, and when last.
revision = Table(
    "revision",
    metadata,
    Column("revision_id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("number", BigInteger, nullable=False),
    Column("changed_at_us", BigInteger, nullable=False),
    CheckConstraint("revision_id = 1", name="one_row"),
)
