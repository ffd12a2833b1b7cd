"""The one place where config/ becomes Scrapy settings, for `python -m crawler` and plain `scrapy crawl` alike."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from scrapy.settings import BaseSettings

from pipelines.config import Config, load_config


@cache
def config() -> Config:
    """The configuration of this process, read once. Raises ConfigError."""
    return load_config()


def settings_for(config: Config) -> dict[str, Any]:
    """What config/ says, in Scrapy's words."""
    crawl = config.settings.crawl
    return {
        "USER_AGENT": f"stancewatch/{version('stancewatch')} (+{crawl.contact})",
        "DOWNLOAD_DELAY": crawl.delay_s,
        "AUTOTHROTTLE_START_DELAY": crawl.delay_s,
        "DOWNLOAD_TIMEOUT": crawl.timeout_s,
        "DOWNLOAD_MAXSIZE": crawl.page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "REDIRECT_MAX_TIMES": crawl.redirects,
        "RETRY_TIMES": crawl.retries,
        "GUARD_ALLOW_LOOPBACK": crawl.allow_loopback,
    }


class Configured:
    """Scrapy add-on: applies `settings_for` before any crawler is made; `scrapy crawl -s KEY=…` still wins."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Called by Scrapy with the settings of the process."""
        settings.update(settings_for(config()), priority="addon")
