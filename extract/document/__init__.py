"""Bytes of a capture to a Document, and what the capture turned out to be. Knows nothing of stances."""
