"""Datasets: immutable versions on disk: written, opened, asked, compared, traced, proved."""
