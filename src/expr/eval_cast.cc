// Vectors from one type to another.
#include "expr/eval_node.h"
#include "types/cast.h"

namespace orrery::expr {

using types::Datum;
using types::Layout;
using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

void integers_to_floats(const Vector& in, const Selection& rows, Vector& out) {
  const int64_t* from = in.data<int64_t>();
  double* to = out.data<double>();
  types::for_each_row(rows, [=](uint32_t r) { to[r] = static_cast<double>(from[r]); });
}

void cells_to_text(const Vector& in, const Selection& rows, Vector& out) {
  std::string text;
  StringRef* to = out.data<StringRef>();
  types::for_each_row(rows, [&](uint32_t r) {
    if (in.is_null(r)) return;
    text.clear();
    types::append_text(in.datum(r), &text);
    to[r] = out.add_string(text);
  });
}

bool same_cells(TypeId from, TypeId to) {
  return from == TypeId::kJson && to == TypeId::kText;
}

template <class T>
void copy_typed(const Vector& from, const Selection& rows, Vector& out) {
  const T* source = from.data<T>();
  T* to = out.data<T>();
  if (from.is_constant()) {
    const T value = source[0];
    types::for_each_row(rows, [=](uint32_t r) { to[r] = value; });
  } else {
    types::for_each_row(rows, [=](uint32_t r) { to[r] = source[r]; });
  }
}

}  // namespace

void cast_vector(const Vector& in, TypeId to, const Selection& rows, uint32_t capacity,
                 int64_t now_nanos, Vector& out) {
  if (in.type() == to) {
    out.reference(in);
    return;
  }
  if (in.type() == TypeId::kNull || (in.is_constant() && in.is_null(0))) {
    out.set_constant(Datum::null(), to);
    return;
  }
  Selection todo = in.is_constant() ? first_row() : rows;
  out.reset(to, in.is_constant() ? 64 : capacity);
  bool typed = true;
  if (in.type() == TypeId::kInteger && to == TypeId::kFloat) {
    integers_to_floats(in, todo, out);
  } else if (same_cells(in.type(), to)) {
    copy_typed<StringRef>(in, todo, out);
    out.share_strings(in);
  } else if (to == TypeId::kText && in.type() != TypeId::kAny) {
    cells_to_text(in, todo, out);
  } else {
    typed = false;
    types::for_each_row(todo, [&](uint32_t r) {
      out.set_datum(r, types::cast_datum(in.datum(r), to, now_nanos, out.strings()));
    });
    out.share_strings(in);
  }
  if (typed && in.has_nulls() && !in.is_constant()) {
    types::for_each_row(todo, [&](uint32_t r) {
      if (in.is_null(r)) out.set_null(r);
    });
  }
  if (in.is_constant()) out.make_constant();
}

void copy_rows(const Vector& from, const Selection& rows, int64_t now_nanos, Vector& out) {
  if (from.type() == TypeId::kNull || (from.is_constant() && from.is_null(0))) {
    types::for_each_row(rows, [&](uint32_t r) { out.set_null(r); });
    return;
  }
  if (from.type() != out.type()) {
    types::for_each_row(rows, [&](uint32_t r) {
      out.set_datum(r, types::cast_datum(from.datum(r), out.type(), now_nanos, out.strings()));
    });
    out.share_strings(from);
    return;
  }
  switch (types::layout_of(from.type())) {
    case Layout::kInt64:
    case Layout::kDouble:
      copy_typed<uint64_t>(from, rows, out);
      break;
    case Layout::kBool:
      copy_typed<uint8_t>(from, rows, out);
      break;
    case Layout::kString:
      copy_typed<StringRef>(from, rows, out);
      out.share_strings(from);
      break;
    case Layout::kDatum:
      copy_typed<Datum>(from, rows, out);
      out.share_strings(from);
      break;
  }
  if (!from.has_nulls() && !out.has_nulls()) return;
  types::for_each_row(rows, [&](uint32_t r) {
    if (from.is_null(r)) {
      out.set_null(r);
    } else {
      out.set_valid(r);
    }
  });
}

}  // namespace orrery::expr
