// RawLayout: the order of the fields of raw definitions, told once for reading and writing. Private
// to the codec.
//
// `Archive` has u8/u16/u32/i128/u256/boolean/text/bytes/type/product/typespace, tag(enum, count),
// option(value, f), list(vector, f) and ok().
#pragma once

#include <variant>

#include "schema/module_def.h"
#include "schema/raw_module_def.h"

namespace orrery::schema {

template <class Archive>
class RawLayout {
 public:
  explicit RawLayout(Archive* archive) : a_(*archive) {}

  template <class T>
  void columns(T& x) {
    a_.list(x, [&](auto& column) { a_.u16(column); });
  }
  template <class T>
  void optional_text(T& x) {
    a_.option(x, [&](auto& text) { a_.text(text); });
  }
  template <class T>
  void texts(T& x) {
    a_.list(x, [&](auto& text) { a_.text(text); });
  }
  template <class T>
  void index(T& x) {
    optional_text(x.name);
    optional_text(x.accessor_name);
    a_.tag(x.algorithm, 3);
    if (x.algorithm != IndexAlgorithm::kDirect) return columns(x.columns);
    a_.single(x.columns);
  }
  template <class T>
  void constraint(T& x) {
    optional_text(x.name);
    a_.constant_tag();
    columns(x.columns);
  }
  template <class T>
  void sequence(T& x) {
    optional_text(x.name);
    a_.u16(x.column);
    auto wide = [&](auto& n) { a_.i128(n); };
    a_.option(x.start, wide);
    a_.option(x.min_value, wide);
    a_.option(x.max_value, wide);
    a_.i128(x.increment);
  }
  template <class T>
  void schedule_v9(T& x) {
    optional_text(x.name);
    a_.text(x.function_name);
    a_.u16(x.at_column);
  }
  template <class T>
  void schedule_v10(T& x) {
    optional_text(x.name);
    a_.text(x.table_name);
    a_.u16(x.at_column);
    a_.text(x.function_name);
  }
  template <class T>
  void default_value(T& x) {
    a_.u16(x.column);
    a_.bytes(x.value);
  }
  template <class T>
  void table(T& x, DefVersion version) {
    a_.text(x.name);
    a_.u32(x.product_type_ref);
    columns(x.primary_key);
    a_.list(x.indexes, [&](auto& item) { index(item); });
    a_.list(x.constraints, [&](auto& item) { constraint(item); });
    a_.list(x.sequences, [&](auto& item) { sequence(item); });
    if (version == DefVersion::kV9) {
      a_.option(x.schedule, [&](auto& item) { schedule_v9(item); });
    }
    a_.tag(x.type, 2);
    a_.tag(x.access, 2);
    if (version == DefVersion::kV9) return;
    a_.list(x.defaults, [&](auto& item) { default_value(item); });
    a_.boolean(x.is_event);
  }
  template <class T>
  void reducer(T& x, DefVersion version) {
    a_.text(x.name);
    a_.product(x.params);
    if (version == DefVersion::kV9) {
      return a_.option(x.lifecycle, [&](auto& l) { a_.tag(l, kLifecycleCount); });
    }
    a_.tag(x.visibility, 2);
    a_.type(x.ok_type);
    a_.type(x.err_type);
  }
  template <class T>
  void procedure(T& x, DefVersion version) {
    a_.text(x.name);
    a_.product(x.params);
    a_.type(x.return_type);
    if (version == DefVersion::kV10) a_.tag(x.visibility, 2);
  }
  template <class T>
  void view(T& x) {
    a_.text(x.name);
    a_.u32(x.index);
    a_.boolean(x.is_public);
    a_.boolean(x.is_anonymous);
    a_.product(x.params);
    a_.type(x.return_type);
  }
  template <class T>
  void type_def(T& x) {
    texts(x.scope);
    a_.text(x.name);
    a_.u32(x.ref);
    a_.boolean(x.custom_ordering);
  }
  template <class T>
  void http_method(T& x) {
    a_.tag(x.kind, 10);
    if (x.kind == HttpMethodKind::kExtension) a_.text(x.extension);
  }
  template <class T>
  void http_route(T& x) {
    a_.text(x.handler_function);
    a_.option_reversed(x.method, [&](auto& method) { http_method(method); });
    a_.text(x.path);
  }

