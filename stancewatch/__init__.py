"""The composition root: command line, schedule, doctor and demo. The only house that may import every other."""
