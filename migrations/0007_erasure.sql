-- Erasing a person: the key goes, and with it the words that read models keep in plain.
--
-- A read model that keeps words in plain refers to opened_subject, which lists whose words stand anywhere in
-- plain. Destroying a key, in whatever way, deletes the subject there, and so the words in every schema, in the
-- same transaction: also where a read model has stopped, is being rebuilt, or was left over by a rebuild.

CREATE TABLE opened_subject (
    log     integer NOT NULL,
    subject uuid    NOT NULL,
    PRIMARY KEY (log, subject)
);
COMMENT ON TABLE opened_subject IS 'whose words a read model keeps in plain; they refer here and go with it';

CREATE FUNCTION destroy_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.key IS NULL OR NEW.key <> OLD.key THEN
        RAISE EXCEPTION 'a key is destroyed once and never replaced: that of % stays as it is', OLD.subject
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.key IS NULL THEN
        DELETE FROM opened_subject o WHERE o.log = OLD.log AND o.subject = OLD.subject;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER subject_key_destroyed BEFORE UPDATE ON subject_key FOR EACH ROW EXECUTE FUNCTION destroy_key();
CREATE TRIGGER subject_key_kept BEFORE DELETE ON subject_key FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER subject_key_no_truncate BEFORE TRUNCATE ON subject_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ANALYZE keeps a sample of every column; one of keys or words would outlive them. To set the type, even the
-- same, drops the sample that is there.
ALTER TABLE subject_key ALTER COLUMN key TYPE bytea, ALTER COLUMN key SET STATISTICS 0;

-- The words for search that are there already, also those that a rebuild left over.
DO $$
DECLARE
    words regclass;
BEGIN
    FOR words IN
        SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = 'case_text' AND n.nspname IN ('cases', 'cases_next', 'cases_previous')
    LOOP
        EXECUTE format('DELETE FROM %s t WHERE NOT EXISTS (SELECT FROM subject_key k WHERE k.log = 1'
                       ' AND k.subject = t.subject AND k.key IS NOT NULL)', words);
        EXECUTE format('INSERT INTO opened_subject SELECT DISTINCT 1, subject FROM %s ON CONFLICT DO NOTHING', words);
        EXECUTE format('ALTER TABLE %s ADD COLUMN log integer NOT NULL DEFAULT 1,'
                       ' ALTER COLUMN text TYPE text, ALTER COLUMN text SET STATISTICS 0,'
                       ' ADD FOREIGN KEY (log, subject) REFERENCES opened_subject ON DELETE CASCADE', words);
    END LOOP;
END $$;

-- What a command was asked with is remembered as a hash with the key of the installation from now on: without
-- it, a short text such as a telephone number could be found by trying. The plain hashes so far are made void.
ALTER TABLE command DISABLE TRIGGER command_append_only;
UPDATE command SET request_hash = sha256(uuid_send(gen_random_uuid()));
ALTER TABLE command ENABLE TRIGGER command_append_only;
