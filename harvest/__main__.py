"""`python -m harvest`: the command line of harvesting alone."""

from harvest.cli import main

if __name__ == "__main__":
    main()
