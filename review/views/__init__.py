"""The desk's views: a module each, named as its address, with `router(desk)`. They read by queries and post by the ledger."""

from review.views import (
    account,
    audit,
    captures,
    documents,
    exports,
    help,  # noqa: A004  # its address
    holds,
    queue,
    runs,
    search,
    sources,
    statements,
    subscriptions,
    users,
)

VIEWS = (
    queue,
    statements,
    search,
    documents,
    captures,
    sources,
    runs,
    holds,
    exports,
    subscriptions,
    account,
    users,
    audit,
    help,
)
