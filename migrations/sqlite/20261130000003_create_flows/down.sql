DROP TABLE registration_drafts;
DROP TABLE challenges;
