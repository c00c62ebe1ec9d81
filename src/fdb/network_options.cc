#include "fdb/network_options.h"

#include <algorithm>
#include <charconv>

namespace orrery::fdb {
namespace {

#if defined(_WIN32)
constexpr char kValueSeparator = ';';
#else
constexpr char kValueSeparator = ':';
#endif

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string variable_name(std::string_view option) {
  std::string out = "FDB_NETWORK_OPTION_";
  for (char c : option) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool is_word(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

std::optional<DistributedTracer> parse_tracer(std::string_view name) {
  if (name == "none" || name == "disabled") return DistributedTracer::kNone;
  if (name == "logfile" || name == "file" || name == "log_file") return DistributedTracer::kLogFile;
  if (name == "network_lossy") return DistributedTracer::kNetworkLossy;
  return std::nullopt;
}

bool is_one_of(std::string_view text, std::string_view first, std::string_view second) {
  std::string lower = lower_case(text);
  return lower == first || lower == second;
}

}  // namespace

std::optional<std::vector<std::string>> split_option_values(std::string_view text) {
  std::vector<std::string> values(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kValueSeparator) {
      values.emplace_back();
    } else if (text[i] == '\\') {
      ++i;
      if (i == text.size() || (text[i] != '\\' && text[i] != kValueSeparator)) return std::nullopt;
      values.back() += text[i];
    } else {
      values.back() += text[i];
    }
  }
  return values;
}

Status NetworkOptions::set(int code, std::optional<std::string_view> value) {
  const OptionInfo* info = find_option(network_options(), code);
  if (info == nullptr) return fail(error::invalid_option);
  Result<OptionValue> checked = check_value(info->rule, value);
  if (!checked) return fail(checked.error());
  if ((info->flags & kBeforeSetup) != 0 && is_set_up_) return fail(error::invalid_option);
  auto option = static_cast<NetworkOption>(code);
  FDB_TRY(check(option, *checked));
  if (info->rule.kind == ValueKind::kInt) {
    apply_number(option, checked->number);
  } else if (info->rule.kind == ValueKind::kNone) {
    apply_switch(option);
  } else {
    apply_trace_text(option, checked->bytes);
    if (checked->bytes) {
      apply_tls(option, *checked->bytes);
      apply_text(option, *checked->bytes);
    }
  }
  return {};
}

Status NetworkOptions::set(NetworkOption option, int64_t value) {
  return set(static_cast<int>(option), option_bytes(value).view());
}

Status NetworkOptions::check(NetworkOption option, const OptionValue& value) const {
  bool fits = true;
  switch (option) {
    case NetworkOption::trace_format:
      fits = is_one_of(*value.bytes, "xml", "json");
      break;
    case NetworkOption::trace_clock_source:
      fits = is_one_of(*value.bytes, "now", "realtime");
      break;
    case NetworkOption::trace_file_identifier:
      fits = is_word(*value.bytes);
      break;
    case NetworkOption::knob:
      fits = value.bytes->find('=') != value.bytes->npos;
      break;
    case NetworkOption::distributed_client_tracer:
      fits = parse_tracer(*value.bytes).has_value();
      break;
    case NetworkOption::disable_multi_version_client_api:
      if (!settings_.local_client || !settings_.client_bypass) return fail(error::invalid_option);
      break;
    case NetworkOption::disable_local_client:
    case NetworkOption::disable_client_bypass:
      if (!settings_.multi_version_client) return fail(error::invalid_option);
      break;
    default:
      break;
  }
  if (!fits) return fail(error::invalid_option_value);
  return {};
}

void NetworkOptions::apply_number(NetworkOption option, int64_t number) {
  switch (option) {
    case NetworkOption::trace_roll_size:
      settings_.trace.roll_size = number;
      break;
    case NetworkOption::trace_max_logs_size:
      settings_.trace.total_size_max = number;
      break;
    case NetworkOption::client_threads_per_version:
      settings_.client_threads = static_cast<int>(number);
      break;
    case NetworkOption::client_buggify_section_activated_probability:
      settings_.buggify_activated_percent = static_cast<int>(number);
      break;
    case NetworkOption::client_buggify_section_fired_probability:
      settings_.buggify_fired_percent = static_cast<int>(number);
      break;
    default:
      break;
  }
}

void NetworkOptions::apply_switch(NetworkOption option) {
  switch (option) {
    case NetworkOption::trace_share_among_client_threads:
      settings_.trace.share_among_threads = true;
      break;
    case NetworkOption::trace_initialize_on_setup:
      settings_.trace.initialize_on_setup = true;
      break;
    case NetworkOption::disable_multi_version_client_api:
      settings_.multi_version_client = false;
      break;
    case NetworkOption::disable_client_bypass:
      settings_.client_bypass = false;
      break;
    case NetworkOption::disable_local_client:
      settings_.local_client = false;
      break;
    case NetworkOption::callbacks_on_external_threads:
      settings_.callbacks_on_external_threads = true;
      break;
    case NetworkOption::retain_client_library_copies:
      settings_.retain_library_copies = true;
      break;
    case NetworkOption::ignore_external_client_failures:
      settings_.ignore_external_failures = true;
      break;
    case NetworkOption::fail_incompatible_client:
      settings_.fail_incompatible_client = true;
      break;
    case NetworkOption::disable_client_statistics_logging:
      settings_.client_statistics = false;
      break;
    case NetworkOption::enable_run_loop_profiling:
      settings_.run_loop_profiling = true;
      break;
    case NetworkOption::client_buggify_enable:
      settings_.client_buggify = true;
      break;
    case NetworkOption::client_buggify_disable:
      settings_.client_buggify = false;
      break;
    default:
      break;
  }
}

void NetworkOptions::apply_trace_text(NetworkOption option,
                                      const std::optional<std::string_view>& text) {
  TraceSettings& trace = settings_.trace;
  switch (option) {
    case NetworkOption::trace_enable:
      trace.directory.emplace(text.value_or(""));
      break;
    case NetworkOption::trace_log_group:
      if (text) trace.log_group = *text;
      break;
    case NetworkOption::trace_format:
      trace.format = lower_case(*text);
      break;
    case NetworkOption::trace_clock_source:
      trace.clock_source = lower_case(*text);
      break;
    case NetworkOption::trace_file_identifier:
      trace.file_identifier = *text;
      break;
    case NetworkOption::trace_partial_file_suffix:
      trace.partial_file_suffix = *text;
      break;
    default:
      break;
  }
}

void NetworkOptions::apply_tls(NetworkOption option, std::string_view text) {
  TlsSettings& tls = settings_.tls;
  auto set_path = [text](PemSource& of) { of = {.bytes = {}, .path = std::string(text)}; };
  auto set_bytes = [text](PemSource& of) { of = {.bytes = std::string(text), .path = {}}; };
  switch (option) {
    case NetworkOption::tls_cert_path:
      set_path(tls.certificate);
      break;
    case NetworkOption::tls_cert_bytes:
      set_bytes(tls.certificate);
      break;
    case NetworkOption::tls_key_path:
      set_path(tls.key);
      break;
    case NetworkOption::tls_key_bytes:
      set_bytes(tls.key);
      break;
    case NetworkOption::tls_ca_path:
      set_path(tls.ca);
      break;
    case NetworkOption::tls_ca_bytes:
      set_bytes(tls.ca);
      break;
    case NetworkOption::tls_password:
      tls.password = text;
      break;
    case NetworkOption::tls_verify_peers:
      tls.verify_peers = text;
      break;
    default:
      break;
  }
}

void NetworkOptions::apply_text(NetworkOption option, std::string_view text) {
  switch (option) {
    case NetworkOption::knob: {
      size_t equals = text.find('=');
      settings_.knobs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
      break;
    }
    case NetworkOption::distributed_client_tracer:
      settings_.tracer = *parse_tracer(text);
      break;
    case NetworkOption::external_client_library:
      settings_.external_client_libraries.emplace_back(text);
      break;
    case NetworkOption::external_client_directory:
      settings_.external_client_directories.emplace_back(text);
      break;
    case NetworkOption::future_version_client_library:
      settings_.future_version_library = text;
      break;
    case NetworkOption::client_tmp_dir:
      settings_.temporary_directory = text;
      break;
    default:
      break;
  }
}

Status NetworkOptions::load_variables(const Variables& variables) {
  if (variables_loaded_) return {};
  const Error failed = error::environment_variable_network_option_failed;
  for (const OptionInfo& info : network_options()) {
    if ((info.flags & kHidden) != 0) continue;
    std::optional<std::string> text = variables(variable_name(info.name));
    if (!text) continue;
    auto values = split_option_values(*text);
    if (!values) return fail(failed);
    for (const std::string& value : *values) {
      Status done;
      if (info.rule.kind == ValueKind::kInt) {
        int64_t number = 0;
        auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (code != std::errc() || end != value.data() + value.size()) return fail(failed);
        done = set(info.code, option_bytes(number).view());
      } else {
        done = set(info.code, value);
      }
      if (!done) return fail(failed);
    }
  }
  variables_loaded_ = true;
  return {};
}

}  // namespace orrery::fdb
