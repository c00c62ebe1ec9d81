#include <utility>

#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "subscribe/join_plan.h"

namespace orrery::subscribe {
namespace {

using storage::ReadLatch;
using storage::RowRef;

constexpr uint32_t kBatch = 256;

Error bad_row() {
  return Error(ErrorCode::kCorruption, "a row is not of its table's type");
}

}  // namespace

/// Rows fetched at one depth, copied out of the table so that its latch need not be held.
struct JoinRun::Frame {
  std::string key;
  std::string bytes;
  std::vector<size_t> ends;
  RowRef refs[kBatch];

  void copy(const storage::Table& table, uint32_t n) {
    const storage::RowLayout& layout = table.layout();
    ends.clear();
    if (uint32_t fixed = layout.fixed_bsatn_bytes(); fixed != 0) {
      size_t size = size_t{fixed} * n;
      if (bytes.size() < size) bytes.resize(size);
      layout.write_fixed_rows(refs, n, reinterpret_cast<uint8_t*>(bytes.data()));
      for (uint32_t i = 1; i <= n; ++i) ends.push_back(size_t{fixed} * i);
      return;
    }
    bytes.clear();
    for (uint32_t i = 0; i < n; ++i) {
      layout.append_bsatn(refs[i], &bytes);
      ends.push_back(bytes.size());
    }
  }
};

JoinRun::JoinRun(std::shared_ptr<const JoinPlan> plan) : plan_(std::move(plan)) {
  size_t n = plan_->relations.size();
  rows_.resize(n);
  views_.resize(n);
  frames_.resize(n);
  for (const JoinRelation& relation : plan_->relations) {
    offsets_.emplace_back(relation.shape.columns().size());
  }
}
JoinRun::~JoinRun() = default;
JoinRun::JoinRun(JoinRun&&) noexcept = default;

const storage::ReadView& JoinRun::view_of(uint32_t relation) const {
  return *views_[relation];
}

Status JoinRun::bind(uint32_t relation, std::string_view row) {
  uint32_t* offsets = offsets_[relation].data();
  if (!plan_->relations[relation].shape.locate(row, offsets)) return bad_row();
  rows_[relation] = {row, offsets};
  return {};
}

void JoinRun::fill_key(const AccessPath& access, std::string* key) const {
  key->clear();
  for (const KeyPart& part : access.key) {
    key->append(part.value ? std::string_view(*part.value)
                           : cell_bytes(part.cell, rows_[part.relation].cell(part.slot)));
  }
}

Status JoinRun::take(size_t depth, std::string_view row, RowSink& sink) {
  const JoinStep& step_here = order_->steps[depth];
  ORRERY_TRY(bind(step_here.relation, row));
  if (!step_here.filter.matches(rows_.data())) return {};
  return step(depth + 1, sink);
}

Status JoinRun::take_frame(size_t depth, RowSink& sink) {
  Frame& frame = *frames_[depth];
  if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) {
    return Error(ErrorCode::kCancelled, "the subscription was given up");
  }
  size_t begin = 0;
  for (size_t end : frame.ends) {
    ORRERY_TRY(take(depth, std::string_view(frame.bytes).substr(begin, end - begin), sink));
    begin = end;
  }
  return {};
}

Status JoinRun::step(size_t depth, RowSink& sink) {
  if (depth == order_->steps.size()) {
    std::string_view row = rows_[plan_->projected].bytes;
    row.remove_prefix(plan_->relations[plan_->projected].hidden_bytes);
    sink.row(row);
    return {};
  }
  const JoinStep& step_here = order_->steps[depth];
  // No state has rows of an event table.
  if (plan_->relations[step_here.relation].event) return {};
  if (frames_[depth] == nullptr) frames_[depth] = std::make_unique<Frame>();
  return step_here.access.index == nullptr ? scan(depth, sink) : lookup(depth, sink);
}

Status JoinRun::scan(size_t depth, RowSink& sink) {
  uint32_t relation = order_->steps[depth].relation;
  const storage::Table& table = *plan_->relations[relation].table;
  storage::TableCursor cursor(table, view_of(relation));
  Frame& frame = *frames_[depth];
  while (true) {
    uint32_t n;
    {
      ReadLatch latch(table);
      n = cursor.next(frame.refs, nullptr, kBatch);
      frame.copy(table, n);
    }
    if (n == 0) return {};
    ORRERY_TRY(take_frame(depth, sink));
  }
}

Status JoinRun::lookup(size_t depth, RowSink& sink) {
  const JoinStep& step_here = order_->steps[depth];
  const storage::Table& table = *plan_->relations[step_here.relation].table;
  const AccessPath& access = step_here.access;
  Frame& frame = *frames_[depth];
  fill_key(access, &frame.key);
  if (access.full_key && access.index->def().unique) {
    {
      ReadLatch latch(table);
      ORRERY_TRY_ASSIGN(frame.refs[0],
                        storage::find_unique_bsatn(table, *access.index, frame.key,
                                                   view_of(step_here.relation), nullptr));
      if (frame.refs[0] == nullptr) return {};
      frame.copy(table, 1);
    }
    return take_frame(depth, sink);
  }
  if (access.full_key) {
    ORRERY_TRY_ASSIGN(storage::KeyRange range,
                      storage::decode_point(table, *access.index, frame.key));
    return walk(depth, std::move(range), sink);
  }
  static constexpr std::string_view kUnbounded("\2", 1);
  storage::BsatnRange bounds;
  bounds.prefix = frame.key;
  bounds.prefix_columns = static_cast<uint32_t>(access.key.size());
  bounds.lower = access.lower.empty() ? kUnbounded : std::string_view(access.lower);
  bounds.upper = access.upper.empty() ? kUnbounded : std::string_view(access.upper);
  ORRERY_TRY_ASSIGN(storage::KeyRange range, storage::decode_range(table, *access.index, bounds));
  return walk(depth, std::move(range), sink);
}

Status JoinRun::walk(size_t depth, storage::KeyRange range, RowSink& sink) {
  const JoinStep& step_here = order_->steps[depth];
  const storage::Table& table = *plan_->relations[step_here.relation].table;
  storage::IndexCursor cursor(table, *step_here.access.index, view_of(step_here.relation),
                              std::move(range));
  Frame& frame = *frames_[depth];
  while (true) {
    uint32_t n;
    {
      ReadLatch latch(table);
      n = cursor.next(frame.refs, nullptr, kBatch);
      frame.copy(table, n);
    }
    if (n == 0) return {};
    ORRERY_TRY(take_frame(depth, sink));
  }
}

Status JoinRun::all(const storage::ReadView& view, const std::atomic<bool>* cancelled,
                    RowSink& sink) {
  if (plan_->has_event) return {};
  cancelled_ = cancelled;
  order_ = &plan_->orders[plan_->best_start];
  for (const storage::ReadView*& v : views_) v = &view;
  Status done = step(0, sink);
  cancelled_ = nullptr;
  return done;
}

Status JoinRun::of_row(uint32_t start, std::string_view row, const storage::ReadView& before,
                       const storage::ReadView& after, RowSink& sink) {
  order_ = &plan_->orders[start];
  bool event = plan_->relations[start].event;
  for (uint32_t r = 0; r < views_.size(); ++r) views_[r] = event || r < start ? &after : &before;
  return take(0, row, sink);
}

}  // namespace orrery::subscribe
