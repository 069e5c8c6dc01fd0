"""Pages of zhengce: the explorer reads a project, the labelling page writes labels."""
