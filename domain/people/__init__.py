"""任职与成长 Persons on the rosters, the posts they hold, and how they grow: ladder, training, appraisal."""
