# Modules that tests run: orrery_add_test_module(name source.c) compiles one file to WebAssembly, without any library,
# into ${ORRERY_TEST_MODULES_DIR}/name.wasm, and makes the target test_module_name.
include_guard()

find_program(ORRERY_WASM_CLANG NAMES clang-19 clang REQUIRED)
find_program(ORRERY_WASM_LD NAMES wasm-ld-19 wasm-ld REQUIRED)
set(ORRERY_TEST_MODULES_DIR ${CMAKE_BINARY_DIR}/test_modules)
function(orrery_add_test_module NAME SOURCE)
  set(out ${ORRERY_TEST_MODULES_DIR}/${NAME})
  # In two steps: clang as the linker would run an optimizer that drops the names of functions.
  add_custom_command(OUTPUT ${out}.wasm
    COMMAND ${CMAKE_COMMAND} -E make_directory ${ORRERY_TEST_MODULES_DIR}
    COMMAND ${ORRERY_WASM_CLANG} --target=wasm32 -O1 -ffreestanding -Wall -Wextra -Werror -c -o ${out}.o ${SOURCE}
    COMMAND ${ORRERY_WASM_LD} --no-entry --initial-memory=8388608 -o ${out}.wasm ${out}.o
    DEPENDS ${SOURCE} COMMENT "module ${NAME}.wasm" VERBATIM)
  add_custom_target(test_module_${NAME} DEPENDS ${out}.wasm)
endfunction()
