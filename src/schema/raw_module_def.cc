#include "schema/raw_module_def.h"

#include <algorithm>
#include <array>

namespace orrery::schema {
namespace {

constexpr std::array<std::string_view, 9> kMethodTokens = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

std::string_view lifecycle_name(Lifecycle lifecycle) {
  switch (lifecycle) {
    case Lifecycle::kInit:
      return "Init";
    case Lifecycle::kOnConnect:
      return "OnConnect";
    case Lifecycle::kOnDisconnect:
      return "OnDisconnect";
  }
  return "";
}

std::string_view index_algorithm_name(IndexAlgorithm algorithm) {
  switch (algorithm) {
    case IndexAlgorithm::kBTree:
      return "BTree";
    case IndexAlgorithm::kHash:
      return "Hash";
    case IndexAlgorithm::kDirect:
      return "Direct";
  }
  return "";
}

std::string_view HttpMethod::token() const {
  if (kind == HttpMethodKind::kExtension) return extension;
  return kMethodTokens[static_cast<size_t>(kind)];
}

HttpMethod HttpMethod::from_token(std::string_view token) {
  for (size_t i = 0; i < kMethodTokens.size(); ++i) {
    if (kMethodTokens[i] == token) return {static_cast<HttpMethodKind>(i), {}};
  }
  return {HttpMethodKind::kExtension, std::string(token)};
}

bool is_environment_name(std::string_view name) {
  constexpr size_t kBytesMax = 256;
  auto is_letter = [](char c) { return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_'; };
  if (name.empty() || name.size() > kBytesMax || !is_letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void RawModuleDefV10::order_by_tag() {
  order.clear();
  auto list = [&](SectionKind kind, bool there) {
    if (there) order.push_back(kind);
  };
  list(SectionKind::kTypespace, typespace.size() > 0);
  list(SectionKind::kTypes, !types.empty());
  list(SectionKind::kTables, !tables.empty());
  list(SectionKind::kReducers, !reducers.empty());
  list(SectionKind::kProcedures, !procedures.empty());
  list(SectionKind::kViews, !views.empty());
  list(SectionKind::kSchedules, !schedules.empty());
  list(SectionKind::kLifecycleReducers, !lifecycle_reducers.empty());
  list(SectionKind::kRowLevelSecurity, !row_level_security.empty());
  list(SectionKind::kCaseConversionPolicy,
       case_conversion_policy != CaseConversionPolicy::kSnakeCase);
  list(SectionKind::kExplicitNames, !explicit_names.empty());
  list(SectionKind::kHttpHandlers, !http_handlers.empty());
  list(SectionKind::kHttpRoutes, !http_routes.empty());
  list(SectionKind::kViewPrimaryKeys, !view_primary_keys.empty());
  list(SectionKind::kSubmodules, !submodules.empty());
  list(SectionKind::kEnvironment, !environment.empty());
  list(SectionKind::kOutboxes, !outboxes.empty());
}

}  // namespace orrery::schema
