-- The log: streams, commands and the events themselves, partitioned by position.
-- The log's id comes first in every key: no transaction touches two logs.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE log (
    id         integer PRIMARY KEY,
    history    uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN log.history IS 'names this history, so that a cursor of another one is noticed';
INSERT INTO log (id) VALUES (1);

CREATE TABLE stream (
    log            integer NOT NULL,
    id             uuid    NOT NULL,
    category       text    NOT NULL,
    version        integer NOT NULL,
    first_position bigint  NOT NULL,
    last_position  bigint  NOT NULL,
    PRIMARY KEY (log, id)
) WITH (fillfactor = 80);

CREATE TABLE command (
    log            integer NOT NULL,
    id             uuid    NOT NULL,
    request_hash   bytea   NOT NULL,
    result         json    NOT NULL,
    first_position bigint  NOT NULL,
    last_position  bigint  NOT NULL,
    PRIMARY KEY (log, id)
);
COMMENT ON TABLE command IS 'what every accepted command answered; a repetition gets the same answer';

CREATE TABLE event (
    log            integer     NOT NULL,
    position       bigint      NOT NULL,
    stream         uuid        NOT NULL,
    version        integer     NOT NULL,
    event_id       uuid        NOT NULL,
    type           text        NOT NULL,
    schema_version smallint    NOT NULL,
    correlation    uuid,
    data           json        NOT NULL,
    meta           json        NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    leaf_hash      bytea       NOT NULL,
    PRIMARY KEY (log, position)
) PARTITION BY RANGE (position);
COMMENT ON COLUMN event.data IS 'kept byte for byte as written (json, not jsonb), because its hash is taken';
COMMENT ON COLUMN event.occurred_at IS 'when it happened in the world';
COMMENT ON COLUMN event.recorded_at IS 'when the log learnt it; never decreases with position';

CREATE INDEX event_correlation ON event (log, correlation, position) WHERE correlation IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Record a correcting event instead.';
END $$;

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER command_append_only BEFORE UPDATE OR DELETE ON command FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER command_no_truncate BEFORE TRUNCATE ON command FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE subject_key (
    log        integer     NOT NULL,
    subject    uuid        NOT NULL,
    key        bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    erased_at  timestamptz,
    PRIMARY KEY (log, subject),
    CHECK ((key IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE subject_key IS 'one key a person; without it the person''s text is gone everywhere';
