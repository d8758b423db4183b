# deltasim_verilate(NAME TOP SOURCES...): library verilated_NAME with the class V<TOP> of a SystemVerilog module.
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
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/verilated_${name})
  set(archive ${folder}/V${top}__ALL.a)
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_COMMAND} -E env OBJCACHE=${CMAKE_CXX_COMPILER_LAUNCHER}
      ${VERILATOR} --cc --build -Wall -O3 --assert --x-assign 0 -MAKEFLAGS "-s OPT_FAST=-O1"
      --Mdir ${folder} --top-module ${top} ${ARGN}
    DEPENDS ${ARGN} COMMENT "verilating ${top}" VERBATIM)
  add_custom_target(verilate_${name} DEPENDS ${archive})
  add_library(verilated_${name} INTERFACE)
  add_dependencies(verilated_${name} verilate_${name})
  target_include_directories(verilated_${name} SYSTEM INTERFACE ${folder})
  target_link_libraries(verilated_${name} INTERFACE ${archive} verilator_runtime)
endfunction()
