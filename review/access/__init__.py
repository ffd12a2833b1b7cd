"""Who may do what: the role of every route, sessions and tokens, passwords, and where a request may come from."""
