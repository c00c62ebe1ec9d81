// SpillSpace: temporary files of one statement. Removed when it is destroyed.
#pragma once

namespace orrery::exec {

class SpillSpace {};

}  // namespace orrery::exec
