// Who called: AuthCtx gives the claims of the caller's token, read from the host when they are first asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spacetimedb/identity.h"

namespace SpacetimeDB {

/// The payload of a token, JSON; the claims are taken out of it when constructed.
class JwtClaims {
 public:
  JwtClaims(std::string payload, Identity identity);
  const std::string& subject() const { return subject_; }
  const std::string& issuer() const { return issuer_; }
  const std::vector<std::string>& audience() const { return audience_; }
  const Identity& get_identity() const { return identity_; }
  const std::string& raw_payload() const { return payload_; }

 private:
  std::string payload_;
  Identity identity_;
  std::string subject_;
  std::string issuer_;
  std::vector<std::string> audience_;
};

class AuthCtx {
 public:
  /// A call by the database itself: a schedule, init, an HTTP handler.
  static AuthCtx internal() { return AuthCtx(true, {}, {}); }
  static AuthCtx from_connection_id(ConnectionId connection, Identity sender) {
    return AuthCtx(false, connection, sender);
  }
  static AuthCtx from_connection_id_opt(std::optional<ConnectionId> connection, Identity sender) {
    return connection ? from_connection_id(*connection, sender) : internal();
  }
  static AuthCtx from_jwt_payload(std::string payload, Identity identity);

  AuthCtx(const AuthCtx& other)
      : connection_(other.connection_), sender_(other.sender_), internal_(other.internal_), claims_(other.claims_) {
    if (claims_ != nullptr) retain(claims_);
  }
  AuthCtx& operator=(AuthCtx other) noexcept {
    std::swap(claims_, other.claims_);
    connection_ = other.connection_;
    sender_ = other.sender_;
    internal_ = other.internal_;
    return *this;
  }
  ~AuthCtx() {
    if (claims_ != nullptr) release(claims_);
  }

  bool is_internal() const { return internal_; }
  bool has_jwt() const { return !internal_ && get_jwt().has_value(); }
  const std::optional<JwtClaims>& get_jwt() const;
  /// The caller's identity; the database's own for calls without a token.
  Identity get_caller_identity() const;

 private:
  AuthCtx(bool internal, ConnectionId connection, Identity sender)
      : connection_(connection), sender_(sender), internal_(internal) {}

  struct Claims;  // counted; a std::shared_ptr would bring virtual functions into every module
  static void retain(Claims* claims);
  static void release(Claims* claims);

  ConnectionId connection_;
  Identity sender_;
  bool internal_;
  mutable Claims* claims_ = nullptr;  // shared by copies of the context made after they were read
};

}  // namespace SpacetimeDB
