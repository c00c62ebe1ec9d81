#include "fdb/layers/tuple.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "fdb/layers/subspace.h"
#include "fdb/layers/tuple_pack.h"
#include "fdb/layers/tuple_reader.h"

namespace orrery::fdb::tuple {
namespace {

using std::literals::operator""s;
using std::literals::operator""sv;

std::string hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

std::string packed(const Tuple& tuple) {
  Result<std::string> out = pack(tuple);
  return out ? hex(*out) : std::string(out.error().name());
}

TEST(Tuple, HasTheEncodingsOfItsSpecification) {
  EXPECT_EQ(packed({-5551212}), "11ab4b93");
  EXPECT_EQ(packed({"F\u00d4O\0bar"sv}), "0246c3944f00ff62617200");
  EXPECT_EQ(packed({Bytes{"foo\0bar"sv}}), "01666f6f00ff62617200");
  EXPECT_EQ(packed({-42.0f}), "203dd7ffff");
  EXPECT_EQ(packed(Tuple::of(Tuple{Bytes{"foo\0bar"sv}, nullptr, Tuple{}})),
            "0501666f6f00ff6261720000ff050000");
  EXPECT_EQ(packed({nullptr, Null{}}), "0000");
  EXPECT_EQ(packed({0, 1, -1, 255, 256, -255, -256}),
            "14150113fe15ff1601001300"
            "12feff");
  EXPECT_EQ(packed({true, false}), "2726");
  EXPECT_EQ(packed({0.0, -0.0}), "218000000000000000217fffffffffffffff");
  EXPECT_EQ(packed({Uuid{}}), "30" + std::string(32, '0'));
  EXPECT_EQ(packed({UserValue{.code = 0x4f, .payload = "x"}}), "4f78");
  EXPECT_EQ(packed({}), "");
}

TEST(Tuple, IntegersAtTheEdges) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr uint64_t kUnsignedMax = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(packed({kMax}), "1c7fffffffffffffff");
  EXPECT_EQ(packed({kMin}), "0c7fffffffffffffff");
  EXPECT_EQ(packed({kUnsignedMax}), "1cffffffffffffffff");
  BigInt below = *BigInt::make(BigInt::Sign::kNegative, "\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(packed({below}), "0c0000000000000000");
  BigInt beyond = *BigInt::make(BigInt::Sign::kPositive, "\x01\0\0\0\0\0\0\0\0"sv);
  EXPECT_EQ(packed({beyond}), "1d09010000000000000000");
  BigInt far = *BigInt::make(BigInt::Sign::kNegative, "\x01\0\0\0\0\0\0\0\0"sv);
  EXPECT_EQ(packed({far}), "0bf6feffffffffffffffff");
  Tuple all{far, below, kMin, -1, 0, 1, kMax, kUnsignedMax, beyond};
  EXPECT_EQ(*unpack(*pack(all)), all);
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_LT(all[i - 1], all[i]);
    EXPECT_LT(*pack(Tuple::of(all[i - 1])), *pack(Tuple::of(all[i])));
  }
  // What the Python binding writes for the largest numbers of eight bytes.
  EXPECT_EQ(*unpack("\x1d\x08\xff\xff\xff\xff\xff\xff\xff\xff"), Tuple{kUnsignedMax});
  EXPECT_EQ(*unpack("\x0b\xf7\0\0\0\0\0\0\0\0"sv), Tuple{below});
  EXPECT_EQ(*unpack("\x16\0\x07"sv), Tuple{7});
  EXPECT_TRUE(BigInt::make(BigInt::Sign::kPositive, "\0"s + std::string(255, '\xff')));
  EXPECT_EQ(BigInt::make(BigInt::Sign::kPositive, std::string(256, '\xff')).error(),
            error::invalid_tuple_data_type);
}

TEST(Tuple, PacksValuesWithoutATuple) {
  EXPECT_EQ(
      pack(1, "a"sv, 2.5, -3.5f, true, nullptr, Bytes{"b\0"sv}, uint64_t{1} << 63, Uuid{}),
      *pack(Tuple{1, "a", 2.5, -3.5f, true, nullptr, Bytes{"b\0"sv}, uint64_t{1} << 63, Uuid{}}));
  EXPECT_EQ(pack("text", std::string("more")), *pack(Tuple{"text", "more"}));
  EXPECT_EQ(pack(), "");
  EXPECT_EQ(pack_after("p", 1), "p" + pack(1));
  EXPECT_EQ(range(1).begin, pack(1) + '\0');
  EXPECT_EQ(range(1).end, pack(1) + '\xff');
  EXPECT_EQ(*range(Tuple{1}), range(1));
  for (int shift = 0; shift < 64; ++shift) {
    for (uint64_t near : {~uint64_t{0}, uint64_t{0}, uint64_t{1}}) {
      auto number = static_cast<int64_t>((uint64_t{1} << shift) + near);
      EXPECT_EQ(pack(number), *pack(Tuple{number}));
      EXPECT_EQ(std::get<0>(*unpack_as<int64_t>(pack(number))), number);
      EXPECT_EQ(*(*unpack(pack(number)))[0].int64(), number);
    }
  }
}

TEST(Tuple, UnpacksToTypes) {
  std::string key = pack(-7, "text\0z"sv, 2.5, true, nullptr, Bytes{"\xff"});
  auto values = unpack_as<int, std::string, double, bool, std::optional<int64_t>, OwnedBytes>(key);
  ASSERT_TRUE(values);
  auto [number, text, real, flag, nothing, bytes] = *values;
  EXPECT_EQ(number, -7);
  EXPECT_EQ(text, "text\0z"s);
  EXPECT_EQ(real, 2.5);
  EXPECT_TRUE(flag);
  EXPECT_EQ(nothing, std::nullopt);
  EXPECT_EQ(bytes.bytes, "\xff");
  EXPECT_EQ(*std::get<0>(*unpack_as<std::optional<int64_t>>(pack(5))), 5);
  EXPECT_EQ(unpack_as<uint8_t>(pack(256)).error(), error::invalid_tuple_data_type);
  EXPECT_EQ(unpack_as<uint64_t>(pack(-1)).error(), error::invalid_tuple_data_type);
  EXPECT_EQ(std::get<0>(*unpack_as<uint64_t>(pack(~uint64_t{0}))), ~uint64_t{0});
  EXPECT_EQ(unpack_as<int>(pack("a")).error(), error::invalid_tuple_data_type);
  EXPECT_EQ(unpack_as<std::string>(pack(Bytes{"a"})).error(), error::invalid_tuple_data_type);
  EXPECT_EQ((unpack_as<int, int>(pack(1)).error()), error::invalid_tuple_index);
  EXPECT_EQ(unpack_as<int>(pack(1, 2)).error(), error::invalid_tuple_index);
}

TEST(Tuple, ReaderGoesElementByElement) {
  std::string key = pack(1, "a"sv) + *pack(Tuple::of(Tuple{2, nullptr}, Versionstamp{{}, 3}));
  Reader reader(key);
  EXPECT_EQ(reader.next_kind(), Kind::kInteger);
  EXPECT_TRUE(reader.skip());
  EXPECT_EQ(reader.next_kind(), Kind::kString);
  EXPECT_EQ(*reader.read_as<std::string>(), "a");
  EXPECT_EQ(*reader.read_as<Tuple>(), (Tuple{2, nullptr}));
  EXPECT_EQ(reader.read_as<Versionstamp>()->user, 3);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.read_as<int>().error(), error::invalid_tuple_index);
  EXPECT_EQ(reader.read().error(), error::invalid_tuple_index);
}

