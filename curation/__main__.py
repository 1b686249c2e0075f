"""`python -m curation`: the whole command line, as `matgranary`."""

from curation.cli import main

if __name__ == "__main__":
    main()
