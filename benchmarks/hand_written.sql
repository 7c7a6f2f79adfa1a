-- The same result as policies/april.toml gives: goes on from hand_written_snapshot.sql, which says what made it fast.
sums AS (
    SELECT enterprise_id,
        sum(CASE WHEN NOT (own AND keep AND age < 730) THEN NULL    -- problems, visits, clean visits, failed tests
            WHEN k = 1 THEN ([slot(1) + slot(2), slot(2), 0, slot(0) + slot(1), slot(0) + slot(1), slot(0) + slot(1), slot(0) + slot(1),
                              slot(0) + slot(1), slot(0) + slot(1), slot(0) + slot(1), 0, 0, 0])[r]
            WHEN k = 2 THEN CASE WHEN r <= 2 THEN slot(2) WHEN r = 3 AND age < 365 THEN slot(3) END END) AS visits,
        sum(CASE WHEN k BETWEEN 13 AND 16 AND own AND keep AND age < counted_days(k) THEN slot(k - 13) END) AS n13,
        sum(CASE WHEN k BETWEEN 17 AND 20 AND own AND keep AND age < counted_days(k) THEN slot(k - 17) END) AS n17,
        sum(CASE WHEN k >= 21 AND own AND keep AND age < counted_days(k) THEN slot(k - 21)      -- then tax grades A and D
            WHEN k = 6 AND r IN (11, 12) AND own AND keep AND age < 365 THEN slot(r - 9) END) AS n21,
        sum(CASE WHEN k = 3 AND s >= 2 AND NOT own AND keep AND age < 365 THEN 1                -- branch penalties, complaints, minor
            WHEN k = 5 AND r = 13 AND own AND keep AND age < 365 THEN CASE WHEN age < 180 THEN 100::BIGINT << 16 ELSE 50::BIGINT << 16 END
            WHEN k = 3 AND s = 1 AND own AND keep AND age < 89 THEN CASE WHEN age < 45 THEN 100::BIGINT << 39 ELSE 50::BIGINT << 39 END
            END) AS lesser,
        sum(CASE WHEN NOT (own AND keep) THEN NULL                  -- general penalties, serious penalties, environment grade A
            WHEN k = 3 AND s = 2 THEN CASE WHEN age < 180 THEN 100 WHEN age < 365 THEN 60 END
            WHEN k = 3 AND s = 3 THEN CASE WHEN age < 365 THEN 100::BIGINT << 23 WHEN age < 730 THEN 70::BIGINT << 23
                                           WHEN age < 1095 THEN 40::BIGINT << 23 END
            WHEN k = 12 AND r = 11 AND age < 730 THEN 1::BIGINT << 46 END) AS graver,
        sum(CASE WHEN k = 3 AND s >= 2 AND own AND keep AND age < 365 THEN amount_fen END) AS fines,
        sum(CASE WHEN k IN (9, 10) AND own AND keep AND age < 730 THEN CASE WHEN age < 365 THEN amount_fen * 100 ELSE amount_fen * 50 END END)
            AS arrears,
        max(CASE WHEN k = 7 AND own AND keep AND age < 730 THEN (730 - age) * 4398046511104 + value_x100 + 2199023255552 END) AS latest,
        min(CASE WHEN k = 8 AND r = 1 AND own AND keep AND age < 730 THEN age END) AS report_age,
        min(CASE WHEN k <= 2 AND s = 3 AND own AND keep AND age < 730 THEN age END) AS serious_age,
        list(authority) FILTER (k = 3 AND s >= 2 AND own AND keep AND age < 365) AS authorities,
        -- Gates, caps and vetoes see every record of an act: 1 visited, 2 on credit record, 4 and 8 general and serious penalty,
        -- 16 tax grade D, 32 accident of some gravity, 64 to 4096 kinds 13 to 22. For points: levels of orders and accidents.
        bit_or(CASE WHEN NOT own OR age >= 1825 THEN NULL
            WHEN k <= 2 THEN CASE WHEN r <= 10 AND age < 1095 THEN 1 END
            WHEN k = 3 THEN CASE WHEN age < 365 AND s = 2 THEN 6 WHEN age < 1095 AND s = 3 THEN 10 WHEN age < 1095 THEN 2 END
            WHEN k = 4 THEN CASE WHEN keep AND age < 365 THEN 8192 << s END
            WHEN k = 6 THEN CASE WHEN age < 365 AND r = 12 THEN 18 WHEN age < 1095 THEN 2 END
            WHEN k = 7 THEN CASE WHEN age < 1095 THEN 2 END
            WHEN k = 11 THEN CASE WHEN age < 365 THEN CASE WHEN s >= 2 THEN 32 ELSE 0 END + CASE WHEN keep THEN 131072 << s ELSE 0 END END
            WHEN k >= 13 THEN CASE WHEN age < counted_days(k) THEN ([64, 128, 0, 0, 0, 256, 512, 1024, 2048, 4096])[k - 12] ELSE 0 END
                            + CASE WHEN k >= 18 AND age < 1095 THEN 2 ELSE 0 END END) AS flags
    FROM counted GROUP BY enterprise_id
),
valued AS (
    SELECT e.enterprise_id, e.entity_type, e.status, coalesce(s.flags, 0) AS flags, s.report_age, s.serious_age,
        s.latest % 4398046511104 - 2199023255552 AS credit_score, coalesce(s.fines, 0) AS fines, coalesce(s.arrears, 0) AS arrears,
        CASE WHEN len(s.authorities) > 1 THEN list_unique(s.authorities) ELSE 1 END AS authorities,
        bits(visits, 0, 16) AS problems, bits(visits, 16, 16) AS visits, bits(visits, 32, 16) AS clean, bits(visits, 48, 16) AS failed,
        bits(n13, 0, 16) AS refusals, bits(n13, 16, 16) AS abnormal, bits(n13, 32, 16) AS honours, bits(n13, 48, 16) AS breaches,
        bits(n17, 0, 16) AS self, bits(n17, 16, 16) AS defaults, bits(n17, 32, 16) AS listed, bits(n17, 48, 16) AS criminal,
        bits(n21, 0, 16) AS work_safety, bits(n21, 16, 16) AS wages, bits(n21, 32, 16) AS tax_a, bits(n21, 48, 16) AS tax_d,
        bits(lesser, 0, 16) AS branches, bits(lesser, 16, 23) AS complaints, bits(lesser, 39, 23) AS minor,
        bits(graver, 0, 23) AS general, bits(graver, 23, 23) AS serious, bits(graver, 46, 16) AS environment_a
    FROM read_parquet('$enterprises') e LEFT JOIN sums s USING (enterprise_id)
    WHERE e.enterprise_id BETWEEN '$low' AND '$high'
      AND (e.known_on IS NULL OR e.known_on <= DATE '$as_of') AND (e.known_until IS NULL OR e.known_until > DATE '$as_of')
),
pointed AS (
    SELECT enterprise_id, flags,
        CASE WHEN coalesce(entity_type NOT IN ('company', 'branch', 'cooperative'), TRUE) THEN 'outside_scheme'
             WHEN status IN ('revoked', 'deregistered', 'moved') THEN 'gone'
             WHEN status IN ('dormant', 'liquidation') THEN 'dormant'
             WHEN flags & 3 = 0 THEN 'thin_file' END AS gate,
        greatest(0, least(1000, 850
            + CASE WHEN minor = 0 THEN 0 WHEN minor <= 100 THEN -10 ELSE -25 END
            + CASE WHEN general = 0 THEN 0 WHEN general <= 60 THEN -60 WHEN general <= 100 THEN -80 WHEN general <= 200 THEN -120 ELSE -170 END
            + CASE WHEN serious = 0 THEN 0 WHEN serious <= 40 THEN -120 WHEN serious <= 70 THEN -160 WHEN serious <= 100 THEN -200 ELSE -260 END
            + CASE WHEN fines <= 0 THEN 0 WHEN fines <= 1000000 THEN -5 WHEN fines <= 10000000 THEN -15 WHEN fines <= 100000000 THEN -30 ELSE -50 END
            + CASE WHEN authorities <= 1 THEN 0 WHEN authorities <= 2 THEN -20 ELSE -50 END
            + CASE refusals WHEN 0 THEN 0 WHEN 1 THEN -60 ELSE -120 END
            + CASE WHEN problems = 0 THEN 0 WHEN problems * 10000 // visits <= 1000 THEN -5 WHEN problems * 10000 // visits <= 2500 THEN -15
                   WHEN problems * 10000 // visits <= 5000 THEN -35 ELSE -70 END
            + CASE listed WHEN 0 THEN 0 ELSE -300 END
            + CASE criminal WHEN 0 THEN 0 ELSE -250 END
            + CASE abnormal WHEN 0 THEN 0 WHEN 1 THEN -80 ELSE -130 END
            + CASE WHEN flags & 65536 <> 0 THEN -60 WHEN flags & 32768 <> 0 THEN -25 WHEN flags & 16384 <> 0 THEN -10 ELSE 0 END
            + CASE WHEN report_age <= 400 THEN 15 ELSE 0 END
            + CASE WHEN branches = 0 THEN 0 WHEN branches <= 2 THEN -15 ELSE -40 END
            + CASE WHEN arrears <= 0 THEN 0 WHEN arrears <= 100000000 THEN -20 WHEN arrears <= 1000000000 THEN -45 ELSE -80 END
            + CASE tax_d WHEN 0 THEN 0 ELSE -90 END
            + CASE tax_a WHEN 0 THEN 0 ELSE 30 END
            + CASE WHEN complaints = 0 THEN 0 WHEN complaints <= 100 THEN -15 WHEN complaints <= 300 THEN -40 ELSE -80 END
            + CASE honours WHEN 0 THEN 0 WHEN 1 THEN 20 ELSE 35 END
            + CASE breaches WHEN 0 THEN 0 WHEN 1 THEN -50 ELSE -100 END
            + CASE self WHEN 0 THEN 0 WHEN 1 THEN 15 ELSE 25 END
            + CASE WHEN credit_score IS NULL THEN 0 WHEN credit_score <= 60000 THEN -120 WHEN credit_score <= 70000 THEN -70
                   WHEN credit_score <= 76000 THEN -40 WHEN credit_score <= 80000 THEN -20 WHEN credit_score <= 84000 THEN 0
                   WHEN credit_score <= 88000 THEN 15 WHEN credit_score <= 92000 THEN 40 ELSE 70 END
            + CASE defaults WHEN 0 THEN 0 ELSE -200 END
            + CASE WHEN flags & 1048576 <> 0 THEN -220 WHEN flags & 524288 <> 0 THEN -100 WHEN flags & 262144 <> 0 THEN -40 ELSE 0 END
            + CASE failed WHEN 0 THEN 0 WHEN 1 THEN -30 ELSE -70 END
            + CASE WHEN serious_age <= 180 THEN -50 WHEN serious_age <= 365 THEN -30 WHEN serious_age <= 729 THEN -10 ELSE 0 END
            + CASE clean WHEN 0 THEN 0 WHEN 1 THEN 10 ELSE 20 END
            + CASE work_safety WHEN 0 THEN 0 ELSE -300 END
            + CASE wages WHEN 0 THEN 0 ELSE -300 END
            + CASE environment_a WHEN 0 THEN 0 ELSE 15 END)) AS points
    FROM valued
),
banded AS (     -- the worst of the points' band, caps (general or serious penalty: 1; 16 + 32 + 64 + 128 + 256 + 1024: 2) and vetoes (3)
    SELECT enterprise_id, points, gate,
        greatest(CASE WHEN points >= 900 THEN 0 WHEN points >= 790 THEN 1 WHEN points >= 450 THEN 2 ELSE 3 END,
                 CASE WHEN flags & (512 + 2048 + 4096) <> 0 THEN 3 WHEN flags & (16 + 32 + 64 + 128 + 256 + 1024) <> 0 THEN 2
                      WHEN flags & (4 + 8) <> 0 THEN 1 ELSE 0 END) AS band_no
    FROM pointed
)
SELECT enterprise_id,
       CASE WHEN gate IS NULL THEN CAST(points AS INTEGER) END AS points,
       CASE WHEN gate IS NULL THEN ['A', 'B', 'C', 'D'][band_no + 1] END AS band,
       CASE WHEN gate IS NULL THEN ['blue', 'green', 'yellow', 'red'][band_no + 1] END AS colour,
       gate
FROM banded
ORDER BY enterprise_id
