"""Explain: an article in, a page that shows its tables, what each cell was taken for, and the records, out."""
