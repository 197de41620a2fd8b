"""Files from a disk: opened, identified, cut into runs of whole records."""
