"""A switch's words to ours: one module a format, each with one ``decode`` and one ``sniff``."""
