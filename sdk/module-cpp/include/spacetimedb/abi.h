// The functions a module imports from its host and the numbers they answer. A function is a wasm import named by the minor
// version that introduced it; pointers and lengths are 32 bit; results are an errno (0 = ok) unless said otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace SpacetimeDB {

/// Errno values of the host.
struct StatusCode {
  static constexpr uint16_t OK = 0;
  static constexpr uint16_t HOST_CALL_FAILURE = 1;
  static constexpr uint16_t NOT_IN_TRANSACTION = 2;
  static constexpr uint16_t BSATN_DECODE_ERROR = 3;
  static constexpr uint16_t NO_SUCH_TABLE = 4;
  static constexpr uint16_t NO_SUCH_INDEX = 5;
  static constexpr uint16_t NO_SUCH_ITER = 6;
  static constexpr uint16_t NO_SUCH_CONSOLE_TIMER = 7;
  static constexpr uint16_t NO_SUCH_BYTES = 8;
  static constexpr uint16_t NO_SPACE = 9;
  static constexpr uint16_t WRONG_INDEX_ALGO = 10;
  static constexpr uint16_t BUFFER_TOO_SMALL = 11;
  static constexpr uint16_t UNIQUE_ALREADY_EXISTS = 12;
  static constexpr uint16_t SCHEDULE_AT_DELAY_TOO_LONG = 13;
  static constexpr uint16_t INDEX_NOT_UNIQUE = 14;
  static constexpr uint16_t NO_SUCH_ROW = 15;
  static constexpr uint16_t AUTO_INC_OVERFLOW = 16;
  static constexpr uint16_t WOULD_BLOCK_TRANSACTION = 17;
  static constexpr uint16_t TRANSACTION_NOT_ANONYMOUS = 18;
  static constexpr uint16_t TRANSACTION_IS_READ_ONLY = 19;
  static constexpr uint16_t TRANSACTION_IS_MUT = 20;
  static constexpr uint16_t HTTP_ERROR = 21;

  /// The name of a code, "UNKNOWN" for others.
  static const char* to_string(uint16_t code);
};

}  // namespace SpacetimeDB

// The imports. User code calls the classes instead. What changes rows, or the transaction in which they are read, is in a
// namespace of its own: the library keeps rows that were scanned twice (store.h), and host:: has forms that forget them. A
// module that declares such an import itself calls rows_changed() before it.
#define ORRERY_HOST(version, name) \
  extern "C" __attribute__((import_module("spacetime_" version), import_name(#name)))

namespace SpacetimeDB::detail {

void rows_changed();

namespace imports {

ORRERY_HOST("10.0", datastore_delete_by_index_scan_range_bsatn)
uint32_t datastore_delete_by_index_scan_range_bsatn(uint32_t index, const void* prefix, size_t prefix_length,
                                                    uint32_t prefix_elements, const void* start,
                                                    size_t start_length, const void* end, size_t end_length,
                                                    uint32_t* deleted);
ORRERY_HOST("10.0", datastore_delete_all_by_eq_bsatn)
uint32_t datastore_delete_all_by_eq_bsatn(uint32_t table, const void* rows, size_t length, uint32_t* deleted);
ORRERY_HOST("10.0", datastore_insert_bsatn)
uint32_t datastore_insert_bsatn(uint32_t table, void* row, size_t* length);
ORRERY_HOST("10.0", datastore_update_bsatn)
uint32_t datastore_update_bsatn(uint32_t table, uint32_t index, void* row, size_t* length);
ORRERY_HOST("10.5", datastore_clear)
uint32_t datastore_clear(uint32_t table, uint64_t* deleted);
ORRERY_HOST("10.3", procedure_start_mut_tx)
uint32_t procedure_start_mut_tx(int64_t* timestamp_micros);
ORRERY_HOST("10.3", procedure_commit_mut_tx)
uint32_t procedure_commit_mut_tx();
ORRERY_HOST("10.3", procedure_abort_mut_tx)
uint32_t procedure_abort_mut_tx();

}  // namespace imports

namespace host {

ORRERY_HOST("10.0", table_id_from_name)
uint32_t table_id_from_name(const void* name, size_t length, uint32_t* id);
ORRERY_HOST("10.0", index_id_from_name)
uint32_t index_id_from_name(const void* name, size_t length, uint32_t* id);
ORRERY_HOST("10.0", datastore_table_row_count)
uint32_t datastore_table_row_count(uint32_t table, uint64_t* count);
ORRERY_HOST("10.0", datastore_table_scan_bsatn)
uint32_t datastore_table_scan_bsatn(uint32_t table, uint32_t* iter);
ORRERY_HOST("10.0", datastore_index_scan_range_bsatn)
uint32_t datastore_index_scan_range_bsatn(uint32_t index, const void* prefix, size_t prefix_length,
                                          uint32_t prefix_elements, const void* start, size_t start_length,
                                          const void* end, size_t end_length, uint32_t* iter);
ORRERY_HOST("10.0", row_iter_bsatn_advance)
int32_t row_iter_bsatn_advance(uint32_t iter, void* buffer, size_t* length);
ORRERY_HOST("10.0", row_iter_bsatn_close)
uint32_t row_iter_bsatn_close(uint32_t iter);
ORRERY_HOST("10.0", bytes_source_read)
int32_t bytes_source_read(uint32_t source, void* buffer, size_t* length);
ORRERY_HOST("10.0", bytes_sink_write)
uint32_t bytes_sink_write(uint32_t sink, const void* bytes, size_t* length);
ORRERY_HOST("10.0", console_log)
void console_log(uint32_t level, const void* target, size_t target_length, const void* file, size_t file_length,
                 uint32_t line, const void* message, size_t message_length);
ORRERY_HOST("10.0", console_timer_start)
uint32_t console_timer_start(const void* name, size_t length);
ORRERY_HOST("10.0", console_timer_end)
uint32_t console_timer_end(uint32_t timer);
ORRERY_HOST("10.0", identity)
void identity(void* bytes32);
ORRERY_HOST("10.1", bytes_source_remaining_length)
int32_t bytes_source_remaining_length(uint32_t source, uint32_t* length);
ORRERY_HOST("10.2", get_jwt)
uint32_t get_jwt(const void* connection_id16, uint32_t* source);
ORRERY_HOST("10.3", procedure_sleep_until)
int64_t procedure_sleep_until(int64_t wake_at_micros);
ORRERY_HOST("10.3", procedure_http_request)
uint32_t procedure_http_request(const void* request, size_t request_length, const void* body, size_t body_length,
                                uint32_t* response_and_body_sources);
ORRERY_HOST("10.4", datastore_index_scan_point_bsatn)
uint32_t datastore_index_scan_point_bsatn(uint32_t index, const void* point, size_t length, uint32_t* iter);

#define ORRERY_CHANGING(name)                                                    \
  template <class... Arguments>                                                  \
  uint32_t name(Arguments... arguments) {                                        \
    rows_changed();                                                              \
    return imports::name(arguments...);                                          \
  }
ORRERY_CHANGING(datastore_delete_by_index_scan_range_bsatn)
ORRERY_CHANGING(datastore_delete_all_by_eq_bsatn)
ORRERY_CHANGING(datastore_insert_bsatn)
ORRERY_CHANGING(datastore_update_bsatn)
ORRERY_CHANGING(datastore_clear)
ORRERY_CHANGING(procedure_start_mut_tx)
ORRERY_CHANGING(procedure_commit_mut_tx)
ORRERY_CHANGING(procedure_abort_mut_tx)
#undef ORRERY_CHANGING

}  // namespace host
}  // namespace SpacetimeDB::detail
