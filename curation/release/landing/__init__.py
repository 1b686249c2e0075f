"""Landing: the page of a release: one file, readable from disk, with plots and without a request to anywhere."""
