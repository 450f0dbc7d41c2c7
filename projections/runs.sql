-- name: tables
CREATE TABLE run (
    case_id      uuid        NOT NULL,
    number       bigint      NOT NULL,
    position     bigint      NOT NULL,
    status       text        NOT NULL,
    since        timestamptz NOT NULL,
    place        text        NOT NULL COLLATE "C",
    community    text        NOT NULL,
    grid         text,
    category     text        NOT NULL,
    severity     text        NOT NULL,
    opened_at    timestamptz NOT NULL,
    night_at     timestamptz,
    taken_up_at  timestamptz,
    receiver     text,
    accepted_at  timestamptz,
    assigned_at  timestamptz,
    tier         text,
    holder       text,
    assignee     text,
    due_at       timestamptz,
    due_rule     text,
    sent_on      bigint      NOT NULL,
    reworks      bigint      NOT NULL,
    whistles     bigint      NOT NULL,
    lead         uuid,
    resolver     text,
    resolved_at  timestamptz,
    settled      text,
    contained    boolean,
    verified_at  timestamptz,
    ended        text,
    ended_at     timestamptz,
    rated_at     timestamptz,
    answered     boolean,
    solved       boolean,
    satisfied    bigint,
    follow_up    boolean,
    reopened_at  timestamptz,
    extended_at  timestamptz,
    clock        text,
    asked_amount bigint,
    asked_unit   text,
    asked_until  timestamptz,
    status_before text,
    since_before timestamptz,
    clock_before text,
    PRIMARY KEY (case_id, number)
) WITH (fillfactor = 80);

-- name: latest
SELECT DISTINCT ON (case_id) {columns} FROM run WHERE case_id = ANY($1::uuid[]) ORDER BY case_id, number DESC

-- name: running
SELECT {columns} FROM run WHERE status = ANY($1::text[]) AND starts_with(place, $2)
    AND (due_at >= $3 OR due_at IS NULL) AND since < $4

-- name: indexes
CREATE INDEX IF NOT EXISTS run_by_limit ON run (due_at, place) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS run_by_finish ON run (ended_at, place) WHERE ended IN ('CLOSED', 'REOPENED');
CREATE INDEX IF NOT EXISTS run_by_reopening ON run (reopened_at, place)
    WHERE ended = 'CLOSED' AND reopened_at > ended_at;
CREATE INDEX IF NOT EXISTS run_by_answer ON run (rated_at, place) WHERE rated_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS run_by_report ON run (opened_at, place) WHERE night_at IS NOT NULL;
