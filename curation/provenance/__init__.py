"""Provenance: how a dataset version came to be, as a graph: W3C PROV in SQL, JSON, Turtle and as a picture."""
