"""Migrations of the register's tables; ``register/database.py`` runs them on opening."""
