"""Numbers and places: which region and kind a number has."""
