-- name: tables
CREATE TABLE entry (
    id          uuid PRIMARY KEY,
    care_group  text        NOT NULL,
    grid        text        NOT NULL COLLATE "C",
    whom        bytea,
    household   bytea,
    enrolled_at timestamptz NOT NULL,
    exited_at   timestamptz,
    exit_reason text,
    needs       bigint      NOT NULL,
    unmet       bigint      NOT NULL
);
CREATE TABLE line (
    entry        uuid        NOT NULL,
    number       bigint      NOT NULL,
    kind         text        NOT NULL,
    corrects     bigint,
    corrected_by bigint,
    need         bigint,
    source       text,
    words        bytea,
    written_at   timestamptz NOT NULL,
    actor        text        NOT NULL,
    position     bigint      NOT NULL,
    PRIMARY KEY (entry, number)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS entry_by_grid ON entry (grid, id);
CREATE INDEX IF NOT EXISTS entry_by_group ON entry (care_group, grid, id);
CREATE INDEX IF NOT EXISTS entry_by_enrolment ON entry (enrolled_at, id);
CREATE INDEX IF NOT EXISTS entry_unmet ON entry (grid, id) WHERE unmet > 0 AND exited_at IS NULL;

-- name: counts
-- A line for each priority group that has somebody in the ledger in the place $1.
SELECT e.care_group, $1::text AS place, count(*) AS enrolled, coalesce(sum(e.unmet), 0)::bigint AS unmet
FROM care.entry e
WHERE e.exited_at IS NULL AND e.grid >= $1::text AND e.grid < $1::text || '~'
GROUP BY e.care_group
