# The distribution's clang 19 with wasi-libc and libc++ (packages clang-19 lld-19 wasi-libc libc++-19-dev-wasm32
# libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32), for modules.
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
find_program(ORRERY_CLANGXX NAMES clang++-19 clang++ REQUIRED)
find_program(ORRERY_LLVM_AR NAMES llvm-ar-19 llvm-ar REQUIRED)
find_program(ORRERY_LLVM_RANLIB NAMES llvm-ranlib-19 llvm-ranlib REQUIRED)
set(CMAKE_CXX_COMPILER ${ORRERY_CLANGXX})
set(CMAKE_AR ${ORRERY_LLVM_AR})
set(CMAKE_RANLIB ${ORRERY_LLVM_RANLIB})
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
