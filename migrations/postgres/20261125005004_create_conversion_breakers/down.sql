DROP TABLE conversion_breakers;