  template <class T>
  void v9(T& x) {
    a_.typespace(x.typespace);
    a_.list(x.tables, [&](auto& item) { table(item, DefVersion::kV9); });
    a_.list(x.reducers, [&](auto& item) { reducer(item, DefVersion::kV9); });
    a_.list(x.types, [&](auto& item) { type_def(item); });
    a_.list(x.misc_exports, [&](auto& item) { misc_export(item); });
    texts(x.row_level_security);
  }
  template <class T>
  void misc_export(T& x) {
    a_.alternative(x);
    if (auto* value = std::get_if<0>(&x)) {
      a_.text(value->table);
      default_value(*value);
    } else if (auto* proc = std::get_if<1>(&x)) {
      procedure(*proc, DefVersion::kV9);
    } else if (auto* the_view = std::get_if<2>(&x)) {
      view(*the_view);
    }
  }

  template <class T>
  void environment(T& x) {
    a_.text(x.name);
    a_.tag(x.kind, 3);
    if (x.kind == EnvironmentKind::kLiteral) a_.single_text(x.allowed);
    if (x.kind == EnvironmentKind::kUnion) texts(x.allowed);
    a_.boolean(x.optional);
  }
  template <class T>
  void outbox(T& x) {
    a_.text(x.table_name);
    a_.text(x.remote_reducer);
    a_.u16(x.target_column);
    columns(x.argument_columns);
    optional_text(x.on_result_reducer);
    a_.u256(x.signature_hash);
  }

  /// One section's payload; a submodule is left to the archive, which bounds the recursion.
  template <class T>
  void section(T& x, SectionKind kind) {
    constexpr DefVersion kVersion = DefVersion::kV10;
    switch (kind) {
      case SectionKind::kTypespace:
        return a_.typespace(x.typespace);
      case SectionKind::kTypes:
        return a_.list(x.types, [&](auto& item) { type_def(item); });
      case SectionKind::kTables:
        return a_.list(x.tables, [&](auto& item) { table(item, kVersion); });
      case SectionKind::kReducers:
        return a_.list(x.reducers, [&](auto& item) { reducer(item, kVersion); });
      case SectionKind::kProcedures:
        return a_.list(x.procedures, [&](auto& item) { procedure(item, kVersion); });
      case SectionKind::kViews:
        return a_.list(x.views, [&](auto& item) { view(item); });
      case SectionKind::kSchedules:
        return a_.list(x.schedules, [&](auto& item) { schedule_v10(item); });
      case SectionKind::kLifecycleReducers:
        return a_.list(x.lifecycle_reducers, [&](auto& item) {
          a_.tag(item.lifecycle, kLifecycleCount);
          a_.text(item.function_name);
        });
      case SectionKind::kRowLevelSecurity:
        return texts(x.row_level_security);
      case SectionKind::kCaseConversionPolicy:
        return a_.tag(x.case_conversion_policy, 2);
      case SectionKind::kExplicitNames:
        return a_.list(x.explicit_names, [&](auto& item) {
          a_.tag(item.kind, kNameKindCount);
          a_.text(item.source_name);
          a_.text(item.canonical_name);
        });
      case SectionKind::kHttpHandlers:
        return texts(x.http_handlers);
      case SectionKind::kHttpRoutes:
        return a_.list(x.http_routes, [&](auto& item) { http_route(item); });
      case SectionKind::kViewPrimaryKeys:
        return a_.list(x.view_primary_keys, [&](auto& item) {
          a_.text(item.view_name);
          texts(item.columns);
        });
      case SectionKind::kSubmodules:
        return a_.list(x.submodules, [&](auto& item) {
          a_.text(item.name_space);
          a_.submodule(item.module);
        });
      case SectionKind::kEnvironment:
        return a_.list(x.environment, [&](auto& item) { environment(item); });
      case SectionKind::kOutboxes:
        return a_.list(x.outboxes, [&](auto& item) { outbox(item); });
    }
  }

 private:
  Archive& a_;
};

}  // namespace orrery::schema
