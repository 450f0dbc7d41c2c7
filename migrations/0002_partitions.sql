-- Partitions of the event table, four million positions each, made ahead of the head.

CREATE FUNCTION ensure_event_partitions() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    size   CONSTANT bigint := 4194304;
    head   bigint := coalesce((SELECT max(last) FROM (
                 SELECT (SELECT position FROM event WHERE log = log.id ORDER BY position DESC LIMIT 1) AS last
                 FROM log) heads), 0);
    made   integer := 0;
    name   text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('chuishao.event.partitions'));
    FOR n IN 0 .. head / size + 1 LOOP
        name := 'event_' || n;
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
            EXECUTE format('CREATE UNIQUE INDEX %I ON %I (log, stream, version)', name || '_stream', name);
            EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                           name, n * size, (n + 1) * size);
            EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

SELECT ensure_event_partitions();
