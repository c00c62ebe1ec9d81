#include "exec/operators.h"

namespace orrery::exec {
namespace {

class NotBuilt final : public Source {
 public:
  explicit NotBuilt(uint32_t node) : Source(node) {}
  Status open(uint64_t) override {
    return Error(ErrorCode::kNotSupported, "not supported yet: window functions");
  }
  Status next(types::Chunk** out) override {
    *out = nullptr;
    return {};
  }
};

}  // namespace

std::unique_ptr<Source> make_window(const plan::WindowNode& node, Scope&,
                                    std::unique_ptr<Pipeline>) {
  return std::make_unique<NotBuilt>(node.id);
}

}  // namespace orrery::exec
