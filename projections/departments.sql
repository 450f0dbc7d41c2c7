-- name: tables
CREATE TABLE department (
    id             uuid PRIMARY KEY,
    division       text        NOT NULL COLLATE "C",
    name           text        NOT NULL COLLATE "C",
    established_at timestamptz NOT NULL,
    abolished_at   timestamptz
);

-- name: indexes
CREATE INDEX IF NOT EXISTS department_by_division ON department (division, id);
CREATE INDEX IF NOT EXISTS department_by_name ON department (name, id);
