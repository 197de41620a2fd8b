"""cdrpipe: rates and bills the call detail records of 400 numbers. ``pipeline.py`` is the place to start."""
