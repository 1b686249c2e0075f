"""Articles: the bytes of an article in, what a language model proves to read from its tables out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.papers.export import flat_rows
from harvest.papers.llm.table_reader import Unproven, read_table_by_model
from harvest.papers.pipeline import Extraction
from harvest.papers.readers.formats import read_document

if TYPE_CHECKING:
    from harvest.papers.export import Row
    from harvest.papers.llm.table_reader import Asked
    from harvest.papers.tables.readings import Reading


@dataclass(frozen=True, slots=True)
class ModelReader:
    """A language model that reads tables.

    Attributes:
        asked: what answers prompts.
        model: its name, which every row bears.
    """

    asked: Asked
    model: str

    @property
    def extractor(self) -> str:
        """What rows say that they were read by."""
        return f"model {self.model}"

    def rows(self, payload: bytes, *, document: str) -> tuple[list[Row], list[Unproven]]:
        """Return the rows that the text of the article proves, and the claims that it does not.

        Args:
            payload: the article.
            document: the id under which it is known.

        Raises:
            DocumentError: the bytes are no article.
            HarvestError: the model cannot be asked.
        """
        article = read_document(payload, document=document)
        proven: list[Reading] = []
        dropped: list[Unproven] = []
        for table in article.tables:
            for item in read_table_by_model(article, table, self.asked):
                if isinstance(item, Unproven):
                    dropped.append(item)
                else:
                    proven.append(item)
        rows = flat_rows(Extraction(document=article, records=(), rejected=(), readings=tuple(proven)))
        # The confidence of rules was fitted on what rules read: it says nothing of a model.
        return [{**row, "confidence": None} for row in rows], dropped
