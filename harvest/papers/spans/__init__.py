"""Spans: an optional trained span categoriser beside the rules; made by `python -m harvest.papers.spans.train`."""
