#include "fdb/cluster/connection_string.h"

#include <algorithm>
#include <utility>

namespace orrery::fdb {
namespace {

constexpr std::string_view kTlsSuffix = ":tls";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_alphanumeric(c) || c == '_';
}

std::string without_comments_and_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_comment = false;
  for (char c : text) {
    if (c == '\n' || c == '\r') {
      in_comment = false;
    } else if (c == '#') {
      in_comment = true;
    } else if (!in_comment && c != ' ' && c != '\t') {
      out += c;
    }
  }
  return out;
}

/// Labels of letters, digits, '-' and '_' with single dots between them, perhaps one at the end.
bool is_name(std::string_view host) {
  bool after_label = false;
  size_t digits = 0;
  bool only_numbers = true;
  for (char c : host) {
    if (c == '.') {
      if (!after_label) return false;
      after_label = false;
      continue;
    }
    if (!is_word(c) && c != '-') return false;
    after_label = true;
    digits += is_digit(c) ? 1 : 0;
    only_numbers = only_numbers && is_digit(c);
  }
  // Four digits and nothing else can be read as an address that lost its dots, which no name may
  // be.
  return !host.empty() && !(only_numbers && digits >= 4);
}

bool is_cluster_key(std::string_view key) {
  size_t colon = key.find(':');
  if (colon == key.npos) return false;
  std::string_view description = key.substr(0, colon);
  std::string_view id = key.substr(colon + 1);
  return !description.empty() && std::ranges::all_of(description, is_word) && !id.empty() &&
         std::ranges::all_of(id, is_alphanumeric);
}

template <class T>
bool has_duplicates(std::vector<T> items) {
  std::ranges::sort(items);
  return std::ranges::adjacent_find(items) != items.end();
}

}  // namespace

std::string Hostname::to_string() const {
  std::string out = host + ":" + std::to_string(port);
  if (is_tls) out += kTlsSuffix;
  return out;
}

Result<Hostname> Hostname::parse(std::string_view text) {
  Hostname out;
  if (text.ends_with(kTlsSuffix)) {
    out.is_tls = true;
    text.remove_suffix(kTlsSuffix.size());
  }
  size_t colon = text.find(':');
  if (colon == text.npos || !is_name(text.substr(0, colon))) {
    return fail(error::connection_string_invalid);
  }
  auto port = parse_port(text.substr(colon + 1));
  if (!port) return fail(error::connection_string_invalid);
  out.host = text.substr(0, colon);
  out.port = *port;
  return out;
}

Result<ConnectionString> ConnectionString::parse(std::string_view text) {
  std::string trimmed = without_comments_and_blanks(text);
  std::string_view rest = trimmed;
  size_t at = rest.find('@');
  if (at == rest.npos) return fail(error::connection_string_invalid);
  std::string_view key = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  std::vector<NetworkAddress> addresses;
  std::vector<Hostname> hostnames;
  while (true) {
    size_t comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    if (Result<Hostname> hostname = Hostname::parse(item)) {
      hostnames.push_back(std::move(*hostname));
    } else {
      Result<NetworkAddress> address = NetworkAddress::parse(item);
      if (!address) return fail(address.error());
      addresses.push_back(*address);
    }
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  return make(key, std::move(addresses), std::move(hostnames));
}

Result<ConnectionString> ConnectionString::make(std::string_view cluster_key,
                                                std::vector<NetworkAddress> addresses,
                                                std::vector<Hostname> hostnames) {
  if (!is_cluster_key(cluster_key) || addresses.size() + hostnames.size() == 0 ||
      has_duplicates(addresses) || has_duplicates(hostnames)) {
    return fail(error::connection_string_invalid);
  }
  ConnectionString out;
  out.cluster_key_ = cluster_key;
  out.addresses_ = std::move(addresses);
  out.hostnames_ = std::move(hostnames);
  return out;
}

std::string ConnectionString::to_string() const {
  std::string out = cluster_key_;
  char separator = '@';
  for (const NetworkAddress& address : addresses_) {
    (out += std::exchange(separator, ',')) += address.to_string();
  }
  for (const Hostname& hostname : hostnames_) {
    (out += std::exchange(separator, ',')) += hostname.to_string();
  }
  return out;
}

std::string_view ConnectionString::description() const {
  return std::string_view(cluster_key_).substr(0, cluster_key_.find(':'));
}

std::string_view ConnectionString::id() const {
  return std::string_view(cluster_key_).substr(cluster_key_.find(':') + 1);
}

}  // namespace orrery::fdb
