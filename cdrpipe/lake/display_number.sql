-- display_number(number): E.164 digits (BIGINT) to the form people in China write (VARCHAR).
-- The rule is cdr/normalize.py's display_form: landlines get their 0, what is abroad its +.
CREATE MACRO display_number(number) AS
CASE
    WHEN number IS NULL THEN NULL
    WHEN NOT starts_with(number::VARCHAR, '86') THEN '+' || number
    WHEN regexp_full_match(number::VARCHAR, '86[478]00[0-9]*') THEN substr(number::VARCHAR, 3)
    WHEN regexp_full_match(
        number::VARCHAR, '86((10|2[0-9])[2-9][0-9]{7}|[3-9][0-9]{2}[2-9][0-9]{6,7})'
    ) THEN '0' || substr(number::VARCHAR, 3)
    ELSE substr(number::VARCHAR, 3)
END
