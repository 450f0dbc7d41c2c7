"""纸面 What pages that stand alone have in common: both languages, small pieces, one style, also for A4."""
