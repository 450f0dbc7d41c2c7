-- What belongs to no case is shown to everybody: whoever reads nothing else must not walk over all the rest.
CREATE INDEX event_published ON event (log, position) WHERE correlation IS NULL;
