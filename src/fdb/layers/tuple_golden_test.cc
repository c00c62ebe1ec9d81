// Tuples of tests/fdb/data (what the official Python binding packs), and random ones of our own.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "fdb/layers/tuple_pack.h"
#include "fdb/layers/tuple_reader.h"

namespace orrery::fdb::tuple {
namespace {

std::string from_hex(std::string_view text) {
  std::string out;
  auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  }
  return out;
}

uint64_t number_of(std::string_view bytes) {
  uint64_t out = 0;
  for (char c : bytes) out = out << 8 | static_cast<uint8_t>(c);
  return out;
}

Element parse_element(std::string_view word) {
  size_t colon = word.find(':');
  std::string_view name = word.substr(0, colon);
  if (name == "null") return {};
  std::string_view rest = word.substr(colon + 1);
  if (name == "bool") return Element(rest == "true");
  if (name == "int") {
    auto sign = rest[0] == '-' ? BigInt::Sign::kNegative : BigInt::Sign::kPositive;
    return *BigInt::make(sign, from_hex(rest.substr(1)));
  }
  std::string bytes = from_hex(rest);
  if (name == "bytes") return OwnedBytes{bytes};
  if (name == "text") return bytes;
  if (name == "float") return std::bit_cast<float>(static_cast<uint32_t>(number_of(bytes)));
  if (name == "double") return std::bit_cast<double>(number_of(bytes));
  if (name == "stamp") return *Versionstamp::from_bytes(bytes);
  EXPECT_EQ(name, "uuid");
  Uuid uuid;
  std::ranges::copy(bytes, uuid.bytes.begin());
  return uuid;
}

/// Takes elements from the text up to its end or the parenthesis that ends a nested tuple.
Tuple parse_tuple(std::string_view* text) {
  Tuple out;
  while (!text->empty()) {
    if (text->front() == ' ') {
      text->remove_prefix(1);
    } else if (text->front() == '(') {
      text->remove_prefix(1);
      out.add(parse_tuple(text));
    } else if (text->front() == ')') {
      text->remove_prefix(1);
      return out;
    } else {
      size_t end = std::min(text->find_first_of(" )"), text->size());
      out.add(parse_element(text->substr(0, end)));
      text->remove_prefix(end);
    }
  }
  return out;
}

std::vector<std::vector<std::string>> rows_of(const std::string& name) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");  // set by ctest
  std::ifstream file((root != nullptr ? std::string(root) + "/" : "") + "tests/fdb/data/" + name);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string>& row = rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    while (row.size() < 2) row.emplace_back();
  }
  return rows;
}

/// Both orders are the same order.
void expect_order_kept(std::vector<std::pair<Tuple, std::string>> tuples) {
  std::ranges::sort(tuples, {}, &std::pair<Tuple, std::string>::second);
  for (size_t i = 1; i < tuples.size(); ++i) {
    ASSERT_EQ(tuples[i - 1].first <=> tuples[i].first, tuples[i - 1].second <=> tuples[i].second)
        << i;
  }
}

TEST(TupleGolden, AsThePythonBindingPacksThem) {
  std::vector<std::pair<Tuple, std::string>> all;
  for (const auto& row : rows_of("tuples.tsv")) {
    std::string_view text = row[0];
    Tuple tuple = parse_tuple(&text);
    std::string expected = from_hex(row[1]);
    Result<std::string> packed = pack(tuple);
    ASSERT_TRUE(packed && *packed == expected) << row[0];
    Result<Tuple> read = unpack(expected);
    ASSERT_TRUE(read && *read == tuple) << row[0];
    all.emplace_back(std::move(tuple), std::move(expected));
  }
  ASSERT_EQ(all.size(), 2000u);
  expect_order_kept(std::move(all));
}

TEST(TupleGolden, WithVersionstampsToBeFilledIn) {
  size_t count = 0;
  for (const auto& row : rows_of("stamped_tuples.tsv")) {
    std::string_view text = row[0];
    Tuple tuple = parse_tuple(&text);
    EXPECT_FALSE(pack(tuple));
    Result<std::string> packed = pack_with_versionstamp(tuple, from_hex(row[1]));
    ASSERT_TRUE(packed && *packed == from_hex(row[2])) << row[0];
    ++count;
  }
  EXPECT_EQ(count, 100u);
}

class RandomTuples {
 public:
  explicit RandomTuples(uint32_t seed) : random_(seed) {}

  Tuple tuple(int depth) {
    Tuple out;
    for (size_t n = below(5); n > 0; --n) out.add(element(depth));
    return out;
  }
  size_t below(size_t n) { return random_() % n; }
  std::string bytes(size_t size) {
    constexpr char kLikely[] = {0, 0, 1, '\xfe', '\xff'};
    std::string out;
    for (; size > 0; --size)
      out += below(2) == 0 ? kLikely[below(5)] : static_cast<char>(random_());
    return out;
  }

 private:
  uint64_t bits() { return (uint64_t{random_()} << 32 | random_()) >> below(64); }

  Element element(int depth) {
    switch (below(depth < 4 ? 12 : 11)) {
      case 0:
        return {};
      case 1:
        return OwnedBytes{bytes(below(4))};
      case 2:
        return std::string(below(4), "\0a\x7f"[below(3)]);
      case 3:
        return static_cast<int64_t>(bits()) * (below(2) == 0 ? 1 : -1);
      case 4:
        return bits();
      case 5:
        return *BigInt::make(below(2) == 0 ? BigInt::Sign::kPositive : BigInt::Sign::kNegative,
                             bytes(below(12)));
      case 6:
        return std::bit_cast<float>(static_cast<uint32_t>(random_()));
      case 7:
        return std::bit_cast<double>(bits() | uint64_t{below(2)} << 63);
      case 8:
        return below(2) == 0;
      case 9: {
        Uuid uuid;
        std::ranges::copy(bytes(16), uuid.bytes.begin());
        return uuid;
      }
      case 10:
        return Versionstamp{{1}, static_cast<uint16_t>(below(3))};
      default:
        return tuple(depth + 1);
    }
  }

  std::mt19937 random_;
};

TEST(TupleProperty, RoundTripsAndKeepsOrder) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    RandomTuples random(seed);
    std::vector<std::pair<Tuple, std::string>> all;
    for (int i = 0; i < 500; ++i) {
      Tuple tuple = random.tuple(0);
      Result<std::string> packed = pack(tuple);
      ASSERT_TRUE(packed);
      Result<Tuple> read = unpack(*packed);
      ASSERT_TRUE(read && *read == tuple);
      all.emplace_back(std::move(tuple), *std::move(packed));
    }
    expect_order_kept(std::move(all));
  }
}

TEST(TupleProperty, BytesThatAreNoTuplesAreRefused) {
  RandomTuples random(1);
  size_t refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = *pack(random.tuple(0));
    if (bytes.empty()) continue;
    if (random.below(2) == 0) bytes.resize(random.below(bytes.size()));
    if (!bytes.empty() && random.below(2) == 0)
      bytes[random.below(bytes.size())] = random.bytes(1)[0];
    Result<Tuple> read = unpack(bytes);
    if (read) {
      // Another form of the same numbers, or the same bytes.
      Result<std::string> again = pack_with_versionstamp(*read);
      if (!again) again = pack(*read);
      if (incomplete_versionstamps(*read) == 0) {
        ASSERT_TRUE(again && *unpack(*again) == *read);
      }
    } else {
      EXPECT_EQ(read.error(), error::invalid_tuple_data_type);
      ++refused;
    }
  }
  EXPECT_GT(refused, 3000u);
}

}  // namespace
}  // namespace orrery::fdb::tuple
