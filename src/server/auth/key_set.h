// The public keys of an external issuer, from its JSON web key set (RFC 7517), found by OpenID
// Connect discovery. Values, immutable once made; errors are kInvalidArgument.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/auth/keys.h"

namespace orrery::server {

struct NamedKey {
  std::optional<std::string> id;
  VerifyKey key;
};

/// The keys for ES256 and RS256 signatures; others are left out. Symmetric keys are never taken
/// from a document that everybody can read. Refused where no key is left.
Result<std::vector<NamedKey>> parse_key_set(std::string_view json);
/// Where the configuration of an issuer lies.
std::string discovery_url(std::string_view issuer);
/// The address of the key set that the configuration names.
Result<std::string> key_set_url(std::string_view configuration_json);

}  // namespace orrery::server
