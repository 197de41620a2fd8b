"""Whose call it is: number and instant to account and plan version."""
