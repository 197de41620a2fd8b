"""Rated usage to invoice lines."""
