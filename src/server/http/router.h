// Router: which handler answers a method and a path.
//
// A pattern is a path of segments: literal, ":name" (one segment, captured, decoded), or last
// "*name" (the rest with its leading slash, captured as it stood; also matches nothing after a
// slash). Literal segments win over captures. Built once, then read by many threads.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"

namespace orrery::server::http {

enum class BodySize : uint8_t { kDefault, kProgram };

using Handler = std::function<void(Request request, Responder respond)>;

class Router {
 public:
  /// `method` "*": any.
  void add(std::string_view method, std::string_view pattern, Handler handler,
           BodySize body = BodySize::kDefault);

  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
    BodySize body = BodySize::kDefault;
  };
  struct Match {
    const Route* route = nullptr;  ///< null: none
    std::vector<std::string> captures;
    /// Methods of the routes on this path, where none has the method asked for: "GET,PUT".
    std::string allowed;
    bool bad_escape = false;
  };
  Match match(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace orrery::server::http
