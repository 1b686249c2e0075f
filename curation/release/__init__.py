"""Release: a dataset version in, a package that others can cite, check and read out."""
