"""Compiled rules. Each has a plain rule beside it in the domain, and equals it."""
