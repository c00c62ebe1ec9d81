// Comparison of payloads but for the order of their vtables, which FoundationDB leaves to chance.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "fdb/wire/golden_for_test.h"

namespace orrery::fdb::wire {

inline uint32_t word_at(std::string_view payload, size_t position) {
  uint32_t word = 0;
  std::memcpy(&word, payload.data() + position, sizeof word);
  return word;
}

/// The vtables of a payload as text, by their positions. They end where the root object begins.
inline std::map<size_t, std::string> vtables_of(std::string_view payload) {
  std::map<size_t, std::string> vtables;
  size_t at = 8;
  size_t root = word_at(payload, 0);
  auto half = [&](size_t position) {
    uint16_t value = 0;
    std::memcpy(&value, payload.data() + position, sizeof value);
    return value;
  };
  while (at < root && half(at) == 0) at += 2;
  while (at < root) {
    std::string text = "[";
    for (size_t i = 0; i < half(at); i += 2) text += std::to_string(half(at + i)) + " ";
    vtables[at] = text + "]";
    at += half(at);
  }
  return vtables;
}

/// Where the objects of two payloads differ first, as text; empty where they do not. Two ways to a vtable are the same
/// when the vtables are.
inline std::string objects_difference(std::string_view a, std::string_view b) {
  std::map<size_t, std::string> a_vtables = vtables_of(a);
  std::map<size_t, std::string> b_vtables = vtables_of(b);
  size_t a_root = word_at(a, 0);
  size_t b_root = word_at(b, 0);
  std::string both = "\n" + hex_of(a) + "\nand\n" + hex_of(b);
  // Vtables that only one has may move the objects by less than 8 bytes, never what they hold.
  if (a.size() - a_root != b.size() - b_root) return "other sizes" + both;
  for (size_t i = 0; a_root + i < a.size(); i += 4) {
    uint32_t a_word = word_at(a, a_root + i);
    uint32_t b_word = word_at(b, b_root + i);
    if (a_word == b_word) continue;
    auto a_vtable = a_vtables.find(a_root + i - a_word);
    auto b_vtable = b_vtables.find(b_root + i - b_word);
    if (a_vtable == a_vtables.end() || b_vtable == b_vtables.end() || a_vtable->second != b_vtable->second) {
      return "at " + std::to_string(a_root + i) + both;
    }
  }
  return "";
}

/// The vtables of `a` that `b` has not got, as text.
inline std::string missing_vtables(std::string_view a, std::string_view b) {
  std::set<std::string> in_b;
  for (const auto& [at, vtable] : vtables_of(b)) in_b.insert(vtable);
  std::string missing;
  for (const auto& [at, vtable] : vtables_of(a)) {
    if (!in_b.contains(vtable)) missing += vtable;
  }
  return missing;
}

/// As objects_difference, but the vtables have to be the same, too.
inline std::string difference(std::string_view a, std::string_view b) {
  std::multiset<std::string> sorted[2];
  for (const auto& [at, vtable] : vtables_of(a)) sorted[0].insert(vtable);
  for (const auto& [at, vtable] : vtables_of(b)) sorted[1].insert(vtable);
  if (sorted[0] != sorted[1]) return "other vtables\n" + hex_of(a) + "\nand\n" + hex_of(b);
  return objects_difference(a, b);
}

}  // namespace orrery::fdb::wire
