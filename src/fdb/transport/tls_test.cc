#include "fdb/transport/tls.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include "env/environment.h"
#include "fdb/transport/certificates_for_test.h"
#include "fdb/transport/system_dialer.h"
#include "fdb/transport/tcp_stream.h"

namespace orrery::fdb {
namespace {

env::FileSystem& files() {
  return *env::system_environment().files;
}

CertificateForTest::Wish ca_wish(const char* name) {
  CertificateForTest::Wish wish;
  wish.subject = {{"CN", name}, {"O", "Roots"}};
  wish.is_ca = true;
  return wish;
}

CertificateForTest::Wish server_wish() {
  CertificateForTest::Wish wish;
  wish.subject = {{"C", "DE"},       {"ST", "Some State"},      {"L", "Town"}, {"O", "Acme, Inc"},
                  {"OU", "Storage"}, {"CN", "fdb.example.com"}, {"UID", "u1"}, {"DC", "example"}};
  wish.alternative_names =
      "DNS:one.example.com,DNS:two.example.org,IP:10.1.2.3,IP:2001:db8::7,"
      "URI:spiffe://acme/fdb,email:ops@example.com";
  return wish;
}

/// A CA, a server and a client that it knows, and a stranger.
struct World {
  CertificateForTest ca{ca_wish("Test CA"), nullptr};
  CertificateForTest other_ca{ca_wish("Other CA"), nullptr};
  CertificateForTest server{server_wish(), &ca};
  CertificateForTest client{{{{"CN", "client"}}}, &ca};
  CertificateForTest stranger{{{{"CN", "stranger"}}}, &other_ca};
  CertificateForTest expired{{{{"CN", "old"}}, "", -7200, -3600}, &ca};
};

const World& world() {
  static const World made;
  return made;
}

TlsSettings settings_of(const CertificateForTest& own, const CertificateForTest& ca) {
  TlsSettings out;
  out.certificate.bytes = own.certificate_pem();
  out.key.bytes = own.key_pem();
  out.ca.bytes = ca.certificate_pem();
  return out;
}

struct Ends {
  std::unique_ptr<TlsStream> client;
  std::unique_ptr<TlsStream> server;
};

Ends connect_ends(const TlsSettings& client, const TlsSettings& server) {
  auto client_context = TlsContext::load(client, files());
  auto server_context = TlsContext::load(server, files(), TlsContext::Side::kServer);
  EXPECT_TRUE(client_context && server_context);
  int sockets[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  return {std::make_unique<TlsStream>(*client_context, TcpStream::adopt(sockets[0]), "name.test"),
          std::make_unique<TlsStream>(*server_context, TcpStream::adopt(sockets[1]), "")};
}

/// Both handshakes; the error of the client or of the server.
Status shake(Ends& ends) {
  bool client_done = false;
  bool server_done = false;
  for (int turn = 0; turn < 20 && !(client_done && server_done); ++turn) {
    if (!client_done) {
      Result<Need> need = ends.client->connect();
      if (!need) return fail(need.error());
      client_done = *need == Need::kNothing;
    }
    if (!server_done) {
      Result<Need> need = ends.server->connect();
      if (!need) return fail(need.error());
      server_done = *need == Need::kNothing;
    }
  }
  EXPECT_TRUE(client_done && server_done);
  return {};
}

Status shake_with_rules(const char* rules, const CertificateForTest& server) {
  TlsSettings client = settings_of(world().client, world().ca);
  client.verify_peers = rules;
  Ends ends = connect_ends(client, settings_of(server, world().ca));
  return shake(ends);
}

std::string read_some(Stream& stream) {
  char room[100'000];
  std::string out;
  while (true) {
    Result<Io> io = stream.read(room);
    if (!io || io->need != Need::kNothing) return out;
    out.append(room, io->size);
  }
}

TEST(FdbTls, MutualWithMegabytesBothWays) {
  Ends ends = connect_ends(settings_of(world().client, world().ca),
                           settings_of(world().server, world().ca));
  ASSERT_TRUE(shake(ends));
  EXPECT_TRUE(ends.client->peer_is_certified());
  EXPECT_TRUE(ends.server->peer_is_certified());
  std::string text(3 << 20, 'x');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i >> 5);
  for (auto [from, to] : {std::pair<Stream*, Stream*>{ends.client.get(), ends.server.get()},
                          {ends.server.get(), ends.client.get()}}) {
    std::string got;
    for (std::string_view left = text; got.size() < text.size();) {
      while (!left.empty()) {
        Result<Io> io = from->write(left);
        ASSERT_TRUE(io);
        if (io->need != Need::kNothing) {
          EXPECT_EQ(io->need, Need::kWritable);
          break;
        }
        left.remove_prefix(io->size);
      }
      got += read_some(*to);
    }
    EXPECT_TRUE(got == text);
    EXPECT_FALSE(to->has_unread());
  }
  ends.client.reset();
  char room[10];
  EXPECT_EQ(ends.server->read(room).error(), error::connection_failed);
}

TEST(FdbTls, WhatIsReadInPartIsTold) {
  Ends ends = connect_ends(settings_of(world().client, world().ca),
                           settings_of(world().server, world().ca));
  ASSERT_TRUE(shake(ends));
  ASSERT_TRUE(ends.server->write("hello, world"));
  char room[5];
  ASSERT_EQ(ends.client->read(room)->size, 5u);
  EXPECT_TRUE(ends.client->has_unread());
}

TEST(FdbTls, CertificatesOfAnotherCaAreRefused) {
  Ends by_client = connect_ends(settings_of(world().client, world().ca),
                                settings_of(world().stranger, world().ca));
  EXPECT_EQ(shake(by_client).error(), error::tls_error);
  Ends by_server = connect_ends(settings_of(world().stranger, world().ca),
                                settings_of(world().server, world().ca));
  EXPECT_EQ(shake(by_server).error(), error::tls_error);
}

TEST(FdbTls, WithoutACaNothingIsValid) {
  TlsSettings client = settings_of(world().client, world().ca);
  client.ca = {};
  Ends ends = connect_ends(client, settings_of(world().server, world().ca));
  EXPECT_EQ(shake(ends).error(), error::tls_error);
  client.verify_peers = "Check.Valid=0";
  Ends any = connect_ends(client, settings_of(world().server, world().ca));
  EXPECT_TRUE(shake(any));
}

TEST(FdbTls, AClientWithoutCertificateGetsIn) {
  TlsSettings client;
  client.ca.bytes = world().ca.certificate_pem();
  Ends ends = connect_ends(client, settings_of(world().server, world().ca));
  ASSERT_TRUE(shake(ends));
  EXPECT_FALSE(ends.server->peer_is_certified());
}

TEST(FdbTls, ExpiredCertificatesAreRefused) {
  EXPECT_EQ(shake_with_rules("Check.Valid=1", world().expired).error(), error::tls_error);
  EXPECT_EQ(shake_with_rules("Check.Unexpired=0", world().expired).error(), error::tls_error);
  EXPECT_TRUE(shake_with_rules("Check.Valid=0", world().expired));
}

TEST(FdbTls, VerifyRules) {
  for (const char* rules : {"",
                            "Check.Valid=1",
                            "CN=fdb.example.com",
                            "S.CN=fdb.example.com",
                            "Subject.CN=fdb.example.com",
                            "CN>=fdb.",
                            "CN<=.example.com",
                            "C=DE,ST=Some State,L=Town,OU=Storage,UID=u1,DC=example",
                            "O=Acme\\, Inc",
                            "O=Acme\\2c Inc",
                            "O=Acme\\2C Inc",
                            "I.CN=Test CA",
                            "Issuer.O=Roots",
                            "R.CN=Test CA",
                            "Root.CN>=Test",
                            "Check.Valid=1,Check.Unexpired=1,CN=fdb.example.com",
                            "CN=other|CN=fdb.example.com",
                            "CN=other|CN=another|I.CN<=CA",
                            "S.subjectAltName=DNS:one.example.com",
                            "subjectAltName=DNS:two.example.org",
                            "subjectAltName>=DNS:two.",
                            "subjectAltName<=DNS:.org",
                            "subjectAltName=IP:10.1.2.3",
                            "subjectAltName=IP:2001:db8::7",
                            "subjectAltName=URI:spiffe://acme/fdb",
                            "subjectAltName=EMAIL:ops@example.com",
                            "CN=fdb.example.com,",
                            "CN=no|"}) {
    EXPECT_TRUE(shake_with_rules(rules, world().server)) << rules;
  }
  for (const char* rules :
       {"CN=fdb.example.co", "CN=FDB.example.com", "CN>=example", "CN<=fdb",
        "CN=fdb.example.com,OU=Other", "I.CN=Other CA", "R.CN=fdb.example.com",
        "I.CN=fdb.example.com", "CN=a|CN=b", "subjectAltName=DNS:fdb.example.com",
        "subjectAltName=IP:10.1.2.4", "subjectAltName=EMAIL:one.example.com",
        "subjectAltName=one.example.com", "CN=x\\|CN=fdb.example.com"}) {
    EXPECT_EQ(shake_with_rules(rules, world().server).error(), error::tls_error) << rules;
  }
}

TEST(FdbTls, AFieldThatIsThereTwiceMatchesNothing) {
  CertificateForTest twice{{{{"CN", "fdb"}, {"CN", "fdb"}}}, &world().ca};
  EXPECT_EQ(shake_with_rules("CN=fdb", twice).error(), error::tls_error);
}

TEST(FdbTls, RulesThatCannotBeRead) {
  for (const char* rules : {"CN",
                            "=",
                            "=x",
                            "CN=",
                            "X=y",
                            "CN=a,b",
                            "CN=a,,OU=b",
                            "Check.Valid=2",
                            "Check.Valid=",
                            "Check.Valid>=1",
                            "Check.Valid=10",
                            "Check.Other=1",
                            "Z.CN=a",
                            "S.S.CN=a",
                            "CN=#a",
                            "CN= a",
                            "CN=a ",
                            "CN=a+b",
                            "CN=a;b",
                            "CN=\"a\"",
                            "CN=a<b",
                            "CN=a\\",
                            "CN=a\\1",
                            "CN=a\\zz",
                            "CN==",
                            "cn=a|",
                            "|CN"}) {
    Result<TlsVerifyRules> parsed = TlsVerifyRules::parse(rules);
    // "CN==" is the value "=".
    if (std::string_view(rules) == "CN==") {
      EXPECT_TRUE(parsed);
    } else {
      ASSERT_FALSE(parsed) << rules;
      EXPECT_EQ(parsed.error(), error::tls_error);
    }
  }
}

TEST(FdbTls, KeysWithPasswords) {
  TlsSettings settings = settings_of(world().client, world().ca);
  settings.key.bytes = world().client.key_pem("open sesame");
  EXPECT_EQ(TlsContext::load(settings, files()).error(), error::tls_error);
  settings.password = "wrong";
  EXPECT_EQ(TlsContext::load(settings, files()).error(), error::tls_error);
  settings.password = "open sesame";
  EXPECT_TRUE(TlsContext::load(settings, files()));
}

TEST(FdbTls, FilesAndTheirAbsence) {
  std::string path = ::testing::TempDir() + "fdb_tls_" + std::to_string(getpid()) + ".pem";
  {
    auto file = files().open(path, env::OpenMode::kTruncate);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE((*file)
                    ->append(world().client.certificate_pem() + world().ca.certificate_pem() +
                             world().client.key_pem())
                    .has_value());
  }
  TlsSettings settings;
  settings.certificate.path = path;
  settings.ca.bytes = world().ca.certificate_pem();
  EXPECT_TRUE(TlsContext::load(settings, files())) << "one file holds chain and key";
  settings.key.path = path + ".absent";
  EXPECT_EQ(TlsContext::load(settings, files()).error(), error::tls_error);
  settings.key.path = path;
  settings.ca.bytes = "no certificate";
  EXPECT_EQ(TlsContext::load(settings, files()).error(), error::tls_error);
  settings.ca.bytes.clear();
  settings.key.bytes = world().server.key_pem();
  EXPECT_EQ(TlsContext::load(settings, files()).error(), error::tls_error) << "the key of another";
  ASSERT_TRUE(files().remove(path).has_value());
}

TEST(FdbTls, TheEnvironmentFillsWhatIsNotSet) {
  for (auto [name, value] :
       {std::pair("FDB_TLS_CERTIFICATE_FILE", "/c"), std::pair("FDB_TLS_KEY_FILE", "/k"),
        std::pair("FDB_TLS_CA_FILE", "/a"), std::pair("FDB_TLS_PASSWORD", "p"),
        std::pair("FDB_TLS_VERIFY_PEERS", "CN=x")}) {
    setenv(name, value, 1);
  }
  TlsSettings filled = with_environment({}, files());
  EXPECT_EQ(filled.certificate.path, "/c");
  EXPECT_EQ(filled.key.path, "/k");
  EXPECT_EQ(filled.ca.path, "/a");
  EXPECT_EQ(filled.password, "p");
  EXPECT_EQ(filled.verify_peers, "CN=x");
  TlsSettings own;
  own.certificate.bytes = "bytes";
  own.key.path = "/own";
  own.verify_peers = "";
  filled = with_environment(own, files());
  EXPECT_EQ(filled.certificate.path, "");
  EXPECT_EQ(filled.key.path, "/own");
  EXPECT_EQ(filled.verify_peers, "");
  for (const char* name : {"FDB_TLS_CERTIFICATE_FILE", "FDB_TLS_KEY_FILE", "FDB_TLS_CA_FILE",
                           "FDB_TLS_PASSWORD", "FDB_TLS_VERIFY_PEERS"}) {
    unsetenv(name);
  }
}

TEST(FdbTls, APlainPeerIsNoTlsPeer) {
  auto context = TlsContext::load(settings_of(world().client, world().ca), files());
  int sockets[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  TlsStream client(*context, TcpStream::adopt(sockets[0]), "");
  auto plain = TcpStream::adopt(sockets[1]);
  ASSERT_EQ(*client.connect(), Need::kReadable);
  ASSERT_TRUE(plain->write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_EQ(client.connect().error(), error::tls_error);

  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  TlsStream cut(*context, TcpStream::adopt(sockets[0]), "");
  close(sockets[1]);
  EXPECT_EQ(cut.connect().error(), error::connection_failed);
}

TEST(FdbSystemDialer, BadTlsSettingsAreToldWhenATlsAddressIsDialled) {
  SystemDialer::Options options;
  options.tls.ca.bytes = "nonsense";
  SystemDialer dialer(options, env::system_environment());
  EXPECT_EQ(dialer.dial(*NetworkAddress::parse("127.0.0.1:1:tls"), "").error(), error::tls_error);
  EXPECT_TRUE(dialer.dial(*NetworkAddress::parse("127.0.0.1:1"), ""));
}

}  // namespace
}  // namespace orrery::fdb
