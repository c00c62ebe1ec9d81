// Random messages survive encoding; cut and flipped ones give an error or another message.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "protocol/golden_for_test.h"
#include "protocol/payload.h"

namespace orrery::protocol::v2 {
namespace {

/// Makes messages and owns what they borrow.
class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  ClientMessage client_message() {
    switch (below(5)) {
      case 0: {
        Subscribe m{u32(), u32(), {}};
        for (uint32_t n = below(4); n > 0; --n) m.queries.push_back(text());
        return m;
      }
      case 1:
        return Unsubscribe{u32(), u32(), static_cast<DroppedRows>(below(2))};
      case 2:
        return OneOffQuery{u32(), text()};
      case 3:
        return CallReducer{u32(), text(), bytes()};
      default:
        return CallProcedure{u32(), text(), bytes()};
    }
  }
  ServerMessage server_message() {
    switch (below(8)) {
      case 0:
        return InitialConnection{types::Identity::from_bytes(exactly(32).data()),
                                 types::ConnectionId::from_bytes(exactly(16).data()), text()};
      case 1:
        return SubscribeApplied{u32(), u32(), query_rows()};
      case 2: {
        UnsubscribeApplied m{u32(), u32(), std::nullopt};
        if (below(2) == 0) m.rows = query_rows();
        return m;
      }
      case 3: {
        SubscriptionError m{std::nullopt, u32(), text()};
        if (below(2) == 0) m.request_id = u32();
        return m;
      }
      case 4:
        return update();
      case 5: {
        OneOffQueryResult m{u32(), text()};
        if (below(2) == 0) m.result = query_rows();
        return m;
      }
      case 6:
        return reducer_result();
      default: {
        ProcedureResult m;
        if (below(2) == 0) {
          m.status = ProcedureReturn{bytes()};
        } else {
          m.status = InternalError{text()};
        }
        m.timestamp = i64();
        m.duration = i64();
        m.request_id = u32();
        return m;
      }
    }
  }

 private:
  uint32_t below(uint32_t n) { return random_() % n; }
  uint32_t u32() { return below(3) == 0 ? below(4) : static_cast<uint32_t>(random_()); }
  int64_t i64() { return static_cast<int64_t>(uint64_t{random_()} << 32 | random_()); }
  std::string_view exactly(size_t size) {
    std::string& s = owned_.emplace_back(size, '\0');
    for (char& c : s) c = static_cast<char>(random_());
    return s;
  }
  std::string_view bytes() { return exactly(below(2) == 0 ? 0 : below(40)); }
  std::string_view text() {
    constexpr std::string_view kPieces[] = {"", "a", "SELECT * FROM t", "é", "漢字😀", "\n\"", "t"};
    std::string& s = owned_.emplace_back();
    for (uint32_t n = below(4); n > 0; --n) s += kPieces[below(std::size(kPieces))];
    return s;
  }
  RowListView rows() {
    RowListBuilder builder;
    size_t size = below(6);
    bool same = below(2) == 0;
    for (uint32_t n = below(5); n > 0; --n) builder.add(exactly(same ? size : below(6)));
    lists_.push_back(std::move(*builder.finish()));
    return lists_.back().view();
  }
  QueryRows query_rows() {
    QueryRows out;
    for (uint32_t n = below(3); n > 0; --n) out.tables.push_back({text(), rows()});
    return out;
  }
  RowChanges changes() {
    if (below(2) == 0) return {RowChanges::Kind::kEvent, rows(), {}};
    return {RowChanges::Kind::kPersistent, rows(), rows()};
  }
  TransactionUpdate update() {
    TransactionUpdate out;
    for (uint32_t sets = below(3); sets > 0; --sets) {
      QuerySetUpdate& set = out.query_sets.emplace_back();
      set.query_set = u32();
      for (uint32_t tables = below(3); tables > 0; --tables) {
        TableUpdate& table = set.tables.emplace_back();
        table.table = text();
        for (uint32_t n = below(3); n > 0; --n) table.changes.push_back(changes());
      }
    }
    return out;
  }
  ReducerResult reducer_result() {
    ReducerResult m{u32(), i64(), ReducerOkEmpty{}};
    switch (below(4)) {
      case 0:
        m.outcome = ReducerOk{bytes(), update()};
        break;
      case 1:
        m.outcome = ReducerError{bytes()};
        break;
      case 2:
        m.outcome = InternalError{text()};
        break;
      default:
        break;
    }
    return m;
  }

  std::mt19937 random_;
  std::deque<std::string> owned_;
  std::deque<RowList> lists_;
};

template <class Message>
void check_round_trip(const Message& message) {
  std::string bytes;
  append(message, &bytes);
  PayloadReader<Message> reader(bytes, Framing::kManyMessages);
  auto again = reader.next();
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(MessageJson::of(**again), MessageJson::of(message));
  std::string second;
  append(**again, &second);
  EXPECT_EQ(second, bytes);
  EXPECT_FALSE(reader.next()->has_value());
}

TEST(V2Property, RandomMessagesSurvive) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    Generator generate(seed);
    check_round_trip(generate.client_message());
    check_round_trip(generate.server_message());
  }
}

/// An error, or a message that has exactly these bytes at the front of what was read.
template <class Message>
bool accepted(std::string_view bytes) {
  WireReader in(bytes);
  Message message;
  read(&in, &message);
  if (!in.ok()) {
    EXPECT_EQ(in.error().code(), ErrorCode::kDecode);
    return false;
  }
  std::string again;
  append(message, &again);
  EXPECT_EQ(again, bytes.substr(0, in.offset()));
  return true;
}

template <class Message>
void check_damage(const std::string& file_name) {
  types::JsonValue file = load_golden(file_name);
  size_t refused = 0;
  for (const types::JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string bytes = unhex(v.find("hex")->as_string());
    for (size_t size = 0; size < bytes.size(); ++size) {
      // The copy is as long as its bytes, so that a sanitizer sees a read past the end.
      std::string cut(bytes.substr(0, size));
      cut.shrink_to_fit();
      EXPECT_FALSE(accepted<Message>(cut)) << size;
    }
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
        refused += accepted<Message>(flipped) ? 0 : 1;
      }
    }
  }
  EXPECT_GT(refused, 100u);
}

TEST(V2Property, DamagedClientMessages) {
  check_damage<ClientMessage>("ws-v2/client-messages.json");
}
TEST(V2Property, DamagedServerMessages) {
  check_damage<ServerMessage>("ws-v2/server-messages.json");
}

/// Counts and lengths of 4 billion in a few bytes.
TEST(V2Property, LengthsThatLie) {
  for (std::string_view hex :
       {"000000000000000000ffffffff", "0200000000ffffffff00", "0300000000000000000000ffffff7f"}) {
    EXPECT_FALSE(accepted<ClientMessage>(unhex(hex)));
  }
  for (std::string_view hex :
       {"04ffffffff", "040100000000000000ffffffff", "0100000000000000ffffff0f00000000",
        "0500000000000100000000000000ff"}) {
    EXPECT_FALSE(accepted<ServerMessage>(unhex(hex)));
  }
}

}  // namespace
}  // namespace orrery::protocol::v2
