// Catalog: an immutable picture of all tables and views. Transactions pin one; DDL makes a new one.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "storage/schema.h"

namespace orrery::storage {

class Table;

class Catalog {
 public:
  virtual ~Catalog() = default;
  /// By name, else by alias; case-insensitive; nullptr where there is none.
  virtual std::shared_ptr<Table> find_table(std::string_view name) const = 0;
  virtual std::shared_ptr<Table> find_table(TableId id) const = 0;
  virtual const ViewDef* find_view(std::string_view name) const = 0;
  /// In order of creation; user tables only.
  virtual std::vector<std::shared_ptr<Table>> tables() const = 0;
  virtual std::vector<const ViewDef*> views() const = 0;
  /// Different for every different catalog of a store (a private one of a DDL transaction too);
  /// keys plan caches.
  virtual uint64_t version() const = 0;
};

}  // namespace orrery::storage
