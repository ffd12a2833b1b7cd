"""The Scrapy project: URLs in, captures out. Knows nothing of stances."""
