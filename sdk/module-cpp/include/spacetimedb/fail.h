// How a module gives up: the message goes to the log at level Error and the call is trapped, which rolls it back.
#pragma once

namespace SpacetimeDB::detail {

/// Logs "what: name" (name may be null) and traps.
[[noreturn]] void fail(const char* what, const char* name = nullptr);

/// fail() with the name of a host status after the text.
[[noreturn]] void fail_status(const char* what, const char* name, unsigned status);

}  // namespace SpacetimeDB::detail
