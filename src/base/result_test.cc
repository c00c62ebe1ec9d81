#include "base/result.h"

#include <gtest/gtest.h>

#include <string>

#include "base/arena.h"
#include "base/bytes.h"

namespace orrery {
namespace {

Result<int> half(int x) {
  if (x % 2 != 0) return Error(ErrorCode::kInvalidArgument, "odd");
  return x / 2;
}
Result<int> quarter(int x) {
  ORRERY_TRY_ASSIGN(int h, half(x));
  return half(h);
}

TEST(Result, PassesErrorsUp) {
  EXPECT_EQ(*quarter(8), 2);
  auto r = quarter(6);
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(r.error().message(), "odd");
}

TEST(Error, TableHasNames) {
  EXPECT_EQ(error_code_name(ErrorCode::kTableNotFound), "TableNotFound");
  EXPECT_EQ(error_sqlstate(ErrorCode::kUnique), "23505");
  EXPECT_TRUE(error_is_retryable(ErrorCode::kConflict));
}

TEST(ByteReader, StopsAtTheEnd) {
  ByteWriter w;
  w.write<uint32_t>(7);
  w.write_prefixed("abc");
  ByteReader r(w.buffer());
  uint32_t n = 0;
  std::string_view s;
  uint64_t big = 0;
  EXPECT_TRUE(r.read(&n));
  EXPECT_EQ(n, 7u);
  EXPECT_FALSE(r.read(&big));
  EXPECT_TRUE(r.read_prefixed(&s));
  EXPECT_EQ(s, "abc");
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(Arena, KeepsMemoryStable) {
  Arena a(16);
  auto first = a.copy("first");
  for (int i = 0; i < 1000; ++i) a.copy("some other text");
  EXPECT_EQ(first, "first");
  a.reset();
  EXPECT_EQ(a.copy("again"), "again");
}

}  // namespace
}  // namespace orrery
