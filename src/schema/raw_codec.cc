#include "schema/raw_codec.h"

#include <array>
#include <type_traits>
#include <utility>

#include "base/utf8.h"
#include "schema/raw_layout.h"
#include "types/algebraic_type_codec.h"

namespace orrery::schema {
namespace {

constexpr uint8_t kVersion8Tag = 0;
constexpr uint8_t kVersion9Tag = 1;
constexpr uint8_t kVersion10Tag = 2;
constexpr uint8_t kSomeTag = 0;
constexpr uint8_t kNoneTag = 1;

/// Reads into the fields it is shown. After the first problem it does nothing more.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes), start_(in_.position()) {}

  bool ok() const { return !error_; }
  Error take_error() { return std::move(*error_); }

  void u16(uint16_t& x) { number(&x); }
  void u32(uint32_t& x) { number(&x); }
  void i128(types::I128& x) { number(&x); }
  void u256(types::U256& x) {
    for (uint64_t& limb : x.limbs) number(&limb);
  }
  void boolean(bool& x) {
    uint8_t byte = 0;
    number(&byte);
    if (ok() && byte > 1) fail("a Bool that is neither 0 nor 1");
    x = byte == 1;
  }
  void bytes(std::string& x) {
    std::string_view view;
    if (ok() && !in_.read_prefixed(&view)) fail("bytes are cut short");
    x = view;
  }
  void text(std::string& x) {
    bytes(x);
    if (ok() && !utf8_valid(x)) fail("a text is not UTF-8");
  }
  void type(types::AlgebraicType& x) { take(ok() ? types::decode_type(&in_) : unit(), &x); }
  void product(types::AlgebraicType& x) {
    take(ok() ? types::decode_product_type(&in_) : unit(), &x);
  }
  void typespace(types::Typespace& x) {
    if (!ok()) return;
    Result<types::Typespace> space = types::decode_typespace(&in_);
    if (!space) {
      error_ = std::move(space).error();
      return;
    }
    x = std::move(*space);
    for (const types::AlgebraicType& entry : x.types()) spend(entry);
  }
  template <class E>
  void tag(E& x, uint8_t count) {
    uint8_t byte = 0;
    number(&byte);
    if (ok() && byte >= count) fail("tag " + std::to_string(byte) + " is unknown");
    if (ok()) x = static_cast<E>(byte);
  }
  void constant_tag() {
    uint8_t zero = 0;
    tag(zero, 1);
  }
  void single(ColumnList& x) {
    x.resize(1);
    u16(x[0]);
  }
  void single_text(std::vector<std::string>& x) { text(x.emplace_back()); }
  template <class T, class F>
  void option(std::optional<T>& x, F f) {
    read_option(x, f, kSomeTag);
  }
  /// Nothing first, as in the sum of any method and one method.
  template <class T, class F>
  void option_reversed(std::optional<T>& x, F f) {
    read_option(x, f, kNoneTag);
  }
  template <class T, class F>
  void list(std::vector<T>& x, F f) {
    uint32_t count = 0;
    number(&count);
    // Every element takes a byte at least; vectors grow as bytes are really there.
    if (ok() && count > in_.remaining()) fail("a list is cut short");
    for (uint32_t i = 0; ok() && i < count; ++i) f(x.emplace_back());
  }
  void alternative(RawMiscExport& x) {
    uint8_t which = 0;
    tag(which, 3);
    if (which == 1) x.emplace<1>();
    if (which == 2) x.emplace<2>();
  }
  void submodule(RawModuleDefV10& x) {
    if (ok() && ++depth_ > kSubmoduleDepthMax) {
      error_ = Error(ErrorCode::kLimit, "module definition: submodules are nested too deeply");
    }
    sections(x);
    --depth_;
  }
  void sections(RawModuleDefV10& x) {
    std::array<bool, kSectionKindCount> seen = {};
    uint32_t count = 0;
    number(&count);
    if (ok() && count > in_.remaining()) fail("the list of sections is cut short");
    for (uint32_t i = 0; ok() && i < count; ++i) {
      SectionKind kind = SectionKind::kTypespace;
      tag(kind, kSectionKindCount);
      if (!ok()) return;
      if (std::exchange(seen[static_cast<size_t>(kind)], true)) {
        RawModuleDefV10 ignored;
        RawLayout<Reader>(this).section(ignored, kind);
      } else {
        x.order.push_back(kind);
        RawLayout<Reader>(this).section(x, kind);
      }
    }
  }
  void fail(std::string what) {
    error_ = Error(ErrorCode::kDecode, "module definition, byte " +
                                           std::to_string(in_.position() - start_) + ": " + what);
  }

