// Pipelines: a source, the operators that its chunks are pushed through, and at the end either a
// sink or the one who asks for the chunks.
//
// A breaker (sort, aggregate, ...) is the sink of the pipeline that it owns and the source of the
// one above. Nothing runs before somebody asks: a source runs its own pipeline to the end at its
// first next(). Chunks belong to whoever made them, are good until that one is called again, and
// may be narrowed (selection, row count) by everybody downstream.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "types/vector.h"

namespace orrery::exec {

struct RowBound;
struct RunState;

class Source {
 public:
  explicit Source(uint32_t node) : node_id(node) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  /// Begins a run: forgets everything but memory worth keeping. `row_goal`: rows wanted before the
  /// reader is likely to stop; 0 = all.
  virtual Status open(uint64_t row_goal) = 0;
  /// The next chunk; nullptr at the end. It may be empty.
  virtual Status next(types::Chunk** out) = 0;

  /// Rows beyond `*bound` need not be given out. It may change between calls of next(), and names a
  /// column of the chunks.
  virtual void set_bound(const RowBound* bound) { (void)bound; }
  /// Whether leave_out() works.
  virtual bool can_leave_out() const { return false; }
  /// After open(): the first `rows` rows are not wanted.
  virtual Status leave_out(uint64_t rows) {
    (void)rows;
    return {};
  }

  const uint32_t node_id;
};

enum class Flow : uint8_t {
  kNeedInput,  ///< give me the next chunk
  kHaveMore,   ///< call again with the same chunk
  kFinished,   ///< what was given out is the last; no more input is wanted
};

class Operator {
 public:
  explicit Operator(uint32_t node) : node_id(node) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;
  virtual Status open() = 0;
  /// `*out` may be &in itself, or nullptr for nothing.
  virtual Result<Flow> process(types::Chunk& in, types::Chunk** out) = 0;
  /// After the last input: what is left. kHaveMore = call again.
  virtual Result<Flow> finish(types::Chunk** out) {
    *out = nullptr;
    return Flow::kNeedInput;
  }
  /// Whether rows come out as they went in, or not at all.
  virtual bool only_drops_rows() const { return false; }
  /// Whether each row makes one row, in order.
  virtual bool keeps_row_count() const { return false; }
  /// After open(): how many rows it would drop first; the caller sees to that now.
  virtual uint64_t take_offset() { return 0; }
  /// How many input rows it takes to make `row_goal` output rows, roughly; 0 = all.
  virtual uint64_t input_goal(uint64_t row_goal) { return row_goal; }

  const uint32_t node_id;
};

class Sink {
 public:
  virtual ~Sink() = default;
  /// kFinished: no more input is wanted.
  virtual Result<Flow> consume(types::Chunk& in) = 0;
};

class Pipeline {
 public:
  explicit Pipeline(RunState& run) : run_(run) {}
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  std::unique_ptr<Source> source;
  std::vector<std::unique_ptr<Operator>> operators;

  /// Begins a run. `row_goal`: rows wanted before the caller is likely to stop; 0 = all.
  Status open(uint64_t row_goal = 0);
  /// The next chunk that is not empty; nullptr at the end.
  Status next(types::Chunk** out);
  /// Passes a bound of the output on to the source, where the rows are the same there.
  void set_bound(const RowBound* bound);
  /// Runs to the end, or until the sink wants no more.
  Status run(Sink& sink);

 private:
  size_t first_to_count() const;
  Status pull(types::Chunk** out);
  Result<Flow> push(size_t at, types::Chunk& in, types::Chunk** out);
  Result<Flow> drain(size_t at, types::Chunk** out);
  void count(uint32_t node, const types::Chunk* out, int64_t started);

  RunState& run_;
  struct Slot {
    types::Chunk* input = nullptr;
    bool has_more = false;
  };
  std::vector<Slot> slots_;
  size_t finish_at_ = 0;  ///< operators before this one are done
  bool source_done_ = false;
};

}  // namespace orrery::exec
