#include "schema/arguments.h"

#include <gtest/gtest.h>

#include "schema/builder_for_test.h"

namespace orrery::schema {
namespace {

using B = DefinitionBuilder;

B with_functions() {
  B b;
  Type point = b.type("Point", Type::product({{"theX", Type::i32()}, {"y", Type::i32()}}));
  Type kind = b.type("Kind", Type::sum({{"Small", Type::unit()}, {"Big", Type::u8()}}));
  b.reducer("move", {{"to", point}, {"note", Type::option(Type::string())}});
  b.procedure("ask", {}, Type::array(kind));
  b.procedure("nothing", {}, Type::unit());
  return b;
}

TEST(Arguments, JsonBecomesBytes) {
  ModuleDef def = valid(with_functions());
  const ReducerDef& move = def.reducers()[0];
  auto bytes = [&](std::string_view json) {
    auto out = arguments_from_json(def, move.name, move.params, json);
    return out ? *out : "error: " + out.error().message();
  };
  std::string expected("\1\0\0\0\2\0\0\0\0\2\0\0\0hi", 15);
  EXPECT_EQ(bytes(R"([[1, 2], "hi"])").substr(0, 5), "error");  // an Option is no bare value
  EXPECT_EQ(bytes(R"([[1, 2], {"some": "hi"}])"), expected);
  EXPECT_EQ(bytes(R"([{"the_x": 1, "y": 2}, [0, "hi"]])"), expected);
  EXPECT_EQ(bytes(R"([[1, 2], null])"), std::string("\1\0\0\0\2\0\0\0\1", 9));
  EXPECT_EQ(bytes("[]"), "error: invalid arguments for `move`: 2 are expected, 0 were given");
  for (const char* bad : {"", "[", "[[1, 2]]", "[[1, 2], null, 3]", "[[1], null]", "7",
                          R"({"to": [1, 2], "note": null})"}) {
    EXPECT_TRUE(bytes(bad).starts_with("error: invalid arguments for `move`: ")) << bad;
  }
}

TEST(Arguments, ResultsBecomePositionalJson) {
  ModuleDef def = valid(with_functions());
  auto json = [&](const ProcedureDef& procedure, std::string_view bytes) {
    auto out = result_to_json(def, procedure.name, procedure.return_type, bytes);
    return out ? *out : "error: " + out.error().message();
  };
  EXPECT_EQ(json(def.procedures()[0], std::string("\2\0\0\0\0\1\7", 7)), "[[0,[]],[1,7]]");
  EXPECT_EQ(json(def.procedures()[1], ""), "[]");
  EXPECT_TRUE(
      json(def.procedures()[0], "\1").starts_with("error: invalid return value of `ask`: "));
}

}  // namespace
}  // namespace orrery::schema
