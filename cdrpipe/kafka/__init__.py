"""Messages from a broker, and the order in which their offsets are kept."""
