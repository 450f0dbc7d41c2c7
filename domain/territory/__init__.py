"""地域 Territory: command zones, sectors, the street office, coverage gaps, enclaves and splits."""
