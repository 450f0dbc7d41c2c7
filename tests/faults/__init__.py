"""Everything goes wrong for as long as wished, and nothing may be lost, doubled or out of order."""
