// SPACETIMEDB_TABLE, the FIELD_ macros, SPACETIMEDB_SCHEDULE and the settings of a module: each defines a tag and a preinit
// export. Export names keep the form of the original, because their order is the order of tables in the module definition.
#pragma once

#include "spacetimedb/database.h"
#include "spacetimedb/for_each.h"
#include "spacetimedb/types.h"

namespace SpacetimeDB::detail {

struct TableOptions {
  bool is_event = false;
  const char* canonical = nullptr;
};
constexpr TableOptions table_options() { return {}; }
constexpr TableOptions table_options(bool is_event) { return {is_event, nullptr}; }
constexpr TableOptions table_options(const char* canonical) { return {false, canonical}; }
constexpr TableOptions table_options(bool is_event, const char* canonical) { return {is_event, canonical}; }

/// Found by its row type: declared for every table, so that a query knows what may be looked up in.
template <class T, bool kIsEvent>
struct RowOfTable {};
/// Found by its row type: declared for every indexed column, so that a semijoin knows its keys.
template <class T, auto kMember>
struct MemberTag {};

template <class T, class F, F T::*kMember>
void integrate_column(void* row, const uint8_t*& at) {
  F& value = static_cast<T*>(row)->*kMember;
  if (value != F()) return;  // given by the application, so not among what the host generated
  bsatn_traits<F>::load(at, value);
  at += bsatn_traits<F>::kFixed;
}

template <class Tag>
using RowOf = typename std::remove_cv_t<Tag>::type;

}  // namespace SpacetimeDB::detail

