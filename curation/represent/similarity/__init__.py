"""Similarity: vectors in; distances, neighbours, maps and pictures of them out."""
