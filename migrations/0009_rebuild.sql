-- Read models beside the present one: the next while it is built, the previous to go back to. Each has the
-- schema <name>_next or <name>_previous, and its parked events stand under that name.

ALTER TABLE projection ADD COLUMN fingerprint text;
COMMENT ON COLUMN projection.fingerprint IS 'of the code that made it; NULL where that is not known';

CREATE TABLE projection_copy (
    log         integer     NOT NULL,
    name        text        NOT NULL,
    place       text        NOT NULL CHECK (place IN ('next', 'previous')),
    version     integer     NOT NULL,
    fingerprint text,
    position    bigint      NOT NULL DEFAULT 0,
    proof       bytea,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, name, place)
) WITH (fillfactor = 50);

CREATE TABLE skipped (
    log        integer     NOT NULL,
    projection text        NOT NULL,
    position   bigint      NOT NULL,
    stream     uuid        NOT NULL,
    type       text        NOT NULL,
    error      text        NOT NULL,
    reason     text        NOT NULL,
    skipped_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, projection, position)
);
COMMENT ON TABLE skipped IS 'events that a projection does without where it cannot fold them, each with the reason given';
