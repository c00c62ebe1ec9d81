#include "engine/parameters.h"

#include <cstring>

namespace orrery::engine {
namespace {

bool has_long_bytes(const types::Datum& value) {
  return !value.is_null() && types::layout_of(value.type()) == types::Layout::kString &&
         !value.as_string().is_inline();
}

}  // namespace

StoredParameters::StoredParameters(std::span<const types::Datum> values)
    : count_(static_cast<uint32_t>(values.size())) {
  if (count_ > kFew) many_.reset(new types::Datum[count_]);
  types::Datum* out = many_ == nullptr ? few_ : many_.get();
  size_t bytes = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    out[i] = values[i];
    if (has_long_bytes(values[i])) bytes += values[i].view().size();
  }
  if (bytes == 0) return;
  bytes_.reset(new char[bytes]);
  char* to = bytes_.get();
  for (uint32_t i = 0; i < count_; ++i) {
    if (!has_long_bytes(values[i])) continue;
    std::string_view view = values[i].view();
    std::memcpy(to, view.data(), view.size());
    out[i] = types::Datum::string(values[i].type(),
                                  types::StringRef(to, static_cast<uint32_t>(view.size())));
    to += view.size();
  }
}

std::span<const types::Datum> bind_parameters(const Parameters& parameters,
                                              std::span<const std::string> names,
                                              std::vector<types::Datum>* storage) {
  if (!parameters.by_name) return parameters.positional;
  storage->assign(names.size(), types::Datum());
  for (size_t i = 0; i < names.size(); ++i) {
    for (const NamedValue& value : parameters.named) {
      if (value.name == names[i]) {
        (*storage)[i] = value.value;
        break;
      }
    }
  }
  return *storage;
}

}  // namespace orrery::engine