 private:
  static Result<types::AlgebraicType> unit() { return types::AlgebraicType(); }
  template <class T>
  void number(T* x) {
    if (ok() && !in_.read(x)) fail("the bytes end too early");
  }
  template <class T, class F>
  void read_option(std::optional<T>& x, F f, uint8_t some) {
    uint8_t byte = 0;
    tag(byte, 2);
    if (ok() && byte == some) f(x.emplace());
  }
  void take(Result<types::AlgebraicType> type, types::AlgebraicType* out) {
    if (!type) {
      error_ = std::move(type).error();
      return;
    }
    *out = std::move(*type);
    spend(*out);
  }
  void spend(const types::AlgebraicType& type) {
    nodes_ += type.node_count();
    if (ok() && nodes_ > kModuleTypeNodesMax) {
      error_ = Error(ErrorCode::kLimit, "module definition: its types are too large");
    }
  }

  ByteReader in_;
  const uint8_t* start_;
  std::optional<Error> error_;
  uint32_t depth_ = 0;
  uint64_t nodes_ = 0;
};

class Writer {
 public:
  explicit Writer(ByteWriter* out) : out_(*out) {}

  void u16(uint16_t x) { out_.write(x); }
  void u32(uint32_t x) { out_.write(x); }
  void i128(types::I128 x) { out_.write(x); }
  void u256(const types::U256& x) {
    for (uint64_t limb : x.limbs) out_.write(limb);
  }
  void boolean(bool x) { out_.write(static_cast<uint8_t>(x)); }
  void bytes(const std::string& x) { out_.write_prefixed(x); }
  void text(const std::string& x) { out_.write_prefixed(x); }
  void type(const types::AlgebraicType& x) { types::encode_type(x, &out_); }
  void product(const types::AlgebraicType& x) { types::encode_type_elements(x.elements(), &out_); }
  void typespace(const types::Typespace& x) { types::encode_typespace(x, &out_); }
  template <class E>
  void tag(E x, uint8_t) {
    out_.write(static_cast<uint8_t>(x));
  }
  void constant_tag() { out_.write(uint8_t{0}); }
  void single(const ColumnList& x) { u16(x.empty() ? 0 : x[0]); }
  void single_text(const std::vector<std::string>& x) { text(x.empty() ? std::string() : x[0]); }
  template <class T, class F>
  void option(const std::optional<T>& x, F f) {
    out_.write(x ? kSomeTag : kNoneTag);
    if (x) f(*x);
  }
  template <class T, class F>
  void option_reversed(const std::optional<T>& x, F f) {
    out_.write(x ? kNoneTag : kSomeTag);
    if (x) f(*x);
  }
  template <class T, class F>
  void list(const std::vector<T>& x, F f) {
    u32(static_cast<uint32_t>(x.size()));
    for (const T& item : x) f(item);
  }
  void alternative(const RawMiscExport& x) { out_.write(static_cast<uint8_t>(x.index())); }
  void submodule(const RawModuleDefV10& x) { sections(x); }
  void sections(const RawModuleDefV10& x) {
    u32(static_cast<uint32_t>(x.order.size()));
    for (SectionKind kind : x.order) {
      out_.write(static_cast<uint8_t>(kind));
      RawLayout<Writer>(this).section(x, kind);
    }
  }

 private:
  ByteWriter& out_;
};

void write_body(const RawModuleDef& def, ByteWriter* out) {
  Writer writer(out);
  if (const auto* v9 = std::get_if<RawModuleDefV9>(&def)) {
    RawLayout<Writer>(&writer).v9(*v9);
  } else if (const auto* v10 = std::get_if<RawModuleDefV10>(&def)) {
    writer.sections(*v10);
  }
}

}  // namespace

Result<RawModuleDef> decode_module_def(std::string_view bytes) {
  if (bytes.size() > kModuleDefBytesMax) {
    return Error(ErrorCode::kLimit,
                 "module definition: over " + std::to_string(kModuleDefBytesMax) + " bytes");
  }
  if (bytes.empty()) return Error(ErrorCode::kDecode, "module definition: it is empty");
  auto version = static_cast<uint8_t>(bytes[0]);
  if (version == kVersion8Tag) {
    return Error(ErrorCode::kNotSupported, "not supported yet: module definitions of version 8");
  }
  Reader reader(bytes.substr(1));
  RawModuleDef def;
  if (version == kVersion9Tag) {
    RawLayout<Reader>(&reader).v9(def.emplace<RawModuleDefV9>());
  } else if (version == kVersion10Tag) {
    reader.sections(def.emplace<RawModuleDefV10>());
  } else {
    return Error(ErrorCode::kDecode,
                 "module definition: version tag " + std::to_string(version) + " is unknown");
  }
  if (!reader.ok()) return reader.take_error();
  return def;
}

std::string encode_module_def(const RawModuleDef& def) {
  ByteWriter out;
  out.write(std::holds_alternative<RawModuleDefV9>(def) ? kVersion9Tag : kVersion10Tag);
  write_body(def, &out);
  return std::move(out.buffer());
}

std::string encode_module_def_body(const RawModuleDef& def) {
  ByteWriter out;
  write_body(def, &out);
  return std::move(out.buffer());
}

}  // namespace orrery::schema
