-- name: append
SELECT * FROM append_to($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                        $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)

-- name: stream
SELECT e.version, e.type, e.data
FROM stream s
JOIN event e ON e.log = s.log AND e.stream = s.id AND e.position BETWEEN s.first_position AND s.last_position
WHERE s.log = $1 AND s.id = $2
ORDER BY e.version

-- name: load
SELECT w.id AS stream, r.*, $4 = 0 OR EXISTS (
           SELECT FROM event e WHERE e.log = $1 AND e.position = $4 AND e.leaf_hash = $5) AS same_history
FROM unnest($2::uuid[]) AS w (id) CROSS JOIN LATERAL (
    SELECT e.version, e.position, e.type, e.data, e.leaf_hash, k.made_by, k.checksum,
           CASE WHEN e.version = k.version THEN k.state END AS state
    FROM stream s
    LEFT JOIN snapshot k ON k.log = s.log AND k.stream = s.id AND k.made_by = ANY ($3)
                        AND k.version <= s.version AND k.position <= s.last_position
    JOIN event e ON e.log = s.log AND e.stream = s.id AND e.version >= coalesce(k.version, 1)
                AND e.position BETWEEN coalesce(k.position, s.first_position) AND s.last_position
    WHERE s.log = $1 AND s.id = w.id
    ORDER BY e.version
) AS r

-- name: keep
INSERT INTO snapshot (log, stream, version, position, made_by, state, checksum)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (log, stream) DO UPDATE
SET version = excluded.version, position = excluded.position, made_by = excluded.made_by,
    state = excluded.state, checksum = excluded.checksum, made_at = excluded.made_at

-- name: version
SELECT version FROM stream WHERE log = $1 AND id = $2

-- name: category
SELECT category FROM stream WHERE log = $1 AND id = $2

-- name: head
SELECT position, leaf_hash FROM event WHERE log = $1 ORDER BY position DESC LIMIT 1

-- name: command
SELECT request_hash, result, last_position FROM command WHERE log = $1 AND id = $2

-- name: proof
SELECT leaf_hash FROM event WHERE log = $1 AND position = $2

-- name: history
SELECT history FROM log WHERE id = $1

-- name: hold_keys
SELECT FROM subject_key WHERE log = $1 AND subject = ANY($2) ORDER BY subject FOR UPDATE

-- name: destroy_keys
UPDATE subject_key SET key = NULL, erased_at = clock_timestamp()
WHERE log = $1 AND subject = ANY($2) AND key IS NOT NULL

-- name: erased_keys
SELECT subject FROM subject_key WHERE log = $1 AND subject = ANY($2) AND key IS NULL

-- name: open_keys
SELECT subject, key FROM subject_key WHERE log = $1 AND subject = ANY($2) AND key IS NOT NULL

-- name: open_keys_to_keep
WITH held AS MATERIALIZED (
    SELECT log, subject, key FROM subject_key WHERE log = $1 AND subject = ANY($2) AND key IS NOT NULL
    ORDER BY subject FOR SHARE
), noted AS (
    INSERT INTO opened_subject (log, subject) SELECT log, subject FROM held ON CONFLICT DO NOTHING
)
SELECT subject, key FROM held

-- name: kept
SELECT e.type, count(*) AS events, count(DISTINCT e.correlation) AS cases
FROM event e
WHERE e.log = $1 AND strpos(e.data::text, '["' || replace($2::uuid::text, '-', '') || '"') > 0
GROUP BY e.type ORDER BY min(e.position)

-- name: erasable
SELECT 'subject_key' AS name UNION ALL
SELECT conrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND confrelid = 'opened_subject'::regclass

-- name: recorded_at
SELECT recorded_at FROM event WHERE log = $1 AND position = $2
