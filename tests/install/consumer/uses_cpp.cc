#include <cstdio>

#include <orrery/orrery.hpp>

int main() {
  auto db = orrery::embed::Database::open("memory://");
  if (!db || !db->exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")) return 1;
  if (!db->exec("INSERT INTO t VALUES ($1, $2)", 1, "installed")) return 2;
  auto rows = db->query("SELECT name FROM t WHERE id = $1", 1);
  if (!rows || !rows->next()) return 3;
  std::printf("c++: %s\n", std::string(rows->text(0)).c_str());
  return 0;
}
