// Subspace: keys that begin with one prefix, and the tuples behind it.
//
// Errors: those of packing and unpacking tuples; 2252 key_not_in_subspace.
// Thread-safety: as a value.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "fdb/layers/tuple_pack.h"
#include "fdb/layers/tuple_reader.h"

namespace orrery::fdb {

class Subspace {
 public:
  /// All keys.
  Subspace() = default;
  explicit Subspace(std::string raw_prefix) : prefix_(std::move(raw_prefix)) {}

  const std::string& key() const { return prefix_; }

  template <tuple::Packable... Ts>
  std::string pack(const Ts&... values) const {
    return tuple::pack_after(prefix_, values...);
  }
  Result<std::string> pack(const Tuple& tuple) const { return tuple::pack(tuple, prefix_); }
  Result<std::string> pack_with_versionstamp(const Tuple& tuple, int api_version = 730) const {
    return tuple::pack_with_versionstamp(tuple, prefix_, api_version);
  }

  template <tuple::Packable... Ts>
  Subspace sub(const Ts&... values) const {
    return Subspace(pack(values...));
  }
  Result<Subspace> sub(const Tuple& tuple) const {
    Result<std::string> prefix = pack(tuple);
    if (!prefix) return fail(prefix.error());
    return Subspace(*std::move(prefix));
  }

  /// The keys of tuples that are longer than these values and begin with them.
  template <tuple::Packable... Ts>
  KeyRange range(const Ts&... values) const {
    std::string packed = pack(values...);
    return {.begin = packed + '\x00', .end = packed + '\xff'};
  }
  Result<KeyRange> range(const Tuple& tuple) const { return tuple::range(tuple, prefix_); }

  bool contains(std::string_view key) const { return key.starts_with(prefix_); }

  /// The tuple behind the prefix.
  Result<Tuple> unpack(std::string_view key, const tuple::UnpackOptions& options = {}) const {
    if (!contains(key)) return fail(error::key_not_in_subspace);
    return tuple::unpack(key.substr(prefix_.size()), options);
  }
  template <class T, class... Ts>
  Result<std::tuple<T, Ts...>> unpack_as(std::string_view key) const {
    if (!contains(key)) return fail(error::key_not_in_subspace);
    return tuple::unpack_as<T, Ts...>(key.substr(prefix_.size()));
  }

  friend bool operator==(const Subspace&, const Subspace&) = default;

 private:
  std::string prefix_;
};

}  // namespace orrery::fdb
