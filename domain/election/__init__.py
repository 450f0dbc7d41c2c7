"""换届 Elections of residents' committees, and the committees that come of them."""
