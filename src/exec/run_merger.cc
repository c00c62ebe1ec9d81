#include "exec/run_merger.h"

namespace orrery::exec {

Status RunMerger::begin(std::span<const std::unique_ptr<RowSpool>> runs,
                        std::span<const SortColumn> keys) {
  keys_.assign(keys.begin(), keys.end());
  inputs_.clear();
  heap_.clear();
  for (size_t i = 0; i < runs.size(); ++i) {
    inputs_.push_back(std::make_unique<Input>(*runs[i]));
    ORRERY_TRY(inputs_[i]->reader.next_block(&inputs_[i]->rows));
    if (inputs_[i]->rows != nullptr) heap_.push_back(i);
  }
  for (size_t i = heap_.size() / 2; i-- > 0;) sift_down(i);
  return {};
}

bool RunMerger::goes_first(size_t a, size_t b) const {
  const Input &x = *inputs_[a], &y = *inputs_[b];
  int c = compare_rows(*x.rows, x.at, *y.rows, y.at, keys_);
  return c != 0 ? c < 0 : a < b;
}

void RunMerger::sift_down(size_t at) {
  for (;;) {
    size_t first = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); ++child) {
      if (goes_first(heap_[child], heap_[first])) first = child;
    }
    if (first == at) return;
    std::swap(heap_[at], heap_[first]);
    at = first;
  }
}

Status RunMerger::advance(size_t input) {
  Input& in = *inputs_[input];
  if (++in.at < in.rows->size()) return {};
  in.at = 0;
  return in.reader.next_block(&in.rows);
}

Result<uint32_t> RunMerger::next(uint32_t max, RowBuffer* out) {
  uint32_t n = 0;
  while (n < max && !heap_.empty()) {
    const size_t input = heap_[0];
    Input& in = *inputs_[input];
    out->append(*in.rows, nullptr, in.at, 1);
    ++n;
    ORRERY_TRY(advance(input));
    if (in.rows == nullptr) {
      heap_[0] = heap_.back();
      heap_.pop_back();
    }
    if (!heap_.empty()) sift_down(0);
  }
  return n;
}

}  // namespace orrery::exec
