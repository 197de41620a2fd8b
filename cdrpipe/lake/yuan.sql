-- yuan(micros): micros of a yuan (BIGINT) as yuan, DECIMAL(18,6). A product of decimals is exact;
-- a quotient would be a DOUBLE. Below 10^12 yuan, as every stored charge is.
CREATE MACRO yuan(micros) AS (micros::DECIMAL(19, 0) * 0.000001::DECIMAL(6, 6))::DECIMAL(18, 6)
