// Parameter values of one call, by position or by name, and the form in which they are kept.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/datum.h"

namespace orrery::engine {

struct NamedValue {
  std::string_view name;  ///< without the colon
  types::Datum value;
};

/// Borrows the values. A statement's :names take the values of these names, others its positions.
struct Parameters {
  std::span<const types::Datum> positional;
  std::span<const NamedValue> named;
  bool by_name = false;

  Parameters() = default;
  Parameters(std::span<const types::Datum> values) : positional(values) {}  // NOLINT: implicit
  static Parameters of_names(std::span<const NamedValue> values) {
    Parameters out;
    out.named = values;
    out.by_name = true;
    return out;
  }
};

/// Copies of parameter values, bytes included.
class StoredParameters {
 public:
  StoredParameters() = default;
  explicit StoredParameters(std::span<const types::Datum> values);
  StoredParameters(const StoredParameters&) = delete;
  StoredParameters& operator=(const StoredParameters&) = delete;
  std::span<const types::Datum> values() const {
    return {many_ == nullptr ? few_ : many_.get(), count_};
  }

 private:
  static constexpr uint32_t kFew = 4;
  types::Datum few_[kFew];
  std::unique_ptr<types::Datum[]> many_;
  std::unique_ptr<char[]> bytes_;
  uint32_t count_ = 0;
};

/// The values in the order of a statement's parameters. `names` are its :names, `count` how many
/// positional values it takes; the result borrows from `parameters` or from `storage`.
std::span<const types::Datum> bind_parameters(const Parameters& parameters,
                                              std::span<const std::string> names,
                                              std::vector<types::Datum>* storage);

}  // namespace orrery::engine
