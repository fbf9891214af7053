"""Fetching: Scrapy's downloader inside the service's event loop, behind the guard, at each host's pace."""
