"""What to watch, whom, for what words: data only. Read by pipelines.config through importlib.resources."""
