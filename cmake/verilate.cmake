# deltasim_verilate(NAME TOP SOURCES... [OPTIONS ...]): library verilated_NAME with the class V<NAME> of the module TOP.
# Verilated while building, not while configuring; warnings are errors.
find_program(VERILATOR verilator)
if(VERILATOR)
  execute_process(COMMAND ${VERILATOR} --getenv VERILATOR_ROOT OUTPUT_VARIABLE VERILATOR_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE)
  find_package(Threads REQUIRED)
  add_library(verilator_runtime STATIC ${VERILATOR_ROOT}/include/verilated.cpp ${VERILATOR_ROOT}/include/verilated_threads.cpp)
  target_include_directories(verilator_runtime SYSTEM PUBLIC ${VERILATOR_ROOT}/include ${VERILATOR_ROOT}/include/vltstd)
  target_compile_options(verilator_runtime PRIVATE -w)
  target_link_libraries(verilator_runtime PUBLIC Threads::Threads)
endif()

function(deltasim_verilate name top)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "OPTIONS")
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/verilated_${name})
  set(archive ${folder}/V${name}__ALL.a)
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_COMMAND} -E env OBJCACHE=${CMAKE_CXX_COMPILER_LAUNCHER}
      ${VERILATOR} --cc --build -Wall -O3 --x-assign 0 --x-initial 0 --output-split 20000 -MAKEFLAGS "-s OPT_FAST=-O1 OPT_SLOW=-O0"
      --Mdir ${folder} --prefix V${name} --top-module ${top} ${arg_OPTIONS} ${arg_UNPARSED_ARGUMENTS}
    DEPENDS ${arg_UNPARSED_ARGUMENTS} COMMENT "verilating ${name}" VERBATIM)
  add_custom_target(verilate_${name} DEPENDS ${archive})
  add_library(verilated_${name} INTERFACE)
  add_dependencies(verilated_${name} verilate_${name})
  target_include_directories(verilated_${name} SYSTEM INTERFACE ${folder})
  target_link_libraries(verilated_${name} INTERFACE ${archive} verilator_runtime)
endfunction()
