-- name: tables
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32768;
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
CREATE TABLE event (
    ocel_id   TEXT PRIMARY KEY,
    ocel_type TEXT NOT NULL REFERENCES event_map_type (ocel_type)
);
CREATE TABLE object (
    ocel_id   TEXT PRIMARY KEY,
    ocel_type TEXT NOT NULL REFERENCES object_map_type (ocel_type)
);
CREATE TABLE event_object (
    ocel_event_id  TEXT NOT NULL REFERENCES event (ocel_id),
    ocel_object_id TEXT NOT NULL REFERENCES object (ocel_id),
    ocel_qualifier TEXT NOT NULL,
    PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier)
);
CREATE TABLE object_object (
    ocel_source_id TEXT NOT NULL REFERENCES object (ocel_id),
    ocel_target_id TEXT NOT NULL REFERENCES object (ocel_id),
    ocel_qualifier TEXT NOT NULL,
    PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier)
);

-- name: event_type
INSERT INTO event_map_type VALUES (?, ?)

-- name: object_type
INSERT INTO object_map_type VALUES (?, ?)

-- name: event_types
SELECT ocel_type FROM event_map_type ORDER BY 1

-- name: object_types
SELECT ocel_type FROM object_map_type ORDER BY 1

-- name: event
INSERT OR IGNORE INTO event VALUES (?, ?)

-- name: object
INSERT OR IGNORE INTO object VALUES (?, ?)

-- name: event_object
INSERT OR IGNORE INTO event_object VALUES (?, ?, ?)

-- name: object_object
INSERT OR IGNORE INTO object_object VALUES (?, ?, ?)

-- name: events
SELECT ocel_id, ocel_type FROM event ORDER BY rowid

-- name: objects
SELECT ocel_id, ocel_type FROM object ORDER BY rowid

-- name: things_of_event
SELECT ocel_object_id, ocel_qualifier FROM event_object WHERE ocel_event_id = ?

-- name: links_of_object
SELECT ocel_target_id, ocel_qualifier FROM object_object WHERE ocel_source_id = ?

-- name: events_of_case
SELECT e.ocel_id, e.ocel_type FROM event_object r JOIN event e ON e.ocel_id = r.ocel_event_id
WHERE r.ocel_object_id = ? AND r.ocel_qualifier IN ('about', 'history') ORDER BY e.rowid

-- name: by_object
CREATE INDEX IF NOT EXISTS event_object_object ON event_object (ocel_object_id)

-- name: size
SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM object)

-- name: cases
SELECT ocel_id FROM object WHERE ocel_type = 'case' ORDER BY rowid

-- name: case_count
SELECT count(*) FROM object WHERE ocel_type = 'case'
