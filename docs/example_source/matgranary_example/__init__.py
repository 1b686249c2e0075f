"""A connector of matgranary in a package of its own."""
