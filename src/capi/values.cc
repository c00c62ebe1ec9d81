#include "capi/values.h"

#include <string_view>

#include "base/utf8.h"
#include "types/cast.h"

namespace orrery::capi {
namespace {

/// Cells hold up to 2 GiB.
constexpr int64_t kBytesMax = INT32_MAX;

/// The text of a value; false where it is none, which makes the value NULL.
bool read_text(const StoolapValue& value, std::string_view* out) {
  const char* bytes = value.v.text.ptr;
  const int64_t length = value.v.text.len;
#if defined(__wasi__)
  // Callers of the module have no address for an empty text.
  if (bytes == nullptr && length == 0) {
    *out = std::string_view("", 0);
    return true;
  }
#endif
  if (bytes == nullptr || length < 0 || length > kBytesMax) return false;
  *out = std::string_view(bytes, static_cast<size_t>(length));
  return utf8_valid(*out);
}

types::Datum vector_datum(const StoolapValue& value) {
  const uint8_t* bytes = value.v.blob.ptr;
  const int64_t length = value.v.blob.len;
  if (bytes == nullptr || length < 0 || length > kBytesMax || length % 4 != 0) return {};
  return types::Datum::string(
      types::TypeId::kVector,
      types::StringRef(reinterpret_cast<const char*>(bytes), static_cast<uint32_t>(length)));
}

}  // namespace

types::Datum to_datum(const StoolapValue& value) {
  std::string_view text;
  switch (value.value_type) {
    case STOOLAP_TYPE_INTEGER:
      return types::Datum::integer(value.v.integer);
    case STOOLAP_TYPE_FLOAT:
      return types::Datum::floating(value.v.float64);
    case STOOLAP_TYPE_TEXT:
      return read_text(value, &text) ? types::Datum::text(text) : types::Datum();
    case STOOLAP_TYPE_BOOLEAN:
      return types::Datum::boolean(value.v.boolean != 0);
    case STOOLAP_TYPE_TIMESTAMP:
      return types::Datum::timestamp(value.v.timestamp_nanos);
    case STOOLAP_TYPE_JSON:
      return read_text(value, &text) && types::is_valid_json(text) ? types::Datum::json(text)
                                                                   : types::Datum();
    case STOOLAP_TYPE_BLOB:
      return vector_datum(value);
    default:
      return {};
  }
}

BoundValues::BoundValues(const StoolapValue* values, int64_t count) {
  if (values == nullptr || count <= 0) return;
  count_ = static_cast<size_t>(count);
  if (count_ > kFew) many_.reset(new types::Datum[count_]);
  types::Datum* out = many_ == nullptr ? few_ : many_.get();
  for (size_t i = 0; i < count_; ++i) out[i] = to_datum(values[i]);
}

std::vector<engine::NamedValue> to_named_values(const StoolapNamedParam* params, int32_t count) {
  std::vector<engine::NamedValue> out;
  if (params == nullptr) return out;
  for (int32_t i = 0; i < count; ++i) {
    const StoolapNamedParam& param = params[i];
    if (param.name == nullptr || param.name_len <= 0) continue;
    std::string_view name(param.name, static_cast<size_t>(param.name_len));
    if (utf8_valid(name)) out.push_back({name, to_datum(param.value)});
  }
  return out;
}

}  // namespace orrery::capi
