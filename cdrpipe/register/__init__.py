"""Accounts, numbers and plans: relational truth that people edit."""
