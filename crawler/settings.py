"""Scrapy settings: only what differs from Scrapy's defaults, each with its reason.

Numbers that an operator may change are not here: `crawler.configured` takes them from config/ (delays, sizes,
time limits, the user agent). No secret is ever a Scrapy setting: Scrapy prints its settings into the log.
"""

from __future__ import annotations

BOT_NAME = "stancewatch"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
ADDONS = {"crawler.configured.Configured": 0}

# --- What a source may not reach. Scrapy verifies no certificate, and evidence without TLS proves nothing. ---
DOWNLOAD_VERIFY_CERTIFICATES = True
TWISTED_DNS_RESOLVER = "crawler.guard.GuardedResolver"
DOWNLOAD_HANDLERS = {
    "http": "crawler.politeness.PoliteHandler",
    "https": "crawler.politeness.PoliteHandler",
    "data": None,  # a redirect or a link must never read a file or another protocol
    "file": None,
    "ftp": None,
    "s3": None,
}
TELNETCONSOLE_ENABLED = False  # both open a port that runs code
REMOTE_CONTROL_ENABLED = False
HTTPPROXY_ENABLED = False  # a proxy would resolve names behind the guard's back
COOKIES_ENABLED = False  # nothing of one request may colour the next
REFERER_ENABLED = False
METAREFRESH_ENABLED = False  # content does not steer the crawler

# --- Politeness. ---
ROBOTSTXT_OBEY = True  # by crawler.politeness.Robots, which stands in for Scrapy's middleware
CONCURRENT_REQUESTS = 32
CONCURRENT_REQUESTS_PER_DOMAIN = 1
AUTOTHROTTLE_ENABLED = True
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"  # links come newest first and are to stay so
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate, br",  # what every reader of the archive can undo; zstd it cannot
}

# --- Nothing vanishes in silence: each response reaches a spider, each dropped link is counted by `crawler.links`. ---
HTTPERROR_ALLOW_ALL = True
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.guard.Guard": 50,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.politeness.Robots": 100,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.politeness.Retry": 550,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.guard.GuardedRedirect": 600,
    "crawler.recorder.Recorder": 950,  # next to the wire: robots.txt, redirects, 304 and coded bodies pass here
}
ITEM_PIPELINES = {"crawler.handover.Handover": 100}
EXTENSIONS = {"crawler.lifecycle.RunLifecycle": 0}

# --- Log: to standard error, no pages in it. ---
LOG_LEVEL = "INFO"
LOG_FORMATTER = "crawler.handover.BriefLog"
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # a source's trouble is a row in the database, not an error of ours
