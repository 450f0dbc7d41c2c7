-- What was known at an earlier position, kept beside the present: every read model, folded up to there, in the
-- schema <name>_at_<position>.

CREATE TABLE past (
    log      integer     NOT NULL,
    position bigint      NOT NULL,
    known_at timestamptz NOT NULL,
    code     text        NOT NULL,
    proof    bytea       NOT NULL,
    folded   bigint      NOT NULL DEFAULT 0,
    schemas  text[]      NOT NULL,
    made_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, position)
);
COMMENT ON COLUMN past.known_at IS 'when the event at the position was recorded';
COMMENT ON COLUMN past.schemas IS 'what it consists of, and what goes with it';
COMMENT ON COLUMN past.code IS 'of the read models that made it';
COMMENT ON COLUMN past.folded IS 'the last event folded in; the position itself once it is whole';
