// The messages of v1.live.orrery, JSON in text frames. Stateless.
//
// From clients: {"subscribe":{"id":1,"sql":"SELECT ..."}}, {"unsubscribe":{"id":1}}. To them:
// {"hello":{...}} first, then for each query {"result":{...}} once (again only where its columns
// became others), {"change":{...}} whenever its rows became others, {"error":{...}} where it is gone.
// Cells are those of /sql's answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/caller.h"
#include "subscribe/live_rows.h"
#include "types/algebraic_type.h"

namespace orrery::server::live {

inline constexpr std::string_view kLiveProtocol = "v1.live.orrery";

struct LiveRequest {
  enum class Kind : uint8_t { kSubscribe, kUnsubscribe } kind = Kind::kSubscribe;
  uint64_t id = 0;
  std::string sql;
};
/// kDecode says what is wrong with it.
Result<LiveRequest> parse_request(std::string_view text);

std::string hello_message(const host::Caller& caller);
/// `schema` is the product of the columns, rows are BSATN of it.
Result<std::string> result_message(uint64_t id, const types::AlgebraicType& schema,
                                   const std::vector<std::string>& rows);
/// `rows` are the new ones.
Result<std::string> change_message(uint64_t id, const types::AlgebraicType& schema,
                                   const subscribe::LiveChange& change,
                                   const std::vector<std::string>& rows);
/// The error's place in `sql`, where it has one, as the number of characters before it.
std::string error_message(uint64_t id, const Error& error, std::string_view sql);

}  // namespace orrery::server::live
