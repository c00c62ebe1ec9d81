CREATE TABLE IF NOT EXISTS packages (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version TEXT, section TEXT, priority TEXT,
  installed_kib INTEGER, size_bytes INTEGER, maintainer TEXT);
CREATE TABLE IF NOT EXISTS dependencies (
  id INTEGER PRIMARY KEY, package_id INTEGER NOT NULL, target TEXT NOT NULL, version_constraint TEXT);
CREATE INDEX IF NOT EXISTS dependencies_by_package ON dependencies (package_id);
CREATE INDEX IF NOT EXISTS dependencies_by_target ON dependencies (target);
CREATE INDEX IF NOT EXISTS packages_by_section ON packages (section);
