# sitepod_room(NAME MAY_INCLUDE rooms… LIBRARIES third-party… TEST_LIBRARIES …)
#
# A room is a folder under src/: every .cpp in it is its library, every *_test.cpp its unit tests.
# MAY_INCLUDE is the whole list of other rooms whose headers it may include; tools/check_layers.py compares it with every #include.

# One precompiled header of standard headers, shared by all rooms.
file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "// Carries the precompiled header that all rooms share.\n")
add_library(sitepod_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
target_link_libraries(sitepod_pch PRIVATE sitepod_flags)
target_precompile_headers(sitepod_pch PRIVATE
  <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <functional> <map> <memory> <mutex> <optional> <span> <string>
  <string_view> <thread> <unordered_map> <utility> <variant> <vector>)

# The same for the unit tests, with GoogleTest. Their own code is optimised less and carries line numbers only: that halves the time to
# compile it, and what they test is the room's library.
set(SITEPOD_TEST_OPTIONS $<$<CONFIG:RelWithDebInfo>:-O1> -g1)
# Where mutants have their faults: only these rooms differ, so that a compiler cache has the rest.
set(SITEPOD_MUTANT_ROOMS base blob meta)
add_library(sitepod_test_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
set_target_properties(sitepod_test_pch PROPERTIES SITEPOD_UNIT_TEST ON)
target_link_libraries(sitepod_test_pch PRIVATE sitepod_flags GTest::gtest)
target_compile_options(sitepod_test_pch PRIVATE ${SITEPOD_TEST_OPTIONS})
target_precompile_headers(sitepod_test_pch PRIVATE
  <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <functional> <map> <memory> <mutex> <optional> <span> <string>
  <string_view> <thread> <unordered_map> <utility> <variant> <vector> <gtest/gtest.h>)

function(sitepod_room name)
  cmake_parse_arguments(ROOM "" "" "MAY_INCLUDE;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  add_library(sitepod_${name} STATIC ${sources})
  target_link_libraries(sitepod_${name} PUBLIC sitepod_flags Threads::Threads)
  foreach(room ${ROOM_MAY_INCLUDE})
    target_link_libraries(sitepod_${name} PUBLIC sitepod_${room})
  endforeach()
  target_link_libraries(sitepod_${name} PRIVATE ${ROOM_LIBRARIES})
  target_precompile_headers(sitepod_${name} REUSE_FROM sitepod_pch)
  if(SITEPOD_MUTANT AND name IN_LIST SITEPOD_MUTANT_ROOMS)
    target_compile_definitions(sitepod_${name} PRIVATE SITEPOD_MUTANT_${SITEPOD_MUTANT})
  endif()

  if(tests AND NOT SITEPOD_FUZZ)
    if(SITEPOD_SANITIZE)
      list(FILTER tests EXCLUDE REGEX "_allocation_test\\.cpp$")  # they replace operator new, and so do sanitizers
    endif()
    add_executable(${name}_test ${tests})
    set_target_properties(${name}_test PROPERTIES SITEPOD_UNIT_TEST ON)
    target_link_libraries(${name}_test PRIVATE sitepod_${name} GTest::gtest GTest::gtest_main ${ROOM_LIBRARIES} ${ROOM_TEST_LIBRARIES})
    target_compile_options(${name}_test PRIVATE ${SITEPOD_TEST_OPTIONS})
    target_precompile_headers(${name}_test REUSE_FROM sitepod_test_pch)
    add_test(NAME unit.${name} COMMAND ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES LABELS unit)
  endif()
endfunction()
