-- name: tables
CREATE TABLE meeting (
    id       uuid PRIMARY KEY,
    number   bigint      NOT NULL,
    division text        NOT NULL COLLATE "C",
    kind     text        NOT NULL,
    topic    bytea       NOT NULL,
    held_at  timestamptz NOT NULL,
    adopted  bigint      NOT NULL,
    owed     bigint      NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE resolution (
    meeting    uuid        NOT NULL,
    number     bigint      NOT NULL,
    position   bigint      NOT NULL,
    division   text        NOT NULL COLLATE "C",
    unit_kind  text        NOT NULL,
    unit       text        NOT NULL,
    street     text,
    department uuid,
    matter     bytea       NOT NULL,
    due        date        NOT NULL,
    adopted_at timestamptz NOT NULL,
    done_at    timestamptz,
    result     bytea,
    PRIMARY KEY (meeting, number)
) WITH (fillfactor = 80);

-- name: indexes
CREATE INDEX IF NOT EXISTS meeting_by_number ON meeting (number);
CREATE INDEX IF NOT EXISTS meeting_by_division ON meeting (division, number);
CREATE INDEX IF NOT EXISTS resolution_by_due ON resolution (due, position);
CREATE INDEX IF NOT EXISTS resolution_by_division ON resolution (division, due, position);
CREATE INDEX IF NOT EXISTS resolution_owed ON resolution (due, position) WHERE done_at IS NULL;
CREATE INDEX IF NOT EXISTS resolution_by_department ON resolution (department) WHERE department IS NOT NULL;
