-- What witnesses signed: others, who saw each checkpoint continue the one before it (c2sp.org/tlog-witness).

CREATE TABLE cosignature (
    log       integer     NOT NULL,
    size      bigint      NOT NULL,
    witness   text        NOT NULL,
    signature text        NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, size, witness)
);
COMMENT ON COLUMN cosignature.witness IS 'the name in the key of the witness';
COMMENT ON COLUMN cosignature.signature IS 'the line of the note, verified when it came';

CREATE TRIGGER cosignature_append_only BEFORE UPDATE OR DELETE ON cosignature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cosignature_no_truncate BEFORE TRUNCATE ON cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE VIEW cosigned AS
SELECT c.log, c.size, c.root, c.key, c.sealed_at,
       c.text || coalesce((SELECT string_agg(s.signature, '' ORDER BY s.witness) FROM cosignature s
                           WHERE s.log = c.log AND s.size = c.size), '') AS text
FROM checkpoint c;
COMMENT ON VIEW cosigned IS 'the checkpoints with the signatures of those who witnessed them';
