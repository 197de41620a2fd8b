"""Alembic's entry: run the migrations on the connection that ``register/database.py`` hands over.

The transaction is the caller's, so a migration that fails leaves the register as it was.
"""

from alembic import context

from cdrpipe.register.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
