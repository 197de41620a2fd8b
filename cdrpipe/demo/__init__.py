"""The one generator of registers and calls, and the tour that uses it."""
