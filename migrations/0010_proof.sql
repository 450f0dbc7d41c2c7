-- Which event a read model folded last, so that one made from another history of the log is noticed: a position
-- alone says nothing once a restored or failed-over log has grown past it again.

ALTER TABLE projection ADD COLUMN proof bytea;
COMMENT ON COLUMN projection.proof IS 'the leaf hash of the event at its position';

CREATE FUNCTION note_proof() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.proof := (SELECT e.leaf_hash FROM event e WHERE e.log = NEW.log AND e.position = NEW.position);
    RETURN NEW;
END $$;

CREATE TRIGGER projection_proof BEFORE INSERT OR UPDATE OF position ON projection
    FOR EACH ROW EXECUTE FUNCTION note_proof();

UPDATE projection SET position = position;
