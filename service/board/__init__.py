"""治理看板 The board of a division: funnel, tiers, league table and trend on one page that stands alone."""
