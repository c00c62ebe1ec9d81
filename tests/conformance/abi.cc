#include "abi.h"

#include <dlfcn.h>

namespace conformance {

std::string Abi::load(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return dlerror();
#define X(name)                                                              \
  name = reinterpret_cast<decltype(name)>(dlsym(library, "stoolap_" #name)); \
  if (name == nullptr) return "no symbol stoolap_" #name " in " + path;
  CONFORMANCE_ABI(X)
#undef X
  return "";
}

}  // namespace conformance
