-- name: stage
CREATE TEMPORARY TABLE staged (position bigint, stream uuid, version integer, event_id uuid, type text,
    schema_version smallint, correlation uuid, data text, meta text, occurred_at timestamptz,
    recorded_at timestamptz);
CREATE TEMPORARY TABLE staged_command
    (id uuid, request_hash bytea, result text, first_position bigint, last_position bigint);
CREATE TEMPORARY TABLE staged_key (subject uuid, key bytea)

-- name: append
INSERT INTO event (log, position, stream, version, event_id, type, schema_version, correlation, data, meta,
                   occurred_at, recorded_at, leaf_hash)
SELECT 1, s.position, s.stream, s.version, s.event_id, s.type, s.schema_version, s.correlation, s.data::json,
       s.meta::json, s.occurred_at, s.recorded_at,
       leaf_hash(1, s.position, s.stream, s.version, s.event_id, s.type, s.schema_version, s.occurred_at,
                 s.recorded_at, s.meta::json, s.data::json)
FROM staged s ORDER BY s.position;
INSERT INTO stream (log, id, category, version, first_position, last_position)
SELECT 1, s.stream,
       (array_agg(s.data::json ->> 'originator_topic' ORDER BY s.version))[1], max(s.version),
       min(s.position), max(s.position)
FROM staged s GROUP BY s.stream;
INSERT INTO command (log, id, request_hash, result, first_position, last_position)
SELECT 1, id, request_hash, result::json, first_position, last_position FROM staged_command;
INSERT INTO subject_key (log, subject, key) SELECT 1, subject, key FROM staged_key;
TRUNCATE staged, staged_command, staged_key

-- name: posts
SELECT id, code, name, worker FROM grids.grid
WHERE retired_at IS NULL AND community NOT IN (SELECT code FROM splits.part) ORDER BY code

-- name: covered
INSERT INTO elements.coverage
SELECT code, community, 0, 0, 0, 0, 0, 0, retired_at IS NULL FROM grids.grid ON CONFLICT DO NOTHING

-- name: moved
WITH verified AS (
    SELECT DISTINCT ON (stream) stream, encode(substring(leaf_hash FOR 8), 'hex') AS hash FROM event
    WHERE log = 1 AND type = 'CaseVerified' ORDER BY stream, position DESC
)
UPDATE cases.case_row c
SET draw = div((('x' || left(v.hash, 8))::bit(32)::bigint * 2::numeric ^ 32 + ('x' || right(v.hash, 8))::bit(32)::bigint)
               * 10000, 2::numeric ^ 64)
FROM verified v WHERE v.stream = c.id;
UPDATE projection SET position = (SELECT max(position) FROM event WHERE log = 1), updated_at = now() WHERE log = 1;
UPDATE reaction SET position = (SELECT max(position) FROM event WHERE log = 1) WHERE log = 1

-- name: played
SELECT position, stream, version, event_id, type, schema_version, correlation, data, meta, occurred_at
FROM event WHERE log = 1 ORDER BY position

-- name: commands
SELECT id, result, first_position, last_position FROM command WHERE log = 1 ORDER BY first_position

-- name: departments
SELECT division, name, id FROM departments.department ORDER BY division, name

-- name: communities
SELECT code, name FROM divisions.division WHERE level = 'COMMUNITY' ORDER BY code

-- name: tallies_hold
WITH place AS (
    SELECT coalesce(grid, community) AS code, count(*) AS cases, count(satisfied) AS rated,
           coalesce(sum(satisfied), 0) AS satisfaction
    FROM tallies.case_state GROUP BY 1
), counted AS (
    SELECT left(code, digits) AS place, sum(cases) AS cases, sum(rated) AS rated, sum(satisfaction) AS satisfaction
    FROM place, unnest(ARRAY[2, 6, 9, 12, 99]) AS digits WHERE length(code) >= digits
       OR (digits = 99 AND length(code) > 12) GROUP BY 1
)
SELECT count(*) FROM counted c FULL JOIN tallies.tally t ON t.place = c.place COLLATE "C"
WHERE coalesce(c.cases, 0) <> coalesce(t.counts[1], 0) OR coalesce(c.rated, 0) <> coalesce(t.counts[16], 0)
   OR coalesce(c.satisfaction, 0) <> coalesce(t.counts[19], 0)
