-- name: tables
CREATE TABLE whistle (
    id         uuid PRIMARY KEY,
    number     bigint      NOT NULL,
    position   bigint      NOT NULL,
    case_id    uuid        NOT NULL,
    street     text        NOT NULL COLLATE "C",
    kind       text        NOT NULL,
    linkage    text        NOT NULL,
    lead       uuid,
    status     text        NOT NULL,
    subject    uuid        NOT NULL,
    grounds    bytea       NOT NULL,
    result     bytea,
    blown_at   timestamptz NOT NULL,
    ended_at   timestamptz,
    meeting    text,
    check_in_due_at timestamptz
) WITH (fillfactor = 80);
CREATE TABLE summons (
    whistle         uuid        NOT NULL,
    department      uuid        NOT NULL,
    number          bigint      NOT NULL,
    street          text        NOT NULL COLLATE "C",
    state           text        NOT NULL,
    summoned_at     timestamptz NOT NULL,
    sign_due_at     timestamptz,
    check_in_due_at timestamptz,
    signed_at       timestamptz,
    checked_in_at   timestamptz,
    passed_at       timestamptz,
    missed_at       timestamptz,
    refused_at      timestamptz,
    answered_at     timestamptz,
    rated_at        timestamptz,
    score           bigint,
    words           bytea,
    PRIMARY KEY (whistle, department, number)
) WITH (fillfactor = 80);
CREATE TABLE item (
    whistle    uuid   NOT NULL,
    number     bigint NOT NULL,
    text       bytea  NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (whistle, number)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS whistle_by_street ON whistle (street, number);
CREATE INDEX IF NOT EXISTS whistle_by_number ON whistle (number);
CREATE INDEX IF NOT EXISTS whistle_by_due ON whistle ((coalesce(check_in_due_at, 'infinity')), number);
CREATE INDEX IF NOT EXISTS whistle_by_change ON whistle (position);
CREATE INDEX IF NOT EXISTS whistle_by_case ON whistle (case_id, number);
CREATE INDEX IF NOT EXISTS summons_by_department ON summons (department, street);
CREATE INDEX IF NOT EXISTS summons_by_due ON summons (check_in_due_at, whistle, department)
    WHERE state IN ('SUMMONED', 'SIGNED') AND (passed_at IS NULL OR passed_at < check_in_due_at);

-- name: league
SELECT s.department,
       count(*) AS summoned,
       count(s.signed_at) AS signed,
       count(s.checked_in_at) AS checked_in,
       count(*) FILTER (WHERE s.checked_in_at <= s.check_in_due_at AND s.missed_at IS NULL) AS on_time,
       count(*) FILTER (WHERE s.checked_in_at <= s.check_in_due_at OR s.missed_at IS NOT NULL
                              OR s.check_in_due_at < least($2, s.refused_at, w.ended_at)) AS due,
       count(s.missed_at) AS missed,
       count(s.refused_at) AS refused,
       count(s.answered_at) AS answered,
       count(s.score) AS rated,
       coalesce(sum(s.score), 0)::bigint AS score_sum,
       $1::text AS place
FROM whistles.summons s JOIN whistles.whistle w ON w.id = s.whistle
WHERE starts_with(s.street, $1)
GROUP BY s.department
ORDER BY s.department
