"""Design-based correction of intensities by the sentences labelled at random."""
