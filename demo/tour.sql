-- How much is there?
SELECT (SELECT COUNT(*) FROM packages) AS packages, (SELECT COUNT(*) FROM dependencies) AS dependencies;

-- Aggregates: the heaviest sections
SELECT section, COUNT(*) AS packages, SUM(installed_kib) / 1024 AS mib, MAX(installed_kib) / 1024 AS largest_mib
FROM packages GROUP BY section ORDER BY mib DESC LIMIT 8;

-- A join: what most packages depend on
SELECT p.name, COUNT(*) AS dependents
FROM dependencies d JOIN packages p ON p.name = d.target
GROUP BY p.name ORDER BY dependents DESC, p.name LIMIT 8;

-- A window: the two largest packages of some sections
SELECT section, name, installed_kib, place FROM (
  SELECT section, name, installed_kib,
         ROW_NUMBER() OVER (PARTITION BY section ORDER BY installed_kib DESC, name) AS place
  FROM packages WHERE section IN ('games', 'editors', 'database', 'science')) ranked
WHERE place <= 2 ORDER BY section, place;

-- An anti join: libraries that nothing depends on
SELECT COUNT(*) AS unused_libraries FROM packages p
WHERE p.section = 'libs' AND NOT EXISTS (SELECT 1 FROM dependencies d WHERE d.target = p.name);

-- Recursion: everything that git needs, directly or not
WITH RECURSIVE needed (name, depth) AS (
  SELECT target, 1 FROM dependencies WHERE package_id = (SELECT id FROM packages WHERE name = 'git')
  UNION
  SELECT d.target, n.depth + 1
  FROM needed n JOIN packages p ON p.name = n.name JOIN dependencies d ON d.package_id = p.id
  WHERE n.depth < 6)
SELECT MIN(depth) AS depth_min, name FROM needed GROUP BY name ORDER BY depth_min, name LIMIT 12;

-- How the planner does it
EXPLAIN SELECT p.name FROM packages p JOIN dependencies d ON d.package_id = p.id WHERE d.target = 'libc6' LIMIT 5;
