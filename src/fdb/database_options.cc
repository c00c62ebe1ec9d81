#include "fdb/database_options.h"

#include <algorithm>

namespace orrery::fdb {

Status DatabaseOptions::set(int code, std::optional<std::string_view> value) {
  const OptionInfo* info = find_option(database_options(), code);
  if (info == nullptr) return fail(error::invalid_option);
  if (info->default_for >= 0) {
    set_default(static_cast<TransactionOption>(info->default_for), value);
    return {};
  }
  Result<OptionValue> checked = check_value(info->rule, value);
  if (!checked) return fail(checked.error());
  const int number = static_cast<int>(checked->number);
  switch (static_cast<DatabaseOption>(code)) {
    case DatabaseOption::location_cache_size:
      location_cache_size_ = number;
      break;
    case DatabaseOption::max_watches:
      max_watches_ = number;
      break;
    case DatabaseOption::machine_id:
      machine_id_ = checked->bytes;
      break;
    case DatabaseOption::datacenter_id:
      datacenter_id_ = checked->bytes;
      break;
    case DatabaseOption::snapshot_ryw_enable:
      ++snapshot_ryw_count_;
      break;
    case DatabaseOption::snapshot_ryw_disable:
      --snapshot_ryw_count_;
      break;
    case DatabaseOption::use_config_database:
      use_config_database_ = true;
      break;
    case DatabaseOption::test_causal_read_risky:
      test_causal_read_risky_ = number;
      break;
    default:
      break;
  }
  return {};
}

Status DatabaseOptions::set(DatabaseOption option, int64_t value) {
  return set(static_cast<int>(option), option_bytes(value).view());
}

void DatabaseOptions::set_default(TransactionOption option, std::optional<std::string_view> value) {
  std::erase_if(defaults_, [&](const TransactionDefault& old) { return old.option == option; });
  TransactionDefault& added = defaults_.emplace_back();
  added.option = option;
  if (value) added.value.emplace(*value);
}

}  // namespace orrery::fdb
