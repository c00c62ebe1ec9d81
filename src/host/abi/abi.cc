#include "host/abi/abi.h"

#include <charconv>
#include <optional>

#include "host/abi/call_imports.h"
#include "host/abi/datastore_imports.h"
#include "wasm/import_table.h"
#include "wasm/module.h"

namespace orrery::host {
namespace {

constexpr std::string_view kPrefix = "spacetime_";

std::optional<AbiVersion> parse_version(std::string_view text) {
  AbiVersion out;
  const char* end = text.data() + text.size();
  auto major = std::from_chars(text.data(), end, out.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  auto minor = std::from_chars(major.ptr + 1, end, out.minor);
  if (minor.ec != std::errc() || minor.ptr != end) return std::nullopt;
  return out;
}

std::string text_of(const AbiVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

Error refused(std::string why) {
  return Error(ErrorCode::kInvalidArgument, std::move(why));
}

wasm::ImportTable make_imports() {
  wasm::ImportTable table;
  constexpr std::string_view k0 = "spacetime_10.0";
  table.define<abi::table_id_from_name>(k0, "table_id_from_name");
  table.define<abi::index_id_from_name>(k0, "index_id_from_name");
  table.define<abi::datastore_table_row_count>(k0, "datastore_table_row_count");
  table.define<abi::datastore_table_scan_bsatn>(k0, "datastore_table_scan_bsatn");
  table.define<abi::datastore_index_scan_range_bsatn>(k0, "datastore_index_scan_range_bsatn");
  table.define<abi::datastore_index_scan_range_bsatn>(k0, "datastore_btree_scan_bsatn");
  table.define<abi::datastore_delete_by_index_scan_range_bsatn>(
      k0, "datastore_delete_by_index_scan_range_bsatn");
  table.define<abi::datastore_delete_by_index_scan_range_bsatn>(
      k0, "datastore_delete_by_btree_scan_bsatn");
  table.define<abi::datastore_delete_all_by_eq_bsatn>(k0, "datastore_delete_all_by_eq_bsatn");
  table.define<abi::row_iter_bsatn_advance>(k0, "row_iter_bsatn_advance");
  table.define<abi::row_iter_bsatn_close>(k0, "row_iter_bsatn_close");
  table.define<abi::datastore_insert_bsatn>(k0, "datastore_insert_bsatn");
  table.define<abi::datastore_update_bsatn>(k0, "datastore_update_bsatn");
  table.define<abi::bytes_source_read>(k0, "bytes_source_read");
  table.define<abi::bytes_sink_write>(k0, "bytes_sink_write");
  table.define<abi::console_log>(k0, "console_log");
  table.define<abi::console_timer_start>(k0, "console_timer_start");
  table.define<abi::console_timer_end>(k0, "console_timer_end");
  table.define<abi::identity>(k0, "identity");
  table.define<abi::volatile_nonatomic_schedule_immediate>(k0,
                                                           "volatile_nonatomic_schedule_immediate");
  table.define<abi::bytes_source_remaining_length>("spacetime_10.1",
                                                   "bytes_source_remaining_length");
  table.define<abi::get_jwt>("spacetime_10.2", "get_jwt");
  constexpr std::string_view k3 = "spacetime_10.3";
  table.define<abi::procedure_sleep_until>(k3, "procedure_sleep_until");
  table.define<abi::procedure_start_mut_tx>(k3, "procedure_start_mut_tx");
  table.define<abi::procedure_commit_mut_tx>(k3, "procedure_commit_mut_tx");
  table.define<abi::procedure_abort_mut_tx>(k3, "procedure_abort_mut_tx");
  table.define<abi::procedure_http_request>(k3, "procedure_http_request");
  constexpr std::string_view k4 = "spacetime_10.4";
  table.define<abi::datastore_index_scan_point_bsatn>(k4, "datastore_index_scan_point_bsatn");
  table.define<abi::datastore_delete_by_index_scan_point_bsatn>(
      k4, "datastore_delete_by_index_scan_point_bsatn");
  table.define<abi::datastore_clear>("spacetime_10.5", "datastore_clear");
  table.define<abi::env_get>("spacetime_10.6", "env_get");
  define_wasi_imports(table);
  return table;
}

}  // namespace

Result<AbiVersion> detect_abi(const wasm::CompiledModule& module) {
  std::optional<AbiVersion> wanted;
  for (const wasm::ImportInfo& one : module.imports()) {
    if (!one.module.starts_with(kPrefix)) continue;
    const auto version = parse_version(std::string_view(one.module).substr(kPrefix.size()));
    if (!version)
      return refused("the module imports from '" + one.module + "', which is no version");
    if (!wanted) wanted = version;
    if (wanted->major != version->major) {
      return refused("the module imports from spacetime_" + text_of(*wanted) + " and spacetime_" +
                     text_of(*version) + ": two major versions of the module ABI");
    }
    wanted->minor = std::max(wanted->minor, version->minor);
  }
  if (!wanted) {
    return refused(
        "the module imports no spacetime_* functions, so the version of its ABI is not "
        "detected; is it a SpacetimeDB module?");
  }
  if (wanted->major != kAbiMajor || wanted->minor > kAbiMinorMax) {
    return refused("the module wants version " + text_of(*wanted) +
                   " of the module ABI; this host has " + text_of({kAbiMajor, kAbiMinorMax}));
  }
  return *wanted;
}

const wasm::ImportTable& abi_imports() {
  static const wasm::ImportTable table = make_imports();
  return table;
}

}  // namespace orrery::host