TEST(Tuple, VersionstampsAreFilledInOnce) {
  const std::string stamp(10, '\xff');
  Tuple one{"a", Versionstamp::incomplete(0x102)};
  EXPECT_EQ(pack(one).error(), error::client_invalid_operation);
  EXPECT_EQ(*pack_with_versionstamp(one),
            "\x02"
            "a\0\x33"s +
                stamp + "\1\2" + "\4\0\0\0"s);
  EXPECT_EQ(*pack_with_versionstamp(one, "pre"),
            "pre\x02"
            "a\0\x33"s +
                stamp + "\1\2" + "\7\0\0\0"s);
  EXPECT_EQ(*pack_with_versionstamp(one, "pre", 519),
            "pre\x02"
            "a\0\x33"s +
                stamp + "\1\2\7\0"s);
  Tuple nested = Tuple::of(Tuple{nullptr, Versionstamp::incomplete()});
  EXPECT_EQ(hex(*pack_with_versionstamp(nested)), "0500ff33ffffffffffffffffffff00000004000000");
  EXPECT_EQ(incomplete_versionstamps(nested), 1u);
  nested.add(Versionstamp::incomplete());
  EXPECT_EQ(incomplete_versionstamps(nested), 2u);
  EXPECT_EQ(pack_with_versionstamp(nested).error(), error::client_invalid_operation);
  EXPECT_EQ(pack_with_versionstamp({1}).error(), error::client_invalid_operation);
  EXPECT_EQ(pack_with_versionstamp(one, std::string(65532, 'x'), 519).error(),
            error::client_invalid_operation);
  EXPECT_TRUE(pack_with_versionstamp(one, std::string(65531, 'x'), 519));
  EXPECT_FALSE(Versionstamp::from_bytes(std::string(11, 'x')));
  EXPECT_FALSE(Versionstamp::from_bytes(std::string(13, 'x')));
  EXPECT_EQ(Versionstamp::from_bytes(stamp + "\0\1"s)->user, 1);
  EXPECT_FALSE(Versionstamp::from_bytes(stamp + "\0\1"s)->is_complete());
}

