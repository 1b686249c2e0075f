"""Dedup: find records of the same material; nothing is deleted, a representative is marked."""
