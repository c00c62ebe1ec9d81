// Input: one byte that picks a reader, then text for it. What is read must print and read back the
// same; patterns must be refused or searched without fault.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "types/cast.h"
#include "types/json.h"
#include "types/regex.h"
#include "types/timestamp.h"
#include "types/unicode.h"
#include "types/wildcard.h"

namespace {

using orrery::Arena;
using orrery::types::Datum;
using orrery::types::Regex;
using orrery::types::TypeId;
using orrery::types::Wildcard;
namespace types = orrery::types;

constexpr int64_t kNow = 1'700'000'000'123'456'789;

void timestamp(std::string_view text) {
  int64_t nanos, again;
  if (!types::parse_timestamp(text, kNow, &nanos)) return;
  std::string printed;
  types::append_timestamp(nanos, &printed);
  ORRERY_ASSERT(types::parse_timestamp(printed, kNow, &again) && again == nanos);
  types::Interval interval;
  if (types::parse_interval(text.substr(text.size() / 2), &interval)) {
    (void)types::add_interval(nanos, interval, &again);
  }
}

void interval(std::string_view text) {
  types::Interval interval;
  int64_t out;
  if (types::parse_interval(text, &interval)) (void)types::add_interval(kNow, interval, &out);
}

void number(std::string_view text) {
  double v, again;
  if (types::parse_double(text, &v)) {
    std::string printed;
    types::append_double(v, &printed);
    ORRERY_ASSERT(types::parse_double(printed, &again));
    ORRERY_ASSERT(v == again || (std::isnan(v) && std::isnan(again)));
  }
  int64_t i;
  if (types::parse_int64(text, &i)) ORRERY_ASSERT(types::parse_double(text, &v));
}

void vector(std::string_view text) {
  std::string packed, again, printed;
  if (!types::parse_vector(text, &packed)) return;
  types::append_vector_text(packed, &printed);
  ORRERY_ASSERT(types::parse_vector(printed, &again) && again.size() == packed.size());
}

void regex(std::string_view text) {
  size_t cut = text.find('\n');
  auto compiled = Regex::compile(text.substr(0, cut));
  if (!compiled || cut == std::string_view::npos) return;
  bool first = compiled->search(text.substr(cut + 1));
  ORRERY_ASSERT(compiled->search(text.substr(cut + 1)) == first);
}

void wildcard(std::string_view text) {
  size_t cut = text.find('\n');
  if (cut == std::string_view::npos) return;
  std::string_view pattern = text.substr(0, cut), subject = text.substr(cut + 1);
  Wildcard like = Wildcard::like(pattern, '\\', Wildcard::Case::kSensitive);
  bool hit = like.matches(subject);
  if (like.has_fixed_start()) {
    auto start = like.compare_start(types::StringRef(subject));
    if (start == Wildcard::Start::kDiffers) ORRERY_ASSERT(!hit);
    if (start == Wildcard::Start::kFits && like.is_fixed_start()) ORRERY_ASSERT(hit);
  }
  Wildcard folded = Wildcard::like(pattern, '\\', Wildcard::Case::kInsensitive);
  bool folded_hit = folded.matches(subject);
  // Half a character in the pattern may fit one whose other case begins with other bytes.
  if (hit && orrery::utf8_valid(pattern)) ORRERY_ASSERT(folded_hit);
  (void)Wildcard::glob(pattern).matches(subject);
}

void text_forms(std::string_view text) {
  Arena arena;
  for (uint8_t t = 1; t <= 9; ++t) {
    Datum d = types::cast_datum(Datum::text(text), static_cast<TypeId>(t), kNow, arena);
    std::string printed;
    types::append_text(d, &printed);
    for (uint8_t u = 1; u <= 9; ++u) {
      (void)types::cast_datum(d, static_cast<TypeId>(u), kNow, arena);
    }
  }
  std::string out;
  types::append_upper(text, &out);
  types::append_lower(text, &out);
  types::append_without_accents(text, &out);
  ORRERY_ASSERT(types::offset_of_character(text, types::count_characters(text)) == text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      timestamp(text);
      break;
    case 1:
      interval(text);
      break;
    case 2:
      number(text);
      break;
    case 3:
      vector(text);
      break;
    case 4:
      regex(text);
      break;
    case 5:
      wildcard(text);
      break;
    default:
      text_forms(text);
      break;
  }
  return 0;
}
