#include "server/http/router.h"

namespace orrery::server::http {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> out;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

/// Segments with their place in the path, so that a rest can be cut off as it stood.
struct Walk {
  std::string_view path;
  std::vector<std::string_view> segments;
};

enum class Fit : uint8_t { kNo, kYes, kBadEscape };

/// `rank`: the more literal segments, the better, the first ones first.
Fit fits(const Router::Route& route, const Walk& walk, std::vector<std::string>* captures,
         std::string* rank) {
  captures->clear();
  rank->clear();
  for (size_t i = 0; i < route.segments.size(); ++i) {
    const std::string& wanted = route.segments[i];
    if (wanted.starts_with('*')) {
      if (i >= walk.segments.size()) return Fit::kNo;
      size_t at = static_cast<size_t>(walk.segments[i].data() - walk.path.data());
      captures->emplace_back(walk.path.substr(at - 1));
      rank->push_back('0');
      return Fit::kYes;
    }
    if (i >= walk.segments.size()) return Fit::kNo;
    if (wanted.starts_with(':')) {
      auto text = percent_decode(walk.segments[i]);
      if (!text) return Fit::kBadEscape;
      if (text->empty()) return Fit::kNo;
      captures->push_back(std::move(*text));
      rank->push_back('1');
    } else if (wanted == walk.segments[i]) {
      rank->push_back('2');
    } else {
      return Fit::kNo;
    }
  }
  return route.segments.size() == walk.segments.size() ? Fit::kYes : Fit::kNo;
}

bool method_fits(const Router::Route& route, std::string_view method) {
  return route.method == "*" || route.method == method ||
         (method == "HEAD" && route.method == "GET");
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler,
                 BodySize body) {
  Route route{std::string(method), {}, std::move(handler), body};
  for (std::string_view segment : split_path(pattern)) route.segments.emplace_back(segment);
  routes_.push_back(std::move(route));
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match out;
  if (!path.starts_with('/')) return out;
  Walk walk{path, split_path(path)};
  std::string best;
  std::string rank;
  std::vector<std::string> captures;
  for (const Route& route : routes_) {
    Fit fit = fits(route, walk, &captures, &rank);
    if (fit == Fit::kBadEscape) out.bad_escape = true;
    if (fit != Fit::kYes) continue;
    if (!method_fits(route, method)) {
      if (!out.allowed.empty()) out.allowed += ',';
      out.allowed += route.method;
      continue;
    }
    if (out.route == nullptr || rank > best) {
      out.route = &route;
      out.captures = captures;
      best = rank;
    }
  }
  return out;
}

}  // namespace orrery::server::http
