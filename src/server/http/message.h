// HTTP requests and responses as plain values, and who answers them.
//
// Request targets are already split: `path` is percent-decoded per segment by the router, `query`
// keeps the parameters in order. Plain values; Responder and BodyStream may be used from any
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sync.h"

namespace orrery::server::ws {
class Socket;
}

namespace orrery::server::http {

/// Case does not matter in names; order and repetition are kept.
class Headers {
 public:
  void add(std::string_view name, std::string_view value) {
    fields_.emplace_back(std::string(name), std::string(value));
  }
  /// Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  /// The first of that name; null where there is none.
  const std::string* find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);
/// True where a list header ("a, b") holds the token.
bool list_has_token(std::string_view list, std::string_view token);
std::string_view trim_blanks(std::string_view text);

struct Request {
  std::string method;
  std::string target;                                      ///< as it stood
  std::string path;                                        ///< without the query, still encoded
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded
  /// Of the route's pattern, decoded; see Router.
  std::vector<std::string> captures;
  Headers headers;
  std::string body;
  std::string peer;  ///< address and port
  uint8_t version_minor = 1;

  /// The first query parameter of that name; null where there is none.
  const std::string* parameter(std::string_view name) const;
};

/// Splits a request target. False where an escape is broken or the text is no UTF-8.
bool split_target(std::string_view target, std::string* path,
                  std::vector<std::pair<std::string, std::string>>* query);
/// Nothing where an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

/// A body that is written as it comes (chunked). The writer pushes; the connection takes.
class BodyStream {
 public:
  static constexpr size_t kBytesWaitingMax = 16 << 20;

  enum class Pushed : uint8_t { kTaken, kReaderGone };
  /// A reader that lags by more than kBytesWaitingMax is dropped.
  Pushed push(std::string_view bytes);
  void finish();

  struct Taken {
    std::string bytes;
    bool finished = false;
  };
  /// What there is now. Where there is nothing, `ready` is called once when there is.
  Taken take(std::function<void()> ready);
  /// The connection is gone; `on_gone` of the writer is called once.
  void reader_gone();
  void on_reader_gone(std::function<void()> told);

 private:
  Mutex mutex_;
  std::string waiting_;
  bool finished_ = false;
  bool gone_ = false;
  std::function<void()> ready_;
  std::function<void()> on_gone_;
};

/// Called with the socket once the 101 answer is on its way. On the connection's thread.
using Upgrade = std::function<void(std::shared_ptr<ws::Socket>)>;

struct Response {
  uint16_t status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body;  ///< in place of body
  std::shared_ptr<BodyStream> stream;              ///< in place of body
  Upgrade upgrade;                                 ///< with status 101

  static Response text(uint16_t status, std::string body);
  static Response json(std::string body);
  static Response empty(uint16_t status) {
    Response out;
    out.status = status;
    return out;
  }
};

/// "OK", "Not Found", ...; "" for numbers without a name.
std::string_view reason_phrase(uint16_t status);

/// Takes the answer, once, from any thread. Where it is dropped without one, the answer is 500.
class Responder {
 public:
  using Sink = std::function<void(Response)>;
  explicit Responder(Sink sink);
  void operator()(Response response) const;
  /// Changes every answer before it goes out; runs on the thread that answers.
  void before_answer(std::function<void(Response&)> change) const;

 private:
  struct State {
    ~State();
    Mutex mutex;
    Sink sink;
    std::vector<std::function<void(Response&)>> changes;
  };
  std::shared_ptr<State> state_;
};

/// What answers requests. Called on the connections' threads; must not block.
class Service {
 public:
  virtual ~Service() = default;
  /// Asked before a body is read.
  virtual uint64_t body_bytes_max(std::string_view method, std::string_view path) const = 0;
  virtual void handle(Request request, Responder respond) = 0;
};

}  // namespace orrery::server::http
