// The two tables of the storage benchmark and what is done with them; one implementation for each
// engine. narrow: id (key), a, b, all 64-bit. people: id (key), name (unique), age (indexed),
// email.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace bench {

class StorageEngine {
 public:
  virtual ~StorageEngine() = default;
  // Each returns a checksum over what it read or wrote. The inserts make their table anew.
  virtual uint64_t insert_narrow(uint64_t rows) = 0;
  virtual uint64_t insert_each(uint64_t rows) = 0;  ///< into a table of its own
  /// The engine gives the keys; the checksum is over those that it returns.
  virtual uint64_t insert_generated(uint64_t rows) = 0;
  virtual uint64_t insert_people(uint64_t rows) = 0;
  virtual uint64_t read_narrow(uint64_t count) = 0;
  virtual uint64_t read_people(uint64_t count) = 0;
  virtual uint64_t read_by_name(uint64_t count) = 0;
  virtual uint64_t range_narrow(uint64_t count) = 0;
  virtual uint64_t range_people(uint64_t count) = 0;
  virtual uint64_t scan_narrow() = 0;
  virtual uint64_t scan_people() = 0;
  virtual uint64_t update_narrow(uint64_t count) = 0;
  /// The deletes roll back at the end, so that every round finds the same rows.
  virtual uint64_t delete_narrow(uint64_t count) = 0;
  virtual uint64_t delete_equal(uint64_t count) = 0;  ///< whole rows are given

 protected:
  uint64_t narrow_rows_ = 0;
  uint64_t people_rows_ = 0;
};

std::unique_ptr<StorageEngine> make_orrery();
std::unique_ptr<StorageEngine> make_sqlite();

/// The same pseudo-random numbers for both engines.
struct Draw {
  uint64_t state = 88172645463325252ULL;
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
  uint64_t below(uint64_t n) { return next() % n; }
};

inline int64_t narrow_a(uint64_t id) {
  return static_cast<int64_t>(id * 7 % 1000);
}
inline int64_t narrow_b(uint64_t id) {
  return static_cast<int64_t>(id ^ 0x5555);
}
inline int64_t person_age(uint64_t id) {
  return static_cast<int64_t>(18 + id * 2654435761 % 62);
}
/// Written to `space`; returns the length.
inline uint32_t person_name(uint64_t id, char* space) {
  std::string s = "User_" + std::to_string(id);
  s.copy(space, s.size());
  return static_cast<uint32_t>(s.size());
}
inline uint32_t person_email(uint64_t id, char* space) {
  std::string s = "user" + std::to_string(id) + "@example.com";
  s.copy(space, s.size());
  return static_cast<uint32_t>(s.size());
}

}  // namespace bench
