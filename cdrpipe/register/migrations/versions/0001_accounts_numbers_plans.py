"""Accounts, numbers, plans and the counter of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_table(
        "bound_number",
        sa.Column("service_number", sa.Text(), nullable=False),
        sa.Column("bound_number", sa.Text(), nullable=False),
        sa.Column("valid_from_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_until_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "valid_until_us > valid_from_us", name=op.f("ck_bound_number_ends_after_start")
        ),
        sa.PrimaryKeyConstraint(
            "service_number", "bound_number", "valid_from_us", name=op.f("pk_bound_number")
        ),
    )
    op.create_table(
        "rate_plan_version",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from_us", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_us", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("imported_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "valid_until_us > valid_from_us", name=op.f("ck_rate_plan_version_ends_after_start")
        ),
        sa.PrimaryKeyConstraint("plan_id", "version", name=op.f("pk_rate_plan_version")),
    )
    op.create_table(
        "revision",
        sa.Column("revision_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("revision_id = 1", name=op.f("ck_revision_one_row")),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_revision")),
    )
    op.create_table(
        "ownership",
        sa.Column("service_number", sa.Text(), nullable=False),
        sa.Column("valid_from_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_until_us", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("bill_from", sa.Text(), nullable=False),
        sa.Column("bridged_is_answered_for", sa.Text(), nullable=False),
        sa.Column("home_region_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "bill_from IN ('answered', 'bridged')", name=op.f("ck_ownership_bill_from")
        ),
        sa.CheckConstraint(
            "valid_until_us > valid_from_us", name=op.f("ck_ownership_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_ownership_account_id_account")
        ),
        sa.PrimaryKeyConstraint("service_number", "valid_from_us", name=op.f("pk_ownership")),
    )
    op.create_index(op.f("ix_ownership_account_id"), "ownership", ["account_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("service_number", sa.Text(), nullable=True),
        sa.Column("valid_from_us", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "valid_until_us > valid_from_us", name=op.f("ck_subscription_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_subscription_account_id_account")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscription")),
    )
    op.create_index(
        op.f("ix_subscription_account_id"), "subscription", ["account_id"], unique=False
    )
    op.execute("INSERT INTO revision (revision_id, number, changed_at_us) VALUES (1, 0, 0)")


def downgrade() -> None:

    op.drop_index(op.f("ix_subscription_account_id"), table_name="subscription")
    op.drop_table("subscription")
    op.drop_index(op.f("ix_ownership_account_id"), table_name="ownership")
    op.drop_table("ownership")
    op.drop_table("revision")
    op.drop_table("rate_plan_version")
    op.drop_table("bound_number")
    op.drop_table("account")
