"""The web end: pages that people open from a mail. Reads by queries, writes by pipelines; never crawls."""
