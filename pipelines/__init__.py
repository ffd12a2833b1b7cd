"""What happens to a capture: archived, analysed, judged, recorded, told. The only house that stores.

Not Scrapy's item pipelines: the single one of those is `crawler.handover`.
"""
