-- name: tables
CREATE TABLE coordination_order (
    id          uuid PRIMARY KEY,
    number      bigint      NOT NULL,
    division    text        NOT NULL COLLATE "C",
    case_id     uuid,
    unit_kind   text        NOT NULL,
    unit        text        NOT NULL,
    street      text,
    department  uuid,
    state       text        NOT NULL,
    matter      bytea       NOT NULL,
    ordered_at  timestamptz NOT NULL,
    due         date,
    answered_at timestamptz,
    result      bytea
) WITH (fillfactor = 80);

-- name: indexes
CREATE INDEX IF NOT EXISTS order_by_number ON coordination_order (number);
CREATE INDEX IF NOT EXISTS order_by_division ON coordination_order (division, number);
CREATE INDEX IF NOT EXISTS order_by_due ON coordination_order ((coalesce(due, '9999-12-31'::date)), number);
CREATE INDEX IF NOT EXISTS order_by_case ON coordination_order (case_id, number) WHERE case_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS order_by_department ON coordination_order (department) WHERE department IS NOT NULL;
