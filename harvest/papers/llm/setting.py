"""Setting: what a recipe says of a language model in, the pages that it proves to read from articles out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from harvest.errors import ContractError
from harvest.source import Key, Page
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.source import Door, RawObject

MODEL_KEY = Key(
    header="Authorization",
    prefix="Bearer ",
    variables=("MATGRANARY_LLM_KEY", "OPENAI_API_KEY"),
    required=False,
)


class LanguageModel(Model):
    """A language model that reads the tables too."""

    base_url: str = Field(
        pattern=r"^https?://", description="A service of OpenAI's chat protocol, for example http://127.0.0.1:8080/v1."
    )
    model: str = Field(min_length=1, description="The name by which the service knows it; every record bears it.")
    requests_per_second: float = Field(default=1.0, gt=0)


def model_pages(raw: RawObject, model: LanguageModel, door: Door, *, document: str) -> Iterator[Page]:
    """Yield what a language model proves to read from each table of an article; its answers are archived.

    Args:
        raw: the article.
        model: which model is asked, and where.
        door: the door of the harvest.
        document: the id under which the article is known.

    Raises:
        ContractError: the service refuses; the next run asks anew.
    """
    from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
    from harvest.papers.llm.endpoint import chat_request  # noqa: PLC0415 — see above
    from harvest.papers.llm.records import proven_facts  # noqa: PLC0415 — see above
    from harvest.papers.llm.table_reader import SYSTEM, prompt_of  # noqa: PLC0415 — see above
    from harvest.papers.readers.formats import read_document  # noqa: PLC0415 — see above

    try:
        article = read_document(raw.payload, document=document)
    except DocumentError:
        return
    for table in article.tables:
        request = chat_request(model.base_url, model.model, SYSTEM, prompt_of(article, table))
        kept = partial(proven_facts, document=article, table=table, text=raw.payload, model=model.model)
        answer = door.get_text(request, kept=kept)
        if answer.is_absent:
            reason = answer.payload.decode("utf-8", "replace")
            message = f"the language model gives no answer ({reason}); mend `llm` or its key, then run again"
            raise ContractError(message)
        yield Page(answer)
