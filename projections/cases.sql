-- name: tables
CREATE TABLE case_row (
    id             uuid PRIMARY KEY,
    number         bigint      NOT NULL,
    version        bigint      NOT NULL,
    position       bigint      NOT NULL,
    status         text        NOT NULL,
    open           boolean     NOT NULL,
    tier           text,
    severity       text        NOT NULL,
    category       text        NOT NULL,
    linkage        text,
    community      text        NOT NULL,
    grid           text,
    place          text        NOT NULL COLLATE "C",
    holder         text        NOT NULL,
    assignee       text,
    subject        uuid        NOT NULL,
    anonymous      boolean     NOT NULL,
    text           bytea       NOT NULL,
    address        bytea,
    reporter_name  bytea,
    reporter_phone bytea,
    reported_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    since          timestamptz NOT NULL,
    due_at         timestamptz,
    due_rule       text,
    on_spot        boolean     NOT NULL,
    resolver       text,
    resolved_at    timestamptz,
    verified_at    timestamptz,
    closed_at      timestamptz,
    whistle        uuid,
    reworks        bigint      NOT NULL,
    reopenings     bigint      NOT NULL,
    answered       boolean,
    solved         boolean,
    satisfied      bigint,
    rated_at       timestamptz,
    joined         uuid,
    split_from     uuid,
    status_before  text,
    since_before   timestamptz,
    night_at       timestamptz,
    taken_up_at    timestamptz,
    furthest       bigint      NOT NULL,
    stands         bigint      NOT NULL,
    grid_stands    bigint      NOT NULL,
    joint          boolean     NOT NULL,
    settled        text,
    lead           uuid,
    clock          text,
    clock_before   text,
    still_since    timestamptz,
    still_until    timestamptz,
    asked          text,
    requests       bigint      NOT NULL,
    passed_at      timestamptz,
    passed_before  timestamptz,
    overdue_at     timestamptz,
    draw           bigint,
    follow_up_due  boolean     NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE case_request (
    case_id    uuid        NOT NULL,
    number     bigint      NOT NULL,
    kind       text        NOT NULL,
    state      text        NOT NULL,
    asked_at   timestamptz NOT NULL,
    asked_by   text        NOT NULL,
    amount     bigint,
    unit       text,
    until      timestamptz,
    reason     bytea       NOT NULL,
    decided_at timestamptz,
    decided_by text,
    note       bytea,
    resumed_at timestamptz,
    PRIMARY KEY (case_id, number)
);
CREATE TABLE case_text (
    id      uuid PRIMARY KEY,
    log     integer NOT NULL,
    subject uuid NOT NULL,
    text    text NOT NULL,
    FOREIGN KEY (log, subject) REFERENCES public.opened_subject ON DELETE CASCADE
);
ALTER TABLE case_text ALTER COLUMN text SET STATISTICS 0; -- a sample of the words would outlive them
CREATE INDEX case_text_subject ON case_text (log, subject);

-- name: indexes
CREATE INDEX IF NOT EXISTS case_by_place ON case_row (place, number);
CREATE INDEX IF NOT EXISTS case_by_due ON case_row (due_at, number) WHERE open;
CREATE INDEX IF NOT EXISTS case_open_by_place ON case_row (place, due_at) WHERE open;
CREATE INDEX IF NOT EXISTS case_by_due_of_all ON case_row ((coalesce(due_at, 'infinity')), number);
CREATE INDEX IF NOT EXISTS case_by_change ON case_row (position);
CREATE INDEX IF NOT EXISTS case_passing ON case_row (due_at, number)
    WHERE open AND (passed_at IS NULL OR passed_at < due_at);
CREATE INDEX IF NOT EXISTS case_to_call ON case_row (place, number) WHERE follow_up_due;
CREATE INDEX IF NOT EXISTS case_by_request ON case_row (asked, number) WHERE asked IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_standing_still ON case_row (still_since, number) WHERE still_since IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_by_number ON case_row (number);
CREATE INDEX IF NOT EXISTS case_by_subject ON case_row (subject, number);
CREATE INDEX IF NOT EXISTS case_by_assignee ON case_row (assignee, number) WHERE assignee IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_by_joined ON case_row (joined) WHERE joined IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_by_split ON case_row (split_from) WHERE split_from IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_by_report ON case_row (reported_at, place)
    INCLUDE (furthest, stands, grid_stands, joint, night_at, taken_up_at);
CREATE INDEX IF NOT EXISTS case_by_resolution ON case_row (resolved_at, place) INCLUDE (severity, settled)
    WHERE resolved_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_by_close ON case_row (closed_at, place) INCLUDE (severity, settled)
    WHERE closed_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS case_text_words ON case_text USING gin (text public.gin_trgm_ops);
