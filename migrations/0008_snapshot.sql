-- Snapshots: states of aggregates with long histories, so that loading need not begin at the first event.
-- A cache: rows may be deleted, damaged or lost at any time. No trigger guards them; the log is the judge.

CREATE TABLE snapshot (
    log      integer     NOT NULL,
    stream   uuid        NOT NULL,
    version  integer     NOT NULL,
    position bigint      NOT NULL,
    made_by  text        NOT NULL,
    state    json        NOT NULL,
    checksum bytea       NOT NULL,
    made_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, stream)
) WITH (fillfactor = 80);
COMMENT ON TABLE snapshot IS 'a cache: delete whatever you like, whenever you like';
COMMENT ON COLUMN snapshot.made_by IS 'the hash of the code that made it; other code ignores it';
COMMENT ON COLUMN snapshot.checksum IS 'binds the state to its stream, its last event and its maker';
