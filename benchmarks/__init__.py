"""How fast, beside what, and with which result: every figure with its command and its machine."""
