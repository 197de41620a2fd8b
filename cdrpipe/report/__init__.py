"""One question, one SQL file."""
