-- The checks of codes and passwords on all nodes, as `doorward_limit::AttackDetector` adds them up.
CREATE TABLE check_counts (
    kind text NOT NULL,
    -- Tenths of a window since 1970-01-01.
    slot bigint NOT NULL,
    failed bigint NOT NULL CHECK (failed >= 0),
    total bigint NOT NULL CHECK (total >= failed),
    PRIMARY KEY (kind, slot)
);
