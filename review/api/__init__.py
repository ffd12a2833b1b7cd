"""/api/v1: what the desk's views show, for programs: the same filters, cursors, and tokens in place of cookies."""
