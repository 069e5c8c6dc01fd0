"""The evaluation page: quality, peers, errors and calibration of a scorer, for a referee."""
