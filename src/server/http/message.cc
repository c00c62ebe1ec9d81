#include "server/http/message.h"

#include "base/utf8.h"

namespace orrery::server::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum class Plus : uint8_t { kAsItIs, kBlank };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      int high = hex_digit(text[i + 1]);
      int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else if (text[i] == '+' && plus == Plus::kBlank) {
      out.push_back(' ');
    } else {
      out.push_back(text[i]);
    }
  }
  if (!utf8_valid(out)) return std::nullopt;
  return out;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool list_has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    if (equal_ignoring_case(trim_blanks(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

void Headers::set(std::string_view name, std::string_view value) {
  std::erase_if(fields_, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
  add(name, value);
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& field : fields_) {
    if (equal_ignoring_case(field.first, name)) return &field.second;
  }
  return nullptr;
}

const std::string* Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<std::string> percent_decode(std::string_view text) {
  return decode(text, Plus::kAsItIs);
}

bool split_target(std::string_view target, std::string* path,
                  std::vector<std::pair<std::string, std::string>>* query) {
  // The absolute form, as a proxy sends it.
  if (!target.starts_with('/')) {
    size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  target = target.substr(0, target.find('#'));
  size_t mark = target.find('?');
  path->assign(target.substr(0, mark));
  query->clear();
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    size_t end = rest.find('&');
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    auto key = decode(pair.substr(0, equals), Plus::kBlank);
    auto value =
        decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), Plus::kBlank);
    if (!key || !value) return false;
    query->emplace_back(std::move(*key), std::move(*value));
  }
  return true;
}

BodyStream::Pushed BodyStream::push(std::string_view bytes) {
  std::function<void()> ready;
  std::function<void()> gone;
  bool taken = false;
  {
    LockGuard<Mutex> guard(mutex_);
    if (gone_ || finished_) return Pushed::kReaderGone;
    if (waiting_.size() + bytes.size() > kBytesWaitingMax) {
      gone_ = true;
      finished_ = true;
      waiting_.clear();
      gone = std::move(on_gone_);
    } else {
      waiting_.append(bytes);
      taken = true;
    }
    ready = std::exchange(ready_, nullptr);
  }
  if (ready) ready();
  if (gone) gone();
  return taken ? Pushed::kTaken : Pushed::kReaderGone;
}

void BodyStream::finish() {
  std::function<void()> ready;
  {
    LockGuard<Mutex> guard(mutex_);
    finished_ = true;
    ready = std::exchange(ready_, nullptr);
  }
  if (ready) ready();
}

BodyStream::Taken BodyStream::take(std::function<void()> ready) {
  LockGuard<Mutex> guard(mutex_);
  Taken out{std::exchange(waiting_, {}), finished_};
  if (out.bytes.empty() && !out.finished) ready_ = std::move(ready);
  return out;
}

void BodyStream::reader_gone() {
  std::function<void()> told;
  {
    LockGuard<Mutex> guard(mutex_);
    gone_ = true;
    waiting_.clear();
    ready_ = nullptr;
    told = std::exchange(on_gone_, nullptr);
  }
  if (told) told();
}

void BodyStream::on_reader_gone(std::function<void()> told) {
  {
    LockGuard<Mutex> guard(mutex_);
    if (!gone_) {
      on_gone_ = std::move(told);
      return;
    }
  }
  told();
}

Response Response::text(uint16_t status, std::string body) {
  Response out;
  out.status = status;
  out.headers.add("content-type", "text/plain; charset=utf-8");
  out.body = std::move(body);
  return out;
}

Response Response::json(std::string body) {
  Response out;
  out.headers.add("content-type", "application/json");
  out.body = std::move(body);
  return out;
}

std::string_view reason_phrase(uint16_t status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

Responder::Responder(Sink sink) : state_(std::make_shared<State>()) {
  state_->sink = std::move(sink);
}

Responder::State::~State() {
  if (sink) sink(Response::text(500, "the request was dropped"));
}

void Responder::operator()(Response response) const {
  Sink sink;
  {
    LockGuard<Mutex> guard(state_->mutex);
    sink = std::exchange(state_->sink, nullptr);
  }
  if (!sink) return;
  for (auto& change : state_->changes) change(response);
  sink(std::move(response));
}

void Responder::before_answer(std::function<void(Response&)> change) const {
  LockGuard<Mutex> guard(state_->mutex);
  state_->changes.push_back(std::move(change));
}

}  // namespace orrery::server::http
