#include "protocol/subprotocol.h"

namespace orrery::protocol {
namespace {

constexpr Subprotocol kNewestFirst[] = {Subprotocol::kV3, Subprotocol::kV2, Subprotocol::kV1Bsatn,
                                        Subprotocol::kV1Json};

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view kBlanks = " \t";
  size_t first = s.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlanks) - first + 1);
}

bool list_has(std::string_view list, std::string_view name) {
  while (true) {
    size_t comma = list.find(',');
    if (trimmed(list.substr(0, comma)) == name) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string_view subprotocol_name(Subprotocol protocol) {
  switch (protocol) {
    case Subprotocol::kV1Json:
      return "v1.json.spacetimedb";
    case Subprotocol::kV1Bsatn:
      return "v1.bsatn.spacetimedb";
    case Subprotocol::kV2:
      return "v2.bsatn.spacetimedb";
    case Subprotocol::kV3:
      return "v3.bsatn.spacetimedb";
  }
  return {};
}

std::optional<Subprotocol> choose_subprotocol(std::string_view offered) {
  for (Subprotocol protocol : kNewestFirst) {
    if (list_has(offered, subprotocol_name(protocol))) return protocol;
  }
  return std::nullopt;
}

}  // namespace orrery::protocol
