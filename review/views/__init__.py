"""The desk's views: a module each, named as its address, with `router(desk)`. They read by queries and post by the ledger."""

from review.views import captures, changes, companies, matrix, pairs, queue, statements, today

VIEWS = (today, queue, matrix, companies, pairs, changes, statements, captures)
