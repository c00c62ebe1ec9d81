#include "cli/start.h"

#include <signal.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "cli/options.h"
#include "env/environment.h"
#include "host/outgoing_http.h"
#include "server/auth/authority.h"
#include "server/http/http_client.h"
#include "server/server.h"

namespace orrery::cli {

const char* const kStartHelp =
    R"(usage: orrery start [options]

Runs a server for databases with modules, until it gets SIGINT or SIGTERM.

  --listen-addr ADDR        address and port (default 0.0.0.0:3000)
  --data-dir FOLDER         where the databases are (default ~/.local/share/orrery/data)
  --in-memory               keep nothing when the server stops
  --jwt-key-dir FOLDER      of the key pair id_ecdsa, id_ecdsa.pub (default: in the data folder)
  --jwt-pub-key-path FILE   the public key alone
  --jwt-priv-key-path FILE  the private key alone
  --allow-http HOST[:PORT]  modules' procedures may send HTTP requests there (may be repeated; a
                            name, an address, *.example.org or *; what is inside this machine or
                            the local network only by its address, or localhost)
  --issuer URL              take tokens of that OpenID Connect issuer too (may be repeated)
  --any-issuer              take tokens of every issuer with an https address
  --non-interactive         never ask (it never does)
  -h, --help                this text
)";

namespace {

constexpr uint64_t kIssuerDocumentBytesMax = 1 << 20;

Error usage(std::string text) {
  return Error(ErrorCode::kInvalidArgument, std::move(text));
}

Status parse_address(std::string_view text, StartOptions* out) {
  size_t colon = text.rfind(':');
  std::string_view port = colon == std::string_view::npos ? text : text.substr(colon + 1);
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out->port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return usage("--listen-addr wants ADDRESS:PORT, not '" + std::string(text) + "'");
  }
  if (colon == std::string_view::npos) return {};
  std::string_view address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  out->address = address == "localhost" ? "127.0.0.1" : std::string(address);
  return {};
}

/// With the key pair of the files that the options name, or that are in the data folder.
Result<std::unique_ptr<server::Authority>> open_authority(const StartOptions& options) {
  const env::Environment& environment = env::system_environment();
  server::AuthOptions auth;
  auth.listed_issuers = options.issuers;
  auth.external_issuers = options.any_issuer        ? server::ExternalIssuers::kAnyHttps
                          : options.issuers.empty() ? server::ExternalIssuers::kNone
                                                    : server::ExternalIssuers::kListed;
  // Who may be anybody must not make the server ask around in its own network.
  server::FetchDocument fetch = [any = options.any_issuer](const std::string& url) {
    std::string named = any ? "*" : std::string(host::host_of_uri(url).host);
    return server::http::fetch_document(url, kIssuerDocumentBytesMax, {std::move(named)});
  };
  std::string public_path = options.public_key_path;
  std::string private_path = options.private_key_path;
  if (public_path.empty() != private_path.empty()) {
    return usage("--jwt-pub-key-path and --jwt-priv-key-path go together");
  }
  if (public_path.empty()) {
    std::string folder = options.key_directory;
    if (folder.empty()) {
      if (options.in_memory) {
        ORRERY_TRY_ASSIGN(server::KeyPair keys, server::KeyPair::generate());
        return std::make_unique<server::Authority>(std::move(keys), std::move(auth),
                                                   *environment.clock, *environment.random,
                                                   std::move(fetch));
      }
      folder = options.data_directory;
    }
    ORRERY_TRY(environment.files->create_dirs(folder));
    public_path = folder + "/id_ecdsa.pub";
    private_path = folder + "/id_ecdsa";
  }
  return server::Authority::open(public_path, private_path, std::move(auth), environment,
                                 std::move(fetch));
}

