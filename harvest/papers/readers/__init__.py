"""Readers: the bytes of an article in any of its formats in, one model of a document out."""
