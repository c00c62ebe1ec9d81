#include "types/identity.h"

#include <algorithm>

#include "base/blake3.h"
#include "base/keccak.h"

namespace orrery::types {

std::optional<Digest> Digest::parse(std::string_view text) {
  std::optional<U256> n = parse_identity(text);
  if (!n) return std::nullopt;
  Digest out;
  std::memcpy(out.value.data(), &*n, kSize);
  std::reverse(out.value.begin(), out.value.end());
  return out;
}

U256 Digest::as_u256() const {
  U256 out;
  std::memcpy(&out, value.data(), kSize);
  return out;
}

Digest program_digest(std::string_view program) {
  return {keccak256(program)};
}

Digest view_argument_digest(std::string_view arguments) {
  // The domain includes the zero that ends the literal.
  constexpr char kDomain[] = "spacetimedb::view::args::v1";
  std::string input(kDomain, sizeof(kDomain));
  input += arguments;
  return {blake3(input)};
}

Digest migration_token(const Identity& database, const Digest& old_program,
                       const Digest& new_program) {
  return {keccak256(database.to_hex() + old_program.to_hex() + new_program.to_hex())};
}

}  // namespace orrery::types
