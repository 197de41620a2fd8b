"""``python -m cdrpipe`` is the command ``cdrpipe``."""

from cdrpipe.cli import main

if __name__ == "__main__":
    main()