TEST(Tuple, UsersValuesNeedTheirReader) {
  Tuple tuple{UserValue{.code = 0x40, .payload = "\3abc"}, 1};
  std::string bytes = *pack(tuple);
  EXPECT_EQ(unpack(bytes).error(), error::invalid_tuple_data_type);
  UnpackOptions counted{.user_size = [](uint8_t, std::string_view rest) -> Result<size_t> {
    if (rest.empty()) return fail(error::invalid_tuple_data_type);
    return 1 + static_cast<size_t>(rest[0]);
  }};
  EXPECT_EQ(*unpack(bytes, counted), tuple);
  EXPECT_EQ(unpack(bytes.substr(0, 4), counted).error(), error::invalid_tuple_data_type);
  EXPECT_EQ(unpack("\x40", counted).error(), error::invalid_tuple_data_type);
  EXPECT_EQ(pack({UserValue{.code = 0x50, .payload = ""}}).error(),
            error::client_invalid_operation);
}

TEST(Tuple, RefusesWhatIsMalformed) {
  for (std::string_view wrong : {"\x01"sv,
                                 "\x02"sv,
                                 "\x01x"sv,
                                 "\x01\0\xff"sv,
                                 "\x02\xff\0"sv,
                                 "\x02\xc0\x80\0"sv,
                                 "\x02\xed\xa0\x80\0"sv,
                                 "\x03\0"sv,
                                 "\x04"sv,
                                 "\x05"sv,
                                 "\x05\0\xff"sv,
                                 "\x05\x15\0"sv,
                                 "\x05\x05\0"sv,
                                 "\x06"sv,
                                 "\x0a\1"sv,
                                 "\x0b"sv,
                                 "\x0b\xfe"sv,
                                 "\x0c\0\0\0\0\0\0\0"sv,
                                 "\x13"sv,
                                 "\x15"sv,
                                 "\x1c\0\0\0\0\0\0\0"sv,
                                 "\x1d"sv,
                                 "\x1d\x09\1"sv,
                                 "\x1e\1"sv,
                                 "\x1f"sv,
                                 "\x20\0\0\0"sv,
                                 "\x21\0\0\0\0\0\0\0"sv,
                                 "\x22"sv,
                                 "\x23"sv,
                                 "\x24"sv,
                                 "\x25"sv,
                                 "\x28"sv,
                                 "\x30\0"sv,
                                 "\x31"sv,
                                 "\x32"sv,
                                 "\x33\0\0\0\0\0\0\0\0\0\0\0"sv,
                                 "\x34"sv,
                                 "\x3f"sv,
                                 "\x40"sv,
                                 "\x50"sv,
                                 "\xff"sv}) {
    Result<Tuple> read = unpack(wrong);
    EXPECT_FALSE(read) << hex(wrong);
    if (!read) {
      EXPECT_EQ(read.error(), error::invalid_tuple_data_type);
    }
  }
}

