#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "storage/datastore.h"
#include "storage/row_layout.h"
#include "subscribe/join_plan.h"

namespace orrery::subscribe {
namespace {

using storage::ReadLatch;
using storage::RowRef;

constexpr uint32_t kBatch = 256;

struct RowHash {
  size_t operator()(std::string_view s) const { return hash_bytes(s); }
};

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

/// All rows that one access gives in one state, by the value that they are joined by.
struct JoinRun::Side {
  storage::CommitSeq seq = 0;
  uint32_t visits = 0;
  bool built = false;
  std::string bytes;
  std::vector<size_t> ends;
  std::unordered_map<std::string_view, std::vector<uint32_t>, RowHash> rows;

  std::string_view row(uint32_t i) const {
    size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
};

JoinRun::JoinRun(std::shared_ptr<const JoinPlan> plan) : plan_(std::move(plan)) {
  size_t n = plan_->relations.size();
  rows_.resize(n);
  views_.resize(n);
  frames_.resize(n);
  sides_.resize(n * n);
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
  if (step_here.hash) {
    // The first time it costs less to look at every row than to sort them by value.
    Side& side = side_of(depth);
    if (++side.visits > 1) return probe(depth, side, sink);
  }
  return fetch(depth, sink);
}

JoinRun::Side& JoinRun::side_of(size_t depth) {
  uint32_t start = order_->steps[0].relation;
  std::unique_ptr<Side>& side = sides_[start * plan_->relations.size() + depth];
  storage::CommitSeq seq = view_of(order_->steps[depth].relation).seq;
  if (side == nullptr || side->seq != seq) side = std::make_unique<Side>();
  side->seq = seq;
  return *side;
}

void JoinRun::forget() {
  for (std::unique_ptr<Side>& side : sides_) side.reset();
}

Status JoinRun::probe(size_t depth, Side& side, RowSink& sink) {
  const JoinStep& step_here = order_->steps[depth];
  const HashSide& hash = *step_here.hash;
  if (!side.built) {
    building_ = &side;
    Status fetched = fetch(depth, sink);
    building_ = nullptr;
    ORRERY_TRY(std::move(fetched));
    for (uint32_t i = 0; i < side.ends.size(); ++i) {
      ORRERY_TRY(bind(step_here.relation, side.row(i)));
      const char* cell = rows_[step_here.relation].cell(hash.slot);
      side.rows[cell_bytes(hash.wanted.cell, cell)].push_back(i);
    }
    side.built = true;
  }
  const char* wanted = rows_[hash.wanted.relation].cell(hash.wanted.slot);
  auto found = side.rows.find(cell_bytes(hash.wanted.cell, wanted));
  if (found == side.rows.end()) return {};
  for (uint32_t i : found->second) ORRERY_TRY(take(depth, side.row(i), sink));
  return {};
}

template <class Cursor>
Status JoinRun::drain(size_t depth, Cursor& cursor, RowSink& sink) {
  const storage::Table& table = *plan_->relations[order_->steps[depth].relation].table;
  Frame& frame = *frames_[depth];
  while (true) {
    uint32_t n;
    {
      ReadLatch latch(table);
      n = cursor.next(frame.refs, nullptr, kBatch);
      frame.copy(table, n);
    }
    if (n == 0) return {};
    if (building_ == nullptr) {
      ORRERY_TRY(take_frame(depth, sink));
      continue;
    }
    size_t base = building_->bytes.size();
    building_->bytes.append(frame.bytes, 0, frame.ends.back());
    for (size_t end : frame.ends) building_->ends.push_back(base + end);
  }
}

Status JoinRun::fetch(size_t depth, RowSink& sink) {
  const JoinStep& step_here = order_->steps[depth];
  if (step_here.access.index != nullptr) return lookup(depth, sink);
  storage::TableCursor cursor(*plan_->relations[step_here.relation].table,
                              view_of(step_here.relation));
  return drain(depth, cursor, sink);
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
    storage::IndexCursor cursor(table, *access.index, view_of(step_here.relation),
                                std::move(range));
    return drain(depth, cursor, sink);
  }
  static constexpr std::string_view kUnbounded("\2", 1);
  storage::BsatnRange bounds;
  bounds.prefix = frame.key;
  bounds.prefix_columns = static_cast<uint32_t>(access.key.size());
  bounds.lower = access.lower.empty() ? kUnbounded : std::string_view(access.lower);
  bounds.upper = access.upper.empty() ? kUnbounded : std::string_view(access.upper);
  ORRERY_TRY_ASSIGN(storage::KeyRange range, storage::decode_range(table, *access.index, bounds));
  storage::IndexCursor cursor(table, *access.index, view_of(step_here.relation), std::move(range));
  return drain(depth, cursor, sink);
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
