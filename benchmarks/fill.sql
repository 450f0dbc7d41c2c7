-- Events as long as those of a working day; the log's own function takes their hashes.
INSERT INTO event (log, position, stream, version, event_id, type, schema_version, data, meta,
                   occurred_at, recorded_at, leaf_hash)
SELECT 1, n, stream, version, id, type, 1::smallint, data, meta, at, at,
       leaf_hash(1, n, stream, version, id, type, 1::smallint, at, at, meta, data)
FROM (
    SELECT n, md5((n / 8)::text)::uuid AS stream, (n % 8 + 1)::integer AS version,
           md5('event' || n)::uuid AS id,
           (ARRAY['CaseReported', 'CaseAccepted', 'CaseAssigned', 'CaseResolved'])[n % 4 + 1] AS type,
           timestamptz '2026-03-02 01:00:00Z' + n * interval '1 second' AS at,
           json_build_object(
               'timestamp', n, 'grid', '120101001001-G001',
               'text', ARRAY[md5(n::text), encode(sha256(n::text::bytea), 'base64'), repeat('案', 60)],
               'more', repeat('x', 160)) AS data,
           json_build_object(
               'actor', 'worker-' || n % 100, 'role', 'GRID_WORKER', 'unit', '120101001001-G001',
               'scope', '120101001001', 'place', '120101001001', 'command', md5('c' || n),
               'correlation', md5('c' || n), 'causation', md5('c' || n)) AS meta
    FROM generate_series($1::bigint, $2::bigint) AS n
) AS made
