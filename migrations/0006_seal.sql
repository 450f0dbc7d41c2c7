-- The seal: the tiles of the Merkle tree over the leaf hashes, and the signed checkpoints.
--
-- A tile is a row of up to 256 neighbouring hashes (c2sp.org/tlog-tiles): at level 0 of leaves, the leaf of
-- position p at index p - 1; at level l of roots over 256^l leaves each. So a proof is read from few rows.

CREATE TABLE tile (
    log    integer  NOT NULL,
    level  smallint NOT NULL,
    index  bigint   NOT NULL,
    hashes bytea    NOT NULL,
    PRIMARY KEY (log, level, index),
    CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) BETWEEN 32 AND 8192)
);
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL; -- hashes cannot be compressed
COMMENT ON TABLE tile IS 'hashes of the Merkle tree, 256 a row; a row grows until it is full and never changes otherwise';

CREATE FUNCTION refuse_change_of_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.log, NEW.level, NEW.index) IS DISTINCT FROM (OLD.log, OLD.level, OLD.index)
       OR octet_length(NEW.hashes) < octet_length(OLD.hashes)
       OR substr(NEW.hashes, 1, octet_length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'the log is append-only: a tile only grows, % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', HINT = 'Hashes that were sealed stay what they are.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER tile_only_grows BEFORE UPDATE ON tile FOR EACH ROW EXECUTE FUNCTION refuse_change_of_tile();
CREATE TRIGGER tile_append_only BEFORE DELETE ON tile FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tile_no_truncate BEFORE TRUNCATE ON tile FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE checkpoint (
    log       integer     NOT NULL,
    size      bigint      NOT NULL,
    root      bytea       NOT NULL,
    key       text        NOT NULL,
    text      text        NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, size)
);
COMMENT ON COLUMN checkpoint.key IS 'the public key that the text is signed with, as name+id+key';
COMMENT ON COLUMN checkpoint.text IS 'the signed note, as it is handed out';

CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_no_truncate BEFORE TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE seal_refusal (
    log        integer     PRIMARY KEY,
    reason     text        NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE seal_refusal IS 'why the sealer does not sign, as long as it does not';
