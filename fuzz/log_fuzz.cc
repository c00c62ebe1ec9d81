// The log from hostile bytes: nothing but an error may come of them; and what replay accepts, it
// accepts again after repair, with nothing left to cut.
//
// Input: a byte of mode, then either a segment file as it is, or pieces from which segments with
// right checksums are made, so that what lies behind the checksums is reached.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "env/simulated.h"
#include "storage/durability/log_replay.h"

namespace {

using namespace orrery;           // NOLINT: a program of one file
using namespace orrery::storage;  // NOLINT

constexpr DatabaseId kDatabase{.low = 1, .high = 2};
constexpr size_t kPieceMax = 2000;

std::string header_of(uint64_t number, LogPosition start, CommitSeq base, uint32_t undurable) {
  return encode_segment_header({.database = kDatabase,
                                .number = number,
                                .start = start,
                                .base_seq = base,
                                .undurable = undurable});
}

// Pieces: a kind and its operands.
std::map<std::string, std::string> build(ByteReader in) {
  std::map<std::string, std::string> files;
  uint64_t number = 1;
  LogPosition start = 0;
  std::string segment = header_of(1, 0, 0, 0);
  CommitSeq seq = 0;
  const auto finish = [&] { files["wal/" + segment_file_name(number)] = segment; };
  uint8_t kind = 0;
  while (in.read(&kind)) {
    uint8_t a = 0;
    uint8_t b = 0;
    if (!in.read(&a) || !in.read(&b)) break;
    std::string_view bytes;
    if ((kind & 3) != 3) (void)in.read_bytes(std::min<size_t>(b, in.remaining()), &bytes);
    switch (kind & 3) {
      case 0:
      case 1: {  // a record; its sequence mostly the next
        RecordHeader header{.checksum = 0,
                            .stored_size = 0,
                            .seq = seq + (a & 3),
                            .undurable = (a & 64) != 0 ? a : 0xffffffff,
                            .flags = static_cast<uint8_t>((a >> 2) & 3)};
        seq = header.seq;
        encode_record(RecordPlace(kDatabase, number), segment.size(), header, bytes, &segment);
        break;
      }
      case 2:
        segment += bytes;
        break;
      default:  // the next segment, at a place that may be wrong
        finish();
        start += segment.size() + ((a & 1) != 0 ? b : 0);
        ++number;
        segment = (a & 2) != 0 ? std::string(a, '\0') : header_of(number, start, seq + (a >> 6), b);
    }
    if (segment.size() > kPieceMax * 8) break;
  }
  finish();
  return files;
}

struct Outcome {
  bool ok = false;
  std::string seen;
  LogReplay::End end;
  uint64_t tail = 0;
};

Outcome replay(env::SimFileSystem* files, LogPosition known, bool repair) {
  LogReplay replay(files, {.folder = "wal",
                           .database = kDatabase,
                           .first_segment = 1,
                           .after_seq = 0,
                           .known_durable = known});
  Outcome out;
  const Status done = replay.run(
      [&](CommitSeq seq, std::string_view redo) {
        out.seen += std::to_string(seq) + ":" + std::string(redo) + ";";
        return Status();
      },
      nullptr);
  out.ok = bool(done);
  if (!done && done.error().message().empty()) std::abort();
  out.end = replay.end();
  out.tail = replay.tail_bytes();
  if (out.ok && repair && !replay.repair()) std::abort();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t mode = data[0];
  const LogPosition known = (mode & 2) != 0 ? data[1] * 8 : 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  env::SimFileSystem files(1);
  if ((mode & 1) == 0) {
    files.load({{"wal/" + segment_file_name(1), std::string(rest)}});
  } else {
    files.load(build(ByteReader(rest)));
  }
  const Outcome first = replay(&files, known, true);
  if (!first.ok) return 0;
  const Outcome second = replay(&files, known, false);
  if (!second.ok || second.seen != first.seen || second.tail != 0 ||
      second.end.offset != first.end.offset || second.end.last_seq != first.end.last_seq) {
    std::abort();
  }
  return 0;
}
