-- name: tables
CREATE TABLE deliberation (
    id          uuid PRIMARY KEY,
    number      bigint      NOT NULL,
    community   text        NOT NULL COLLATE "C",
    case_id     uuid,
    state       text        NOT NULL,
    topic       bytea       NOT NULL,
    convened_at timestamptz NOT NULL,
    opinions    bigint      NOT NULL,
    ended_at    timestamptz,
    outcome     bytea
) WITH (fillfactor = 80);
CREATE TABLE opinion (
    id           uuid PRIMARY KEY,
    deliberation uuid        NOT NULL,
    number       bigint      NOT NULL,
    community    text        NOT NULL COLLATE "C",
    label        text        NOT NULL,
    person       uuid,
    words        bytea       NOT NULL,
    recorded_at  timestamptz NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS deliberation_by_number ON deliberation (number);
CREATE INDEX IF NOT EXISTS deliberation_by_community ON deliberation (community, number);
CREATE INDEX IF NOT EXISTS deliberation_by_case ON deliberation (case_id, number) WHERE case_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS opinion_by_deliberation ON opinion (deliberation, number);
