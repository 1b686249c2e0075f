"""Metadata: the facts of a release in, the files that catalogues, repositories and citation managers read out."""
