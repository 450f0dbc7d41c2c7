-- name: tables
CREATE TABLE proposal (
    id          uuid PRIMARY KEY,
    number      bigint      NOT NULL,
    division    text        NOT NULL COLLATE "C",
    proposer    text        NOT NULL,
    label       text        NOT NULL,
    proposal    bytea,
    status      text        NOT NULL,
    received_at timestamptz NOT NULL,
    department  uuid,
    body        text        COLLATE "C",
    assigned_at timestamptz,
    answered_at timestamptz,
    answer      bytea,
    rated_at    timestamptz,
    verdict     text,
    comment     bytea
) WITH (fillfactor = 80);

-- name: indexes
CREATE INDEX IF NOT EXISTS proposal_by_number ON proposal (number);
CREATE INDEX IF NOT EXISTS proposal_by_division ON proposal (division, number);
CREATE INDEX IF NOT EXISTS proposal_by_status ON proposal (status, number);
CREATE INDEX IF NOT EXISTS proposal_by_department ON proposal (department) WHERE department IS NOT NULL;

-- name: summary
SELECT s.rank, s.status, count(p.id) AS proposals,
       min(coalesce(p.rated_at, p.answered_at, p.assigned_at, p.received_at)) AS oldest_at, $1::text AS place
FROM unnest($2::text[]) WITH ORDINALITY AS s (status, rank)
LEFT JOIN proposals.proposal p ON p.status = s.status AND p.division >= $1 AND p.division < $1 || '~'
GROUP BY s.rank, s.status
