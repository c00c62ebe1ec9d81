// ByteStreams: what a module reads its arguments from and writes its results to during one call.
//
// Sources are numbered from 1 in each call and end with it; source 0 stands for "nothing". A source
// that gave its last byte is gone. What they hold is the host's memory, not the module's, and has
// bounds therefore. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/abi/errno.h"

namespace orrery::host {

class ByteStreams {
 public:
  static constexpr size_t kSinkBytesMax = size_t{1} << 30;
  static constexpr uint32_t kSourcesMax = 1 << 16;            ///< of one call
  static constexpr size_t kOwnedBytesMax = size_t{1} << 30;  ///< that wait to be read
  static constexpr uint32_t kNoRoom = UINT32_MAX;

  /// Forgets all sources and empties the sinks.
  void reset();
  /// The number of a new source, 0 for no bytes. `bytes` must stay until reset().
  uint32_t add_borrowed(std::string_view bytes);
  /// kNoRoom beyond the bounds.
  uint32_t add_owned(std::string bytes);
  /// The number of a new sink.
  uint32_t add_sink();
  /// What was written to it so far.
  std::string& sink(uint32_t number) { return sinks_[number - 1]; }

  /// kExhausted with the last bytes, 0 while there are more, or an errno.
  int32_t read(uint32_t source, std::span<uint8_t> out, uint32_t* used);
  Errno remaining(uint32_t source, uint32_t* bytes) const;
  Errno write(uint32_t sink, std::string_view bytes, uint32_t* used);

 private:
  struct Source {
    std::string_view rest;
    std::string owned;
  };
  std::deque<Source> sources_;  ///< their bytes keep their place
  uint32_t source_count_ = 0;   ///< entries of sources_ in use; the others keep their memory
  size_t owned_bytes_ = 0;      ///< of sources that were not read to their end
  std::vector<std::string> sinks_;
  uint32_t sink_count_ = 0;
};

}  // namespace orrery::host
