"""What a call detail record is, and when it cannot be believed."""
