// Every recorded message of v2 and v3 both ways, what must be refused, whole sessions of the
// official client.
#include <gtest/gtest.h>

#include <map>

#include "protocol/envelope.h"
#include "protocol/golden_for_test.h"
#include "protocol/payload.h"
#include "protocol/v2/update_writer.h"

namespace orrery::protocol::v2 {
namespace {

using types::JsonValue;

constexpr size_t kLimit = size_t{1} << 20;

template <class Message>
std::string encoded(const Message& message) {
  std::string out;
  append(message, &out);
  return out;
}

template <class Message>
void check_vectors(const std::string& name) {
  JsonValue file = load_golden(name);
  ASSERT_GT(file.find("vectors")->items().size(), 10u);
  for (const JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string bytes = unhex(v.find("hex")->as_string());
    PayloadReader<Message> reader(bytes, Framing::kOneMessage);
    auto message = reader.next();
    ASSERT_TRUE(message.has_value()) << message.error().message();
    EXPECT_EQ(MessageJson::of(**message), v.find("value")->to_string());
    EXPECT_EQ(encoded(**message), bytes);
    EXPECT_FALSE(reader.next()->has_value());
  }
}

TEST(V2Golden, ClientMessages) {
  check_vectors<ClientMessage>("ws-v2/client-messages.json");
}
TEST(V2Golden, ServerMessages) {
  check_vectors<ServerMessage>("ws-v2/server-messages.json");
}

TEST(V2Golden, MessagesToRefuse) {
  JsonValue file = load_golden("ws-v2/client-decode-errors.json");
  const std::map<std::string, std::string> texts = {{"BufferLength", "too short"},
                                                    {"InvalidTag", "unknown tag"},
                                                    {"InvalidUtf8", "invalid UTF-8"}};
  for (const JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string bytes = unhex(v.find("hex")->as_string());
    for (Framing framing : {Framing::kOneMessage, Framing::kManyMessages}) {
      PayloadReader<ClientMessage> reader(bytes, framing);
      auto message = reader.next();
      ASSERT_FALSE(message.has_value());
      EXPECT_EQ(message.error().code(), ErrorCode::kDecode);
      const std::string& error = v.find("error")->as_string();
      auto text = texts.find(error);
      std::string part = bytes.empty()         ? "at least one message"
                         : text == texts.end() ? error
                                               : text->second;
      EXPECT_NE(message.error().message().find(part), std::string::npos)
          << message.error().message();
      EXPECT_FALSE(reader.next().has_value());
    }
  }
}

TEST(V2Golden, ErrorsNameTheByte) {
  std::string bytes = unhex("02000000000100000080");
  auto message = PayloadReader<ClientMessage>(bytes, Framing::kOneMessage).next();
  ASSERT_FALSE(message.has_value());
  EXPECT_EQ(message.error().message(), "malformed message: invalid UTF-8 (byte 9)");
}

/// Under v2 what follows a message is ignored, under v3 it is the next message.
TEST(V2Golden, TrailingBytes) {
  std::string bytes = unhex("020500000000000000") + "\xff";
  PayloadReader<ClientMessage> v2(bytes, Framing::kOneMessage);
  ASSERT_TRUE(v2.next().has_value());
  EXPECT_FALSE(v2.next()->has_value());
  PayloadReader<ClientMessage> v3(bytes, Framing::kManyMessages);
  ASSERT_TRUE(v3.next().has_value());
  EXPECT_FALSE(v3.next().has_value());
}

struct Unpacked {
  std::vector<std::string> json;
  std::string again;
  bool failed = false;
};

template <class Message>
Unpacked unpack(std::string_view payload) {
  Unpacked out;
  PayloadReader<Message> reader(payload, Framing::kManyMessages);
  while (true) {
    auto message = reader.next();
    out.failed = !message.has_value();
    if (out.failed || !message->has_value()) return out;
    out.json.push_back(MessageJson::of(**message));
    append(**message, &out.again);
  }
}

Unpacked unpack_from(std::string_view direction, std::string_view frame) {
  if (direction == "client") return unpack<ClientMessage>(frame);
  std::string buffer;
  auto body = open_envelope(frame, kLimit, &buffer);
  EXPECT_TRUE(body.has_value()) << body.error().message();
  return unpack<ServerMessage>(*body);
}

TEST(V3Golden, Payloads) {
  std::map<std::string, std::string> values;
  for (const char* name : {"ws-v2/client-messages.json", "ws-v2/server-messages.json"}) {
    JsonValue file = load_golden(name);
    for (const JsonValue& v : file.find("vectors")->items()) {
      values[v.find("name")->as_string()] = v.find("value")->to_string();
    }
  }
  JsonValue file = load_golden("ws-v2/v3-frames.json");
  for (const JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string frame = unhex(v.find("frame_hex")->as_string());
    Unpacked messages = unpack_from(v.find("direction")->as_string(), frame);
    EXPECT_FALSE(messages.failed);
    std::vector<std::string> expected;
    for (const JsonValue& name : v.find("messages")->items()) {
      expected.push_back(values[name.as_string()]);
    }
    EXPECT_EQ(messages.json, expected);
    EXPECT_EQ(messages.again, unhex(v.find("hex")->as_string()));
  }
  size_t refused = 0;
  for (const JsonValue& v : file.find("refused")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string frame = unhex(v.find("frame_hex")->as_string());
    Unpacked messages = unpack_from(v.find("direction")->as_string(), frame);
    EXPECT_TRUE(messages.failed);
    // What stood before the mistake has been given out.
    bool has_first = frame.size() > 1;
    EXPECT_EQ(messages.json.size(), has_first ? 1u : 0u);
    ++refused;
  }
  EXPECT_EQ(refused, 4u);
}

TEST(V2Golden, Sessions) {
  JsonValue file = load_golden("ws-client-session.json");
  size_t frames = 0;
  for (const JsonValue& session : file.find("sessions")->items()) {
    SCOPED_TRACE(session.find("name")->as_string());
    for (const JsonValue& f : session.find("frames")->items()) {
      std::string frame = unhex(f.find("payload_hex")->as_string());
      const std::string& from = f.find("from")->as_string();
      Unpacked messages = unpack_from(from, frame);
      EXPECT_FALSE(messages.failed);
      std::vector<std::string> expected;
      for (const JsonValue& m : f.find("messages")->items()) expected.push_back(m.to_string());
      EXPECT_EQ(messages.json, expected);
      if (from == "client" || frame[0] == 0) {
        EXPECT_EQ(messages.again, from == "client" ? frame : frame.substr(1));
      }
      ++frames;
    }
  }
  EXPECT_GT(frames, 10u);
}

// --- messages from parts ----------------------------------------------------------------------

/// A message put together from encoded parts is the same as one encoded whole.
TEST(V2Parts, SameBytesAsWholeMessages) {
  JsonValue file = load_golden("ws-v2/server-messages.json");
  size_t checked = 0;
  for (const JsonValue& v : file.find("vectors")->items()) {
    SCOPED_TRACE(v.find("name")->as_string());
    std::string bytes = unhex(v.find("hex")->as_string());
    auto message = PayloadReader<ServerMessage>(bytes, Framing::kOneMessage).next();
    ASSERT_TRUE(message.has_value());
    const TransactionUpdate* update = std::get_if<TransactionUpdate>(&**message);
    std::string out;
    if (update != nullptr) {
      begin_transaction_update(&out);
    } else if (const auto* result = std::get_if<ReducerResult>(&**message)) {
      const auto* ok = std::get_if<ReducerOk>(&result->outcome);
      if (ok == nullptr) continue;
      begin_reducer_ok(result->request_id, result->timestamp, ok->return_value, &out);
      update = &ok->update;
    } else if (const auto* applied = std::get_if<SubscribeApplied>(&**message)) {
      begin_subscribe_applied(applied->request_id, applied->query_set, &out);
      QueryRowsWriter writer(&out);
      for (const TableRows& table : applied->rows.tables) writer.add(table.table, table.rows);
      EXPECT_EQ(out, bytes);
      ++checked;
      continue;
    } else {
      continue;
    }
    UpdateWriter writer(&out);
    for (const QuerySetUpdate& set : update->query_sets) {
      writer.begin_query_set(set.query_set);
      for (const TableUpdate& table : set.tables) {
        for (const RowChanges& changes : table.changes) {
          std::string part;
          append_row_changes(changes, &part);
          writer.add(table.table, part);
        }
      }
    }
    EXPECT_EQ(out, bytes);
    ++checked;
  }
  EXPECT_GE(checked, 12u);
}

TEST(V2Parts, CompleteAfterEveryStep) {
  RowListBuilder builder;
  builder.add("abcd");
  auto rows = builder.finish();
  std::string part;
  append_row_changes({.kind = RowChanges::Kind::kEvent, .inserts = rows->view(), .deletes = {}},
                     &part);
  std::string out;
  begin_transaction_update(&out);
  UpdateWriter writer(&out);
  auto sets = [&out] {
    auto message = PayloadReader<ServerMessage>(out, Framing::kManyMessages).next();
    EXPECT_TRUE(message.has_value());
    return std::get_if<TransactionUpdate>(&**message)->query_sets;
  };
  EXPECT_EQ(sets().size(), 0u);
  writer.begin_query_set(1);
  EXPECT_EQ(sets()[0].tables.size(), 0u);
  writer.add("a", part);
  writer.add("a", part);
  writer.add("b", part);
  EXPECT_EQ(sets()[0].tables.size(), 2u);
  EXPECT_EQ(sets()[0].tables[0].changes.size(), 2u);
  writer.begin_query_set(2);
  writer.add("b", part);
  ASSERT_EQ(sets().size(), 2u);
  EXPECT_EQ(sets()[0].tables.size(), 2u);
  EXPECT_EQ(sets()[1].tables[0].table, "b");
  EXPECT_EQ(sets()[1].tables[0].changes[0].inserts.row(0), "abcd");
}

TEST(V3Payload, SizeOfPayloads) {
  EXPECT_FALSE(starts_new_payload(0, 10 * kServerPayloadBytes, kServerPayloadBytes));
  EXPECT_FALSE(starts_new_payload(1, kServerPayloadBytes - 1, kServerPayloadBytes));
  EXPECT_TRUE(starts_new_payload(1, kServerPayloadBytes, kServerPayloadBytes));
}

}  // namespace
}  // namespace orrery::protocol::v2
