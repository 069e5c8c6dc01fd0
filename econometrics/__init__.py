"""From statistics to panel, and from panel to spatial estimates."""
