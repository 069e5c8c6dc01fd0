"""Policy intensity of reports: variants, composites, evidence, and two tables of scores compared."""
