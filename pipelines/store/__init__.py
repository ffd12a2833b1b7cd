"""The database: tables, sessions, every write (record), every read (queries). SQLite or PostgreSQL by URL."""
