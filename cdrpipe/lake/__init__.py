"""The stored calls: one Delta table, and the questions asked of it."""
