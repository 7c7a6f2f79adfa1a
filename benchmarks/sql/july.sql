-- Follows range.sql: the same result as policies/july.toml gives; points.sql comes next.
-- Besides: findings of a field, infringements and alarms have one number `g`, found once, so that four sums of four counters ask for it
-- alone; what gives the same points however often it is there is a bit.

grouped AS (    -- `g`: 1 to 13 open findings by group of fields, 14 infringements, 15 alarms
    SELECT *, CASE WHEN NOT (own AND keep AND age < 730) THEN NULL
                   WHEN k = 1 THEN CASE WHEN r IN (5, 6) AND age < 365 THEN f END
                   WHEN k = 25 THEN 14
                   WHEN k = 26 AND s >= 2 AND age < 180 THEN 15 END AS g
    FROM counted
),
sums AS (
    SELECT enterprise_id,
        sum(CASE WHEN NOT (own AND keep AND age < 730) THEN NULL    -- problems, visits (open problems count by field), clean visits, failed tests
            WHEN k = 1 THEN ([slot(1) + slot(2), slot(2), 0, slot(0) + slot(1), 0, 0, slot(0) + slot(1),
                              slot(0) + slot(1), slot(0) + slot(1), slot(0) + slot(1), 0, 0, 0, 0, 0])[r]
            WHEN k = 2 THEN CASE WHEN r <= 2 THEN slot(2) WHEN r = 3 AND age < 365 THEN slot(3) END END) AS visits,
        sum(CASE WHEN k BETWEEN 13 AND 17 AND k <> 15 AND own AND keep AND age < counted_days(k) THEN ([slot(0), slot(1), 0, slot(2), slot(3)])[k - 12] END)
            AS n13,
        sum(CASE WHEN g <= 4 THEN slot(g - 1) END) AS g1,
        sum(CASE WHEN g BETWEEN 5 AND 8 THEN slot(g - 5) END) AS g5,
        sum(CASE WHEN g BETWEEN 9 AND 12 THEN slot(g - 9) END) AS g9,
        sum(CASE WHEN g >= 13 THEN slot(g - 13) END) AS g13,
        sum(CASE WHEN k = 3 AND s >= 2 AND NOT own AND keep AND age < 365 THEN 1                -- branch penalties, complaints, minor
            WHEN k = 5 AND r = 13 AND own AND keep AND age < 365 THEN CASE WHEN age < 180 THEN 100::BIGINT << 16 ELSE 50::BIGINT << 16 END
            WHEN k = 3 AND s = 1 AND own AND keep AND age < 89 THEN CASE WHEN age < 45 THEN 100::BIGINT << 39 ELSE 50::BIGINT << 39 END
            END) AS lesser,
        sum(CASE WHEN NOT (own AND keep) THEN NULL                  -- general penalties, serious penalties
            WHEN k = 3 AND s = 2 THEN CASE WHEN age < 180 THEN 100 WHEN age < 365 THEN 60 END
            WHEN k = 3 AND s = 3 THEN CASE WHEN age < 365 THEN 100::BIGINT << 23 WHEN age < 730 THEN 70::BIGINT << 23
                                           WHEN age < 1095 THEN 40::BIGINT << 23 END END) AS graver,
        sum(CASE WHEN k = 3 AND s >= 2 AND own AND keep AND age < 365 THEN amount_fen END) AS fines,
        sum(CASE WHEN k = 9 AND own AND keep AND age < 730 THEN CASE WHEN age < 365 THEN amount_fen * 100 ELSE amount_fen * 50 END END) AS taxes,
        sum(CASE WHEN k = 10 AND own AND keep AND age < 730 THEN CASE WHEN age < 365 THEN amount_fen * 100 ELSE amount_fen * 50 END END)
            AS insurance,
        max(CASE WHEN k = 7 AND own AND keep AND age < 730 THEN (730 - age) * 4398046511104 + value_x100 + 2199023255552 END) AS latest,
        min(CASE WHEN k = 8 AND r = 1 AND own AND keep AND age < 730 THEN age END) AS report_age,
        list(authority) FILTER (k = 3 AND s >= 2 AND own AND keep AND age < 365) AS authorities,
        -- Gates, caps and vetoes see every record of an act: 1 visited, 2 on credit record, 4 and 8 general and serious penalty,
        -- 16 tax grade D, 32 accident of some gravity, 64 to 4096 kinds 13 to 22. For points: levels of orders and accidents, and from
        -- 1 << 21 what gives the same however often: honours, kinds 18 to 22, tax grades A and D, environment and industry grades, fulfilments.
        bit_or(CASE WHEN NOT own OR age >= 1825 THEN NULL
            WHEN k <= 2 THEN CASE WHEN r <= 10 AND age < 1095 THEN 1 END
            WHEN k = 3 THEN CASE WHEN age < 365 AND s = 2 THEN 6 WHEN age < 1095 AND s = 3 THEN 10 WHEN age < 1095 THEN 2 END
            WHEN k = 4 THEN CASE WHEN keep AND age < 365 THEN 8192 << s END
            WHEN k = 6 THEN CASE WHEN age < 365 AND r = 12 THEN CASE WHEN keep THEN 18 + (1::BIGINT << 28) ELSE 18 END
                                 WHEN age < 365 AND r = 11 AND keep THEN 2 + (1::BIGINT << 27) WHEN age < 1095 THEN 2 END
            WHEN k = 7 THEN CASE WHEN age < 1095 THEN 2 END
            WHEN k = 11 THEN CASE WHEN age < 365 THEN CASE WHEN s >= 2 THEN 32 ELSE 0 END + CASE WHEN keep THEN 131072 << s ELSE 0 END END
            WHEN k = 12 THEN CASE WHEN r = 11 AND keep AND age < 730 THEN 1::BIGINT << 29 END
            WHEN k = 23 THEN CASE WHEN keep AND age < 365 THEN CASE WHEN r = 11 THEN 1::BIGINT << 30 WHEN r IN (12, 14) THEN 1::BIGINT << 31 END END
            WHEN k = 24 THEN CASE WHEN r = 15 AND keep AND age < 730 THEN 1::BIGINT << 32 END
            WHEN k BETWEEN 13 AND 22 THEN
                CASE WHEN age < counted_days(k) THEN ([64, 128, 0, 0, 0, 256, 512, 1024, 2048, 4096])[k - 12]
                    + CASE WHEN keep THEN ([0, 0, 1::BIGINT << 21, 0, 0, 1::BIGINT << 22, 1::BIGINT << 23, 1::BIGINT << 24, 1::BIGINT << 25,
                                            1::BIGINT << 26])[k - 12] ELSE 0 END ELSE 0 END
                            + CASE WHEN k >= 18 AND age < 1095 THEN 2 ELSE 0 END END) AS flags
    FROM grouped GROUP BY enterprise_id
),
valued AS (
    SELECT e.enterprise_id, e.entity_type, e.status, coalesce(s.flags, 0) AS flags, s.report_age,
        s.latest % 4398046511104 - 2199023255552 AS credit_score, coalesce(s.fines, 0) AS fines, coalesce(s.taxes, 0) AS taxes,
        coalesce(s.insurance, 0) AS insurance,
        CASE WHEN len(s.authorities) > 1 THEN list_unique(s.authorities) ELSE 1 END AS authorities,
        bits(visits, 0, 16) AS problems, bits(visits, 16, 16) AS visits, bits(visits, 32, 16) AS clean, bits(visits, 48, 16) AS failed,
        bits(n13, 0, 16) AS refusals, bits(n13, 16, 16) AS abnormal, bits(n13, 32, 16) AS breaches, bits(n13, 48, 16) AS self,
        bits(g1, 0, 16) AS food, bits(g1, 16, 16) AS medical_products, bits(g1, 32, 16) AS special_equipment, bits(g1, 48, 16) AS public_health,
        bits(g5, 0, 16) AS medical_insurance, bits(g5, 16, 16) AS environment, bits(g5, 32, 16) AS chemicals, bits(g5, 48, 16) AS safety,
        bits(g9, 0, 16) AS labour, bits(g9, 16, 16) AS transport, bits(g9, 32, 16) AS ip, bits(g9, 48, 16) AS finance,
        bits(g13, 0, 16) AS other, bits(g13, 16, 16) AS infringements, bits(g13, 32, 16) AS alarms,
        bits(lesser, 0, 16) AS branches, bits(lesser, 16, 23) AS complaints, bits(lesser, 39, 23) AS minor,
        bits(graver, 0, 23) AS general, bits(graver, 23, 23) AS serious
    FROM read_parquet('$enterprises') e LEFT JOIN sums s USING (enterprise_id)
    WHERE e.enterprise_id BETWEEN '$low' AND '$high'
      AND (e.known_on IS NULL OR e.known_on <= DATE '$as_of') AND (e.known_until IS NULL OR e.known_until > DATE '$as_of')
),
pointed AS (
    SELECT enterprise_id, flags,
        CASE WHEN entity_type IS NULL THEN 'type_unknown'
             WHEN entity_type NOT IN ('company', 'branch', 'cooperative') THEN 'outside_scheme'
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
            + CASE WHEN flags & 8388608 <> 0 THEN -300 ELSE 0 END
            + CASE WHEN flags & 16777216 <> 0 THEN -250 ELSE 0 END
            + CASE abnormal WHEN 0 THEN 0 WHEN 1 THEN -80 ELSE -130 END
            + CASE WHEN flags & 65536 <> 0 THEN -60 WHEN flags & 32768 <> 0 THEN -25 WHEN flags & 16384 <> 0 THEN -10 ELSE 0 END
            + CASE WHEN report_age <= 400 THEN 15 ELSE 0 END
            + CASE WHEN branches = 0 THEN 0 WHEN branches <= 2 THEN -15 ELSE -40 END
            + CASE WHEN taxes <= 0 THEN 0 WHEN taxes <= 100000000 THEN -20 WHEN taxes <= 1000000000 THEN -45 ELSE -80 END
            + CASE WHEN insurance <= 0 THEN 0 WHEN insurance <= 100000000 THEN -20 WHEN insurance <= 1000000000 THEN -45 ELSE -80 END
            + CASE WHEN flags & 268435456 <> 0 THEN -90 ELSE 0 END
            + CASE WHEN flags & 134217728 <> 0 THEN 30 ELSE 0 END
            + CASE WHEN complaints = 0 THEN 0 WHEN complaints <= 100 THEN -15 WHEN complaints <= 300 THEN -40 ELSE -80 END
            + CASE WHEN flags & 2097152 <> 0 THEN 10 ELSE 0 END
            + CASE breaches WHEN 0 THEN 0 WHEN 1 THEN -50 ELSE -100 END
            + CASE self WHEN 0 THEN 0 WHEN 1 THEN 15 ELSE 25 END
            + CASE WHEN credit_score IS NULL THEN 0 WHEN credit_score <= 60000 THEN -120 WHEN credit_score <= 70000 THEN -70
                   WHEN credit_score <= 76000 THEN -40 WHEN credit_score <= 80000 THEN -20 WHEN credit_score <= 84000 THEN 0
                   WHEN credit_score <= 88000 THEN 15 WHEN credit_score <= 92000 THEN 40 ELSE 70 END
            + CASE WHEN flags & 4194304 <> 0 THEN -200 ELSE 0 END
            + CASE WHEN flags & 1048576 <> 0 THEN -220 WHEN flags & 524288 <> 0 THEN -100 WHEN flags & 262144 <> 0 THEN -40 ELSE 0 END
            + CASE failed WHEN 0 THEN 0 WHEN 1 THEN -30 ELSE -70 END
            + CASE clean WHEN 0 THEN 0 WHEN 1 THEN 10 ELSE 20 END
            + CASE WHEN flags & 33554432 <> 0 THEN -300 ELSE 0 END
            + CASE WHEN flags & 67108864 <> 0 THEN -300 ELSE 0 END
            + CASE WHEN flags & 536870912 <> 0 THEN 15 ELSE 0 END
            + CASE WHEN flags & 1073741824 <> 0 THEN 10 ELSE 0 END
            + CASE WHEN flags & 2147483648 <> 0 THEN -25 ELSE 0 END
            + CASE WHEN flags & 4294967296 <> 0 THEN 5 ELSE 0 END
            + CASE food WHEN 0 THEN 0 WHEN 1 THEN -20 ELSE -50 END
            + CASE medical_products WHEN 0 THEN 0 WHEN 1 THEN -25 ELSE -60 END
            + CASE special_equipment WHEN 0 THEN 0 WHEN 1 THEN -25 ELSE -60 END
            + CASE public_health WHEN 0 THEN 0 WHEN 1 THEN -20 ELSE -45 END
            + CASE medical_insurance WHEN 0 THEN 0 WHEN 1 THEN -20 ELSE -45 END
            + CASE environment WHEN 0 THEN 0 WHEN 1 THEN -25 ELSE -60 END
            + CASE chemicals WHEN 0 THEN 0 WHEN 1 THEN -30 ELSE -70 END
            + CASE safety WHEN 0 THEN 0 WHEN 1 THEN -25 ELSE -60 END
            + CASE labour WHEN 0 THEN 0 WHEN 1 THEN -20 ELSE -45 END
            + CASE transport WHEN 0 THEN 0 WHEN 1 THEN -20 ELSE -45 END
            + CASE ip WHEN 0 THEN 0 WHEN 1 THEN -15 ELSE -35 END
            + CASE finance WHEN 0 THEN 0 WHEN 1 THEN -20 ELSE -45 END
            + CASE other WHEN 0 THEN 0 WHEN 1 THEN -15 ELSE -35 END
            + CASE infringements WHEN 0 THEN 0 WHEN 1 THEN -30 ELSE -70 END
            + CASE alarms WHEN 0 THEN 0 WHEN 1 THEN -5 ELSE -10 END)) AS points
    FROM valued
),
banded AS (     -- the worst of the points' band, caps (general or serious penalty: 1; 16 + 32 + 64 + 128 + 256 + 1024: 2) and vetoes (3)
    SELECT enterprise_id, points, gate,
        greatest(CASE WHEN points >= 900 THEN 0 WHEN points >= 790 THEN 1 WHEN points >= 450 THEN 2 ELSE 3 END,
                 CASE WHEN flags & (512 + 2048 + 4096) <> 0 THEN 3 WHEN flags & (16 + 32 + 64 + 128 + 256 + 1024) <> 0 THEN 2
                      WHEN flags & (4 + 8) <> 0 THEN 1 ELSE 0 END) AS band_no
    FROM pointed
)
