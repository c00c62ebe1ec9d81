// The C++ interface: open, write in a transaction, read, and what errors look like.
//   c++ -std=c++17 shop.cc $(pkg-config --cflags --libs orrery) && ./a.out
#include <cstdio>
#include <optional>
#include <string>

#include "orrery/orrery.hpp"

using orrery::embed::Database;
using orrery::embed::Error;
using orrery::embed::Json;
using orrery::embed::Timestamp;

namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.sqlstate().c_str(), error.message().c_str());
  return 1;
}

/// One order is two changes that must not come apart.
orrery::embed::Status sell(Database& db, int64_t item, int64_t count) {
  auto tx = db.begin();
  if (!tx) return tx.error();
  auto taken = tx->exec("UPDATE items SET stock = stock - $2 WHERE id = $1 AND stock >= $2", item, count);
  if (!taken) return taken.error();
  if (*taken == 0) {
    std::printf("not enough of item %lld\n", static_cast<long long>(item));
    return tx->rollback();
  }
  auto noted = tx->exec("INSERT INTO sales (item, count, at) VALUES ($1, $2, $3)", item, count,
                        Timestamp{1705314600000000000});
  if (!noted) return noted.error();
  return tx->commit();
}

}  // namespace

int main(int argc, char** argv) {
  auto db = Database::open(argc > 1 ? std::string("file://") + argv[1] : "memory://");
  if (!db) return fail(db.error());
  auto made = db->exec(
      "CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price FLOAT, stock INTEGER, info JSON);"
      "CREATE TABLE IF NOT EXISTS sales (id INTEGER PRIMARY KEY AUTO_INCREMENT, item INTEGER, count INTEGER, at TIMESTAMP)");
  if (!made) return fail(made.error());

  auto insert = db->prepare("INSERT INTO items VALUES ($1, $2, $3, $4, $5)");
  if (!insert) return fail(insert.error());
  if (auto done = insert->exec(1, "lamp", 19.5, 10, Json{R"({"colour":"brass"})"}); !done) return fail(done.error());
  if (auto done = insert->exec(2, "desk", std::optional<double>(), 1, nullptr); !done) return fail(done.error());

  if (auto sold = sell(*db, 1, 3); !sold) return fail(sold.error());
  if (auto sold = sell(*db, 2, 2); !sold) return fail(sold.error());

  auto rows = db->query(
      "SELECT i.name, i.price, i.stock, COALESCE(SUM(s.count), 0) AS sold FROM items i LEFT JOIN sales s ON s.item = i.id "
      "GROUP BY i.id, i.name, i.price, i.stock ORDER BY i.id");
  if (!rows) return fail(rows.error());
  while (rows->next()) {
    std::printf("%s: price %s, %lld left, %lld sold\n", std::string(rows->text(0)).c_str(),
                rows->is_null(1) ? "unknown" : std::to_string(rows->real(1)).c_str(),
                static_cast<long long>(rows->integer(2)), static_cast<long long>(rows->integer(3)));
  }
  if (rows->error()) return fail(*rows->error());

  auto twice = insert->exec(1, "lamp", 1.0, 1, nullptr);
  if (twice || twice.error().code() != ORRERY_PRIMARY_KEY) return 1;
  auto wrong = db->query("SELECT name\nFROM itmes");
  if (wrong || wrong.error().code() != ORRERY_TABLE_NOT_FOUND) return 1;
  return 0;
}
