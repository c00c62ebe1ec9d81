// orrery subscribe.
#include <charconv>
#include <cstdio>

#include "cli/command.h"
#include "cli/live_selects.h"
#include "cli/options.h"
#include "cli/project_config.h"
#include "cli/shell.h"
#include "cli/subscription.h"
#include "env/environment.h"

namespace orrery::cli {
namespace {

constexpr Option kOptions[] = {
    kServerOption,
    {.name = "num-updates",
     .letter = 'n',
     .takes = Option::Takes::kValue,
     .value = "N",
     .help = "end after N updates"},
    {.name = "timeout",
     .letter = 't',
     .takes = Option::Takes::kValue,
     .value = "SECONDS",
     .help = "end after that time; an error where -n is not reached"},
    {.name = "print-initial-update", .help = "print the rows that are there already, too"},
    kConfirmedOption,
    kAnonymousOption,
    kNoConfigOption,
    kYesOption,
    {.name = "json", .help = "ignored: updates are JSON always"},
    kHelpOption,
};

constexpr int64_t kSecondNanos = 1'000'000'000;

Result<std::optional<uint32_t>> number_of(const Arguments& arguments, std::string_view option) {
  std::optional<std::string> text = arguments.value(option);
  if (!text) return std::optional<uint32_t>();
  uint32_t number = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) {
    return usage_error("--" + std::string(option) + " wants a number, not '" + *text + "'");
  }
  return std::optional<uint32_t>(number);
}

struct Limits {
  std::optional<uint32_t> updates;
  std::optional<uint32_t> seconds;
};

Error too_few(const Limits& limits, uint32_t received, std::string_view why) {
  return failed_error(std::string(why) + " after " + std::to_string(received) + " of " +
                      std::to_string(*limits.updates) + " updates");
}

/// Prints updates until a limit, the server or Ctrl-C ends it.
template <class Followed>
Result<int> follow(Followed& subscription, const Limits& limits) {
  int64_t deadline = INT64_MAX;
  env::Clock& clock = *env::system_environment().clock;
  if (limits.seconds) {
    deadline = clock.monotonic_nanos() + int64_t{*limits.seconds} * kSecondNanos;
  }
  uint32_t received = 0;
  server::http::Patience patience{
      .timeout_micros = 0,
      .go_on = [&] { return !interrupt_flag().load() && clock.monotonic_nanos() < deadline; }};
  while (!limits.updates || received < *limits.updates) {
    auto update = subscription.next(patience);
    if (!update) {
      if (update.error().code() != ErrorCode::kCancelled) return std::move(update).error();
      subscription.close();
      bool interrupted = interrupt_flag().load();
      if (limits.updates && !interrupted) return too_few(limits, received, "timed out");
      return limits.updates && interrupted ? kExitInterrupted : kExitOk;
    }
    if (!*update) {
      std::fprintf(stderr, "orrery: the server closed the connection%s\n",
                   subscription.close_reason().c_str());
      if (limits.updates) return too_few(limits, received, "closed");
      return kExitOk;
    }
    std::printf("%s\n", (*update)->c_str());
    std::fflush(stdout);
    ++received;
  }
  subscription.close();
  return kExitOk;
}

template <class Followed>
Result<int> print_and_follow(Followed& followed, const Arguments& arguments,
                             const Limits& limits) {
  if (arguments.has("print-initial-update")) {
    std::printf("%s\n", followed.initial_rows().c_str());
  }
  std::fflush(stdout);
  std::fprintf(stderr, "Subscribed; %s\n",
               limits.updates ? "waiting for updates" : "Ctrl-C ends it");
  return follow(followed, limits);
}

Result<int> run(const Arguments& arguments) {
  ORRERY_TRY_ASSIGN(DatabaseWords words,
                    take_database(arguments, Rest::kAtLeast, 1, "a query to subscribe to"));
  Limits limits;
  ORRERY_TRY_ASSIGN(limits.updates, number_of(arguments, "num-updates"));
  ORRERY_TRY_ASSIGN(limits.seconds, number_of(arguments, "timeout"));
  ORRERY_TRY_ASSIGN(ServerClient client,
                    ServerClient::open(arguments, words.server, Login::kLocal));
  auto subscribed =
      Subscription::open(client, words.database, words.rest, arguments.value("confirmed"));
  if (subscribed) return print_and_follow(**subscribed, arguments, limits);
  if (subscribed.error().code() != ErrorCode::kGeneric) return std::move(subscribed).error();
  // No subscription of the protocol, but maybe a SELECT that this server keeps up to date.
  auto live = LiveSelects::open(client, words.database, words.rest);
  if (live) return print_and_follow(**live, arguments, limits);
  if (live.error().code() == ErrorCode::kGeneric) return std::move(live).error();
  return std::move(subscribed).error();
}

}  // namespace

constexpr Command kSubscribeCommand = {
    .name = "subscribe",
    .summary = "print the changes of queries as they come",
    .usage = "[DATABASE] QUERY [QUERY...] [options]",
    .about =
        "Subscribes to queries, each of whole rows of one table (SELECT * FROM t WHERE ..., or\n"
        "with one join by indexed columns), and prints a line of JSON for every transaction\n"
        "that changes their result:\n"
        "  {\"table\": {\"deletes\": [row...], \"inserts\": [row...]}}\n"
        "Where one of them is another SELECT (aggregates, ORDER BY, columns), the server runs all\n"
        "of them anew as their tables change, and lines name the query instead of the table.\n",
    .options = kOptions,
    .examples =
        "  orrery subscribe chat 'SELECT * FROM message' --print-initial-update\n"
        "  orrery subscribe chat 'SELECT * FROM user WHERE online = true' -n 1 -t 30\n"
        "  orrery subscribe chat 'SELECT COUNT(*) AS n FROM message'\n",
    .run = run,
};

}  // namespace orrery::cli
