-- name: lock
SELECT pg_advisory_xact_lock(hashtext('chuishao.seal'), $1)

-- name: tiles
SELECT level, index, hashes FROM tile
WHERE log = $1 AND (level, index) IN (SELECT * FROM unnest($2::smallint[], $3::bigint[]))

-- name: tile_run
SELECT index, hashes FROM tile WHERE log = $1 AND level = 0 AND index BETWEEN $2 AND $3

-- name: put_tiles
INSERT INTO tile (log, level, index, hashes)
SELECT $1, level, index, hashes FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]) AS t (level, index, hashes)
ON CONFLICT (log, level, index) DO UPDATE SET hashes = excluded.hashes

-- name: leaves
SELECT position, leaf_hash,
       leaf_hash = leaf_hash(log, position, stream, version, event_id, type, schema_version, occurred_at,
                             recorded_at, meta, data) AS unchanged
FROM event WHERE log = $1 AND position > $2 AND position <= $3 ORDER BY position

-- name: head
SELECT coalesce((SELECT position FROM event WHERE log = $1 ORDER BY position DESC LIMIT 1), 0)

-- name: kept_leaves
SELECT coalesce((SELECT index * 256 + octet_length(hashes) / 32 FROM tile
                 WHERE log = $1 AND level = 0 ORDER BY index DESC LIMIT 1), 0)

-- name: newest_checkpoint
SELECT size, root, key, text, sealed_at FROM cosigned WHERE log = $1 ORDER BY size DESC LIMIT 1

-- name: checkpoint_covering
SELECT size, root, key, text, sealed_at FROM cosigned WHERE log = $1 AND size >= $2 ORDER BY size LIMIT 1

-- name: checkpoints
SELECT size, root, key, text, sealed_at FROM cosigned WHERE log = $1 AND size > $2 AND size <= $3 ORDER BY size LIMIT $4

-- name: put_checkpoint
INSERT INTO checkpoint (log, size, root, key, text) VALUES ($1, $2, $3, $4, $5)

-- name: refuse
INSERT INTO seal_refusal (log, reason) VALUES ($1, $2)
ON CONFLICT (log) DO UPDATE SET reason = excluded.reason WHERE seal_refusal.reason <> excluded.reason

-- name: allow
DELETE FROM seal_refusal WHERE log = $1

-- name: standing
SELECT h.head, coalesce(c.size, 0), extract(epoch FROM now() - c.sealed_at)::float8, r.reason
FROM (SELECT coalesce((SELECT position FROM event WHERE log = $1 ORDER BY position DESC LIMIT 1), 0) AS head) h
LEFT JOIN LATERAL (SELECT size, sealed_at FROM checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1) c ON true
LEFT JOIN seal_refusal r ON r.log = $1

-- name: kept_hashes
SELECT coalesce((SELECT (count(*) - 1) * 256 FROM tile WHERE log = $1 AND level = 0 HAVING count(*) > 0)
                + (SELECT octet_length(hashes) / 32 FROM tile WHERE log = $1 AND level = 0
                   ORDER BY index DESC LIMIT 1), 0)

-- name: export_page
SELECT position, leaf_hash,
       json_build_object(
           'position', position, 'stream', stream, 'version', version, 'event', event_id, 'type', type,
           'schema', schema_version, 'occurred', ('x' || encode(timestamptz_send(occurred_at), 'hex'))::bit(64)::bigint,
           'recorded', ('x' || encode(timestamptz_send(recorded_at), 'hex'))::bit(64)::bigint,
           'meta', meta::text, 'data', data::text, 'leaf', encode(leaf_hash, 'hex')) AS line,
       coalesce(correlation::text, 'nothing') AS filed,
       meta ->> 'correlation' IS NOT NULL AND replace(correlation::text, '-', '')
           IS DISTINCT FROM nullif(meta ->> 'correlation', meta ->> 'command') AS misfiled
FROM event WHERE log = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4

-- name: checkpoint_keys
SELECT key FROM checkpoint WHERE log = $1 GROUP BY key ORDER BY max(size)
