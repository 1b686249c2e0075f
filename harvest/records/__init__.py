"""Records: the room between a parsed page and the Parquet files of a harvest.

A connector yields records one by one, or, where all of a page is plain, as `columns`. The `writer` names each record
(`identifiers`), hashes its `canonical` text to tell what came before, joins the columns of small pages (`joined`),
makes Arrow tables of them (`tables`) and writes these in row groups of one size (`parquet`). `rows` goes the other way,
from columns to records, where one of them was delivered before. Both ways leave the same bytes.
"""
