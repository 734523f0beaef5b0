-- The checks of codes and passwords on all nodes, as `doorward_limit::AttackDetector` adds them up.
CREATE TABLE check_counts (
    kind TEXT NOT NULL,
    -- Tenths of a window since 1970-01-01.
    slot INTEGER NOT NULL,
    failed INTEGER NOT NULL CHECK (failed >= 0),
    total INTEGER NOT NULL CHECK (total >= failed),
    PRIMARY KEY (kind, slot)
) STRICT, WITHOUT ROWID;
