"""Writes where the sentences stand that statements of a watched page rest on: in which of the page's texts, as what words.

Kept whole in whichever order texts arrive: a new text is searched for the sentences that are known, and the texts that
are known for its new ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from extract.statements.standing import sentence_key, standing
from pipelines.store.queries.select import chunks
from pipelines.store.tables import DocumentRow, PageSentenceRow, StandingRow, StatementRow, VersionRow


def note_standings(session: Session, url: str, document_id: str, *, again: bool = False) -> None:
    """A watched page shows a text. Does nothing if it did so before, unless the text was read `again` by other rules:
    then all of its sentences are looked for anew."""
    shown = set(session.scalars(sa.select(VersionRow.document_id).where(VersionRow.url == url).distinct()))
    if document_id in shown:
        if not again:
            return
        keys = sa.select(PageSentenceRow.key).where(PageSentenceRow.url == url)
        session.execute(
            sa.delete(StandingRow).where(
                StandingRow.document_id == document_id, StandingRow.sentence.in_(keys)
            )
        )
    known = {
        row.key: row.text
        for row in session.scalars(sa.select(PageSentenceRow).where(PageSentenceRow.url == url))
    }
    new = {key: text for key, text in _sentences_of(session, document_id).items() if key not in known}
    session.add_all(PageSentenceRow(url=url, key=key, text=text) for key, text in new.items())
    _note(session, known | new, [document_id])
    if new:
        _note(session, new, sorted(shown - {document_id}))
    session.flush()


def _sentences_of(session: Session, document_id: str) -> dict[str, str]:
    """Key → words of every sentence that a document's statements rest on, and of the promises beside them."""
    query = sa.select(StatementRow.supports, StatementRow.promise).where(
        StatementRow.document_id == document_id
    )
    texts = [
        text
        for supports, promise in session.execute(query)
        for text in (*(s["text"] for s in supports), promise)
        if text
    ]
    return {sentence_key(text): text for text in texts}


def _note(session: Session, sentences: Mapping[str, str], documents: list[str]) -> None:
    for some in chunks(documents, 20):
        rows = session.execute(
            sa.select(DocumentRow.id, DocumentRow.text, DocumentRow.paragraphs).where(
                DocumentRow.id.in_(some)
            )
        ).all()
        there = {
            (row.document_id, row.sentence)
            for row in session.scalars(sa.select(StandingRow).where(StandingRow.document_id.in_(some)))
        }
        session.add_all(
            StandingRow(document_id=document_id, sentence=key, stands_as=stand.key, share=stand.share)
            for document_id, text, paragraphs in rows
            for key, stand in standing(sentences, text, paragraphs).items()
            if (document_id, key) not in there
        )
        session.flush()
