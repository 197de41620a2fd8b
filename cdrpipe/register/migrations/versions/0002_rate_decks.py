"""The decks beside a rate plan."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rate_plan_version") as batch:
        batch.add_column(sa.Column("decks", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("rate_plan_version") as batch:
        batch.drop_column("decks")
