"""The desk's views: a module each, named as its address, with `router(desk)`. They read by queries and post by the ledger."""

from review.views import (
    captures,
    documents,
    holds,
    queue,
    runs,
    search,
    sources,
    statements,
)

VIEWS = (
    queue,
    statements,
    captures,
    search,
    documents,
    sources,
    runs,
    holds,
)
