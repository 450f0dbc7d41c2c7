-- name: tables
CREATE TABLE entry (
    case_id     uuid        NOT NULL,
    position    bigint      NOT NULL,
    stream      uuid        NOT NULL,
    type        text        NOT NULL,
    status      text        NOT NULL,
    tier        text,
    holder      text        NOT NULL,
    assignee    text,
    occurred_at timestamptz NOT NULL,
    community   text        NOT NULL,
    grid        text,
    status_before text,
    PRIMARY KEY (case_id, position)
);

-- name: latest
SELECT h.*
FROM unnest($1::uuid[]) AS wanted (case_id)
CROSS JOIN LATERAL (SELECT case_id, position, stream, type, status, tier, holder, assignee, occurred_at,
                           community, grid, status_before
                    FROM entry e WHERE e.case_id = wanted.case_id ORDER BY position DESC LIMIT 1) h

-- name: trace
SELECT h.case_id, h.position, h.stream, h.type, h.status, h.tier, h.holder, h.assignee, h.occurred_at,
       h.community, h.grid, h.status_before,
       e.version, e.event_id, e.schema_version, e.data, e.meta, e.occurred_at, e.recorded_at, e.leaf_hash
FROM history.entry h
JOIN public.event e ON e.log = $1 AND e.position = h.position
WHERE h.case_id = ANY($2)
ORDER BY h.case_id, h.position

-- name: recorded
SELECT h.case_id, h.position, h.stream, h.type, h.status, h.tier, h.holder, h.assignee, h.occurred_at,
       e.version, e.event_id, e.schema_version, e.data, e.meta, e.recorded_at, e.leaf_hash, e.correlation
FROM history.entry h
JOIN public.event e ON e.log = {log} AND e.position = h.position
