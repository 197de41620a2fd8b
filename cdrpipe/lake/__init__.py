"""The stored calls: one Delta table, and the questions asked of it."""

import os

# On a full disk threads of the table library panic before the error comes to us: without this they
# print a page of their own frames each, which says nothing to an operator.
os.environ.setdefault("RUST_BACKTRACE", "0")
