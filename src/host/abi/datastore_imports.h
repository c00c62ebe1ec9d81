// The imports of the module ABI that read and write tables. Names and parameters as the ABI has
// them: pointers and lengths into the guest's memory, numbers of tables, indexes and iterators.
// They return an Errno, or kExhausted.
#pragma once

#include <cstdint>

#include "host/abi/errno.h"

namespace orrery::wasm {
class HostCall;
}

namespace orrery::host::abi {

using wasm::HostCall;

uint32_t table_id_from_name(HostCall& call, uint32_t name, uint32_t size, uint32_t out);
uint32_t index_id_from_name(HostCall& call, uint32_t name, uint32_t size, uint32_t out);
uint32_t datastore_table_row_count(HostCall& call, uint32_t table, uint32_t out);
uint32_t datastore_table_scan_bsatn(HostCall& call, uint32_t table, uint32_t out);
uint32_t datastore_index_scan_range_bsatn(HostCall& call, uint32_t index, uint32_t prefix,
                                          uint32_t prefix_size, uint32_t prefix_columns,
                                          uint32_t start, uint32_t start_size, uint32_t end,
                                          uint32_t end_size, uint32_t out);
uint32_t datastore_index_scan_point_bsatn(HostCall& call, uint32_t index, uint32_t point,
                                          uint32_t point_size, uint32_t out);
uint32_t datastore_delete_by_index_scan_range_bsatn(HostCall& call, uint32_t index, uint32_t prefix,
                                                    uint32_t prefix_size, uint32_t prefix_columns,
                                                    uint32_t start, uint32_t start_size,
                                                    uint32_t end, uint32_t end_size, uint32_t out);
uint32_t datastore_delete_by_index_scan_point_bsatn(HostCall& call, uint32_t index, uint32_t point,
                                                    uint32_t point_size, uint32_t out);
uint32_t datastore_delete_all_by_eq_bsatn(HostCall& call, uint32_t table, uint32_t rows,
                                          uint32_t size, uint32_t out);
uint32_t datastore_insert_bsatn(HostCall& call, uint32_t table, uint32_t row, uint32_t size);
uint32_t datastore_update_bsatn(HostCall& call, uint32_t table, uint32_t index, uint32_t row,
                                uint32_t size);
uint32_t datastore_clear(HostCall& call, uint32_t table, uint32_t out);
int32_t row_iter_bsatn_advance(HostCall& call, uint32_t iterator, uint32_t buffer, uint32_t size);
uint32_t row_iter_bsatn_close(HostCall& call, uint32_t iterator);

}  // namespace orrery::host::abi
