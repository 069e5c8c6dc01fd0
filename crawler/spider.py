"""The Scrapy spider around a harvest: engine, downloader, middlewares and stats are Scrapy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Spider

from crawler.fetcher import Fetcher
from crawler.harvest import Harvest
from crawler.pacing import Pacer
from crawler.robots import Robots

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crawler.job import Job


class ReportSpider(Spider):
    """Runs a job; requests go through the engine's downloader, none through its scheduler.

    Scrapy's scheduler keeps its queue in memory or in pickle files that a kill leaves broken;
    the frontier is ours, so the spider takes from it and asks the engine to download.
    """

    name = "zhengce"

    def __init__(self, job: Job, failures: list[BaseException], **named: Any) -> None:
        super().__init__(**named)
        self.job = job
        self.failures = failures

    async def start(self) -> AsyncIterator[Any]:
        """Harvest; yields nothing."""
        job = self.job
        fetcher = Fetcher(self.crawler.engine, job.network, Pacer(job.delay), job.frontier)
        fetcher.robots = Robots(fetcher, job.raw)
        harvest = Harvest(
            fetcher, job.frontier, job.raw, job.pool, job.gates, job.columns, report=job.report
        )
        try:
            await harvest.run()
        except BaseException as error:
            self.failures.append(error)
        nothing: tuple[Any, ...] = ()
        for item in nothing:
            yield item
