"""A replica of the portals, made from a seed: what tests and demonstrations crawl."""
