-- Appending: positions 1..n without gaps, many commands a call, each judged on its own.
--
-- The lock makes writers of one log take turns. PostgreSQL makes a transaction visible before it releases its
-- locks, so the statement after the lock sees every earlier append, and every reader's snapshot sees exactly
-- 1..p. Needs READ COMMITTED, synchronous_commit = on, and to be the last statement of its transaction.
--
-- A command is accepted, or answered as duplicate (same id, same content), reused (same id, other content),
-- stale (a stream is not at the expected version) or key (a subject's key is another one, or erased). None of
-- these aborts its neighbours in the batch.

CREATE FUNCTION append(
    p_log integer,
    c_id uuid[], c_hash bytea[], c_result json[],
    s_command integer[], s_stream uuid[], s_category text[], s_expected integer[],
    k_command integer[], k_subject uuid[], k_key bytea[],
    e_command integer[], e_stream uuid[], e_version integer[], e_id uuid[], e_type text[],
    e_schema smallint[], e_correlation uuid[], e_data json[], e_meta json[], e_occurred timestamptz[]
) RETURNS TABLE (
    command integer, verdict text, first_position bigint, last_position bigint, result json,
    stream uuid, version integer
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    head bigint;
    recorded timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(p_log);
    SELECT e.position, e.recorded_at INTO head, recorded
        FROM event e WHERE e.log = p_log ORDER BY e.position DESC LIMIT 1;
    head := coalesce(head, 0);
    recorded := greatest(clock_timestamp(), recorded);

    RETURN QUERY
    WITH asked AS (
        SELECT c.no::integer, c.id, c.hash, c.result
        FROM unnest(c_id, c_hash, c_result) WITH ORDINALITY AS c (id, hash, result, no)
    ),
    known AS (
        SELECT a.no, d.result, d.first_position, d.last_position, d.request_hash = a.hash AS same
        FROM asked a JOIN command d ON d.log = p_log AND d.id = a.id
    ),
    expected AS (
        SELECT s.command, s.stream, s.category, s.expected, coalesce(t.version, 0) AS actual
        FROM unnest(s_command, s_stream, s_category, s_expected) AS s (command, stream, category, expected)
        LEFT JOIN stream t ON t.log = p_log AND t.id = s.stream
    ),
    stale AS (
        SELECT DISTINCT ON (x.command) x.command, x.stream, x.actual FROM expected x WHERE x.expected <> x.actual
    ),
    wanted AS (
        SELECT k.command, k.subject, k.key FROM unnest(k_command, k_subject, k_key) AS k (command, subject, key)
    ),
    locked_out AS (
        SELECT DISTINCT w.command FROM wanted w
        LEFT JOIN subject_key s ON s.log = p_log AND s.subject = w.subject
        WHERE (s.subject IS NOT NULL AND s.key IS DISTINCT FROM w.key)
           OR EXISTS (SELECT FROM wanted o WHERE o.subject = w.subject AND o.command < w.command AND o.key <> w.key)
    ),
    judged AS (
        SELECT a.no, a.id, a.hash, a.result,
            CASE WHEN k.same THEN 'duplicate' WHEN NOT k.same THEN 'reused'
                 WHEN t.command IS NOT NULL THEN 'stale' WHEN l.command IS NOT NULL THEN 'key'
                 ELSE 'accepted' END AS verdict,
            k.result AS old_result, k.first_position, k.last_position, t.stream, t.actual
        FROM asked a
        LEFT JOIN known k ON k.no = a.no
        LEFT JOIN stale t ON t.command = a.no
        LEFT JOIN locked_out l ON l.command = a.no
    ),
    placed AS (
        SELECT head + row_number() OVER (ORDER BY e.no) AS position, e.*
        FROM unnest(e_command, e_stream, e_version, e_id, e_type, e_schema, e_correlation, e_data, e_meta,
                    e_occurred)
             WITH ORDINALITY AS e (command, stream, version, id, type, schema, correlation, data, meta,
                                   occurred, no)
        JOIN judged j ON j.no = e.command AND j.verdict = 'accepted'
    ),
    spans AS (
        SELECT p.command, min(p.position) AS first, max(p.position) AS last FROM placed p GROUP BY p.command
    ),
    stream_spans AS (
        SELECT p.stream, max(p.version) AS version, min(p.position) AS first, max(p.position) AS last
        FROM placed p GROUP BY p.stream
    ),
    keys_written AS (
        INSERT INTO subject_key (log, subject, key)
        SELECT DISTINCT ON (w.subject) p_log, w.subject, w.key
        FROM wanted w JOIN judged j ON j.no = w.command AND j.verdict = 'accepted'
        ON CONFLICT DO NOTHING
    ),
    streams_written AS (
        INSERT INTO stream AS s (log, id, category, version, first_position, last_position)
        SELECT p_log, n.stream, x.category, n.version, n.first, n.last
        FROM stream_spans n
        JOIN expected x ON x.stream = n.stream
        JOIN judged j ON j.no = x.command AND j.verdict = 'accepted'
        ON CONFLICT (log, id) DO UPDATE SET version = excluded.version, last_position = excluded.last_position
    ),
    commands_written AS (
        INSERT INTO command (log, id, request_hash, result, first_position, last_position)
        SELECT p_log, j.id, j.hash, j.result, n.first, n.last
        FROM judged j JOIN spans n ON n.command = j.no
        WHERE j.verdict = 'accepted'
    ),
    events_written AS (
        INSERT INTO event (log, position, stream, version, event_id, type, schema_version, correlation,
                           data, meta, occurred_at, recorded_at, leaf_hash)
        SELECT p_log, p.position, p.stream, p.version, p.id, p.type, p.schema, p.correlation,
               p.data, p.meta, p.occurred, recorded,
               leaf_hash(p_log, p.position, p.stream, p.version, p.id, p.type, p.schema,
                         p.occurred, recorded, p.meta, p.data)
        FROM placed p
    )
    SELECT j.no, j.verdict, coalesce(j.first_position, n.first), coalesce(j.last_position, n.last),
           coalesce(j.old_result, j.result), j.stream, j.actual
    FROM judged j LEFT JOIN spans n ON n.command = j.no;
END $$;

-- leaf = SHA-256(0x00 || log || position || stream || version || event id || schema version || occurred at
--                || recorded at || H(type) || H(meta) || H(data)); integers big-endian, times in microseconds
--                since 2000-01-01 UTC.
CREATE FUNCTION leaf_hash(
    log integer, "position" bigint, stream uuid, version integer, event_id uuid, type text, schema smallint,
    occurred_at timestamptz, recorded_at timestamptz, meta json, data json
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(
        '\x00'::bytea || int4send(log) || int8send("position") || uuid_send(stream) || int4send(version)
        || uuid_send(event_id) || int2send(schema) || timestamptz_send(occurred_at)
        || timestamptz_send(recorded_at) || sha256(convert_to(type, 'UTF8'))
        || sha256(convert_to(meta::text, 'UTF8')) || sha256(convert_to(data::text, 'UTF8')))
$$;
