-- name: tables
CREATE TABLE division (
    id             uuid PRIMARY KEY,
    code           text NOT NULL UNIQUE COLLATE "C",
    name           text NOT NULL,
    level          text NOT NULL,
    parent         uuid,
    effective_from date NOT NULL,
    abolished_from date
);
CREATE TABLE name (
    division       uuid   NOT NULL,
    position       bigint NOT NULL,
    code           text   NOT NULL,
    name           text   NOT NULL,
    effective_from date   NOT NULL,
    PRIMARY KEY (division, position)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS division_by_parent ON division (parent, code);
CREATE INDEX IF NOT EXISTS division_by_level ON division (level, code);
CREATE INDEX IF NOT EXISTS division_names ON division USING gin (name public.gin_trgm_ops);
