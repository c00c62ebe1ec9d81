// Definitions that are cut or changed anywhere: an error or another valid definition, never more.
#include <gtest/gtest.h>

#include "schema/builder_for_test.h"
#include "schema/export.h"
#include "schema/golden_for_test.h"
#include "schema/migrate.h"
#include "schema/raw_codec.h"

namespace orrery::schema {
namespace {

/// Decodes, validates, writes out again.
void take(std::string_view bytes) {
  Result<RawModuleDef> raw = decode_module_def(bytes);
  if (!raw) {
    EXPECT_FALSE(raw.error().message().empty());
    return;
  }
  Result<ModuleDef> def = validate(*raw);
  if (!def) return;
  Result<ModuleDef> again = validate(to_raw_v10(*def));
  EXPECT_TRUE(again.has_value()) << again.error().message();
}

/// Has every section and every kind of part.
RawModuleDef everything() {
  DefinitionBuilder b;
  Type plain = b.type("Plain", Type::plain_enum(std::vector<std::string_view>{"A", "B"}));
  RawTable& t =
      b.table("Things", {{"theId", Type::u64()}, {"kind", plain}, {"text", Type::string()}});
  DefinitionBuilder::primary_key(&t, 0);
  DefinitionBuilder::sequence(&t, 0);
  t.sequences[0].min_value = 1;
  t.sequences[0].start = 5;
  t.sequences[0].max_value = 100;
  DefinitionBuilder::index(&t, "direct", {1}, IndexAlgorithm::kDirect);
  DefinitionBuilder::index(&t, "hashed", {2, 1}, IndexAlgorithm::kHash);
  t.defaults.push_back({2, bsatn(Type::string(), types::AlgebraicValue::string("hi"))});
  b.scheduled_table("jobs", "run").is_event = true;
  b.reducer("start");
  b.def.lifecycle_reducers.push_back({Lifecycle::kInit, "start"});
  b.procedure("ask", {{"x", Type::array(plain)}}, Type::result(plain, Type::string()));
  b.view("seen", Type::array(Type::ref(1)));
  b.def.view_primary_keys.push_back({"seen", {"theId"}});
  b.def.row_level_security = {"SELECT * FROM things"};
  b.explicit_name(NameKind::kTable, "Things", "goods");
  b.explicit_name(NameKind::kFunction, "ask", "query");
  b.explicit_name(NameKind::kIndex, "hashed", "goods_hash");
  b.def.http_handlers = {"answer"};
  b.def.http_routes = {{"answer", std::nullopt, "/a"},
                       {"answer", HttpMethod::from_token("GET"), "/b"},
                       {"answer", HttpMethod::from_token("BREW"), "/c"}};
  DefinitionBuilder inner;
  DefinitionBuilder::primary_key(&inner.table("parts", {{"id", Type::u8()}}), 0);
  inner.def.order_by_tag();
  b.def.submodules.push_back({"lib", inner.def});
  b.explicit_name(NameKind::kNamespace, "lib", "library");
  b.def.environment = {{"API_KEY", EnvironmentKind::kText, {}, false},
                       {"MODE", EnvironmentKind::kUnion, {"debug", "release"}, true},
                       {"_one", EnvironmentKind::kLiteral, {""}, false}};
  b.def.case_conversion_policy = CaseConversionPolicy::kNone;
  b.def.order_by_tag();
  b.def.order.push_back(SectionKind::kOutboxes);
  RawModuleDef raw = b.def;
  EXPECT_EQ(std::get<RawModuleDefV10>(raw).order.size(), kSectionKindCount);
  return raw;
}

TEST(Robustness, EverySectionComesBack) {
  RawModuleDef raw = everything();
  valid(raw);
  std::string bytes = encode_module_def(raw);
  auto again = decode_module_def(bytes);
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(encode_module_def(*again), bytes);
  auto json = module_def_to_json(raw, JsonWrapping::kVersion);
  ASSERT_TRUE(json.has_value()) << json.error().message();
  auto from_json = module_def_from_json(*json);
  ASSERT_TRUE(from_json.has_value()) << from_json.error().message();
  EXPECT_EQ(encode_module_def(*from_json), bytes);
}

TEST(Robustness, WhatIsCutIsRefused) {
  std::string whole = encode_module_def(everything());
  for (size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(decode_module_def(std::string_view(whole).substr(0, n)).has_value()) << n;
  }
  EXPECT_TRUE(decode_module_def(whole + "trailing").has_value());
  for (const char* module : kGoldenModules) {
    std::string bytes = golden_file(std::string(module) + ".bin");
    size_t step = std::max<size_t>(1, bytes.size() / 1000);
    for (size_t n = 0; n < bytes.size(); n += step) {
      EXPECT_FALSE(decode_module_def(std::string_view(bytes).substr(0, n)).has_value()) << n;
    }
  }
}

TEST(Robustness, FlippedBytesDoNoHarm) {
  std::string whole = encode_module_def(everything());
  for (size_t i = 0; i < whole.size(); ++i) {
    for (uint8_t flip : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      take(bytes);
    }
  }
  for (const char* module : {"sdk-test-view-cpp", "sdk-test-procedure-cpp", "module-test-cpp"}) {
    std::string recorded = golden_file(std::string(module) + ".bin");
    for (size_t i = 0; i < recorded.size(); ++i) {
      std::string bytes = recorded;
      bytes[i] = static_cast<char>(bytes[i] ^ (1u << (i % 8)));
      take(bytes);
    }
  }
}

TEST(Robustness, OtherVersionsAreNamed) {
  auto v8 = decode_module_def(std::string_view("\0rest", 5));
  ASSERT_FALSE(v8.has_value());
  EXPECT_EQ(v8.error().code(), ErrorCode::kNotSupported);
  auto v11 = decode_module_def("\x03rest");
  ASSERT_FALSE(v11.has_value());
  EXPECT_EQ(v11.error().message(), "module definition: version tag 3 is unknown");
}

TEST(Robustness, TheFirstOfTwoEqualSectionsCounts) {
  DefinitionBuilder first, second;
  first.reducer("first");
  second.reducer("second");
  std::string a = encode_module_def(first.raw());
  std::string b = encode_module_def(second.raw());
  std::string both = a;
  both[1] = 2;  // sections
  both += b.substr(5);
  auto def = load_module_def(both);
  ASSERT_TRUE(def.has_value()) << def.error().message();
  ASSERT_EQ(def->reducers().size(), 1u);
  EXPECT_EQ(def->reducers()[0].name, "first");
}

TEST(Robustness, SubmodulesInsideEachOtherAreBounded) {
  std::string bytes(1, '\x02');
  for (int i = 0; i < 1000; ++i) {
    bytes += std::string("\1\0\0\0\x0e\1\0\0\0\1\0\0\0a", 14);
  }
  bytes += std::string(4, '\0');
  auto def = decode_module_def(bytes);
  ASSERT_FALSE(def.has_value());
  EXPECT_EQ(def.error().code(), ErrorCode::kLimit);
}

TEST(Robustness, ListsThatLieCostNothing) {
  std::string bytes("\x02\1\0\0\0\2\xff\xff\xff\xff", 10);  // four thousand million tables
  EXPECT_FALSE(decode_module_def(bytes).has_value());
  bytes += std::string(1 << 20, '\0');
  EXPECT_FALSE(decode_module_def(bytes).has_value());
}

}  // namespace
}  // namespace orrery::schema