Result<std::unique_ptr<server::Server>> start_server(StartOptions options) {
  if (options.data_directory.empty()) options.data_directory = default_data_directory();
  ORRERY_TRY_ASSIGN(std::unique_ptr<server::Authority> tokens, open_authority(options));
  server::ServerOptions out;
  out.http.address = options.address;
  out.http.port = options.port;
  out.api.version = ORRERY_VERSION;
  out.host.storage = options.in_memory ? host::HostStorage::kMemory : host::HostStorage::kFiles;
  out.host.data_directory = options.data_directory;
  out.host.on_trouble = [](const std::string& text) {
    std::fprintf(stderr, "orrery: %s\n", text.c_str());
  };
  out.host.http_allowed_hosts = options.http_allowed_hosts;
  return server::Server::start(std::move(out), std::move(tokens));
}

}  // namespace

std::string default_data_directory() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && *data != '\0') return std::string(data) + "/orrery/data";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.local/share/orrery/data";
}

Result<StartOptions> parse_start_options(const std::vector<std::string>& arguments) {
  StartOptions out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    std::string given;
    bool has_given = false;
    if (size_t equals = name.find('='); name.starts_with("--") && equals != std::string::npos) {
      given = name.substr(equals + 1);
      name.resize(equals);
      has_given = true;
    }
    auto value = [&]() -> Result<std::string> {
      if (has_given) return given;
      if (i + 1 >= arguments.size()) return usage(name + " wants a value");
      return arguments[++i];
    };
    if (name == "--listen-addr" || name == "-l") {
      ORRERY_TRY_ASSIGN(std::string text, value());
      ORRERY_TRY(parse_address(text, &out));
    } else if (name == "--data-dir") {
      ORRERY_TRY_ASSIGN(out.data_directory, value());
    } else if (name == "--in-memory") {
      out.in_memory = true;
    } else if (name == "--jwt-key-dir") {
      ORRERY_TRY_ASSIGN(out.key_directory, value());
    } else if (name == "--jwt-pub-key-path") {
      ORRERY_TRY_ASSIGN(out.public_key_path, value());
    } else if (name == "--jwt-priv-key-path") {
      ORRERY_TRY_ASSIGN(out.private_key_path, value());
    } else if (name == "--allow-http") {
      ORRERY_TRY_ASSIGN(std::string host, value());
      ORRERY_TRY(host::check_allowed_host(host));
      out.http_allowed_hosts.push_back(std::move(host));
    } else if (name == "--issuer") {
      ORRERY_TRY_ASSIGN(std::string issuer, value());
      out.issuers.push_back(std::move(issuer));
    } else if (name == "--any-issuer") {
      out.any_issuer = true;
    } else if (name == "--edition") {
      ORRERY_TRY_ASSIGN(std::string edition, value());
      if (edition != "standalone") return usage("not supported yet: --edition " + edition);
    } else if (name == "--page_pool_max_size") {
      ORRERY_TRY_ASSIGN(std::string ignored, value());  // memory is not pooled by pages here
    } else if (name == "--non-interactive") {
    } else if (name == "--pg-port" || name == "--enable-tracy") {
      return Error(ErrorCode::kNotSupported, "not supported yet: " + name);
    } else if (name == "-h" || name == "--help") {
      out.help = true;
    } else {
      return usage("no option is called '" + name + "'");
    }
  }
  return out;
}

int run_start(const std::vector<std::string>& arguments) {
  auto options = parse_start_options(arguments);
  if (!options) {
    std::fprintf(stderr, "orrery: %s\nTry: orrery start --help\n",
                 options.error().message().c_str());
    return kExitUsage;
  }
  if (options->help) {
    std::fputs(kStartHelp, stdout);
    return kExitOk;
  }
  // Before there are threads, so that all of them leave the signals to sigwait().
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::string address = options->address;
  auto server = start_server(std::move(*options));
  if (!server) {
    std::fprintf(stderr, "orrery: cannot start: %s\n", server.error().message().c_str());
    return kExitCannotOpen;
  }
  std::printf("orrery: listening on %s:%u\n", address.c_str(), unsigned{(*server)->port()});
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  std::printf("orrery: stopping\n");
  std::fflush(stdout);
  (*server)->stop();
  return kExitOk;
}

}  // namespace orrery::cli
