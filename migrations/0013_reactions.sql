-- Reactions follow the log and send commands. Their checkpoints are not those of read models: no rebuild sets
-- them back. What they send has identifiers made of the event's, so that the log takes each command once,
-- whoever sends it and however often.

CREATE TABLE reaction (
    log        integer     NOT NULL,
    name       text        NOT NULL,
    position   bigint      NOT NULL,
    status     text        NOT NULL DEFAULT 'live' CHECK (status IN ('live', 'stopped')),
    error      text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, name)
) WITH (fillfactor = 50);
COMMENT ON COLUMN reaction.position IS 'the last event that was acted upon, or passed over';

CREATE TABLE reaction_refused (
    log        integer     NOT NULL,
    reaction   text        NOT NULL,
    position   bigint      NOT NULL,
    number     integer     NOT NULL,
    command    text        NOT NULL,
    code       text        NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (log, reaction, position, number)
);
COMMENT ON TABLE reaction_refused IS 'commands of reactions that were refused, for people to see to';
