# Flags that every target shares; presets choose the build type and the sanitizers.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # With precompiled headers ccache hits only when it may ignore their time stamps; with the base folder and without the hash of the
  # working folder, one checkout profits from what another has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      ${CCACHE_PROGRAM})
endif()

# What is compiled without sanitizers: everything where there are none; and the unit tests' own code under the address sanitizer, which need not
# judge it and takes twice as long to compile it. The thread sanitizer has to see every access, or it reports races that are none.
if(NOT SITEPOD_SANITIZE)
  set(SITEPOD_IS_PLAIN 1)
elseif(SITEPOD_SANITIZE STREQUAL "thread")
  set(SITEPOD_IS_PLAIN 0)
else()
  set(SITEPOD_IS_PLAIN "$<BOOL:$<TARGET_PROPERTY:SITEPOD_UNIT_TEST>>")
endif()

add_library(sitepod_flags INTERFACE)
target_compile_options(sitepod_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-qual -Wformat=2
  -fno-strict-overflow -fstack-protector-strong)
target_include_directories(sitepod_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(sitepod_flags INTERFACE SITEPOD_VERSION="${PROJECT_VERSION}")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(sitepod_flags INTERFACE -fpch-preprocess)
  # g++ 12 reports these inside std::string's own operator+ (GCC bugs 105329, 105651).
  target_compile_options(sitepod_flags INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(SITEPOD_WARNINGS_AS_ERRORS)
  target_compile_options(sitepod_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(sitepod_flags INTERFACE _GLIBCXX_ASSERTIONS)
else()
  target_compile_options(sitepod_flags INTERFACE $<${SITEPOD_IS_PLAIN}:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=2>)
endif()
if(SITEPOD_SANITIZE)
  # Reports need line numbers, not variables, which would cost a third of the time to compile.
  # g++ 12 takes std::regex's own members for uninitialised once they are instrumented (GCC bug 105616).
  set(sanitized -g1 $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> -fsanitize=${SITEPOD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_compile_options(sitepod_flags INTERFACE "$<$<NOT:${SITEPOD_IS_PLAIN}>:${sanitized}>")
  target_link_options(sitepod_flags INTERFACE -fsanitize=${SITEPOD_SANITIZE})
endif()
if(SITEPOD_FUZZ)
  target_compile_options(sitepod_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
add_link_options(-Wl,-z,relro,-z,now)
