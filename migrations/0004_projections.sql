-- Where each projection stands. Its tables live in a schema of their own, made by the projection itself.

CREATE TABLE projection (
    log        integer     NOT NULL,
    name       text        NOT NULL,
    version    integer     NOT NULL,
    position   bigint      NOT NULL DEFAULT 0,
    status     text        NOT NULL DEFAULT 'live' CHECK (status IN ('live', 'building', 'stopped')),
    error      text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, name)
) WITH (fillfactor = 50);
COMMENT ON COLUMN projection.position IS 'the last event folded in';

CREATE TABLE parked (
    log        integer     NOT NULL,
    projection text        NOT NULL,
    position   bigint      NOT NULL,
    stream     uuid        NOT NULL,
    error      text        NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, projection, position)
);
COMMENT ON TABLE parked IS 'events that a projection could not fold, and the later events of their streams';
