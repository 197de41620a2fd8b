from cdrpipe.api import rate

__all__ = ["rate"]
