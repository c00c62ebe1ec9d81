#include "protocol/row_list.h"

#include <utility>

#include "base/assert.h"
#include "protocol/wire_writer.h"

namespace orrery::protocol {

RowListView RowListView::read(WireReader* in) {
  size_t start = in->offset();
  RowListView out;
  if (in->tag(2, "RowSizeHint") == 0) {
    out.fixed_size_ = in->number<uint16_t>();
    if (in->ok() && out.fixed_size_ == 0) in->fail("rows of a fixed size of 0");
  } else {
    uint32_t n = in->count(sizeof(uint64_t));
    out.offsets_ = in->raw(uint64_t{n} * sizeof(uint64_t));
  }
  out.data_ = in->bytes();
  if (in->ok() && !out.consistent()) {
    in->fail_at(start, "the size hint of a row list does not fit its data");
  }
  return in->ok() ? out : RowListView();
}

bool RowListView::consistent() const {
  if (fixed_size_ != 0) return data_.size() % fixed_size_ == 0;
  size_t rows = row_count();
  if (rows == 0) return data_.empty();
  uint64_t last = 0;
  for (size_t i = 0; i < rows; ++i) {
    uint64_t at = offset(i);
    if (at < last || (i == 0 && at != 0)) return false;
    last = at;
  }
  return last <= data_.size();
}

void RowListView::append_to(std::string* out) const {
  if (fixed_size_ != 0) {
    append_number(uint8_t{0}, out);
    append_number(fixed_size_, out);
  } else {
    append_number(uint8_t{1}, out);
    append_number(static_cast<uint32_t>(row_count()), out);
    out->append(offsets_);
  }
  append_bytes(data_, out);
}

void RowListBuilder::add_equal_rows(std::string_view rows, size_t row_size) {
  ORRERY_ASSERT(row_size != 0 && rows.size() % row_size == 0);
  size_t count = rows.size() / row_size;
  if (count == 0) return;
  add(rows.substr(0, row_size));
  if (fixed_size_ == row_size) {
    data_.append(rows.substr(row_size));
    row_start_ = data_.size();
    row_count_ += count - 1;
    return;
  }
  for (size_t i = 1; i < count; ++i) add(rows.substr(i * row_size, row_size));
}

/// The row at row_start_ is not counted yet.
void RowListBuilder::note_other_size(size_t size) {
  if (row_count_ == 0 && size != 0) {
    fixed_size_ = size;
    return;
  }
  if (fixed_size_ != kNoFixedSize) make_offsets();
  append_number(static_cast<uint64_t>(row_start_), &offsets_);
}

void RowListBuilder::make_offsets() {
  offsets_.reserve((row_count_ + 1) * sizeof(uint64_t));
  for (size_t i = 0; i < row_count_; ++i) {
    append_number(static_cast<uint64_t>(i * fixed_size_), &offsets_);
  }
  fixed_size_ = kNoFixedSize;
}

Result<RowList> RowListBuilder::finish() {
  if (fixed_size_ != kNoFixedSize && fixed_size_ > UINT16_MAX) make_offsets();
  bool fits = data_.size() <= UINT32_MAX && offsets_.size() / sizeof(uint64_t) <= UINT32_MAX;
  RowList out;
  out.fixed_size_ = fixed_size_ == kNoFixedSize ? 0 : static_cast<uint16_t>(fixed_size_);
  out.offsets_ = std::move(offsets_);
  out.data_ = std::move(data_);
  *this = RowListBuilder();
  if (fits) return out;
  return Error(ErrorCode::kLimit, "a result of more than 4 GiB cannot be sent");
}

}  // namespace orrery::protocol
