"""cdrpipe rates and bills the call detail records of 400 numbers; start with ``pipeline.py``."""
