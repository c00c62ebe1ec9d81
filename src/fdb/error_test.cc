#include "fdb/error.h"

#include <gtest/gtest.h>

namespace orrery::fdb {
namespace {

TEST(FdbError, TellsItsNameAndSentence) {
  EXPECT_EQ(error::not_committed.code(), 1020);
  EXPECT_EQ(error::not_committed.name(), "not_committed");
  EXPECT_EQ(error::not_committed.message(),
            "Transaction not committed due to conflict with another transaction");
  EXPECT_EQ(Error(9999).name(), "unknown_error");
}

TEST(FdbError, PredicatesAreThoseOfTheBindings) {
  EXPECT_TRUE(error::commit_unknown_result.is_retryable());
  EXPECT_TRUE(error::commit_unknown_result.is_maybe_committed());
  EXPECT_FALSE(error::commit_unknown_result.is_retryable_not_committed());
  EXPECT_TRUE(error::cluster_version_changed.is_maybe_committed());
  EXPECT_TRUE(error::not_committed.is_retryable_not_committed());
  EXPECT_FALSE(error::not_committed.is_maybe_committed());
  for (Error never : {error::transaction_timed_out, error::transaction_cancelled,
                      error::commit_unknown_result_fatal, error::blob_granule_request_failed}) {
    EXPECT_FALSE(never.is_retryable()) << never.name();
  }
  EXPECT_EQ(sizeof(Error), 2u);
}

}  // namespace
}  // namespace orrery::fdb
