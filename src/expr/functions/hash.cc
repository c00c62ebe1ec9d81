// Digests of a value's text form.
#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/digest.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

template <void (*kDigest)(std::string_view, std::string*)>
Status digest(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  unary_rows<StringRef>(*call.args[0], rows, [&](uint32_t r, const StringRef& cell) {
    text.clear();
    kDigest(cell.view(), &text);
    to[r] = out.add_string(text);
  });
  return {};
}

Status checksum(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<StringRef>(*call.args[0], rows, [to](uint32_t r, const StringRef& cell) {
    to[r] = types::crc32(cell.view());
  });
  return {};
}

constexpr ScalarFunction function(std::string_view name, Kernel kernel) {
  return {name, 1, 1, Volatility::kImmutable, NullRule::kPropagate, kernel};
}

constexpr auto kText = TypeId::kText;
constexpr Overload kOverloads[] = {
    {function("MD5", digest<types::append_md5>), kText, {kText}},
    {function("SHA1", digest<types::append_sha1>), kText, {kText}},
    {function("SHA256", digest<types::append_sha256>), kText, {kText}},
    {function("SHA384", digest<types::append_sha384>), kText, {kText}},
    {function("SHA512", digest<types::append_sha512>), kText, {kText}},
    {function("CRC32", checksum), TypeId::kInteger, {kText}},
};

}  // namespace

Family hash_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
