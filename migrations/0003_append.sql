-- Appending: positions 1..n without gaps, many commands a call, each judged on its own.
--
-- The lock makes writers of one log take turns. PostgreSQL makes a transaction visible before it releases its
-- locks, so the statement after the lock sees every earlier append, and every reader's snapshot sees exactly
-- 1..p. Needs READ COMMITTED, synchronous_commit = on, and to be the last statement of its transaction.
--
-- A command is accepted, or answered as duplicate (same id, same content), reused (same id, other content),
-- stale (a stream is not at the expected version) or key (a subject's key is another one, or erased). None of
-- these aborts its neighbours in the batch.
--
-- c_: a command a row, with the ordinals of its first and last event.  s_: a stream of a command a row, with
-- the ordinals of its first and last event; a stream that the command only read has no version to write, and
-- must still be as it was read.  k_: a key that a command's personal text is sealed with.  e_: the
-- events.  Look-ups are LATERAL and the rest goes by ordinal, so that no plan depends on statistics: a join here,
-- planned while the log was empty, has been seen to scan all of it for every batch.

CREATE FUNCTION append(
    p_log integer,
    c_id uuid[], c_hash bytea[], c_result json[], c_first integer[], c_last integer[],
    s_command integer[], s_stream uuid[], s_category text[], s_expected integer[], s_version integer[],
    s_first integer[], s_last integer[],
    k_command integer[], k_subject uuid[], k_key bytea[],
    e_command integer[], e_stream uuid[], e_version integer[], e_id uuid[], e_type text[],
    e_schema smallint[], e_correlation uuid[], e_data json[], e_meta json[], e_occurred timestamptz[]
) RETURNS TABLE (verdict text, first_position bigint, last_position bigint, result json)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    accepted  CONSTANT integer := 1;
    names     CONSTANT text[] := ARRAY['accepted', 'duplicate', 'reused', 'stale', 'key'];
    head      bigint;
    recorded  timestamptz;
    stale     integer[];
    locked    integer[] := '{}';
    verdicts  integer[];
    positions bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(p_log);
    SELECT e.position, e.recorded_at INTO head, recorded
        FROM event e WHERE e.log = p_log ORDER BY e.position DESC LIMIT 1;
    head := coalesce(head, 0);
    recorded := greatest(clock_timestamp(), recorded);

    stale := ARRAY(
        SELECT s.command
        FROM unnest(s_command, s_stream, s_expected) AS s (command, id, expected)
        LEFT JOIN LATERAL (
            SELECT t.version FROM stream t WHERE t.log = p_log AND t.id = s.id LIMIT 1) t ON true
        WHERE s.expected <> coalesce(t.version, 0));
    IF cardinality(k_command) > 0 THEN
        locked := ARRAY(
            SELECT w.command
            FROM unnest(k_command, k_subject, k_key) AS w (command, subject, key)
            LEFT JOIN LATERAL (
                SELECT true AS stored, s.key FROM subject_key s
                WHERE s.log = p_log AND s.subject = w.subject LIMIT 1) s ON true
            WHERE s.stored AND s.key IS DISTINCT FROM w.key);
    END IF;
    verdicts := ARRAY(
        SELECT CASE WHEN d.hash = c.hash THEN 2 WHEN d.hash IS NOT NULL THEN 3
                    WHEN c.no = ANY (stale) THEN 4 WHEN c.no = ANY (locked) THEN 5 ELSE accepted END
        FROM unnest(c_id, c_hash) WITH ORDINALITY AS c (id, hash, no)
        LEFT JOIN LATERAL (
            SELECT d.request_hash AS hash FROM command d WHERE d.log = p_log AND d.id = c.id LIMIT 1) d ON true
        ORDER BY c.no);
    positions := ARRAY(
        SELECT head + count(*) FILTER (WHERE verdicts[e.command] = accepted) OVER (ORDER BY e.no)
        FROM unnest(e_command) WITH ORDINALITY AS e (command, no) ORDER BY e.no);

    INSERT INTO subject_key (log, subject, key)
        SELECT p_log, w.subject, w.key
        FROM unnest(k_command, k_subject, k_key) AS w (command, subject, key)
        WHERE verdicts[w.command] = accepted
        ON CONFLICT DO NOTHING;
    INSERT INTO stream AS t (log, id, category, version, first_position, last_position)
        SELECT p_log, s.id, s.category, s.version, positions[s.first], positions[s.last]
        FROM unnest(s_command, s_stream, s_category, s_version, s_first, s_last)
             AS s (command, id, category, version, first, last)
        WHERE verdicts[s.command] = accepted AND s.version IS NOT NULL
        ON CONFLICT (log, id) DO UPDATE SET version = excluded.version, last_position = excluded.last_position;
    INSERT INTO command (log, id, request_hash, result, first_position, last_position)
        SELECT p_log, c.id, c.hash, c.result, positions[c.first], positions[c.last]
        FROM unnest(c_id, c_hash, c_result, c_first, c_last) WITH ORDINALITY
             AS c (id, hash, result, first, last, no)
        WHERE verdicts[c.no] = accepted;
    INSERT INTO event (log, position, stream, version, event_id, type, schema_version, correlation,
                       data, meta, occurred_at, recorded_at, leaf_hash)
        SELECT p_log, positions[e.no], e.stream, e.version, e.id, e.type, e.schema, e.correlation,
               e.data, e.meta, e.occurred, recorded,
               leaf_hash(p_log, positions[e.no], e.stream, e.version, e.id, e.type, e.schema,
                         e.occurred, recorded, e.meta, e.data)
        FROM unnest(e_command, e_stream, e_version, e_id, e_type, e_schema, e_correlation, e_data, e_meta,
                    e_occurred) WITH ORDINALITY
             AS e (command, stream, version, id, type, schema, correlation, data, meta, occurred, no)
        WHERE verdicts[e.command] = accepted;

    RETURN QUERY
        SELECT names[verdicts[c.no]], d.first_position, d.last_position, d.result
        FROM unnest(c_id) WITH ORDINALITY AS c (id, no)
        LEFT JOIN LATERAL (
            SELECT d.first_position, d.last_position, d.result FROM command d
            WHERE d.log = p_log AND d.id = c.id AND verdicts[c.no] <= 2 LIMIT 1) d ON true
        ORDER BY c.no;
END $$;

-- leaf = SHA-256(0x00 || log || position || stream || version || event id || schema version || occurred at
--                || recorded at || H(type) || H(meta) || H(data)); integers big-endian, times in microseconds
--                since 2000-01-01 UTC.
CREATE FUNCTION leaf_hash(
    log integer, "position" bigint, stream uuid, version integer, event_id uuid, type text, schema smallint,
    occurred_at timestamptz, recorded_at timestamptz, meta json, data json
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(
        '\x00'::bytea || int4send(log) || int8send("position") || uuid_send(stream) || int4send(version)
        || uuid_send(event_id) || int2send(schema) || timestamptz_send(occurred_at)
        || timestamptz_send(recorded_at) || sha256(convert_to(type, 'UTF8'))
        || sha256(convert_to(meta::text, 'UTF8')) || sha256(convert_to(data::text, 'UTF8')))
$$;
