-- The step that followed one that was met: the same submit, when it comes twice, is given it again.
ALTER TABLE challenges ADD COLUMN successor uuid;