TEST(Tuple, DepthIsBounded) {
  Tuple deep;
  for (int i = 0; i < kDepthMax; ++i) deep = Tuple::of(std::move(deep));
  std::string bytes = *pack(deep);
  EXPECT_EQ(bytes, std::string(kDepthMax, '\5') + std::string(kDepthMax, '\0'));
  EXPECT_EQ(*unpack(bytes), deep);
  Tuple deeper = Tuple::of(deep);
  EXPECT_EQ(pack(deeper).error(), error::client_invalid_operation);
  EXPECT_EQ(unpack('\5' + bytes + '\0').error(), error::invalid_tuple_data_type);
  EXPECT_EQ(unpack(std::string(1 << 20, '\5')).error(), error::invalid_tuple_data_type);
}

TEST(Tuple, ElementsTellWhatTheyAre) {
  Tuple tuple{1, "s", Bytes{"b"}, 1.5, 1.5f, false, Uuid{}, Versionstamp::incomplete(), Tuple{1}};
  EXPECT_EQ(tuple[0].int64(), 1);
  EXPECT_EQ(tuple[0].uint64(), 1u);
  EXPECT_EQ(tuple[0].string(), nullptr);
  EXPECT_EQ(*tuple[1].string(), "s");
  EXPECT_EQ(tuple[1].bytes(), nullptr);
  EXPECT_EQ(*tuple[2].bytes(), "b");
  EXPECT_EQ(tuple[3].number(), 1.5);
  EXPECT_EQ(tuple[3].single(), std::nullopt);
  EXPECT_EQ(tuple[4].single(), 1.5f);
  EXPECT_EQ(tuple[5].boolean(), false);
  EXPECT_EQ(tuple[5].int64(), std::nullopt);
  EXPECT_NE(tuple[6].uuid(), nullptr);
  EXPECT_FALSE(tuple[7].versionstamp()->is_complete());
  EXPECT_EQ((*tuple[8].tuple())[0], Element(1));
  EXPECT_NE(Element(1.5), Element(1.5f));
  EXPECT_NE(Element("a"), Element(Bytes{"a"}));
  EXPECT_NE(Element(0.0), Element(-0.0));
  EXPECT_EQ(Element(std::nan("")), Element(std::nan("")));
  EXPECT_EQ(Element(BigInt(5)), Element(5));
  EXPECT_EQ(Tuple{}.begin(), Tuple{}.end());
}

TEST(Strinc, IsTheNextPrefix) {
  EXPECT_EQ(*strinc("a"), "b");
  EXPECT_EQ(*strinc("a\xff\xff"), "b");
  EXPECT_EQ(*strinc("\x7f"), "\x80");
  EXPECT_EQ(*strinc("\xfe"), "\xff");
  EXPECT_EQ(*strinc("a\0"sv), "a\1");
  EXPECT_EQ(strinc("").error(), error::key_outside_legal_range);
  EXPECT_EQ(strinc("\xff\xff").error(), error::key_outside_legal_range);
  EXPECT_TRUE(prefix_range("a")->contains("a\xff\xff"));
  EXPECT_FALSE(prefix_range("a")->contains("b"));
}

TEST(Subspace, StandsBehindItsPrefix) {
  Subspace users = Subspace("raw").sub("users");
  EXPECT_EQ(users.key(), "raw" + pack("users"));
  EXPECT_EQ(users, *Subspace("raw").sub(Tuple{"users"}));
  std::string key = users.pack(7, "x"sv);
  EXPECT_EQ(key, *users.pack(Tuple{7, "x"}));
  EXPECT_TRUE(users.contains(key));
  EXPECT_TRUE(users.range().contains(key));
  EXPECT_TRUE(users.range(7).contains(key));
  EXPECT_FALSE(users.range(7, "x").contains(key));
  EXPECT_EQ(*users.range(Tuple{7}), users.range(7));
  EXPECT_EQ(*users.unpack(key), (Tuple{7, "x"}));
  auto [id, name] = *users.unpack_as<int, std::string>(key);
  EXPECT_EQ(id, 7);
  EXPECT_EQ(name, "x");
  EXPECT_EQ(users.unpack("other").error(), error::key_not_in_subspace);
  EXPECT_EQ(*users.pack_with_versionstamp({Versionstamp::incomplete()}),
            *pack_with_versionstamp({Versionstamp::incomplete()}, users.key()));
  EXPECT_EQ(Subspace().key(), "");
}

}  // namespace
}  // namespace orrery::fdb::tuple
