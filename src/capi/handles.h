// The objects behind the handles of the C interfaces, and their errors.
//
// Built without exceptions. Where memory runs out, operator new aborts the process: half-done calls
// cannot be undone from here, and the log makes what was acknowledged durable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/error.h"
#include "capi/handle_table.h"
#include "engine/api_transaction.h"
#include "engine/rows.h"
#include "engine/session.h"

namespace orrery::capi {

/// The last error of a handle or a thread. The message never holds a NUL byte inside.
class ErrorSlot {
 public:
  void clear() {
    if (code_ != ErrorCode::kOk) reset();
  }
  void set(const Error& error);
  void set(ErrorCode code, std::string_view message);
  ErrorCode code() const { return code_; }
  SourcePosition position() const { return position_; }
  /// "" without an error. Valid until the next change.
  const char* message() const { return message_.c_str(); }

 private:
  void reset();

  ErrorCode code_ = ErrorCode::kOk;
  SourcePosition position_;
  std::string message_;
};

/// The error that the calling thread left last where no handle could hold it.
ErrorSlot& thread_error();

struct DatabaseHandle {
  static constexpr HandleKind kKind = HandleKind::kDatabase;
  std::shared_ptr<engine::Session> session;
  ErrorSlot error;
};

struct StatementHandle {
  static constexpr HandleKind kKind = HandleKind::kStatement;
  std::shared_ptr<engine::Statement> statement;
  ErrorSlot error;
};

struct TransactionHandle {
  static constexpr HandleKind kKind = HandleKind::kTransaction;
  std::unique_ptr<engine::ApiTransaction> transaction;
  ErrorSlot error;
};

struct RowsHandle {
  static constexpr HandleKind kKind = HandleKind::kRows;
  explicit RowsHandle(engine::Rows r) : rows(std::move(r)) {}
  engine::Rows rows;
  ErrorSlot error;
  Arena texts{256};                ///< of the current row
  std::vector<const char*> cells;  ///< text of each column of the current row, once asked for
};

template <class Handle>
Handle* find_handle(const void* pointer) {
  return static_cast<Handle*>(HandleTable::instance().find(Handle::kKind, pointer));
}

/// The object of a handle, which ends with this; nullptr where it is none.
template <class Handle>
std::unique_ptr<Handle> take_handle(void* pointer) {
  return std::unique_ptr<Handle>(
      static_cast<Handle*>(HandleTable::instance().remove(Handle::kKind, pointer)));
}

/// Makes a handle; nullptr where there are too many.
template <class Handle>
void* give_handle(std::unique_ptr<Handle> object) {
  void* pointer = HandleTable::instance().add(Handle::kKind, object.get());
  if (pointer != nullptr) (void)object.release();
  return pointer;
}

}  // namespace orrery::capi