/// SPACETIMEDB_TABLE(Type, name, Public or Private [, is_event] [, "canonical name"])
#define SPACETIMEDB_TABLE(Type, name, access, ...)                                                                   \
  static_assert(::SpacetimeDB::detail::Registered<Type>,                                                             \
                "table '" #name "': its row type " #Type " needs SPACETIMEDB_STRUCT before SPACETIMEDB_TABLE");      \
  struct name##_tag_type : ::SpacetimeDB::TableTag<Type> {                                                           \
    static constexpr const char* __table_name_internal = #name;                                                      \
    static constexpr ::SpacetimeDB::detail::TableOptions orrery_options =                                            \
        ::SpacetimeDB::detail::table_options(__VA_ARGS__);                                                           \
    static constexpr bool __is_event_internal = orrery_options.is_event;                                             \
    static inline constinit ::SpacetimeDB::detail::TableSlot orrery_slot{#name};                                     \
  };                                                                                                                 \
  [[maybe_unused]] constexpr name##_tag_type name{};                                                                 \
  void orrery_row_of_table(::SpacetimeDB::detail::RowOfTable<Type, name##_tag_type::__is_event_internal>);           \
  ORRERY_PREINIT(ORRERY_CONCAT(20_register_table_##Type##_line_, __LINE__),                                          \
                 "20_register_table_" #Type "_line_" ORRERY_TEXT(__LINE__)) {                                        \
    static constexpr ::SpacetimeDB::detail::TableDecl orrery_decl{                                                          \
        #name, ::SpacetimeDB::detail::type_of<Type>(), access, name##_tag_type::orrery_options.is_event,             \
        name##_tag_type::orrery_options.canonical};                                                                  \
    ::SpacetimeDB::detail::add_table(orrery_decl);                                                                          \
  }

#define ORRERY_TABLE_ROW(table) ::SpacetimeDB::detail::RowOf<decltype(table)>
#define ORRERY_CHECK_COLUMN(table, field)                                                    \
  static_assert(::SpacetimeDB::detail::column_of<ORRERY_TABLE_ROW(table)>(#field) >= 0,      \
                "table '" #table "', field '" #field "': SPACETIMEDB_STRUCT does not list this field");
#define ORRERY_CHECK_KEY(table, field)                                                                          \
  static_assert(::SpacetimeDB::FilterableValue<decltype(ORRERY_TABLE_ROW(table)::field)>,                       \
                "table '" #table "', field '" #field "': a column of this type cannot be indexed; keys are "    \
                "integers, bool, std::string, Identity, ConnectionId, Timestamp, Uuid and enums without payload");
#define ORRERY_CHECK_AUTO_INC(table, field)                                                                \
  static_assert(::SpacetimeDB::AutoIncrementable<decltype(ORRERY_TABLE_ROW(table)::field)>,                \
                "table '" #table "', field '" #field "': only integer columns can be auto-incremented");

#define ORRERY_FIELD_DECL(table, field, bits)                                                              \
  static constexpr ::SpacetimeDB::detail::FieldDecl orrery_decl {                                                 \
    #table, ::SpacetimeDB::detail::type_of<ORRERY_TABLE_ROW(table)>(), #field, #table "_" #field "_idx_btree", \
        ::SpacetimeDB::FieldConstraint::bits,                                                              \
        static_cast<uint16_t>(::SpacetimeDB::detail::column_of<ORRERY_TABLE_ROW(table)>(#field))           \
  }
#define ORRERY_FIELD_PREINIT(table, field)                                                        \
  ORRERY_PREINIT(ORRERY_CONCAT(21_field_constraint_##table##_##field##_line_, __LINE__),          \
                 "21_field_constraint_" #table "_" #field "_line_" ORRERY_TEXT(__LINE__))

// The tag of an indexed field.
#define ORRERY_INDEXED_FIELD(table, field, role)                                                                  \
  ORRERY_CHECK_COLUMN(table, field)                                                                               \
  ORRERY_CHECK_KEY(table, field)                                                                                  \
  static constinit ::SpacetimeDB::detail::IndexSlot table##_##field##_orrery_index{                               \
      &table##_tag_type::orrery_slot, #table "_" #field "_idx_btree", #field};                                    \
  [[maybe_unused]] static constexpr ::SpacetimeDB::FieldTag<                                                      \
      ORRERY_TABLE_ROW(table), decltype(ORRERY_TABLE_ROW(table)::field), ::SpacetimeDB::FieldConstraint::role,    \
      table##_tag_type::__is_event_internal>                                                                      \
      table##_##field{&table##_##field##_orrery_index, &ORRERY_TABLE_ROW(table)::field};                          \
  std::true_type orrery_indexed_member(                                                                           \
      ::SpacetimeDB::detail::MemberTag<ORRERY_TABLE_ROW(table), &ORRERY_TABLE_ROW(table)::field>);
#define ORRERY_FIELD(table, field, role, bits)                                                    \
  ORRERY_INDEXED_FIELD(table, field, role)                                                        \
  ORRERY_FIELD_PREINIT(table, field) {                                                            \
    ORRERY_FIELD_DECL(table, field, bits);                                                        \
    ::SpacetimeDB::detail::add_field(orrery_decl, table##_tag_type::orrery_slot, nullptr);               \
  }
#define ORRERY_AUTO_INC_PREINIT(table, field, bits)                                                                  \
  ORRERY_CHECK_AUTO_INC(table, field)                                                                                \
  ORRERY_FIELD_PREINIT(table, field) {                                                                               \
    ORRERY_FIELD_DECL(table, field, bits);                                                                           \
    static constinit ::SpacetimeDB::detail::GeneratedColumn orrery_generated{                                               \
        ::SpacetimeDB::detail::integrate_column<ORRERY_TABLE_ROW(table), decltype(ORRERY_TABLE_ROW(table)::field),   \
                                                &ORRERY_TABLE_ROW(table)::field>,                                    \
        orrery_decl.column};                                                                                                \
    ::SpacetimeDB::detail::add_field(orrery_decl, table##_tag_type::orrery_slot, &orrery_generated);                               \
  }

#define FIELD_PrimaryKey(table, field) ORRERY_FIELD(table, field, PrimaryKey, PrimaryKey)
#define FIELD_Unique(table, field) ORRERY_FIELD(table, field, Unique, Unique)
#define FIELD_Index(table, field) ORRERY_FIELD(table, field, Indexed, Indexed)
#define FIELD_PrimaryKeyAutoInc(table, field)    \
  ORRERY_INDEXED_FIELD(table, field, PrimaryKey) \
  ORRERY_AUTO_INC_PREINIT(table, field, PrimaryKeyAuto)
#define FIELD_UniqueAutoInc(table, field)    \
  ORRERY_INDEXED_FIELD(table, field, Unique) \
  ORRERY_AUTO_INC_PREINIT(table, field, Identity)
#define FIELD_IndexAutoInc(table, field)      \
  ORRERY_INDEXED_FIELD(table, field, Indexed) \
  ORRERY_AUTO_INC_PREINIT(table, field, Indexed | ::SpacetimeDB::FieldConstraint::AutoInc)
#define FIELD_AutoInc(table, field)  \
  ORRERY_CHECK_COLUMN(table, field) \
  ORRERY_AUTO_INC_PREINIT(table, field, AutoInc)

#define ORRERY_INDEX_NAME(table, field, canonical)                                                          \
  ORRERY_PREINIT(ORRERY_CONCAT(18_explicit_index_name_##table##_##field##_line_, __LINE__),                 \
                 "18_explicit_index_name_" #table "_" #field "_line_" ORRERY_TEXT(__LINE__)) {              \
    ::SpacetimeDB::detail::add_explicit_index_name(#table "_" #field "_idx_btree", canonical);              \
  }
#define FIELD_PrimaryKey_NAMED(table, field, canonical) \
  FIELD_PrimaryKey(table, field) ORRERY_INDEX_NAME(table, field, canonical)
#define FIELD_Unique_NAMED(table, field, canonical) \
  FIELD_Unique(table, field) ORRERY_INDEX_NAME(table, field, canonical)
#define FIELD_Index_NAMED(table, field, canonical) FIELD_Index(table, field) ORRERY_INDEX_NAME(table, field, canonical)
#define FIELD_PrimaryKeyAutoInc_NAMED(table, field, canonical) \
  FIELD_PrimaryKeyAutoInc(table, field) ORRERY_INDEX_NAME(table, field, canonical)
#define FIELD_UniqueAutoInc_NAMED(table, field, canonical) \
  FIELD_UniqueAutoInc(table, field) ORRERY_INDEX_NAME(table, field, canonical)
#define FIELD_IndexAutoInc_NAMED(table, field, canonical) \
  FIELD_IndexAutoInc(table, field) ORRERY_INDEX_NAME(table, field, canonical)

// Lists of columns; `orrery_row` is the row type where these expand.
#define ORRERY_COLUMN_TYPE(field) decltype(orrery_row::field)
#define ORRERY_COLUMN_NUMBER(field) \
  static_cast<uint16_t>(::SpacetimeDB::detail::column_of<orrery_row>(#field))
#define ORRERY_COLUMN_CHECK(field)                                                                       \
  static_assert(::SpacetimeDB::detail::column_of<orrery_row>(#field) >= 0,                               \
                "multi-column index: SPACETIMEDB_STRUCT of this table's row does not list field '" #field "'");
#define ORRERY_COLUMN_UNDERSCORE(field) "_" #field
#define ORRERY_MULTI_INDEX(table, index_name, canonical, ...)                                                        \
  struct table##_##index_name##_orrery_columns {                                                                     \
    using orrery_row = ORRERY_TABLE_ROW(table);                                                                      \
    ORRERY_EACH(ORRERY_COLUMN_CHECK, __VA_ARGS__)                                                                    \
    static constexpr uint16_t kColumns[] = {ORRERY_LIST(ORRERY_COLUMN_NUMBER, __VA_ARGS__)};                         \
    using Tag = ::SpacetimeDB::MultiColumnIndexTag<orrery_row, table##_tag_type::__is_event_internal,                \
                                                   ORRERY_LIST(ORRERY_COLUMN_TYPE, __VA_ARGS__)>;                    \
    static constexpr const char* kName = #table ORRERY_EACH(ORRERY_COLUMN_UNDERSCORE, __VA_ARGS__) "_idx_btree";     \
  };                                                                                                                 \
  static constinit ::SpacetimeDB::detail::IndexSlot table##_##index_name##_orrery_index{                             \
      &table##_tag_type::orrery_slot, table##_##index_name##_orrery_columns::kName, nullptr};                        \
  [[maybe_unused]] static constexpr table##_##index_name##_orrery_columns::Tag table##_##index_name{                 \
      &table##_##index_name##_orrery_index};                                                                         \
  ORRERY_PREINIT(ORRERY_CONCAT(21_field_multi_index_##table##_##index_name##_line_, __LINE__),                       \
                 "21_field_multi_index_" #table "_" #index_name "_line_" ORRERY_TEXT(__LINE__)) {                    \
    static constexpr ::SpacetimeDB::detail::MultiIndexDecl orrery_decl{                                                     \
        #table, ::SpacetimeDB::detail::type_of<ORRERY_TABLE_ROW(table)>(), #index_name,                              \
        table##_##index_name##_orrery_columns::kName, canonical, table##_##index_name##_orrery_columns::kColumns,    \
        sizeof(table##_##index_name##_orrery_columns::kColumns) / sizeof(uint16_t)};                                 \
    ::SpacetimeDB::detail::add_multi_index(orrery_decl);                                                                    \
  }
#define FIELD_MultiColumnIndex(table, index_name, ...) ORRERY_MULTI_INDEX(table, index_name, nullptr, __VA_ARGS__)
#define FIELD_NamedMultiColumnIndex(table, index_name, ...) \
  ORRERY_MULTI_INDEX(table, index_name, nullptr, __VA_ARGS__)
#define FIELD_MultiColumnIndex_NAMED(table, index_name, canonical, ...) \
  ORRERY_MULTI_INDEX(table, index_name, canonical, __VA_ARGS__)

/// What a column holds in rows that are older than the column.
#define FIELD_Default(table, field, ...)                                                                            \
  ORRERY_CHECK_COLUMN(table, field)                                                                                 \
  ORRERY_PREINIT(ORRERY_CONCAT(21_field_default_##table##_##field##_line_, __LINE__),                               \
                 "21_field_default_" #table "_" #field "_line_" ORRERY_TEXT(__LINE__)) {                            \
    static constexpr ::SpacetimeDB::detail::DefaultDecl orrery_decl{                                                       \
        #table, #field,                                                                                             \
        static_cast<uint16_t>(::SpacetimeDB::detail::column_of<ORRERY_TABLE_ROW(table)>(#field)),                   \
        [](::SpacetimeDB::bsatn::Writer& orrery_out) {                                                                     \
          const decltype(ORRERY_TABLE_ROW(table)::field) orrery_value(__VA_ARGS__);                                        \
          orrery_out(orrery_value);                                                                                               \
        }};                                                                                                         \
    ::SpacetimeDB::detail::add_default(orrery_decl);                                                                       \
  }

/// SPACETIMEDB_SCHEDULE(table, column of ScheduleAt, function): rows of the table are calls of the function.
#define SPACETIMEDB_SCHEDULE(table, column, function)                                                         \
  ORRERY_PREINIT(ORRERY_CONCAT(19_schedule_##table##_line_, __LINE__),                                        \
                 "19_schedule_" #table "_line_" ORRERY_TEXT(__LINE__)) {                                      \
    static constexpr ::SpacetimeDB::detail::ScheduleDecl orrery_decl{#table, #function, column};                     \
    ::SpacetimeDB::detail::add_schedule(orrery_decl);                                                                \
  }

#define SPACETIMEDB_SETTING_CASE_CONVERSION(policy)                                                        \
  ORRERY_PREINIT(18_case_conversion, "18_module_settings_case_conversion_policy") {                        \
    ::SpacetimeDB::detail::set_case_conversion(policy);                                                    \
  }

/// A row-level-security rule: SQL as text or a query of the query builder.
#define SPACETIMEDB_CLIENT_VISIBILITY_FILTER(name, ...)                                                    \
  ORRERY_PREINIT(25_row_filter_##name, "25_register_row_level_security_" #name) {                          \
    ::SpacetimeDB::detail::add_row_filter(::SpacetimeDB::detail::filter_sql(__VA_ARGS__));                 \
  }
