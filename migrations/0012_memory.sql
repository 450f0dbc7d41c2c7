-- Appending for a process that decides on what it remembers of the log.
--
-- Versions alone cannot tell that the database was set back to an earlier state and has grown again: a stream
-- may be at the version that is remembered with other events in it. So the last event that anything remembered
-- rests on is named, and where the log has another one at its place, or none, no command is judged: the answer is
-- that this history is lost. What the memory may rest on next is told in one row more than there are commands: the
-- head, as it is once everything has been judged.

CREATE FUNCTION append_to(
    p_position bigint, p_leaf bytea,
    p_log integer,
    c_id uuid[], c_hash bytea[], c_result json[], c_first integer[], c_last integer[],
    s_command integer[], s_stream uuid[], s_category text[], s_expected integer[], s_version integer[],
    s_first integer[], s_last integer[],
    k_command integer[], k_subject uuid[], k_key bytea[],
    e_command integer[], e_stream uuid[], e_version integer[], e_id uuid[], e_type text[],
    e_schema smallint[], e_correlation uuid[], e_data json[], e_meta json[], e_occurred timestamptz[]
) RETURNS TABLE (verdict text, first_position bigint, last_position bigint, result json, leaf_hash bytea)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock(p_log);
    IF p_position > 0 AND NOT EXISTS (
        SELECT FROM event e WHERE e.log = p_log AND e.position = p_position AND e.leaf_hash = p_leaf) THEN
        RETURN QUERY SELECT 'lost', NULL::bigint, NULL::bigint, NULL::json, NULL::bytea;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT a.*, NULL::bytea
        FROM append(p_log, c_id, c_hash, c_result, c_first, c_last,
                    s_command, s_stream, s_category, s_expected, s_version, s_first, s_last,
                    k_command, k_subject, k_key,
                    e_command, e_stream, e_version, e_id, e_type, e_schema, e_correlation, e_data, e_meta,
                    e_occurred) AS a;
    RETURN QUERY
        SELECT 'head', coalesce(h.position, 0), coalesce(h.position, 0), NULL::json, coalesce(h.leaf_hash, '')
        FROM (SELECT) AS always LEFT JOIN LATERAL (
            SELECT e.position, e.leaf_hash FROM event e WHERE e.log = p_log ORDER BY e.position DESC LIMIT 1) h ON true;
END $$;
