"""Drafts of plans, prepaid money, and the versions of re-rated calls."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rate_plan_version") as batch:
        batch.add_column(sa.Column("activated_at_us", sa.BigInteger(), nullable=True))
    op.execute("UPDATE rate_plan_version SET activated_at_us = imported_at_us")
    op.create_table(
        "top_up",
        sa.Column("top_up_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=True),
        sa.Column("paid_micros", sa.BigInteger(), nullable=False),
        sa.Column("granted_micros", sa.BigInteger(), nullable=True),
        sa.Column("granted_ms", sa.BigInteger(), nullable=True),
        sa.Column("valid_from_us", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "valid_until_us > valid_from_us", name=op.f("ck_top_up_ends_after_start")
        ),
        sa.CheckConstraint("kind IN ('top_up', 'gift', 'pool')", name=op.f("ck_top_up_kind")),
        sa.CheckConstraint(
            "(granted_micros IS NULL) <> (granted_ms IS NULL)", name=op.f("ck_top_up_one_grant")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_top_up_account_id_account")
        ),
        sa.PrimaryKeyConstraint("top_up_id", name=op.f("pk_top_up")),
    )
    op.create_index(op.f("ix_top_up_account_id"), "top_up", ["account_id"])
    op.create_table(
        "rating_version",
        sa.Column("rating_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("date_from", sa.Date(), nullable=False),
        sa.Column("date_until", sa.Date(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("register_revision", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=True),
        sa.Column("unpriced_calls", sa.BigInteger(), nullable=True),
        sa.Column("begun_at_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_at_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "date_until > date_from", name=op.f("ck_rating_version_ends_after_start")
        ),
        sa.CheckConstraint(
            "status IN ('writing', 'written', 'active', 'abandoned')",
            name=op.f("ck_rating_version_status"),
        ),
        sa.PrimaryKeyConstraint("rating_version", name=op.f("pk_rating_version")),
    )
    op.create_table(
        "rating_in_force",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("rating_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_version"],
            ["rating_version.rating_version"],
            name=op.f("fk_rating_in_force_rating_version_rating_version"),
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "month_on", "rating_version", name=op.f("pk_rating_in_force")
        ),
    )


def downgrade() -> None:
    op.drop_table("rating_in_force")
    op.drop_table("rating_version")
    op.drop_index(op.f("ix_top_up_account_id"), table_name="top_up")
    op.drop_table("top_up")
    with op.batch_alter_table("rate_plan_version") as batch:
        batch.drop_column("activated_at_us")
