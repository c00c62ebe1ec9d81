#include "server/http/client_request.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace orrery::server::http {
namespace beast = boost::beast;
using boost::system::error_code;
using Parser = beast::http::response_parser<beast::http::string_body>;

namespace {

/// Bytes as they come through the parser; what it could not use yet is kept.
class AnswerReader {
 public:
  AnswerReader(const ClientRequest& request, const Target& target)
      : request_(request), target_(target) {
    parser_.eager(true);
    parser_.body_limit(boost::none);
    if (request.method == "HEAD") parser_.skip(true);
  }
  bool done() const { return parser_.is_done(); }

  Status take(std::string_view bytes) {
    kept_ += bytes;
    while (!parser_.is_done() && !kept_.empty()) {
      error_code error;
      size_t used = parser_.put(boost::asio::const_buffer(kept_.data(), kept_.size()), error);
      kept_.erase(0, used);
      if (error && error != beast::http::error::need_more) return bad(error.message());
      hand_on();
      if (error || used == 0) break;
    }
    return {};
  }

  Status end() {
    error_code error;
    parser_.put_eof(error);
    if (error) return bad("the connection ended in the middle of the answer");
    return {};
  }

  ClientResponse finish() {
    ClientResponse out;
    out.status = static_cast<uint16_t>(parser_.get().result_int());
    for (const auto& field : parser_.get()) {
      out.headers.add({field.name_string().data(), field.name_string().size()},
                      {field.value().data(), field.value().size()});
    }
    out.body = std::move(parser_.get().body());
    return out;
  }

 private:
  Error bad(const std::string& why) const {
    return Error(ErrorCode::kIo, "no HTTP answer from " + target_.host_header() + ": " + why);
  }
  void hand_on() {
    if (!request_.on_body || !parser_.is_header_done()) return;
    if (parser_.get().result_int() / 100 != 2) return;
    std::string& body = parser_.get().body();
    if (body.empty()) return;
    request_.on_body(body);
    body.clear();
  }

  const ClientRequest& request_;
  const Target& target_;
  Parser parser_;
  std::string kept_;
};

}  // namespace

std::string request_head(const ClientRequest& request, const Target& target) {
  std::string out = request.method + " " + target.path + " HTTP/1.1\r\n";
  out += "Host: " + target.host_header() + "\r\n";
  for (const auto& [name, value] : request.headers.fields()) out += name + ": " + value + "\r\n";
  if (!request.headers.find("connection")) out += "Connection: close\r\n";
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return out + "\r\n";
}

Result<ClientResponse> send_request(const ClientRequest& request, const Patience& patience) {
  ORRERY_TRY_ASSIGN(Target target, parse_target(request.url));
  ORRERY_TRY_ASSIGN(std::unique_ptr<ClientStream> stream, ClientStream::connect(target, patience));
  ORRERY_TRY(stream->write(request_head(request, target), patience));
  // A server that refuses a long body may answer and close before it has all of it.
  Status sent = stream->write(request.body, patience);
  if (!sent && sent.error().code() == ErrorCode::kCancelled) return std::move(sent).error();
  AnswerReader reader(request, target);
  while (!reader.done()) {
    Result<std::string_view> bytes = stream->read_some(patience);
    if (!bytes) return sent ? std::move(bytes).error() : std::move(sent).error();
    if (bytes->empty()) {
      Status ended = reader.end();
      if (!ended) return sent ? std::move(ended).error() : std::move(sent).error();
      break;
    }
    ORRERY_TRY(reader.take(*bytes));
  }
  return reader.finish();
}

}  // namespace orrery::server::http
