-- Here the step that opens a session looks for itself: one connection writes.
SELECT 1;
