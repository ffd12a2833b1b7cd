"""One spider a source kind; a new site is an entry in sources.yml, never a module here."""
